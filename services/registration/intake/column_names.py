"""The names of columns that agencies write, in Indonesian or English, by what they mean in each kind of file."""

from collections.abc import Mapping
from typing import Final

from services.registration.intake.files.tables import squeeze


def headers(text: str) -> tuple[str, ...]:
    return tuple(squeeze(part) for part in text.split(","))


REGION = headers(
    "kab/kota, kabupaten/kota, kota/kabupaten, kota/kab, kabkota,"
    "kabupaten/kota usaha, kab/kota usaha, nama kabupaten kota,"
    "kab/kota domisili, asal kab/kota,"
    "nama kab kota, nama kabupaten, kabupaten, kota, nama wilayah, wilayah, region, regency, city, district"
)
_REGION_CODE = headers(
    "kode wilayah, kode kabupaten kota, kode kab kota, kode kabupaten, kode kota, kode kab, kode daerah, kode bps,"
    "kode kemendagri, region code"
)
NIK = headers(
    "nik, nik pemilik, nik penerima, nik owner, owner nik, no ktp, nomor ktp, ktp, nomor induk kependudukan, no nik,"
    "nik ktp, nik/ktp, no ktp/nik, nik/no ktp, nomor nik, no nik ktp, nik pelaku usaha, nik pengusaha,"
    "nik penanggung jawab, no ktp pemilik, ktp pemilik, no induk kependudukan, nik pemilik usaha, nik e-ktp"
)
_NIB = headers("nib, no nib, nomor nib, nomor induk berusaha, no induk berusaha, nib oss, no nib oss, nib rba")
_PHONE = headers(
    "no hp, nomor hp, hp, no telepon, nomor telepon, telepon, no telp, telp, phone, phone number, mobile,"
    "whatsapp, no wa, no whatsapp, no hp/wa, nomor hp/wa, no wa/hp, hp/wa, no hp/whatsapp, no telp/hp, no telepon/hp,"
    "telepon/hp, telp/hp, no tlp, tlp, no telpon, nomor telpon, telpon, no handphone, nomor handphone, handphone,"
    "nomor wa, nomor whatsapp, no kontak, nomor kontak, kontak, no hp pemilik, nomor hp pemilik, no hp aktif,"
    "contact number, telephone, telephone number, mobile phone, no hp yang bisa dihubungi, no hp wa"
)
BUSINESS = headers(
    "nama usaha, nama umkm, nama perusahaan, nama toko, nama koperasi, nama badan usaha, nama pelaku usaha,"
    "nama ukm, nama ikm, nama unit usaha, nama usaha umkm, nama usaha/produk, nama kios, nama warung, business name,"
    "business, company, company name,"
    "partner name"
)
OF_COOPERATIVES: Final = "nama koperasi"
"""Who is listed, or, in a list of persons, whose member each of them is."""
PERSON = headers("nama, name, nama lengkap, full name")
_OWNER = headers(
    "nama pemilik, nama penerima, pemilik, owner, owner name, nama ketua, contact person, nama pemilik usaha,"
    "pemilik usaha, nama pengusaha, nama penanggung jawab, nama pemilik/penanggung jawab, nama pimpinan,"
    "pimpinan, nama direktur, nama lengkap pemilik, nama pelaku umkm, nama pengelola, pengelola, nama pengurus,"
    "pengurus, nama ketua koperasi, nama pic, nama sesuai ktp"
)
_WORKERS = headers(
    "jumlah pekerja, jumlah karyawan, jumlah tenaga kerja, jml pekerja, jml karyawan, tenaga kerja, workers,"
    "employees, number of workers, jml tenaga kerja, total tenaga kerja, tenaga kerja jumlah, tenaga kerja total,"
    "total pekerja, jumlah naker, naker, tk, jumlah tk, jml tk, tenaga kerja orang, jumlah tenaga kerja orang,"
    "jumlah pekerja orang, jumlah pegawai, pegawai, jumlah tenaga kerja total"
)
_STAFF = headers("direksi/staf/karyawan, staf/karyawan, staf, karyawan, tk karyawan, staff")
_LABOUR = headers("pekerja/buruh, buruh, tk buruh, pekerja, labour, labourers, labor")
_MANAGEMENT = headers("direksi, manajemen, direksi/manajemen, tk manajemen, management")
_MEN = headers(
    "tenaga kerja l, tenaga kerja lk, tenaga kerja laki laki, tenaga kerja pria, pekerja l, pekerja laki laki,"
    "jumlah tenaga kerja l, jumlah tenaga kerja laki laki, jumlah pekerja l, jumlah pekerja laki laki, karyawan l,"
    "karyawan laki laki, jumlah karyawan l, jumlah karyawan laki laki, tk l, tk laki laki"
)
_WOMEN = headers(
    "tenaga kerja p, tenaga kerja pr, tenaga kerja perempuan, tenaga kerja wanita, pekerja p, pekerja perempuan,"
    "jumlah tenaga kerja p, jumlah tenaga kerja perempuan, jumlah pekerja p, jumlah pekerja perempuan, karyawan p,"
    "karyawan perempuan, jumlah karyawan p, jumlah karyawan perempuan, tk p, tk perempuan"
)
_PARTICIPANT = headers(
    "no peserta, nomor peserta, no kepesertaan, participant no, participant number, participant, npp, no npp,"
    "nomor npp, nomor pendaftaran perusahaan, kpj, no kpj, nomor kpj, no kartu peserta, no peserta bpjs,"
    "no peserta bpjstk, no peserta bpjs ketenagakerjaan"
)
EMPLOYER_NO = headers("npp, no npp, nomor npp, nomor pendaftaran perusahaan")
WORKER_NO = headers("kpj, no kpj, nomor kpj, no kartu peserta")
WORKER_NAME = headers("nama tenaga kerja, nama pekerja, nama karyawan, nama tk, nama peserta")
_PROGRAMME = headers(
    "program, programme, programmes, programs, program bpjs, program bpjstk, program diikuti, program yang diikuti"
)
_ADDRESS = headers(
    "alamat, alamat lengkap, alamat usaha, alamat tempat usaha, alamat koperasi, alamat perusahaan, alamat domisili,"
    "alamat lengkap usaha, alamat kantor, lokasi usaha, address, lokasi"
)
_EMAIL = headers("email, e-mail, surel, alamat email, alamat e-mail, email koperasi, email usaha, email pemilik")
_COOPERATIVE = headers(
    "wadah, nama wadah, wadah koperasi, koperasi wadah, melalui koperasi, koperasi induk, nama koperasi induk,"
    "nik koperasi induk, koperasi anggota, terdaftar pada koperasi, cooperative, cooperative name, channel"
)
_LISTED: Final[dict[str, tuple[str, ...]]] = {
    "name": BUSINESS + PERSON,
    "owner": _OWNER,
    "nik": NIK,
    "nib": _NIB,
    "nik_koperasi": headers(
        "nik koperasi, nomor induk koperasi, no induk koperasi, cooperative nik, no nik koperasi,"
        "nik kop, nomor induk koperasi nik, nik nomor induk koperasi"
    ),
    "kind": headers(
        "jenis, jenis usaha, jenis badan usaha, bentuk badan usaha, bentuk badan hukum,"
        "badan usaha, bentuk, bentuk usaha, jenis umkm,"
        "jenis ukm, bentuk koperasi, jenis koperasi, kind, type"
    ),
    "scale": headers("skala, skala usaha, klasifikasi, klasifikasi usaha, kelas usaha, ukuran usaha, scale"),
    "region": REGION,
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
    "date": headers(
        "tgl input, tgl data, tgl cair, tanggal input, tanggal data, tanggal pendataan, tanggal, tgl, date"
    ),
    "status": headers(
        "status, status koperasi, status usaha, status aktif, status keaktifan, keaktifan, aktif/tidak,"
        "aktif/tidak aktif, status aktif/tidak aktif, status usaha aktif/tidak, keterangan aktif"
    ),
    "occupation": headers("pekerjaan, profesi, occupation, mata pencaharian"),
    "ref": headers("ref, referensi, reference, no referensi, kode referensi, partner ref"),
    "partner_id": headers("partner id, id partner payung"),
    "cooperative": _COOPERATIVE,
}
VOCABULARY: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "partners": _LISTED,
    "persons": {
        key: names
        for key, names in _LISTED.items()
        if key not in ("kind", "workers", "men", "women", "status", "scale")
    }
    | {
        "name": tuple(name for name in _LISTED["name"] if name != OF_COOPERATIVES),
        "cooperative": (*_COOPERATIVE, OF_COOPERATIVES),
    },
    "enrollments": {
        "participant_no": _PARTICIPANT,
        "segment": headers(
            "segmen, segment, segmentasi, segmen kepesertaan, segmen peserta, jenis kepesertaan, jenis peserta"
        ),
        "scale": _LISTED["scale"],
        "name": BUSINESS + PERSON,
        "nib": _NIB,
        "nik": NIK,
        "nik_koperasi": _LISTED["nik_koperasi"],
        "region": REGION,
        "region_code": _REGION_CODE,
        "owner": _OWNER,
        "phone": _PHONE,
        "email": _EMAIL,
        "effective_on": headers(
            "tgl efektif, tanggal efektif, effective on, effective date, tgl daftar, tgl kepesertaan,"
            "tanggal kepesertaan, tanggal daftar, tgl pendaftaran, tanggal pendaftaran, tmt, tgl mulai, tanggal mulai,"
            "mulai, start, tgl efektif kepesertaan, tmt kepesertaan, tgl mulai kepesertaan, tgl aktif"
        ),
        "until": headers(
            "tgl nonaktif, tanggal nonaktif, tgl non aktif, tgl berakhir, tanggal berakhir,"
            "tgl keluar, tanggal keluar, until, end date, selesai, tgl akhir, tgl akhir kepesertaan"
        ),
        "programmes": _PROGRAMME,
        "management": _MANAGEMENT,
        "staff": _STAFF,
        "labour": _LABOUR,
        "men": _MEN,
        "women": _WOMEN,
        "workers": _WORKERS,
        "ref": _LISTED["ref"],
        "partner_id": _LISTED["partner_id"],
        "cooperative": _COOPERATIVE,
    },
    "claims": {
        "claim_ref": headers("no klaim, nomor klaim, claim ref, claim no, claim number, id klaim, klaim"),
        "participant_no": _PARTICIPANT,
        "programme": (*_PROGRAMME, "program klaim"),
        "occurred_on": headers("tgl kejadian, tanggal kejadian, tgl kecelakaan, occurred on, event date"),
        "paid_on": headers("tgl bayar, tanggal bayar, tgl pembayaran, tgl dibayar, paid on, payment date"),
        "amount": headers(
            "nilai, nilai klaim, jumlah, jumlah klaim, nominal, nominal klaim, nominal dibayarkan, amount,"
            "besar manfaat, besar santunan"
        ),
        "status": headers("status, status klaim"),
    },
    "targets": {
        "region": REGION,
        "region_code": _REGION_CODE,
        "source": headers("kampanye, campaign, sumber, source, kegiatan"),
        "from": headers("mulai, from, start, tgl mulai, tanggal mulai"),
        "until": headers("selesai, until, end, sampai, tgl selesai, tanggal selesai"),
        "value": headers("sasaran, target, value, jumlah sasaran"),
        "measure": headers("ukuran, measure"),
        "unit": headers("satuan, unit"),
        "list": headers("daftar, list"),
    },
    "briefings": {
        "batch": headers("angkatan, batch, gelombang, angkatan ke"),
        "held_on": headers("tanggal, tgl, held on, date, tanggal pelaksanaan"),
        "name": headers("nama, nama kegiatan, name, tempat, venue, place, lokasi"),
        "quota": headers("kuota, quota, seats, kapasitas"),
        "present": headers("hadir, present, jumlah hadir, peserta hadir"),
        "region": REGION,
        "region_code": _REGION_CODE,
    },
    "attendance": {
        "name": (*headers("mewakili, representing, instansi"), *BUSINESS),
        "person": headers("nama peserta, peserta") + PERSON,
        "nik": NIK,
        "nib": _NIB,
        "region": REGION,
        "region_code": _REGION_CODE,
        "phone": _PHONE,
        "email": _EMAIL,
        "present": headers("hadir, present, kehadiran, tanda tangan, ttd"),
        "kind": _LISTED["kind"],
    },
    "agreements": {
        "number": headers("nomor, no perjanjian, nomor perjanjian, number"),
        "title": headers("judul, title, perihal, tentang"),
        "party_1": headers("pihak 1, pihak pertama, party 1"),
        "party_2": headers("pihak 2, pihak kedua, party 2"),
        "parties": headers("para pihak, pihak, parties"),
        "date": headers("tanggal, tgl, date, tanggal perjanjian"),
        "region": REGION,
        "region_code": _REGION_CODE,
        "from": headers("mulai berlaku, berlaku mulai, berlaku sejak, tanggal mulai, mulai, from, valid from"),
        "until": headers(
            "berakhir, berlaku sampai, berlaku hingga, tanggal berakhir, selesai, sampai, until, valid until"
        ),
        "basis": headers("dasar, basis, dasar hukum"),
    },
}
NOT_USED: Final[Mapping[str, frozenset[str]]] = {
    "persons": frozenset(("management", "staff", "labour")),
    "targets": frozenset(("unit",)),
    "attendance": frozenset(("kind",)),
    "agreements": frozenset(("basis",)),
}
"""Meanings of columns that help to find a header and that no reader uses: a column of theirs is not read."""
REQUIRED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "persons": (("nik",),),
    "enrollments": (("participant_no",), ("effective_on",), ("programmes",)),
    "claims": (("claim_ref",), ("participant_no",), ("programme",), ("occurred_on",), ("amount",), ("status",)),
    "targets": (("from",), ("until",), ("value",)),
    "briefings": (("held_on",),),
    "attendance": (("name", "person"),),
    "agreements": (("title",), ("date",)),
}
"""Meanings without a column of which no row can be taken; of several, one is enough."""
