"""Which replies ask us to stop: many that people write, and none that only look like it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.receipts import as_receipt
from services.notifications.replies import asks_to_stop

STOPS = [
    "> Untuk berhenti, balas STOP\n\nSTOP ya", "Pada 23 Nov 2026 Payung menulis:\n> Yth.\nberhenti",
    "STOP", "stop", "Stop", "stop!!", "STOP!!!!", "stop.", " stop ", "Stop. Terima kasih", "stop terima kasih",
    "Stop, terima kasih ya pak", "stop pak", "BERHENTI", "berhenti", "Berhenti.", "BERHENTI ya pak", "berhenti ya bu",
    "tolong stop", "Tolong berhenti", "mohon berhenti", "mohon stop ya", "minta stop", "pls stop", "please stop",
    "stoppp", "STOOOP", "sstop", "berhentiii", "brenti", "berenti dong", "setop", "s t o p", "S.T.O.P", "S-T-O-P",
    "s.t.o.p.", "ＳＴＯＰ", "ѕтор", "ЅТОР", "STОP", "St0p", "$top", "S\u200bTOP", "s\u0301top", "𝐒𝐓𝐎𝐏", "🛑", "Stop 🙏",
    "*STOP*", "\"STOP\"", "STOP\n\n> Untuk berhenti, balas STOP", "stop sms", "stop kirim pesan",
    "stop kirim SMS lagi", "Stop kirim wa ke saya", "tolong stop kirim pesan ini", "berhenti kirim pesan",
    "berhenti mengirim pesan ke nomor ini", "berhenti berlangganan", "hentikan pesan ini", "tolong hentikan",
    "unsubscribe", "Unsubscribe please", "UNREG", "opt-out", "stop promosi", "stop spam", "stop aja", "stop dulu",
    "stop saja pak", "Selamat pagi, stop", "Assalamualaikum pak, tolong stop ya", "saya mau berhenti", "mau stop",
    "saya ingin berhenti menerima pesan", "jangan kirim pesan lagi", "jgn kirim sms lagi", "jangan hubungi saya lagi",
    "tolong jangan kirim lagi", "tidak mau dihubungi lagi", "saya tidak mau menerima pesan ini lagi",
    "dont send me messages", "don't send any more", "Do not contact me", "please do not send any more messages",
    "stop sending me messages", "stop texting me", "STOP reminder-0a1b2c", "STOP. Saya sudah punya asuransi sendiri.",
    "Stop, saya tidak berminat", "STOP saya sudah terdaftar", "stop stop stop", "stop jangan kirim lagi", "batal",
    "cancel", "Stop?", "sTOp", "Maaf pak, stop. Terima kasih.", "Berhenti\nTerima kasih\nSiti",
    "STOP\nSent from my iPhone", "mandeg", "stp", "ꜱᴛᴏᴘ", "ʙᴇʀʜᴇɴᴛɪ", "ⓈⓉⓄⓅ",
    "don't text me again", "gak usah kirim pesan lagi",
    "mboten usah kirim malih", "remove me", "Please remove my number from this list", "hapus nomor saya",
    "tolong hapus nomor saya pak", "hapus saya dari daftar", "blokir", "block",
]  # fmt: skip

NO_STOPS = [
    "", " ", "jangan stop", "Jangan stop!", "JANGAN BERHENTI", "jgn stop dulu pak", "tidak stop", "tidak berhenti",
    "gak mau stop", "nggak stop", "jangan sampai berhenti", "belum mau berhenti", "don't stop", "do not stop",
    "never stop", "please don't stop", "jangan stop, saya mau daftar", "tolong jangan berhenti kirim info",
    "bus stop", "halte bus stop", "stopkontak rusak", "stop kontak", "one stop service", "non stop",
    "saya sudah berhenti bekerja", "berhenti bekerja sejak Mei", "usaha saya sudah berhenti", "berhenti usaha",
    "berhenti jualan", "toko kami berhenti beroperasi", "terima kasih", "ok", "ya", "siap pak", "saya mau daftar",
    "bagaimana cara daftar?", "di mana kantornya?", "kapan berhenti?  saya mau daftar", "sudah daftar",
    "saya sudah terdaftar", "info lebih lanjut", "kirim info lagi", "kirim pesan lagi", "jangan lupa kirim info",
    "tidak", "no", "jangan", "tidak apa apa", "siapa ini?", "> STOP", "> Untuk berhenti, balas STOP\n> Terima kasih",
    "Apakah iuran bisa berhenti kalau usaha tutup?", "On Mon, 23 Nov 2026 Payung wrote:\n> STOP atau BERHENTI",
    "Pada 23 Nov 2026 Payung menulis:\nbalas dengan kata STOP", "Saya tidak bisa stop produksi hari ini", "topi",
    "post", "stopwatch", "berhentilah merokok", "123", "5t09 9999", "kami batal datang besok", "wrong number please",
    "tidak bisa buka email", "jangan kirim ke rumah", "sudah berhenti", "saya sudah berhenti", "tidak usah",
    "hapus produk lama saya", "jangan hapus nomor saya", "nomor saya ganti", "remove the sticker", "my number is new",
    "hapus lagi",
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS, ids=range(len(STOPS)))
def test_it_asks_to_stop(text: str) -> None:
    assert asks_to_stop(text), text


@pytest.mark.parametrize("text", NO_STOPS, ids=range(len(NO_STOPS)))
def test_it_does_not(text: str) -> None:
    assert not asks_to_stop(text), text


words = st.sampled_from(
    [
        "stop",
        "STOP",
        "berhenti",
        "jangan",
        "tidak",
        "saya",
        "mau",
        "kirim",
        "pesan",
        "lagi",
        "daftar",
        ".",
        "!",
        "?",
        "\n",
    ]
)


@settings(max_examples=300)
@given(st.lists(words, max_size=8).map(" ".join), st.sampled_from(["", " ", "!", "!!", ".", " 🙏", "\n"]))
def test_signs_around_it_change_nothing(text: str, sign: str) -> None:
    """Case, spaces and signs at the ends say nothing; nor does what was quoted."""
    found = asks_to_stop(text)
    assert asks_to_stop(text.upper()) == asks_to_stop(text.lower()) == found
    assert asks_to_stop(f"{text}\n> STOP") == found


@given(st.text(max_size=200))
def test_whatever_is_written_gets_an_answer(text: str) -> None:
    assert asks_to_stop(text) in (True, False)


@given(
    st.sampled_from(["jangan", "tidak", "gak", "jgn", "don't", "never"]),
    st.sampled_from(["stop", "berhenti", "STOP", "setop"]),
)
def test_a_denied_stop_is_none(denial: str, stop: str) -> None:
    assert not asks_to_stop(f"{denial} {stop}")


def test_what_providers_call_a_receipt() -> None:
    words = {
        "delivered": "delivered", "Read": "delivered", "2.0.0": "delivered", "refused": "refused", "bounced": "refused",
        "5.1.1": "refused", "5.7.1": "delayed", "4.2.2": "delayed", "deferred": "delayed", "failed": "failed", "": "",
        "5.1": "5.1", "9.1.1": "9.1.1",
    }  # fmt: skip
    assert {each: as_receipt(each) for each in words} == words
    assert as_receipt(None) is None
    assert as_receipt(5) == 5


@pytest.mark.parametrize(
    "piece", ["_", "_a", "a_", "\n", "> ", "-", "on ", "from:\n", "a.", "s t ", "\ufdfa", "'", "’a"]
)
def test_an_endless_reply_gets_an_answer(piece: str) -> None:
    """None of the patterns tries a long text in many ways."""
    assert not asks_to_stop(piece * 5_000 + "x")
