"""What an act was about is said in words, with a link to what has a page."""

from typing import Any

import pytest

from services.registration.web import trail_words
from shared.web.language import load

INDONESIAN, ENGLISH = load()["id"], load()["en"]
UPLOAD = "01a21e8b-5efe-7016-a4a8-4e543f0e6b6b"


def about(subjects: dict[str, Any]) -> list[tuple[str, str | None]]:
    return list(trail_words.about(INDONESIAN, subjects))


def test_an_upload_is_linked_and_its_kind_is_said() -> None:
    assert about({"dry_run": False, "import": UPLOAD, "kind": "partners"}) == [
        (f"unggahan {UPLOAD}", f"/uploads/{UPLOAD}"),
        ("Daftar usaha", None),
    ]


def test_a_trial_is_called_one_and_leads_nowhere() -> None:
    said = about({"dry_run": True, "import": UPLOAD, "kind": "partners"})
    assert said[0][0].startswith("dicoba")
    assert [address for _, address in said] == [None] * 3


@pytest.mark.parametrize(
    "subjects",
    [
        {"accepted": 3, "rejected": 0},
        {"delisted": 4, "import": UPLOAD},
        {"key": "abc", "kafka": True},
        {"key": "abc", "replaces": "def"},
        {"partner": UPLOAD, "everywhere": True},
        {"case": UPLOAD, "kind": "possible_duplicate", "decision": "same"},
        {"statements": 1, "records": 2},
        {"topic": "enrollments", "records": 2, "because": "of a test"},
    ],
    ids=str,
)
def test_no_name_of_a_field_or_truth_value_is_shown(subjects: dict[str, Any]) -> None:
    texts = [text for text, _ in about(subjects)]
    assert len(texts) == len(subjects)
    assert not {"True", "False"} & set(" ".join(texts).split())
    assert not any(text.partition(":")[0] in subjects for text in texts)


def test_what_has_no_words_stays_as_noted() -> None:
    assert list(trail_words.about(ENGLISH, {"later": "x"})) == [("later: x", None)]
