"""The names of columns that several kinds of files have, as agencies write them, in Indonesian or English."""

from typing import Final

from services.registration.intake.files.tables import squeeze


def headers(text: str) -> tuple[str, ...]:
    return tuple(squeeze(part) for part in text.split(","))


REGION = headers(
    "kab/kota, kabupaten/kota, kota/kabupaten, kota/kab, kabkota,"
    "kabupaten/kota usaha, kab/kota usaha, nama kabupaten kota,"
    "kab/kota domisili, kab/kota tempat tinggal, kabupaten domisili, kota domisili, asal kab/kota,"
    "nama kab kota, nama kabupaten, kabupaten, kota, nama wilayah, wilayah, region, regency, city, district,"
    "kab, kabkot, kabupaten usaha, kota usaha, kab/kota tempat usaha, kab/kota alamat usaha,"
    "kab/kota lokasi usaha, lokasi kab/kota, alamat kab/kota"
)
REGION_CODE = headers(
    "kode wilayah, kode kabupaten kota, kode kab kota, kode kabupaten, kode kota, kode kab, kode daerah, kode bps,"
    "kode kemendagri, region code,"
    "kode wilayah kemendagri, kode kab/kota bps, kode wilayah bps"
)
NIK = headers(
    "nik, nik pemilik, nik penerima, nik owner, owner nik, no ktp, nomor ktp, ktp, nomor induk kependudukan, no nik,"
    "nik ktp, nik/ktp, no ktp/nik, nik/no ktp, nomor nik, no nik ktp, nik pelaku usaha, nik pengusaha,"
    "nik penanggung jawab, no ktp pemilik, ktp pemilik, no induk kependudukan, nik pemilik usaha, nik e-ktp,"
    "nik sesuai ktp, nik pelaku, nik pelaku umkm, no ktp pelaku usaha, nik ktp pemilik, no kependudukan,"
    "no identitas ktp, no ktp pengusaha, nik pengelola"
)
NIK_OF_CHAIR = headers("nik ketua, nik ketua koperasi, nik ketua pengurus, nik pengurus, nik pimpinan, no ktp ketua")
"""Whose NIK a list of cooperatives says apart from theirs: not read, as who is in the chair changes."""
NIB = headers(
    "nib, no nib, nomor nib, nomor induk berusaha, no induk berusaha, nib oss, no nib oss, nib rba,"
    "nib oss rba, nib iumk, iumk nib, nib siup, siup nib, nib usaha, no nib usaha, nib perusahaan,"
    "izin usaha nib, ijin usaha nib, perizinan nib, legalitas nib, legalitas usaha nib, nib iumk siup, nib siup iumk,"
    "nib no izin, nib no izin usaha, nib izin usaha, nib ijin usaha, nib no ijin usaha"
)
PHONE = headers(
    "no hp, nomor hp, hp, no telepon, nomor telepon, telepon, no telp, telp, phone, phone number, mobile,"
    "whatsapp, no wa, no whatsapp, no hp/wa, nomor hp/wa, no wa/hp, hp/wa, no hp/whatsapp, no telp/hp, no telepon/hp,"
    "telepon/hp, telp/hp, no tlp, tlp, no telpon, nomor telpon, telpon, no handphone, nomor handphone, handphone,"
    "nomor wa, nomor whatsapp, no kontak, nomor kontak, kontak, no hp pemilik, nomor hp pemilik, no hp aktif,"
    "contact number, telephone, telephone number, mobile phone, no hp yang bisa dihubungi, no hp wa,"
    "ponsel, wa, contact, telp wa, wa telp, no telp pemilik, telp pemilik, no seluler, no telp seluler,"
    "no tlpn, no telp usaha, telp usaha, telepon usaha, telp fax, no hp usaha, no kontak person,"
    "wa aktif, whatsapp aktif, no wa aktif, cp no hp,"
    + ",".join(
        f"no {phone} {whose}"
        for phone in ("hp", "wa", "telp", "hp/wa", "telp/hp", "kontak")
        for whose in ("ketua", "pengurus", "pengelola", "pimpinan", "direktur", "penanggung jawab", "pic", "koperasi")
    )
)
BUSINESS = headers(
    "nama usaha, nama umkm, nama perusahaan, nama toko, nama koperasi, nama badan usaha, nama pelaku usaha,"
    "nama ukm, nama ikm, nama unit usaha, nama usaha umkm, nama usaha/produk, nama kios, nama warung, business name,"
    "business, company, company name,"
    "partner name,"
    "nama usaha mikro, nama tempat usaha, nama outlet, nama industri, nama usaha dagang,"
    "nama rumah makan, nama kelompok usaha, nama bumdes, nama lengkap usaha, nama badan hukum,"
    "nama kelompok, nama kube, nama bisnis, nama bengkel, nama restoran, nama kedai, nama merek usaha, nama brand"
)
OF_COOPERATIVES: Final = "nama koperasi"
"""Who is listed, or, in a list of persons, whose member each of them is."""
PERSON = headers("nama, name, nama lengkap, full name")
OWNER = headers(
    "nama pemilik, nama penerima, pemilik, owner, owner name, nama ketua, contact person, nama pemilik usaha,"
    "pemilik usaha, nama pengusaha, nama penanggung jawab, nama pemilik/penanggung jawab, nama pimpinan,"
    "pimpinan, nama direktur, nama lengkap pemilik, nama pelaku umkm, nama pengelola, pengelola, nama pengurus,"
    "pengurus, nama ketua koperasi, nama pic, nama sesuai ktp, nama ktp, nama pemilik umkm, pengusaha, nama owner,"
    "pelaku usaha, nama pedagang, nama petani, nama nelayan, nama anggota"
)
IN_CHARGE = headers(
    "penanggung jawab, nama penanggungjawab, penanggungjawab, pic, ketua, direktur, nama direktur utama, narahubung,"
    "nama narahubung, kontak person, nama kontak, nama kontak person"
)
"""Who answers for a business; the NIK beside such a column is not always this person's."""
WORKERS = headers(
    "jumlah pekerja, jumlah karyawan, jumlah tenaga kerja, jml pekerja, jml karyawan, tenaga kerja, workers,"
    "employees, number of workers, jml tenaga kerja, total tenaga kerja, tenaga kerja jumlah, tenaga kerja total,"
    "total pekerja, jumlah naker, naker, tk, jumlah tk, jml tk, tenaga kerja orang, jumlah tenaga kerja orang,"
    "jumlah pekerja orang, jumlah pegawai, pegawai, jumlah tenaga kerja total,"
    "penyerapan tenaga kerja, serapan tenaga kerja, total karyawan, total pegawai, banyak pekerja,"
    "jumlah sdm, sdm"
)
STAFF = headers("direksi/staf/karyawan, staf/karyawan, staf, karyawan, tk karyawan, staff, jumlah staf")
LABOUR = headers("pekerja/buruh, buruh, tk buruh, pekerja, labour, labourers, labor, jumlah buruh")
MANAGEMENT = headers("direksi, manajemen, direksi/manajemen, tk manajemen, management")
MEN = headers(
    "tenaga kerja l, tenaga kerja lk, tenaga kerja laki laki, tenaga kerja pria, pekerja l, pekerja laki laki,"
    "jumlah tenaga kerja l, jumlah tenaga kerja laki laki, jumlah pekerja l, jumlah pekerja laki laki, karyawan l,"
    "karyawan laki laki, jumlah karyawan l, jumlah karyawan laki laki, tk l, tk laki laki"
)
WOMEN = headers(
    "tenaga kerja p, tenaga kerja pr, tenaga kerja perempuan, tenaga kerja wanita, pekerja p, pekerja perempuan,"
    "jumlah tenaga kerja p, jumlah tenaga kerja perempuan, jumlah pekerja p, jumlah pekerja perempuan, karyawan p,"
    "karyawan perempuan, jumlah karyawan p, jumlah karyawan perempuan, tk p, tk perempuan"
)
PARTICIPANT = headers(
    "no peserta, nomor peserta, no kepesertaan, participant no, participant number, participant, npp, no npp,"
    "nomor npp, nomor pendaftaran perusahaan, kpj, no kpj, nomor kpj, no kartu peserta, no peserta bpjs,"
    "no peserta bpjstk, no peserta bpjs ketenagakerjaan,"
    "id peserta, no bpjstk, no bpjs tk, no bpjs ketenagakerjaan, no kartu bpjs ketenagakerjaan"
)
EMPLOYER_NO = headers("npp, no npp, nomor npp, nomor pendaftaran perusahaan")
WORKER_NO = headers("kpj, no kpj, nomor kpj, no kartu peserta")
WORKER_NAME = headers("nama tenaga kerja, nama pekerja, nama karyawan, nama tk, nama peserta")
PROGRAMME = headers(
    "program, programme, programmes, programs, program bpjs, program bpjstk, program diikuti, program yang diikuti,"
    "jenis program, nama program, paket program, program jaminan, program kepesertaan,"
    "program perlindungan, jenis jaminan, jaminan"
)
ADDRESS = headers(
    "alamat usaha, alamat lengkap usaha, alamat tempat usaha, alamat lokasi usaha, alamat koperasi, alamat perusahaan,"
    "alamat toko, alamat kantor, lokasi usaha, alamat tempat produksi, alamat produksi, alamat, alamat lengkap,"
    "address, lokasi, alamat domisili"
)
EMAIL = headers(
    "email, e-mail, surel, email address, alamat email, alamat e-mail, email koperasi, email usaha, email pemilik,"
    "surat elektronik, alamat surel, email perusahaan, email pelaku usaha, e-mail address, email aktif,"
    "e-mail aktif"
)
COOPERATIVE = headers(
    "wadah, nama wadah, wadah koperasi, koperasi wadah, melalui koperasi, koperasi induk, nama koperasi induk,"
    "nik koperasi induk, koperasi anggota, terdaftar pada koperasi, cooperative, cooperative name, channel"
)
