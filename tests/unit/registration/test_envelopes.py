"""Whatever a body holds, each event of it costs only itself."""

import base64
import json
from typing import Any

import pytest

from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from services.registration.vault import Vault
from services.registration.writer import cloudevents, envelopes
from services.registration.writer.submissions import Item
from shared.problems import Problem
from shared.regions import Regions

VAULT = Vault(base64.b64encode(bytes(32)).decode())


def read(*events: Any) -> list[Item]:
    reader = EventReader(EventContext(Jurisdiction(Regions.load(), ("ID",))))
    return envelopes.items(list(events), "dinas", reader, VAULT, lambda _: True)


def event(data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "1", "source": "/d", "type": "partner.delisted", "data": data}


def code(item: Item) -> str | None:
    return item.command.code if isinstance(item.command, Refusal) else None


def nested(levels: int) -> dict[str, Any]:
    data: dict[str, Any] = {"partner": {"nib": "0000100006909"}}
    for _ in range(levels):
        data = {"partner": {"nib": "0000100006909"}, "more": [data]}
    return data


@pytest.mark.parametrize("data", [{"list": "a\x00b"}, {"more": [{"a\x00": 1}]}, {"more": ["\x00"]}])
def test_a_text_that_no_database_keeps_is_malformed(data: dict[str, Any]) -> None:
    assert [code(item) for item in read(event({"partner": {"nib": "0000100006909"}} | data))] == ["malformed"]


def test_an_escape_spelled_out_is_no_such_text() -> None:
    assert code(read(event({"partner": {"nib": "0000100006909"}, "list": "\\u0000"}))[0]) is None


@pytest.mark.parametrize(("levels", "expected"), [(10, "unknown_field"), (40, "malformed"), (450, "malformed")])
def test_nesting_ends_somewhere(levels: int, expected: str | None) -> None:
    item = read(event(nested(levels)))[0]
    assert code(item) == expected
    assert (item.raw is None) == (expected == "malformed")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000])
def test_a_body_nested_without_end_is_no_json(body: bytes) -> None:
    for media_type in (cloudevents.ONE, cloudevents.BATCH):
        with pytest.raises(Problem) as refused:
            envelopes.parse(media_type, body)
        assert (refused.value.status, refused.value.code) == (400, "malformed")
    assert [code(item) for item in read(*envelopes.parse(cloudevents.LINES, b"{}\n" + body))] == [
        "missing_field",
        "malformed",
    ]


@pytest.mark.parametrize("media_type", [cloudevents.ONE, cloudevents.LINES])
def test_a_byte_order_mark_is_no_part_of_the_json(media_type: str) -> None:
    assert envelopes.parse(media_type, b'\xef\xbb\xbf{"id": "1"}') == [{"id": "1"}]


@pytest.mark.parametrize(
    ("nik", "expected"), [(True, "invalid_nik"), ([], "invalid_nik"), (3311024908000000, "nik_excel_damaged")]
)
def test_a_nik_that_is_no_text(nik: Any, expected: str) -> None:
    assert code(read(event({"partner": {"nik": nik}}))[0]) == expected


PLAIN = {"partner": {"nib": "0000100006909"}, "list": "a"}


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-01-31T08:00:00Z", None),
        ("2026-01-31t08:00:00.123456789+07:00", None),
        (None, None),
        ("yesterday", "malformed"),
        ("2026-01-31", "malformed"),
        ("2026-01-31T08:00:00", "malformed"),
        ("2026-01-31T25:00:00Z", "malformed"),
        (1769821200, "malformed"),
    ],
)
def test_the_time_of_an_event_has_its_zone(time: Any, expected: str | None) -> None:
    (item,) = read(event({"partner": {"nib": "0000100006909"}, "list": "a"}) | {"time": time})
    assert code(item) == expected
    assert expected is None or item.command.field == "time"  # type: ignore[union-attr]


def as_base64(data: Any) -> str:
    return base64.b64encode(json.dumps(data).encode()).decode()


def test_data_in_base_64_are_the_same_event() -> None:
    encoded = {name: value for name, value in event(PLAIN).items() if name != "data"}
    (plain,), (other,) = read(event(PLAIN)), read(encoded | {"data_base64": as_base64(PLAIN)})
    assert (other.command, other.key, other.content, other.raw) == (plain.command, plain.key, plain.content, plain.raw)
    assert code(other) is None


@pytest.mark.parametrize("encoded", ["%%", "", base64.b64encode(b"\xff").decode(), 7, None, as_base64(PLAIN)[:-1]])
def test_what_is_no_json_in_base_64_is_malformed(encoded: Any) -> None:
    (item,) = read({**event(PLAIN), "id": "x"} | {"data_base64": encoded})
    assert code(item) == "malformed", "both kinds of data"
    sent = {name: value for name, value in event(PLAIN).items() if name != "data"}
    (item,) = read(sent | {"data_base64": encoded})
    assert (code(item), item.id, item.raw) == ("malformed", "1", sent | {"data_base64": encoded})
    assert isinstance(item.command, Refusal)
    assert item.command.field == "data_base64"


def test_data_in_base_64_may_not_nest_without_end_either() -> None:
    sent = {name: value for name, value in event({}).items() if name != "data"}
    assert code(read(sent | {"data_base64": as_base64(nested(400))})[0]) == "malformed"
    endless = base64.b64encode(b"[" * 100_000).decode()
    assert code(read(sent | {"data_base64": endless})[0]) == "malformed"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", None), ("Application/JSON; charset=utf-8", None), ("application/vnd.dinas+json", None),
        ("text/plain", "malformed"), ("application/xml", "malformed"), (7, "malformed"),
    ],
)  # fmt: skip
def test_data_of_another_type_are_refused(content_type: Any, expected: str | None) -> None:
    assert code(read(event(PLAIN) | {"datacontenttype": content_type})[0]) == expected
