"""The texts of the phone's channels and the operator's own wordings."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels import Message, Recipient
from services.notifications.channels.sms_alphabet import LONGEST_SMS, septets, shortened, to_gsm
from services.notifications.channels.texts import TEMPLATES, short_text, text_of, wording_fault
from services.notifications.stories import PROGRAMMES, Story

NAMES = st.text(max_size=60) | st.sampled_from(["Koperasi Simpan Pinjam " * 8, "名前" * 30, "Kopi é [x] {y} €" * 5, ""])


def a_message(template: str = "first", name: str = "Warung Misal", language: Any = "id", **more: Any) -> Message:
    recipient = Recipient(name, "Siti Contoh", phone="+6286000000001", language=language)
    return Message("reminder-1", template, "36.71", 1, recipient, 16_800, datetime(2026, 11, 24, tzinfo=UTC), **more)


@given(st.sampled_from(sorted(TEMPLATES)), st.sampled_from(["id", "en"]), NAMES, st.lists(NAMES, max_size=3).map(tuple))
def test_an_sms_is_one_message_of_its_own_alphabet_that_says_how_to_stop(
    template: str, language: str, name: str, others: tuple[str, ...]
) -> None:
    text = short_text(a_message(template, name, language, others=others), "sms")
    assert to_gsm(text) == text
    assert septets(text) <= LONGEST_SMS, text
    assert "STOP" in text
    assert "\n" not in text


def test_the_name_is_whole_where_there_is_room() -> None:
    assert "Warung Misal" in short_text(a_message(), "sms")
    assert "Warung Misal dan 2 lainnya" in short_text(a_message(others=("a", "b")), "sms")


def test_a_message_with_several_names_them() -> None:
    subject, body = text_of(a_message(others=tuple(f"Usaha {number}" for number in range(30))))
    assert subject == "Perlindungan kerja untuk Warung Misal"
    assert "- Warung Misal\n- Usaha 0\n" in body
    assert "- dan 11 lainnya" in body
    assert "- Usaha 18\n" in body
    assert "STOP" in body


def test_a_whatsapp_message_has_the_whole_text_without_a_subject() -> None:
    text = short_text(a_message(language="en"), "whatsapp")
    assert text.startswith("Dear Bapak/Ibu Siti Contoh,")
    assert text.endswith("reply with the word STOP or BERHENTI.")


def test_an_operators_wording_takes_the_place_of_ours() -> None:
    wording = "Yth {addressee}: {name}, mulai {amount}. Balas STOP"
    sent = a_message(name="Warung", wording=wording)
    assert (
        short_text(sent, "sms") == short_text(sent, "whatsapp") == "Yth Siti Contoh: Warung, mulai Rp16.800. Balas STOP"
    )
    assert text_of(a_message(wording="Perihal {name}\nIsi. STOP"))[0] == "Perihal Warung Misal"


@pytest.mark.parametrize(
    ("text", "channel", "word"),
    [
        ("{nik} STOP", "whatsapp", "nik"),
        ("{} STOP", "whatsapp", "use"),
        ("no way out", "whatsapp", "how to stop"),
        ("STOP " + "x" * 5_000, "whatsapp", "4000"),
        ("STOP " + "x" * 160, "sms", "160"),
        ("STOP 名", "sms", "160"),
        ("STOP", "email", "subject"),
    ],
)
def test_wordings_that_are_refused(text: str, channel: str, word: str) -> None:
    assert word in (wording_fault(text, channel) or "")


def test_wordings_that_are_taken() -> None:
    assert wording_fault("Halo {name}, balas STOP", "sms") is None
    assert wording_fault("Perihal\nIsi {amount}, balas BERHENTI", "email") is None


@given(st.text(max_size=300), st.integers(3, 200))
def test_what_is_shortened_fits(text: str, room: int) -> None:
    assert septets(shortened(to_gsm(text), room)) <= room


@pytest.mark.parametrize("programme", sorted(PROGRAMMES))
@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("language", ["id", "en"])
def test_a_message_may_tell_what_was_paid_in_its_region(programme: str, template: str, language: str) -> None:
    story = Story("Kabupaten Sukoharjo", 1_234, programme, 42_000_000)
    told = a_message(template, language=language, story=story)
    body = text_of(told)[1]
    assert "1234" in body
    assert "Kabupaten Sukoharjo" in " ".join(body.split())
    assert "Rp42.000.000." in body
    assert all(len(line) <= 100 for line in body.splitlines())
    assert short_text(told, "sms") == short_text(a_message(template, language=language), "sms"), "it has no room"
