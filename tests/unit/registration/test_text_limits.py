"""No text of an event or a file is longer than its field's limit; a refusal names field and limit."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.registration.intake import column_vocabulary, columns
from services.registration.intake.contexts import EventContext, UploadContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.files.tables import Row
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from services.registration.vault import Vault
from services.registration.writer import envelopes
from shared.events import text_limits
from shared.events.text_limits import limit_of
from shared.regions import Regions
from tests.integration.registration_world import SECRET

EXAMPLES = sorted(Path("shared/events/examples/intake").glob("*.json"))
REGIONS = Jurisdiction(Regions.load(), ("ID",))
PARSED = {"nik", "nib", "kind", "scale", "segment", "language"}
"""Fields of few possible values, which refuse any other text by a code of their own."""
Path_ = tuple[str | int, ...]


def texts(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """The places of all texts in a JSON value."""
    if isinstance(value, str):
        yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from texts(inner, (*at, key))


def replaced(value: Any, at: Path_, text: str) -> Any:
    if not at:
        return text
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], text)  # type: ignore[index]
    return copy


def read(kind: str, data: Any) -> Any:
    return EventReader(EventContext(REGIONS)).read(kind, data)


CASES = [(path, at) for path in EXAMPLES for at in texts(json.loads(path.read_text()))]


@pytest.mark.parametrize(("path", "at"), CASES, ids=lambda value: getattr(value, "stem", None) or str(value))
def test_a_text_of_an_event_that_is_too_long_is_refused(path: Path, at: Path_) -> None:
    field = next(str(step) for step in reversed(at) if isinstance(step, str))
    example = json.loads(path.read_text())
    answer = read(path.stem, replaced(example, at, "9" * (limit_of(field) + 1)))
    assert isinstance(answer, Refusal)
    if field not in PARSED:
        assert (answer.code, answer.field) == ("too_long", field)
        assert f"{limit_of(field)} characters" in answer.detail
    at_the_limit = read(path.stem, replaced(example, at, "9" * limit_of(field)))
    assert not isinstance(at_the_limit, Refusal) or at_the_limit.code != "too_long"


@pytest.mark.parametrize(
    ("kind", "field", "entry", "most"),
    [
        ("agreement.signed", "parties", "Dinas", text_limits.MOST_PARTIES),
        ("briefing.held", "attendees", {"nib": "9120001234567"}, text_limits.MOST_ATTENDEES),
        ("enrollment.registered", "programmes", "JKK", text_limits.MOST_PROGRAMMES),
    ],
)
def test_a_list_of_an_event_has_a_maximum(kind: str, field: str, entry: Any, most: int) -> None:
    example = json.loads(Path(f"shared/events/examples/intake/{kind}.json").read_text())
    answer = read(kind, example | {field: [entry] * (most + 1)})
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.field) == ("too_long", field)
    fits = read(kind, example | {field: [entry] * most})
    assert not isinstance(fits, Refusal) or fits.code != "too_long"


@pytest.mark.parametrize("kind", columns.KINDS)
def test_every_cell_that_means_something_has_a_maximum(kind: columns.FileKind) -> None:
    meanings = column_vocabulary.VOCABULARY[kind]
    header = tuple(dict.fromkeys(names[-1] for names in meanings.values()))
    reader = RowReader(kind, header, UploadContext(REGIONS, "daftar", date(2021, 1, 31)))
    for meaning, column in columns.meanings(kind, header).items():
        long = "9" * (limit_of(meaning) * (text_limits.MOST_PARTIES if meaning == "parties" else 1) + 1)
        cells = tuple(long if at == column else "" for at in range(len(header)))
        answer = reader.read(Row(2, cells, True))
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.field) == ("too_long", meaning)


def test_one_cell_names_at_most_so_many_parties() -> None:
    reader = RowReader("agreements", ("judul", "tanggal", "wilayah", "pihak"), UploadContext(REGIONS, "x", date.max))
    answer = reader.read(Row(2, ("MoU", "2021-01-31", "33.11", "; ".join(["Dinas"] * 21)), True))
    assert answer == Refusal("too_long", "parties", "parties has at most 20 entries.")


@pytest.mark.parametrize("field", ["id", "source", "type"])
def test_the_envelope_of_an_event_has_maximums(field: str) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/a", "type": "partner.listed", "data": {}}
    reader = EventReader(EventContext(REGIONS))
    (item,) = envelopes.items([event | {field: "x" * 501}], "dinas", reader, Vault(SECRET), lambda _: True)
    assert item.command == Refusal("too_long", field, f"{field} has at most 500 characters.")
