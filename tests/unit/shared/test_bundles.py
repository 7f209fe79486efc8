"""Events as rows of the outbox and back: none lost, none changed, each with a number in the order of its topic."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.bus import bundles
from shared.bus.records import Outgoing

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
STEP = bundles.MOST_EVENTS


def event(topic: str, number: int, value: bytes | None = b"{}") -> Outgoing:
    return Outgoing(topic, f"key-{number}", "tally.added", f"{topic}/{number}", NOW, value)


def read(rows: list[tuple[object, ...]]) -> list[tuple[int, Outgoing]]:
    """As the relay reads the rows, whose ids are a step apart."""
    numbered = enumerate(rows, 1)
    return [
        pair
        for at, (*values, count) in numbered
        for pair in bundles.to_events(at * STEP, Outgoing(*values), count)  # type: ignore[arg-type]
    ]


@given(st.lists(st.tuples(st.sampled_from(("partners", "contacts", "access")), st.none() | st.binary(max_size=50))))
def test_what_is_written_is_read_in_the_order_of_its_topic(made: list[tuple[str, bytes | None]]) -> None:
    events = [event(topic, number, value) for number, (topic, value) in enumerate(made)]
    found = read(bundles.to_rows(events))
    for topic in ("partners", "contacts", "access"):
        assert [each for _, each in found if each.topic == topic] == [each for each in events if each.topic == topic]
    numbers = [number for number, _ in found]
    assert numbers == sorted(set(numbers))


def test_a_bundle_leaves_no_number_to_the_next_row_and_is_bounded() -> None:
    rows = bundles.to_rows(event("partners", number) for number in range(2 * STEP + 1))
    assert [row[-1] for row in rows] == [STEP, STEP, 1]
    assert [row[1] for row in rows] == [None, None, f"key-{2 * STEP}"], "an earlier relay cannot take one for an event"
    large = bundles.to_rows(event("partners", number, b"x" * bundles.MOST_BYTES) for number in range(3))
    assert [row[-1] for row in large] == [1, 1, 1]


def test_events_that_others_look_for_are_a_row_each() -> None:
    rows = bundles.to_rows(event(topic, number) for topic in bundles.ALONE for number in range(3))
    assert [row[-1] for row in rows] == [1] * 6
    assert {row[1] for row in rows} == {"key-0", "key-1", "key-2"}
