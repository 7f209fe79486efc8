"""Every code by which something is refused, warned about or answered with an error, and what to do about it.

The codes are a stable contract: they are added to, never renamed. docs/errors.md is generated from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

RefusalCode = Literal[
    "malformed",
    "wrong_column_count",
    "unknown_type",
    "missing_field",
    "missing_name",
    "missing_nik",
    "nik_excel_damaged",
    "invalid_nik",
    "invalid_nib",
    "invalid_date",
    "ambiguous_date",
    "invalid_worker_count",
    "invalid_amount",
    "invalid_value",
    "inactive",
    "unknown_region",
    "ambiguous_region",
    "outside_jurisdiction",
    "unknown_field",
    "missing_participant_no",
    "unknown_participant",
    "unknown_programme",
    "programme_not_allowed",
    "programme_dropped",
    "programme_not_held",
    "event_outside_membership",
    "partner_unknown",
    "conflict",
    "id_reused",
    "health_data",
    "failed",
    "forbidden_type",
    "too_many_sources",
    "too_long",
    "too_large",
]
"""Why a row or an event is refused; requests as a whole may be refused with these too."""

WarningCode = Literal[
    "nik_unknown_prefix",
    "nik_bad_birth_date",
    "phone_unusable",
    "personal_number_in_text",
    "number_left_out",
    "paid_on_missing",
]
"""What is odd about a row or an event that was accepted."""

NoteCode = Literal["guest", "without_briefing", "over_quota"]
"""What was kept of an accepted row or event in another way than its sender may think."""

ProblemCode = Literal[
    "unauthorized",
    "key_expired",
    "forbidden",
    "other_session",
    "not_found",
    "method_not_allowed",
    "unknown_parameter",
    "unsupported_media_type",
    "cursor_gone",
    "too_many_requests",
    "unavailable",
    "internal",
    "error",
]
"""Why a request as a whole is answered with an error, beside the codes of refusals."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means and what to do, in English and Indonesian; `fields` are those that an answer may name."""

    fields: tuple[str, ...]
    meaning: str
    action: str
    arti: str
    tindakan: str


WHICHEVER: Final = ("*",)
"""The field may be any: the one with the fault."""

