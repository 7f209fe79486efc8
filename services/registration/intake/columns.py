"""Which column means what: the headers agencies write, in Indonesian or English, for each kind of file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from services.registration.intake.files.tables import squeeze
from services.registration.intake.roster import KEPT

FileKind = Literal["partners", "persons", "enrollments", "claims", "targets", "briefings", "attendance", "agreements"]
KINDS: Final = get_args(FileKind)
ALIASES: Final = {"enrolments": "enrollments", "sessions": "briefings"}
"""Other spellings of kinds that we understand."""


def _headers(text: str) -> tuple[str, ...]:
    return tuple(squeeze(part) for part in text.split(","))


_REGION = _headers(
    "kab/kota, kabupaten/kota, kota/kabupaten, kota/kab, kabupaten/kota usaha, kab/kota usaha, nama kabupaten kota,"
    "nama kab kota, nama kabupaten, kabupaten, kota, nama wilayah, wilayah, region, regency, city, district"
)
_REGION_CODE = _headers(
    "kode wilayah, kode kabupaten kota, kode kab kota, kode kabupaten, kode kota, kode kab, kode daerah, kode bps,"
    "kode kemendagri, region code"
)
_NIK = _headers(
    "nik, nik pemilik, nik penerima, nik owner, owner nik, no ktp, nomor ktp, ktp, nomor induk kependudukan, no nik,"
    "nik ktp, nik/ktp, no ktp/nik, nik/no ktp, nomor nik, no nik ktp, nik pelaku usaha, nik pengusaha,"
    "nik penanggung jawab, no ktp pemilik, no induk kependudukan"
)
_NIB = _headers("nib, no nib, nomor nib, nomor induk berusaha, no induk berusaha, nib oss")
_PHONE = _headers(
    "no hp, nomor hp, hp, no telepon, nomor telepon, telepon, no telp, telp, phone, phone number, mobile,"
    "whatsapp, no wa, no whatsapp, no hp/wa, nomor hp/wa, no wa/hp, hp/wa, no hp/whatsapp, no telp/hp, no telepon/hp,"
    "telepon/hp, telp/hp, no tlp, tlp, no telpon, nomor telpon, telpon, no handphone, nomor handphone, handphone,"
    "nomor wa, nomor whatsapp, no kontak, nomor kontak, kontak, no hp pemilik, nomor hp pemilik, no hp aktif,"
    "contact number, telephone, mobile phone"
)
_BUSINESS = _headers(
    "nama usaha, nama umkm, nama perusahaan, nama toko, nama koperasi, nama badan usaha, nama pelaku usaha,"
    "nama ukm, nama ikm, nama unit usaha, nama usaha umkm, business name, company, company name,"
    "partner name"
)
_PERSON = _headers("nama, name, nama lengkap, full name")
_OWNER = _headers(
    "nama pemilik, nama penerima, pemilik, owner, owner name, nama ketua, contact person, nama pemilik usaha,"
    "pemilik usaha, nama pengusaha, nama penanggung jawab, nama pemilik/penanggung jawab, nama pimpinan,"
    "pimpinan, nama direktur"
)
_WORKERS = _headers(
    "jumlah pekerja, jumlah karyawan, jumlah tenaga kerja, jml pekerja, jml karyawan, tenaga kerja, workers,"
    "employees, number of workers, jml tenaga kerja, total tenaga kerja, tenaga kerja jumlah, tenaga kerja total,"
    "total pekerja, jumlah naker, naker, jumlah tk, jml tk, tenaga kerja orang, jumlah tenaga kerja orang,"
    "jumlah pekerja orang, jumlah pegawai, pegawai"
)
_STAFF = _headers("direksi/staf/karyawan, staf/karyawan, staf, karyawan, tk karyawan, staff")
_LABOUR = _headers("pekerja/buruh, buruh, tk buruh, pekerja, labour, labourers, labor")
_MANAGEMENT = _headers("direksi, manajemen, direksi/manajemen, tk manajemen, management")
_MEN = _headers(
    "tenaga kerja l, tenaga kerja lk, tenaga kerja laki laki, tenaga kerja pria, pekerja l, pekerja laki laki,"
    "jumlah tenaga kerja l, jumlah tenaga kerja laki laki, jumlah pekerja l, jumlah pekerja laki laki, karyawan l,"
    "karyawan laki laki, jumlah karyawan l, jumlah karyawan laki laki, tk l, tk laki laki"
)
_WOMEN = _headers(
    "tenaga kerja p, tenaga kerja pr, tenaga kerja perempuan, tenaga kerja wanita, pekerja p, pekerja perempuan,"
    "jumlah tenaga kerja p, jumlah tenaga kerja perempuan, jumlah pekerja p, jumlah pekerja perempuan, karyawan p,"
    "karyawan perempuan, jumlah karyawan p, jumlah karyawan perempuan, tk p, tk perempuan"
)
_PARTICIPANT = _headers(
    "no peserta, nomor peserta, no kepesertaan, participant no, participant number, participant, npp, no npp,"
    "nomor npp, nomor pendaftaran perusahaan, kpj, no kpj, nomor kpj, no kartu peserta"
)
_EMPLOYER_NO = _headers("npp, no npp, nomor npp, nomor pendaftaran perusahaan")
_WORKER_NO = _headers("kpj, no kpj, nomor kpj, no kartu peserta")
_WORKER_NAME = _headers("nama tenaga kerja, nama pekerja, nama karyawan, nama tk, nama peserta")
_PROGRAMME = _headers(
    "program, programme, programmes, programs, program bpjs, program bpjstk, program diikuti, program yang diikuti"
)
_ADDRESS = _headers(
    "alamat, alamat lengkap, alamat usaha, alamat tempat usaha, alamat koperasi, alamat perusahaan, alamat domisili,"
    "lokasi usaha, address, lokasi"
)
_EMAIL = _headers("email, e-mail, surel, alamat email, alamat e-mail, email koperasi, email usaha, email pemilik")
_LISTED: Final[dict[str, tuple[str, ...]]] = {
    "name": _BUSINESS + _PERSON,
    "owner": _OWNER,
    "nik": _NIK,
    "nib": _NIB,
    "nik_koperasi": _headers("nik koperasi, nomor induk koperasi, no induk koperasi, cooperative nik"),
    "kind": _headers(
        "jenis, jenis usaha, jenis badan usaha, bentuk badan usaha, badan usaha, bentuk, bentuk usaha, jenis umkm,"
        "jenis ukm, bentuk koperasi, jenis koperasi, kind, type"
    ),
    "scale": _headers("skala, skala usaha, klasifikasi, klasifikasi usaha, kelas usaha, ukuran usaha, scale"),
    "region": _REGION,
    "region_code": _REGION_CODE,
    "phone": _PHONE,
    "email": _EMAIL,
    "address": _ADDRESS,
    "workers": _WORKERS,
    "management": _MANAGEMENT,
    "staff": _STAFF,
    "labour": _LABOUR,
    "men": _MEN,
    "women": _WOMEN,
    "date": _headers("tgl input, tgl data, tgl cair, tanggal input, tanggal data, tanggal, tgl, date"),
    "status": _headers("status, status koperasi, status usaha, status aktif, status keaktifan, keaktifan"),
    "occupation": _headers("pekerjaan, profesi, occupation, mata pencaharian"),
    "ref": _headers("ref, referensi, reference, no referensi, kode referensi, partner ref"),
}
VOCABULARY: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "partners": _LISTED,
    "persons": {
        key: names
        for key, names in _LISTED.items()
        if key not in ("kind", "workers", "men", "women", "status", "scale")
    },
    "enrollments": {
        "participant_no": _PARTICIPANT,
        "segment": _headers("segmen, segment, segmentasi, segmen kepesertaan, jenis kepesertaan"),
        "scale": _LISTED["scale"],
        "name": _BUSINESS + _PERSON,
        "nib": _NIB,
        "nik": _NIK,
        "nik_koperasi": _LISTED["nik_koperasi"],
        "region": _REGION,
        "region_code": _REGION_CODE,
        "owner": _OWNER,
        "phone": _PHONE,
        "email": _EMAIL,
        "effective_on": _headers(
            "tgl efektif, tanggal efektif, effective on, effective date, tgl daftar, tgl kepesertaan,"
            "tanggal kepesertaan, tanggal daftar, tgl pendaftaran, tanggal pendaftaran, tmt, tgl mulai, tanggal mulai,"
            "mulai, start"
        ),
        "until": _headers(
            "tgl nonaktif, tanggal nonaktif, tgl non aktif, tgl berakhir, tanggal berakhir,"
            "tgl keluar, tanggal keluar, until, end date, selesai"
        ),
        "programmes": _PROGRAMME,
        "management": _MANAGEMENT,
        "staff": _STAFF,
        "labour": _LABOUR,
        "men": _MEN,
        "women": _WOMEN,
        "workers": _WORKERS,
        "ref": _LISTED["ref"],
    },
    "claims": {
        "claim_ref": _headers("no klaim, nomor klaim, claim ref, claim no, claim number, klaim"),
        "participant_no": _PARTICIPANT,
        "programme": _PROGRAMME,
        "occurred_on": _headers("tgl kejadian, tanggal kejadian, occurred on, event date"),
        "paid_on": _headers("tgl bayar, tanggal bayar, paid on, payment date"),
        "amount": _headers("nilai, nilai klaim, jumlah, nominal, amount, besar manfaat"),
        "status": _headers("status, status klaim"),
    },
    "targets": {
        "region": _REGION,
        "region_code": _REGION_CODE,
        "source": _headers("kampanye, campaign, sumber, source, kegiatan"),
        "from": _headers("mulai, from, start, tgl mulai, tanggal mulai"),
        "until": _headers("selesai, until, end, sampai, tgl selesai, tanggal selesai"),
        "value": _headers("sasaran, target, value, jumlah sasaran"),
        "measure": _headers("ukuran, measure"),
        "unit": _headers("satuan, unit"),
        "list": _headers("daftar, list"),
    },
    "briefings": {
        "batch": _headers("angkatan, batch, gelombang, angkatan ke"),
        "held_on": _headers("tanggal, tgl, held on, date, tanggal pelaksanaan"),
        "name": _headers("nama, nama kegiatan, name, tempat, venue, place, lokasi"),
        "quota": _headers("kuota, quota, seats, kapasitas"),
        "present": _headers("hadir, present, jumlah hadir, peserta hadir"),
        "region": _REGION,
        "region_code": _REGION_CODE,
    },
    "attendance": {
        "name": (*_headers("mewakili, representing, instansi"), *_BUSINESS),
        "person": _headers("nama peserta, peserta") + _PERSON,
        "nik": _NIK,
        "nib": _NIB,
        "region": _REGION,
        "region_code": _REGION_CODE,
        "phone": _PHONE,
        "email": _EMAIL,
        "present": _headers("hadir, present, kehadiran, tanda tangan, ttd"),
        "kind": _LISTED["kind"],
    },
    "agreements": {
        "number": _headers("nomor, no perjanjian, nomor perjanjian, number"),
        "title": _headers("judul, title, perihal, tentang"),
        "party_1": _headers("pihak 1, pihak pertama, party 1"),
        "party_2": _headers("pihak 2, pihak kedua, party 2"),
        "parties": _headers("para pihak, pihak, parties"),
        "date": _headers("tanggal, tgl, date, tanggal perjanjian"),
        "region": _REGION,
        "region_code": _REGION_CODE,
        "basis": _headers("dasar, basis, dasar hukum"),
    },
}


_RUNNING_NUMBERS = frozenset(_headers("no, no urut, nomor, nomor urut, urut, urutan, id, id ods, row, #"))


def recognised(kind: str, name: str) -> bool:
    """Whether a squeezed header means anything for files of this kind."""
    return any(name in names for names in VOCABULARY[kind].values())


def meanings(kind: str, header: tuple[str, ...], chosen: Mapping[str, str] = MappingProxyType({})) -> dict[str, int]:
    """meaning → column. Of several synonyms in the header the one listed first is taken.

    `chosen` is what the upload says of its columns, header → meaning ("" for none); it stands above what we find.
    """
    given = {squeeze(name): meaning for name, meaning in chosen.items()}
    at = {squeeze(name): column for column, name in reversed(tuple(enumerate(header)))}
    found = _found(kind, {name: column for name, column in at.items() if name not in given})
    return found | {meaning: at[name] for name, meaning in given.items() if meaning and name in at}


def read_as(kind: str, header: tuple[str, ...], chosen: Mapping[str, str] = MappingProxyType({})) -> list[str | None]:
    """What each column of the header is read as; None for a column that is not read."""
    return by_column(len(header), meanings(kind, header, chosen))


def by_column(width: int, found: Mapping[str, int]) -> list[str | None]:
    """The meaning of each of so many columns from meaning → column."""
    of_column = {column: meaning for meaning, column in found.items()}
    return [of_column.get(column) for column in range(width)]


def _found(kind: str, at: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for meaning, names in VOCABULARY[kind].items():
        present = [name for name in names if name in at]
        if present:
            found[meaning] = at[present[0]]
    if "region_code" in found and "region" not in found:
        found["region"] = found.pop("region_code")
    if kind == "enrollments" and _is_roster(at):
        _leave_workers_apart(at, found)
    if kind in ("partners", "persons"):
        _assign_ambiguous_names(at, found)
    return found


def of_other_texts(kind: str, header: tuple[str, ...]) -> list[tuple[str, int]]:
    """(name, column) of what distinguishes rows beside what is read of them, by name: texts that mean nothing to us.

    A row is the same row if only its date or its running number is another one.
    """
    apart = frozenset(VOCABULARY[kind].get("date", ())) | _RUNNING_NUMBERS
    found = meanings(kind, header)
    read = {column for meaning, column in found.items() if meaning not in ("kind", "scale", "occupation")}
    named = ((squeeze(name), column) for column, name in enumerate(header) if column not in read)
    return sorted((name, column) for name, column in named if name not in apart)


def is_roster(kind: str, header: tuple[str, ...]) -> bool:
    """Whether a row is a worker: an employer's number stands beside a worker's number or name."""
    return kind == "enrollments" and _is_roster({squeeze(name): column for column, name in enumerate(header)})


def _is_roster(at: Mapping[str, int]) -> bool:
    return any(name in at for name in _EMPLOYER_NO) and any(name in at for name in _WORKER_NO + _WORKER_NAME)


def _leave_workers_apart(at: Mapping[str, int], found: dict[str, int]) -> None:
    """In a roster the participant is the employer; `worker` identifies a worker."""
    worker = next((at[name] for name in (*_WORKER_NO, *_NIK, *_WORKER_NAME) if name in at), None)
    employer = next((at[name] for name in _BUSINESS if name in at), None)
    for meaning in [meaning for meaning in found if meaning not in KEPT or meaning == "name"]:
        del found[meaning]
    found["participant_no"] = next(at[name] for name in _EMPLOYER_NO if name in at)
    found |= {meaning: column for meaning, column in (("worker", worker), ("name", employer)) if column is not None}


def of_cooperatives(header: tuple[str, ...]) -> bool:
    """A list whose names are cooperatives' names lists cooperatives, and its NIK is the cooperative's number."""
    return "nama koperasi" in (squeeze(name) for name in header)


def _assign_ambiguous_names(at: Mapping[str, int], found: dict[str, int]) -> None:
    """Beside a business name, plain `nama` is the owner's; a NIK in a list of cooperatives is a NIK Koperasi.

    That column is kept apart from one that says so: what is no number in it is none without a warning.
    """
    if "owner" not in found and any(name in at for name in _BUSINESS):
        person = next((at[name] for name in _PERSON if name in at), None)
        if person is not None:
            found["owner"] = person
    if "nama koperasi" in at and "owner" not in found and "nik koperasi" not in at and "nik" in at:
        found["nik_of_cooperatives"] = found.pop("nik")
