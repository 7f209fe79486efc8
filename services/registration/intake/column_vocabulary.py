"""The names of columns by what they mean in each kind of file, and the meanings that a kind needs or does not use."""

from collections.abc import Mapping
from typing import Final

from services.registration.intake.column_names import (
    ADDRESS,
    BUSINESS,
    COOPERATIVE,
    EMAIL,
    IN_CHARGE,
    LABOUR,
    MANAGEMENT,
    MEN,
    NIB,
    NIK,
    OF_COOPERATIVES,
    OWNER,
    PARTICIPANT,
    PERSON,
    PHONE,
    PROGRAMME,
    REGION,
    REGION_CODE,
    STAFF,
    WOMEN,
    WORKERS,
    headers,
)

_LISTED: Final[dict[str, tuple[str, ...]]] = {
    "name": BUSINESS + PERSON,
    "owner": OWNER + IN_CHARGE,
    "nik": NIK,
    "nib": NIB,
    "nik_koperasi": headers(
        "nik koperasi, nomor induk koperasi, no induk koperasi, cooperative nik, no nik koperasi,"
        "nik kop, nomor induk koperasi nik, nik nomor induk koperasi"
    ),
    "kind": headers(
        "jenis, jenis usaha, jenis badan usaha, bentuk badan usaha, bentuk badan hukum,"
        "badan usaha, bentuk, bentuk usaha, jenis umkm,"
        "jenis ukm, bentuk koperasi, jenis koperasi, kind, type"
    ),
    "scale": headers(
        "skala, skala usaha, klasifikasi, klasifikasi usaha, kelas usaha, ukuran usaha, scale,"
        "skala umkm, uraian skala usaha, kategori usaha, kategori umkm, kriteria usaha, kriteria umkm, kelas umkm,"
        "tingkat usaha"
    ),
    "region": REGION,
    "region_code": REGION_CODE,
    "phone": PHONE,
    "email": EMAIL,
    "address": ADDRESS,
    "workers": WORKERS,
    "management": MANAGEMENT,
    "staff": STAFF,
    "labour": LABOUR,
    "men": MEN,
    "women": WOMEN,
    "date": headers(
        "tgl input, tgl data, tgl cair, tanggal input, tanggal data, tanggal pendataan, tanggal, tgl, date"
    ),
    "status": headers(
        "status, status koperasi, status usaha, status aktif, status keaktifan, keaktifan, aktif/tidak,"
        "aktif/tidak aktif, status aktif/tidak aktif, status usaha aktif/tidak, keterangan aktif,"
        "aktif, status operasional, status operasi, status kelembagaan, status aktif koperasi, kondisi usaha,"
        "status umkm, status perusahaan"
    ),
    "inactive": headers(
        "tidak aktif, non aktif, nonaktif, status tidak aktif, status non aktif, status nonaktif, koperasi tidak aktif,"
        "umkm tidak aktif, usaha tidak aktif"
    ),
    "occupation": headers("pekerjaan, profesi, occupation, mata pencaharian, jenis pekerjaan"),
    "ref": headers("ref, referensi, reference, no referensi, kode referensi, partner ref"),
    "partner_id": headers("partner id, id partner payung"),
    "cooperative": COOPERATIVE,
}
VOCABULARY: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "partners": _LISTED,
    "persons": {
        key: names
        for key, names in _LISTED.items()
        if key not in ("kind", "workers", "men", "women", "status", "inactive", "scale")
    }
    | {
        "name": tuple(name for name in _LISTED["name"] if name != OF_COOPERATIVES),
        "cooperative": (*COOPERATIVE, OF_COOPERATIVES),
    },
    "enrollments": {
        "participant_no": PARTICIPANT,
        "segment": headers(
            "segmen, segment, segmentasi, segmen kepesertaan, segmen peserta, jenis kepesertaan, jenis peserta,"
            "kategori peserta, kategori kepesertaan, kelompok peserta, tipe peserta, tipe kepesertaan,"
            "segmentasi peserta"
        ),
        "scale": _LISTED["scale"],
        "name": BUSINESS + PERSON,
        "nib": NIB,
        "nik": NIK,
        "nik_koperasi": _LISTED["nik_koperasi"],
        "region": REGION,
        "region_code": REGION_CODE,
        "owner": OWNER + IN_CHARGE,
        "phone": PHONE,
        "email": EMAIL,
        "effective_on": headers(
            "tgl efektif, tanggal efektif, effective on, effective date, tgl daftar, tgl kepesertaan,"
            "tanggal kepesertaan, tanggal daftar, tgl pendaftaran, tanggal pendaftaran, tmt, tgl mulai, tanggal mulai,"
            "mulai, start, tgl efektif kepesertaan, tmt kepesertaan, tgl mulai kepesertaan, tgl aktif,"
            "tanggal aktif, tgl terdaftar, mulai kepesertaan, awal kepesertaan, tgl registrasi, tgl awal,"
            "tgl awal kepesertaan, mulai berlaku, berlaku mulai, mulai aktif, tgl bergabung, tmt peserta"
        ),
        "until": headers(
            "tgl nonaktif, tanggal nonaktif, tgl non aktif, tgl berakhir, tanggal berakhir,"
            "tgl keluar, tanggal keluar, until, end date, selesai, tgl akhir, tgl akhir kepesertaan,"
            "tgl berhenti, tgl selesai, sampai, sampai dengan, s/d, berakhir, akhir kepesertaan, berlaku sampai,"
            "berlaku sampai dengan, berlaku hingga, masa berlaku s/d, tgl kadaluarsa, tgl kedaluwarsa,"
            "tgl berhenti kepesertaan, nonaktif, tgl tidak aktif"
        ),
        "status": headers(
            "status kepesertaan, status peserta, status aktif, status keaktifan, keaktifan, status keaktifan peserta,"
            "status perusahaan, aktif/tidak, aktif/tidak aktif, aktif/non aktif,"
            "status aktif/non aktif, status aktif/tidak aktif, status"
        ),
        "programmes": PROGRAMME,
        "management": MANAGEMENT,
        "staff": STAFF,
        "labour": LABOUR,
        "men": MEN,
        "women": WOMEN,
        "workers": WORKERS,
        "ref": _LISTED["ref"],
        "partner_id": _LISTED["partner_id"],
        "cooperative": COOPERATIVE,
    },
    "claims": {
        "claim_ref": headers(
            "no klaim, nomor klaim, claim ref, claim no, claim number, id klaim, klaim,"
            "kode klaim, no pengajuan klaim, nomor agenda klaim"
        ),
        "participant_no": PARTICIPANT,
        "programme": (*PROGRAMME, *headers("program klaim, jenis klaim")),
        "occurred_on": headers(
            "tgl kejadian, tanggal kejadian, tgl kecelakaan, occurred on, event date,"
            "tgl musibah, tgl peristiwa, tgl kejadian kecelakaan"
        ),
        "paid_on": headers(
            "tgl bayar, tanggal bayar, tgl pembayaran, tgl dibayar, paid on, payment date, tgl pencairan, tgl cair"
        ),
        "amount": headers(
            "nilai, nilai klaim, jumlah, jumlah klaim, nominal, nominal klaim, nominal dibayarkan, amount,"
            "besar manfaat, besar santunan,"
            "nominal bayar, jumlah bayar, jumlah dibayar, nilai bayar, besar klaim, nilai manfaat, total manfaat,"
            "nilai santunan, jumlah santunan, jumlah manfaat, santunan, besaran klaim,"
            "jumlah pembayaran, nominal pembayaran, nilai pembayaran, jumlah pembayaran klaim"
        ),
        "status": headers("status, status klaim, status pembayaran, status pengajuan"),
    },
    "targets": {
        "region": REGION,
        "region_code": REGION_CODE,
        "source": headers(
            "kampanye, campaign, sumber, source, kegiatan, nama kampanye, nama kegiatan, nama program kampanye"
        ),
        "from": headers(
            "mulai, from, start, tgl mulai, tanggal mulai,"
            "dari, tgl awal, periode mulai, periode awal, mulai tgl, dari tgl"
        ),
        "until": headers(
            "selesai, until, end, sampai, tgl selesai, tanggal selesai,"
            "tgl akhir, periode selesai, periode akhir, sampai dengan, s/d, sampai tgl, berakhir, tgl berakhir"
        ),
        "value": headers(
            "sasaran, target, value, jumlah sasaran,"
            "jumlah target, nilai target, target peserta, target sasaran, nilai sasaran, target perluasan"
        ),
        "measure": headers("ukuran, measure, indikator"),
        "unit": headers("satuan, unit"),
        "list": headers("daftar, list"),
    },
    "briefings": {
        "batch": headers("angkatan, batch, gelombang, angkatan ke, sesi, no angkatan, angkatan/gelombang"),
        "held_on": headers(
            "tanggal, tgl, held on, date, tanggal pelaksanaan,"
            "hari/tanggal, tanggal kegiatan, tanggal acara, hari tgl, waktu pelaksanaan"
        ),
        "name": headers("nama, nama kegiatan, name, tempat, venue, place, lokasi"),
        "quota": headers("kuota, quota, seats, kapasitas, kuota peserta, jumlah kuota"),
        "present": headers(
            "hadir, present, jumlah hadir, peserta hadir, peserta yang hadir, jumlah peserta hadir, jumlah kehadiran"
        ),
        "region": REGION,
        "region_code": REGION_CODE,
    },
    "attendance": {
        "name": (
            *headers(
                "mewakili, representing, instansi,"
                "asal usaha, utusan, utusan dari, perwakilan, perwakilan dari, asal instansi, asal koperasi,"
                "koperasi, umkm, unit usaha, asal lembaga, instansi/usaha"
            ),
            *BUSINESS,
        ),
        "person": headers("nama peserta, peserta") + PERSON,
        "nik": NIK,
        "nib": NIB,
        "region": REGION,
        "region_code": REGION_CODE,
        "phone": PHONE,
        "email": EMAIL,
        "present": headers(
            "hadir, present, kehadiran, hadir/tidak, hadir/tidak hadir, status kehadiran, keterangan kehadiran,"
            "kehadiran peserta, presensi, absensi, absen, tanda tangan, ttd, paraf, tanda tangan/paraf, ttd/paraf,"
            "tanda tangan peserta"
        ),
        "kind": _LISTED["kind"],
    },
    "agreements": {
        "number": headers(
            "nomor, no perjanjian, nomor perjanjian, number,"
            "nomor pks, nomor mou, nomor kerja sama, nomor dokumen, nomor naskah"
        ),
        "title": headers(
            "judul, title, perihal, tentang,"
            "judul pks, judul mou, judul perjanjian, judul kerja sama, nama perjanjian, nama kerja sama"
        ),
        "party_1": headers("pihak 1, pihak pertama, party 1, pihak i, pihak kesatu"),
        "party_2": headers("pihak 2, pihak kedua, party 2, pihak ii"),
        "parties": headers("para pihak, pihak, parties"),
        "date": headers(
            "tanggal, tgl, date, tanggal perjanjian,"
            "tanggal penandatanganan, tgl ttd, tanggal tanda tangan, tanggal ditandatangani, tanggal pks,"
            "tanggal mou"
        ),
        "region": REGION,
        "region_code": REGION_CODE,
        "from": headers("mulai berlaku, berlaku mulai, berlaku sejak, tanggal mulai, mulai, from, valid from"),
        "until": headers(
            "berakhir, berlaku sampai, berlaku hingga, tanggal berakhir, selesai, sampai, until, valid until,"
            "berlaku sampai dengan, berlaku s/d"
        ),
        "basis": headers("dasar, basis, dasar hukum"),
    },
}
NOT_USED: Final[Mapping[str, frozenset[str]]] = {
    "persons": frozenset(("management", "staff", "labour")),
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