REFUSALS: Final[Mapping[RefusalCode, Explanation]] = {
    "malformed": Explanation(
        ("file", "data", "id", "source", "type", "specversion"),
        "The file, the request or the event cannot be read: no table, no header, no valid JSON, not a CloudEvent 1.0.",
        "Check the format: a CSV file or workbook with a line of column names, or JSON in UTF-8 with the CloudEvents "
        "attributes. Of a file the detail says what it is instead.",
        "Berkas, permintaan, atau kejadian tidak dapat dibaca: bukan tabel, tanpa baris judul kolom, bukan JSON yang "
        "sah, atau bukan CloudEvent 1.0.",
        "Periksa formatnya: berkas CSV atau buku kerja dengan baris judul kolom, atau JSON UTF-8 dengan atribut "
        "CloudEvents. Untuk berkas, rincian galat menyebutkan jenis berkas yang sebenarnya.",
    ),
    "wrong_column_count": Explanation(
        (),
        "The row has more or fewer cells than the header.",
        "Look for a separator inside a text: put such a text in quotes, or remove the separator.",
        "Jumlah sel pada baris ini tidak sama dengan jumlah judul kolom.",
        "Cari tanda pemisah di dalam teks: apit teks itu dengan tanda kutip, atau hapus tanda pemisahnya.",
    ),
    "unknown_type": Explanation(
        ("type",),
        "There is no event type of this name.",
        "Use one of the event types in docs/asyncapi.yaml.",
        "Tidak ada jenis kejadian dengan nama ini.",
        "Gunakan salah satu jenis kejadian dalam docs/asyncapi.yaml.",
    ),
    "missing_field": Explanation(
        WHICHEVER,
        "A field that is needed here is missing or empty.",
        "Fill it in and send the row or event again.",
        "Isian yang wajib tidak ada atau kosong.",
        "Lengkapi isian tersebut, lalu kirim ulang baris atau kejadiannya.",
    ),
    "missing_name": Explanation(
        ("name",),
        "The partner has no name: neither a business name nor an owner's name is given.",
        "Give at least one of the two names.",
        "Mitra tidak bernama: nama usaha maupun nama pemilik tidak diisi.",
        "Isi sekurang-kurangnya salah satu dari kedua nama itu.",
    ),
    "missing_nik": Explanation(
        ("nik",),
        "A NIK is required for every row of this file, and this row has none.",
        "Add the NIK, 16 digits as on the identity card.",
        "Setiap baris berkas ini wajib memuat NIK, tetapi baris ini tidak memuatnya.",
        "Tambahkan NIK 16 angka sesuai KTP.",
    ),
    "nik_excel_damaged": Explanation(
        ("nik",),
        "A spreadsheet or a program held the NIK as a number (3,57602E+15), which destroys its last digits.",
        "Format the column as text, enter the NIK again from its source, and send it as text.",
        "NIK tersimpan sebagai bilangan (3,57602E+15) oleh Excel atau program lain sehingga angka terakhirnya rusak.",
        "Ubah format kolom menjadi teks, ketik ulang NIK dari sumbernya, lalu kirim sebagai teks.",
    ),
    "invalid_nik": Explanation(
        ("nik",),
        "A NIK has exactly 16 digits.",
        "Correct the NIK from the identity card; dots, spaces and hyphens between the digits do not matter.",
        "NIK harus tepat 16 angka.",
        "Perbaiki NIK sesuai KTP; titik, spasi, dan tanda hubung di antara angka tidak menjadi masalah.",
    ),
    "invalid_nib": Explanation(
        ("nib",),
        "A NIB has exactly 13 digits.",
        "Correct the NIB from the business licence (OSS), or leave it empty.",
        "NIB harus tepat 13 angka.",
        "Perbaiki NIB sesuai dokumen perizinan berusaha (OSS), atau kosongkan.",
    ),
    "invalid_date": Explanation(
        WHICHEVER,
        "This is no day of the calendar, or the end of a period does not come after its start.",
        "Write 2021-12-31, 31/12/2021 or 31 Desember 2021, and check the order of start and end.",
        "Tanggal ini tidak ada dalam kalender, atau akhir masa tidak jatuh setelah awalnya.",
        "Tulis 2021-12-31, 31/12/2021, atau 31 Desember 2021, dan periksa urutan awal dan akhirnya.",
    ),
    "ambiguous_date": Explanation(
        WHICHEVER,
        "This day may be day first or month first: other cells of the column are month first, and this one is unclear.",
        "Upload the file again with date_order=mdy or date_order=dmy, or write the days as 2021-12-31.",
        "Tanggal ini dapat dibaca hari dahulu atau bulan dahulu: sel lain pada kolom ini bulan dahulu, yang ini tidak "
        "jelas.",
        "Unggah ulang berkas dengan date_order=mdy atau date_order=dmy, atau tulis tanggal sebagai 2021-12-31.",
    ),
    "invalid_worker_count": Explanation(
        ("workers", "management", "staff", "labour"),
        "This is not a number of people.",
        "Write digits, or digits and 'orang': 5, 5 orang. In an event, send a whole number from 0.",
        "Isian ini bukan jumlah orang.",
        "Tulis angka saja atau angka diikuti 'orang': 5, 5 orang. Dalam kejadian, kirim bilangan bulat mulai dari 0.",
    ),
    "invalid_amount": Explanation(
        ("amount",),
        "This is not an amount of whole rupiah above zero.",
        "Write 8400000, 8.400.000 or Rp8.400.000,00. In an event, send a whole number.",
        "Isian ini bukan jumlah rupiah bulat di atas nol.",
        "Tulis 8400000, 8.400.000, atau Rp8.400.000,00. Dalam kejadian, kirim bilangan bulat.",
    ),
    "invalid_value": Explanation(
        WHICHEVER,
        "The value is not one of those allowed for this field or parameter, or of another type.",
        "The detail names what is allowed; correct the value.",
        "Nilai tidak termasuk yang diperbolehkan untuk isian atau parameter ini, atau jenis datanya keliru.",
        "Perbaiki nilainya; keterangan galat menyebutkan nilai yang diperbolehkan.",
    ),
    "inactive": Explanation(
        ("status",),
        "It is marked as not active, an enrolment without the day since when; only active ones are listed.",
        "Nothing, if that is so; an enrolment needs that day (tgl nonaktif). Otherwise set the status to AKTIF "
        "and send it again.",
        "Daftar menandainya tidak aktif (kepesertaan: tanpa tanggal nonaktif); hanya yang aktif yang dicatat.",
        "Abaikan bila memang demikian; untuk kepesertaan isi tgl nonaktif. Bila keliru, ubah status menjadi AKTIF, "
        "lalu kirim ulang barisnya.",
    ),
    "unknown_region": Explanation(
        ("region", "regions"),
        "No region has this name or code, or none was given where it is needed.",
        "Write the official name of the Kabupaten or Kota, or its code, such as 33.11.",
        "Tidak ada wilayah dengan nama atau kode ini, atau wilayah yang wajib tidak diisi.",
        "Tulis nama resmi kabupaten/kota atau kodenya, misalnya 33.11.",
    ),
    "ambiguous_region": Explanation(
        ("region",),
        "A Kabupaten and a Kota bear this name.",
        "Write Kab. or Kota before the name, or give the code.",
        "Nama ini dipakai oleh kabupaten dan kota sekaligus.",
        "Tulis Kab. atau Kota di depan namanya, atau gunakan kodenya.",
    ),
    "outside_jurisdiction": Explanation(
        ("region",),
        "The region lies outside those that your agency may report on.",
        "Correct the region, or ask the administrator to add it to your agency.",
        "Wilayah ini di luar kewenangan instansi Anda.",
        "Perbaiki wilayahnya, atau minta administrator menambahkannya ke instansi Anda.",
    ),
    "unknown_field": Explanation(
        WHICHEVER,
        "Events of this type have no field of this name; it would have been ignored.",
        "The detail names the nearest field there is: correct the name, or remove the field.",
        "Kejadian jenis ini tidak mempunyai isian dengan nama ini; isian itu akan terabaikan.",
        "Keterangan galat menyebutkan isian yang paling mirip: perbaiki namanya, atau hapus isian itu.",
    ),
    "missing_participant_no": Explanation(
        ("participant_no",),
        "An enrolment or a claim has no participant number.",
        "Give the number of the participant (NPP or KPJ).",
        "Kepesertaan atau klaim ini tidak memuat nomor peserta.",
        "Isi nomor peserta (NPP atau KPJ).",
    ),
    "unknown_participant": Explanation(
        ("participant_no",),
        "No participant in your regions has this number.",
        "Check the number; send the enrolment before its changes, its end or its claims.",
        "Tidak ada peserta dengan nomor ini di wilayah Anda.",
        "Periksa nomornya; kirim data kepesertaan sebelum perubahan, pengakhiran, atau klaimnya.",
    ),
    "unknown_programme": Explanation(
        ("programmes", "programme"),
        "This is no programme of BPJS Ketenagakerjaan, or JKP is not in use here.",
        "Use JKK, JKM, JHT and JP.",
        "Ini bukan program BPJS Ketenagakerjaan, atau JKP tidak digunakan di sini.",
        "Gunakan JKK, JKM, JHT, dan JP.",
    ),
    "programme_not_allowed": Explanation(
        ("programmes",),
        "These programmes do not go together for this segment or scale (Perpres 109/2013).",
        "Join them in the order JKK, JKM, JHT, JP without skipping one; the detail names how many.",
        "Gabungan program ini tidak diperbolehkan untuk segmen atau skala usaha ini (Perpres 109/2013).",
        "Ikuti urutan JKK, JKM, JHT, JP tanpa melompati; keterangan galat menyebutkan jumlahnya.",
    ),
    "programme_dropped": Explanation(
        ("programmes",),
        "A programme once joined is kept while the participant is active; this version lacks one.",
        "Send all programmes that the participant holds, or end the membership first.",
        "Program yang sudah diikuti tidak boleh dilepas selama peserta aktif, tetapi data ini tidak memuat salah "
        "satunya.",
        "Kirim semua program yang diikuti peserta, atau akhiri kepesertaannya lebih dahulu.",
    ),
    "programme_not_held": Explanation(
        ("programme",),
        "The participant did not hold this programme on the day of the claim.",
        "Check the programme and the day of the claim.",
        "Peserta tidak mengikuti program ini pada tanggal kejadian klaim.",
        "Periksa program dan tanggal kejadian klaim.",
    ),
    "event_outside_membership": Explanation(
        ("occurred_on", "effective_on"),
        "The participant was not active on the day of the claim, or is not active when the membership is to end.",
        "Check the day, or send the enrolment that was active then.",
        "Peserta tidak aktif pada tanggal kejadian klaim, atau sudah tidak aktif saat kepesertaan hendak diakhiri.",
        "Periksa tanggalnya, atau kirim data kepesertaan yang aktif pada tanggal itu.",
    ),
    "partner_unknown": Explanation(
        ("partner.id", "partner.ref", "cooperative"),
        "No partner in your regions has this id or reference, or the cooperative is not known.",
        "Check the id or reference; list the partner or the cooperative first.",
        "Tidak ada mitra dengan id atau referensi ini di wilayah Anda, atau koperasinya belum dikenal.",
        "Periksa id atau referensinya; daftarkan mitra atau koperasi itu lebih dahulu.",
    ),
    "conflict": Explanation(
        ("partner", "partner.ref", "source", "claim_ref", "status", "id", "slug"),
        "This contradicts what is known: identifiers of two partners, a source or key of another, a claim that was "
        "already decided, a name that is taken.",
        "The detail names the contradiction; correct the record, or clarify with whoever sent the other one.",
        "Data ini bertentangan dengan data yang sudah ada: identitas dua mitra yang berbeda, sumber atau kunci milik "
        "pihak lain, klaim yang sudah diputuskan, atau nama yang sudah dipakai.",
        "Keterangan galat menyebutkan pertentangannya; perbaiki datanya, atau klarifikasi dengan pengirim data lain "
        "itu.",
    ),
    "id_reused": Explanation(
        ("id",),
        "This source and id, or this Idempotency-Key, was used before with other content.",
        "Give every new event an id of its own and every new request a key of its own.",
        "Source dan id ini, atau Idempotency-Key ini, pernah dipakai dengan isi yang berbeda.",
        "Beri setiap kejadian baru id tersendiri dan setiap permintaan baru kunci tersendiri.",
    ),
    "health_data": Explanation(
        ("data", "health"),
        "A claim came with its cause, a diagnosis or other health data, which is not taken and not kept.",
        "Remove these fields or columns and send the claim again.",
        "Klaim memuat penyebab, diagnosis, atau data kesehatan lain; data itu tidak diterima dan tidak disimpan.",
        "Hapus isian atau kolom tersebut, lalu kirim ulang klaimnya.",
    ),
    "failed": Explanation(
        (),
        "The service itself failed on this row or event; the others were processed.",
        "Report the reference in the detail to the operator. The row or event is kept; send it again later.",
        "Layanan gagal memproses baris atau kejadian ini; yang lain tetap diproses.",
        "Laporkan nomor rujukan pada rincian kepada operator. Datanya disimpan; kirim ulang nanti.",
    ),
    "forbidden_type": Explanation(
        ("type",),
        "The key or the agency may not send events of this type: it lacks the scope.",
        "Send only types that the agency's scopes allow, or ask the administrator for the scope.",
        "Kunci atau instansi ini tidak berwenang mengirim kejadian jenis ini.",
        "Kirim hanya jenis yang diizinkan, atau mintalah wewenangnya kepada administrator.",
    ),
    "too_many_sources": Explanation(
        ("source",),
        "The agency has accepted events under 100 sources already; this is another one.",
        "Send under one of your sources, or ask the administrator to release one that you no longer use.",
        "Instansi ini sudah mengirim kejadian dengan 100 sumber (source); yang ini sumber lain lagi.",
        "Gunakan salah satu sumber yang sudah ada, atau mintalah administrator melepas sumber yang tidak dipakai lagi.",
    ),
    "too_long": Explanation(
        WHICHEVER,
        "The text has more characters, or the list more entries, than this field may have; the detail names the limit.",
        "Shorten it, or send the entries in several events.",
        "Teks atau daftar ini melebihi panjang yang diperbolehkan; keterangan galat menyebutkan batasnya.",
        "Ringkas isinya, atau kirim daftarnya dalam beberapa kejadian.",
    ),
    "too_large": Explanation(
        ("file", "headers", "partner", "attendees"),
        "The request, the file or the batch is larger than what is taken at once (413); or, for a row or event, the "
        "partner or briefing has so many lists, periods or guests that they fit no record any more.",
        "Send a large request in several parts. For a row, look for what was sent too often: the same partner on "
        "hundreds of lists, the same participant on hundreds of days.",
        "Permintaan, berkas, atau kumpulan kejadian melebihi batas sekali kirim (413); atau, untuk baris dan kejadian, "
        "daftar, masa, atau tamu pada mitra atau sosialisasi ini sudah terlalu banyak untuk satu catatan.",
        "Kirim permintaan besar dalam beberapa bagian. Untuk baris, cari data yang terkirim terlalu sering: satu mitra "
        "pada ratusan daftar, satu peserta pada ratusan tanggal.",
    ),
}

