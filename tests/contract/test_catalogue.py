"""Every text of the pages, and every sentence of a refusal, is in the Indonesian catalogue with its placeholders."""

import re

import pytest
from babel.messages.catalog import Message

from shared.web import catalogue

KNOWN = {message.id: message for message in catalogue.translated() if message.id}
USED = [message for message in catalogue.used() if message.id]


def texts(message: Message, part: str) -> list[str]:
    value = getattr(message, part)
    return list(value) if isinstance(value, tuple | list) else [value]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", text)) | set(re.findall(r"\{(\w+)\}", text))


def test_every_text_is_in_the_catalogue_and_nothing_else() -> None:
    assert len(USED) > 50
    assert {each.id for each in USED} == set(KNOWN), "run python -m shared.web.catalogue"


@pytest.mark.parametrize("message", USED, ids=lambda message: str(message.id)[:60])
def test_a_text_is_translated_with_its_placeholders(message: Message) -> None:
    known = KNOWN[message.id]
    assert all(texts(known, "string")), "has no translation"
    assert "fuzzy" not in known.flags
    wanted = set().union(*map(placeholders, texts(known, "id")))
    for text in texts(known, "string"):
        assert placeholders(text) == wanted
