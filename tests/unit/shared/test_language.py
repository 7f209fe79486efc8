"""Figures and days as each language writes them."""

import pytest

from shared.web.language import load

LANGUAGES = load()


@pytest.mark.parametrize(("rate", "digits", "indonesian", "english"), [
    (None, 1, "–", "–"),
    (0, 1, "0,0\u00a0%", "0.0%"),
    (0.0812, 1, "8,1\u00a0%", "8.1%"),
    (0.00001, 1, "< 0,1\u00a0%", "< 0.1%"),
    (0.000012, 2, "< 0,01\u00a0%", "< 0.01%"),
    (0.0005, 1, "< 0,1\u00a0%", "< 0.1%"),
    (1, 1, "100,0\u00a0%", "100.0%"),
])  # fmt: skip
def test_a_rate_that_is_not_nothing_is_not_shown_as_nothing(
    rate: float | None, digits: int, indonesian: str, english: str
) -> None:
    assert LANGUAGES["id"].percent(rate, digits) == indonesian
    assert LANGUAGES["en"].percent(rate, digits) == english


def test_days_within_a_sentence_are_written_as_people_write_them() -> None:
    told = "Registered since 2026-03-02."
    assert LANGUAGES["en"].explained(told) == "Registered since 2 Mar 2026."
    assert LANGUAGES["id"].explained(told) == "Terdaftar sejak 2 Mar 2026."
    assert LANGUAGES["en"].explained("Number 2026-99-99.") == "Number 2026-99-99."