WARNINGS: Final[Mapping[WarningCode, Explanation]] = {
    "nik_unknown_prefix": Explanation(
        ("nik",),
        "The first four digits of the NIK are those of no known regency.",
        "Compare the NIK with the identity card; the record was accepted.",
        "Empat angka pertama NIK bukan kode kabupaten/kota yang dikenal.",
        "Cocokkan NIK dengan KTP; data tetap diterima.",
    ),
    "nik_bad_birth_date": Explanation(
        ("nik",),
        "The digits of the NIK that stand for the birth date are no date.",
        "Compare the NIK with the identity card; the record was accepted.",
        "Angka tanggal lahir di dalam NIK bukan tanggal yang sah.",
        "Cocokkan NIK dengan KTP; data tetap diterima.",
    ),
    "phone_unusable": Explanation(
        ("phone",),
        "The phone number is no Indonesian mobile number; the partner cannot be reached by it.",
        "Send the partner again with a number such as 0812-3456-7890; the record was accepted without it.",
        "Nomor telepon bukan nomor seluler Indonesia sehingga mitra tidak dapat dihubungi melalui nomor itu.",
        "Kirim ulang data mitra dengan nomor seperti 0812-3456-7890; data tetap diterima tanpa nomor.",
    ),
    "personal_number_in_text": Explanation(
        ("title", "parties", "number", "name", "batch", "source", "list"),
        "A title, a party, or the name of a list or briefing holds what looks like a NIK or a phone number. These "
        "texts are kept for ever and are no place for a person's data.",
        "Send it again without the number: the newer statement replaces this one. Ask the administrator to redact what "
        "was sent.",
        "Judul, pihak, atau nama daftar maupun sosialisasi memuat angka yang menyerupai NIK atau nomor telepon. Teks "
        "ini disimpan selamanya dan bukan tempat data pribadi.",
        "Kirim ulang tanpa nomor itu: pernyataan yang baru menggantikannya. Minta administrator menghapus yang lama.",
    ),
    "number_left_out": Explanation(
        ("nik", "nib", "nik_koperasi"),
        "Where a NIK, NIB or NIK Koperasi belongs something else is written: 0, Belum ada, the number of a licence.",
        "Nothing, if there is no number yet; else send the record again with it. It was accepted without the number.",
        "Isian NIK, NIB, atau NIK Koperasi memuat hal lain, misalnya 0, Belum ada, atau nomor izin lain.",
        "Abaikan bila nomornya memang belum ada; bila ada, kirim ulang datanya. Data diterima tanpa nomor itu.",
    ),
    "paid_on_missing": Explanation(
        ("paid_on",),
        "The claim is paid, but its day of payment is not given; it counts as paid all the same.",
        "Send the claim again with the day of payment once it is known.",
        "Klaim berstatus dibayar, tetapi tanggal pembayarannya tidak diisi; klaim tetap dihitung sebagai dibayar.",
        "Kirim ulang klaim dengan tanggal pembayaran bila sudah diketahui.",
    ),
}

