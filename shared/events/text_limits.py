"""How long the texts are that agencies send, in characters, and how many entries a list may have: for files and events.

With these limits every text has a place in the database's indexes and in a record of Kafka. docs/asyncapi.yaml and the
refusals `too_long` are made from here.
"""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

NAME: Final = 200
NUMBER: Final = 100
"""What is looked up: references, participant and claim numbers, cooperatives' numbers, batches."""
TITLE: Final = 300
ADDRESS: Final = 500
EMAIL: Final = 254
"""RFC 5321."""
PHONE: Final = 100
LANGUAGE: Final = 20
WORD: Final = 100
"""One of a vocabulary: a scale, a status, a measure, a programme."""
EVENT_ID: Final = 500
"""id and source of a CloudEvent."""
OTHER: Final = 500
"""Every other text, a cell whose meaning is a number or a day among them."""

LIMITS: Final[Mapping[str, int]] = {
    "address": ADDRESS,
    "batch": NUMBER,
    "claim_ref": NUMBER,
    "cooperative": NAME,
    "email": EMAIL,
    "id": NUMBER,
    "kind": WORD,
    "language": LANGUAGE,
    "list": NAME,
    "measure": WORD,
    "name": NAME,
    "nik_koperasi": NUMBER,
    "number": NUMBER,
    "occupation": NAME,
    "owner": NAME,
    "participant_no": NUMBER,
    "parties": NAME,
    "party_1": NAME,
    "party_2": NAME,
    "person": NAME,
    "phone": PHONE,
    "programme": WORD,
    "programmes": WORD,
    "reason": OTHER,
    "ref": NUMBER,
    "region": NAME,
    "scale": WORD,
    "segment": WORD,
    "source": NAME,
    "status": WORD,
    "title": TITLE,
}
"""Field of an event, or meaning of a column → characters."""

MOST_PARTIES: Final = 20
MOST_PROGRAMMES: Final = 20
MOST_MEMBERS: Final = 1_000
MOST_ATTENDEES: Final = 5_000
"""Of one event; more come in further events or as files."""

Name = Annotated[str, msgspec.Meta(max_length=NAME)]
Number = Annotated[str, msgspec.Meta(max_length=NUMBER)]
Title = Annotated[str, msgspec.Meta(max_length=TITLE)]
Address = Annotated[str, msgspec.Meta(max_length=ADDRESS)]
Email = Annotated[str, msgspec.Meta(max_length=EMAIL)]
Phone = Annotated[str, msgspec.Meta(max_length=PHONE)]
Language = Annotated[str, msgspec.Meta(max_length=LANGUAGE)]
Word = Annotated[str, msgspec.Meta(max_length=WORD)]
Other = Annotated[str, msgspec.Meta(max_length=OTHER)]


def limit_of(field: str) -> int:
    """The most characters that a field of this name, or a column of this meaning, may have."""
    return LIMITS.get(field, OTHER)
