"""Whatever becomes of the events of a request, openapi.json describes the answer."""

import json
from datetime import date
from uuid import UUID

import pytest

from services.registration import app
from services.registration.api.events import response_of
from services.registration.intake.commands import Enrol
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Outcome
from services.registration.writer.items import Item
from services.registration.writer.submissions import Events
from shared.openapi.document import operations
from shared.service import build_app
from tests.descriptions import answer_faults

DOCUMENT = build_app("registration", routers=app.ROUTERS).openapi()
DESCRIBED = next(each for path, each in operations(DOCUMENT) if path == "/v1/events")
ASKED = Enrol("3311-1", date(2026, 1, 1))

OUTCOMES: dict[str, tuple[Outcome, Enrol]] = {
    "accepted": (Accepted(Effect.CREATED, UUID(int=2)), ASKED),
    "with a warning": (
        Accepted(Effect.CREATED),
        Enrol(ASKED.participant_no, ASKED.effective_on, warnings=("phone_unusable",)),
    ),
    "with notes": (Accepted(Effect.CREATED, notes=("guest", "guest")), ASKED),
    "refused": (Refusal("partner_unknown", "partner", "Nobody."), ASKED),
    "refused without a field": (Refusal("malformed", None, "Not a JSON object."), ASKED),
}


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("member", [None, 0])
@pytest.mark.parametrize("event_id", ["a", None])
@pytest.mark.parametrize("outcome", [each for each in OUTCOMES if each != "with notes"])
def test_the_answer_is_described(outcome: str, event_id: str | None, member: int | None, single: bool) -> None:
    assert faults_of_answer(outcome, event_id, member, single=single) == []


def test_notes_are_described() -> None:
    """Only guests of a briefing are noted, and a briefing has no members."""
    assert faults_of_answer("with notes", "a", None, single=True) == []


def faults_of_answer(outcome: str, event_id: str | None, member: int | None, *, single: bool) -> list[str]:
    result, command = OUTCOMES[outcome]
    events = Events("dinas", ("ID",), [Item(0, event_id, "s", "t", {}, command, key=UUID(int=1), member=member)])
    events.find_duplicates({})
    events.take_orders()
    events.judge([result])
    answer = response_of(events.answer({}), single=single)
    return answer_faults(DOCUMENT, DESCRIBED, answer.status_code, json.loads(bytes(answer.body)))