NOTES: Final[Mapping[NoteCode, Explanation]] = {
    "guest": Explanation(
        ("name",),
        "An attendee represents nobody who is on your own lists: it was kept as a guest, who counts as present alone.",
        "Nothing, if that is so; else list the business, or correct its name: the guest is found again by itself.",
        "Peserta mewakili pihak yang tidak ada di daftar Anda: dicatat sebagai tamu dan hanya dihitung hadir.",
        "Abaikan bila benar; bila tidak, daftarkan usahanya atau perbaiki namanya: tamu dicocokkan lagi sendiri.",
    ),
    "without_briefing": Explanation(
        ("held_on",),
        "You have stated no briefing that was held on this day: the attendance waits for it.",
        "Send the briefing of this day, or the attendance again under the right date.",
        "Anda belum menyampaikan sosialisasi pada tanggal ini: daftar hadir menunggu.",
        "Kirim jadwal sosialisasi tanggal itu, atau kirim ulang daftar hadir dengan tanggal yang benar.",
    ),
    "over_quota": Explanation(
        ("quota",),
        "More came to the briefing than its quota; all were kept.",
        "Nothing, if that is so; else correct the quota or the attendance, and check that the date is the right one.",
        "Yang hadir lebih banyak daripada kuota sosialisasi; semuanya dicatat.",
        "Abaikan bila benar; bila tidak, perbaiki kuota atau daftar hadirnya, dan periksa tanggalnya.",
    ),
}

