"""What a person downloads in Indonesian may be sent again: its titles and words are read as those of programs."""

import pytest

from services.registration.api import audit_trail, briefings, column_titles, statements
from services.registration.api.downloads import UNREGISTERED, UNREGISTERED_IN_INDONESIAN
from services.registration.intake import columns
from services.registration.intake.cells import vocabulary


@pytest.mark.parametrize("kind", ["partners", "persons"])
def test_who_is_not_registered_can_be_sent_again(kind: str) -> None:
    titles = tuple(column_titles.titled(UNREGISTERED_IN_INDONESIAN, {}))
    read = dict(zip(UNREGISTERED_IN_INDONESIAN, columns.read_as(kind, titles), strict=True))
    plain = dict(zip(UNREGISTERED, columns.read_as(kind, UNREGISTERED), strict=True))
    assert (read.pop("region"), read.pop("region_name")) == ("region_code", "region")
    assert plain.pop("region") == "region"
    assert read == plain


@pytest.mark.parametrize(("kind", "names"), [("targets", statements.TARGET), ("agreements", statements.AGREEMENT)])
def test_what_was_stated_can_be_sent_again(kind: str, names: tuple[str, ...]) -> None:
    read = columns.read_as(kind, tuple(column_titles.titled(names, {})))
    assert {each for each in columns.read_as(kind, names) if each} <= set(read)


def test_every_column_has_a_title() -> None:
    for names in (briefings.COLUMNS, audit_trail.HEADER):
        assert len(set(column_titles.titled(names, {}))) == len(names)


def test_words_are_those_that_we_read() -> None:
    assert {vocabulary.scale(column_titles.WORDS[each]) for each in ("micro", "small", "medium", "large")} == {
        "micro",
        "small",
        "medium",
        "large",
    }
    assert column_titles.WORDS["individual"].upper() in vocabulary.INDIVIDUALS
    assert column_titles.worded(("name", "kind", "in_force"), ["business", "business", "true"]) == [
        "business",
        "Badan Usaha",
        "ya",
    ]