PROBLEMS: Final[Mapping[ProblemCode, Explanation]] = {
    "unauthorized": Explanation(
        (),
        "The request has no key, or one that is unknown or was revoked (401).",
        "Send your key in the header: Authorization: Bearer pyk_…",
        "Permintaan tidak membawa kunci, atau kuncinya tidak dikenal atau sudah dicabut (401).",
        "Kirim kunci Anda dalam header: Authorization: Bearer pyk_…",
    ),
    "key_expired": Explanation(
        (),
        "The key was valid until a day that is past (401).",
        "Ask the administrator for a new key.",
        "Masa berlaku kunci sudah habis (401).",
        "Minta kunci baru kepada administrator.",
    ),
    "forbidden": Explanation(
        (),
        "The key may not do this: it lacks a scope, or belongs to somebody else (403).",
        "Use another key, or ask the administrator for the scope that the detail names.",
        "Kunci ini tidak berwenang melakukannya: cakupannya kurang, atau milik pihak lain (403).",
        "Gunakan kunci lain, atau minta cakupan yang disebut dalam keterangan galat kepada administrator.",
    ),
    "other_session": Explanation(
        (),
        "The request has a session, but not the CSRF token of its key: its page was opened by somebody else, or is "
        "another site's (403).",
        "Open the page again and send from there; programs send a key instead of a session.",
        "Permintaan membawa sesi, tetapi bukan token CSRF kuncinya: halamannya dibuka oleh pengguna lain, atau milik "
        "situs lain (403).",
        "Buka kembali halamannya, lalu kirim dari sana; program memakai kunci, bukan sesi.",
    ),
    "not_found": Explanation(
        (),
        "Nothing exists under this address, or it is not yours to see (404).",
        "Check the address and the id.",
        "Tidak ada apa pun di alamat ini, atau Anda tidak berhak melihatnya (404).",
        "Periksa alamat dan id-nya.",
    ),
    "method_not_allowed": Explanation(
        (),
        "The address exists, but not with this HTTP method (405).",
        "Look up the methods in /openapi.json.",
        "Alamatnya ada, tetapi tidak melayani metode HTTP ini (405).",
        "Lihat metode yang tersedia di /openapi.json.",
    ),
    "unknown_parameter": Explanation(
        WHICHEVER,
        "There is no parameter of this name here; ignored, it would have changed what the answer means (422).",
        "The detail names the nearest parameter there is, or all of them: correct the name, or leave it out.",
        "Tidak ada parameter dengan nama ini di sini; bila diabaikan, arti jawabannya akan berbeda (422).",
        "Keterangan galat menyebutkan parameter yang paling mirip atau semuanya: perbaiki namanya, atau hapus.",
    ),
    "unsupported_media_type": Explanation(
        (),
        "The content is of a type that is not read here (415).",
        "Send events with one of the media types that the detail names.",
        "Jenis isinya tidak dapat dibaca di sini (415).",
        "Kirim kejadian dengan salah satu jenis media dalam keterangan galat.",
    ),
    "cursor_gone": Explanation(
        ("cursor",),
        "What comes after this cursor is deleted, since it is older than changes are kept (410).",
        "Read all own partners anew with GET /v1/partners, and go on with cursor=latest, asked before that.",
        "Perubahan setelah kursor ini sudah dihapus karena melewati masa simpannya (410).",
        "Baca ulang semua mitra sendiri dengan GET /v1/partners, lalu lanjutkan dari cursor=latest yang diminta lebih "
        "dahulu.",
    ),
    "too_many_requests": Explanation(
        (),
        "Too many requests came in a short time, or the agency's files that wait take all the room they may (429).",
        "Wait as long as the header Retry-After asks, then send again; cancel imports and uploads not needed.",
        "Terlalu banyak permintaan dalam waktu singkat, atau berkas instansi yang menunggu memenuhi jatahnya (429).",
        "Tunggu selama yang diminta header Retry-After, lalu kirim ulang; batalkan impor dan unggahan yang tak perlu.",
    ),
    "unavailable": Explanation(
        (),
        "The database does not answer, or too much waits to be published; what was under way may have been kept (503).",
        "Send the same request again after a few seconds.",
        "Basis data tidak menjawab, atau terlalu banyak yang menunggu; yang diproses mungkin sudah tersimpan (503).",
        "Kirim ulang permintaan yang sama setelah beberapa detik.",
    ),
    "internal": Explanation(
        (),
        "Something failed on our side (500).",
        "Send the request again; if it fails again, inform the operator with the time of the request.",
        "Terjadi kegagalan di pihak kami (500).",
        "Kirim ulang permintaannya; bila gagal lagi, laporkan kepada pengelola beserta waktu permintaannya.",
    ),
    "error": Explanation(
        (),
        "The request was refused for a reason without a code of its own; the detail names it.",
        "Correct the request as the detail asks.",
        "Permintaan ditolak karena alasan yang tidak berkode tersendiri; keterangan galat menyebutkannya.",
        "Perbaiki permintaan sesuai keterangan galat.",
    ),
}
