"""Which dates and identities a new fact may have. Pure.

Registration bounds them by the same rules (contract: between 1945 and one year ahead); a fact outside them comes from
elsewhere and is rejected, so that no sum, month or day has to be guessed. What is already stored stays, and every
question tolerates it.
"""

import re
from collections.abc import Container
from datetime import UTC, date, datetime

from services.coverage.cells import REGION_BITS, InvalidValue
from services.coverage.facts import (
    BriefingFact,
    ClaimFact,
    DenominatorFact,
    EnrollmentFact,
    OutreachFact,
    PartnerFact,
    TargetFact,
)
from services.coverage.timelines import DAY_NUMBERS, EPOCH, enrolment_timeline
from shared.measures import MEASURES, STATUSES, TARGETS

FIRST = date(1945, 1, 1)
LAST = date(2199, 12, 31)
"""The last day of what may be planned far ahead: a target."""
DAYS_AHEAD = 367
"""One year, and a day for the time zones."""

_FIRST_NUMBER = FIRST.toordinal() - EPOCH
_EPOCH_SECOND = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
_FIRST_RECORDED = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_RECORDED = datetime(2200, 1, 1, tzinfo=UTC)
_FIRST_SECOND, _LAST_SECOND = _FIRST_RECORDED.timestamp(), _LAST_RECORDED.timestamp()
_is_uuid = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def check_identity(name: str, identity: str, recorded_at: datetime) -> None:
    """Raises InvalidValue unless it is a UUID as PostgreSQL writes it, recorded within this century or the next."""
    if not _is_uuid(identity):
        raise InvalidValue(name)
    if not _FIRST_RECORDED <= recorded_at < _LAST_RECORDED:
        raise InvalidValue("recorded_at")


def bounded_enrolment_timeline(fact: EnrollmentFact, second: int) -> bytes:
    """As `timelines.enrolment_timeline`; raises InvalidValue also where its listing or a start is out of bounds.

    `second`: the one it was recorded in. Written for speed, since every enrolment passes here.
    """
    if not _is_uuid(fact.partner_id):
        raise InvalidValue("partner_id")
    if not _FIRST_SECOND <= second < _LAST_SECOND:
        raise InvalidValue("recorded_at")
    if fact.cooperative_id is not None or fact.channel_id is not None:
        _check_others(cooperative_id=fact.cooperative_id, channel_id=fact.channel_id)
    last = (second - _EPOCH_SECOND) // 86_400 + DAYS_AHEAD
    if fact.listed_on is not None and not _FIRST_NUMBER <= DAY_NUMBERS[fact.listed_on] <= last:
        raise InvalidValue("listed_on")
    return enrolment_timeline(fact, _FIRST_NUMBER, last)


def check_partner(fact: PartnerFact) -> None:
    """Its listing within bounds; else raises InvalidValue."""
    check_identity("partner_id", fact.partner_id, fact.recorded_at)
    _check_others(cooperative_id=fact.cooperative_id, merged_into=fact.merged_into)
    if fact.listed_on is None:
        return
    if not _FIRST_NUMBER <= DAY_NUMBERS[fact.listed_on] <= _last_number(fact.recorded_at):
        raise InvalidValue("listed_on")


def _check_others(**identities: str | None) -> None:
    """The partners that a fact names beside its own."""
    for name, identity in identities.items():
        if identity is not None and not _is_uuid(identity):
            raise InvalidValue(name)


def check_claim(fact: ClaimFact) -> None:
    """Its region a regency's code, its day within bounds; else raises InvalidValue."""
    check_identity("claim_id", fact.claim_id, fact.recorded_at)
    REGION_BITS[fact.region]
    if not FIRST.toordinal() <= fact.occurred_on.toordinal() <= _last_number(fact.recorded_at) + EPOCH:
        raise InvalidValue("occurred_on")


def check_denominator(fact: DenominatorFact) -> None:
    """Its day within bounds, its measure and status known; else raises InvalidValue."""
    check_recorded(fact.recorded_at)
    _check_known("measure", fact.measure, MEASURES)
    _check_known("status", fact.status, STATUSES)
    if not FIRST <= fact.as_of <= LAST:
        raise InvalidValue("as_of")


def check_briefing(fact: BriefingFact) -> None:
    """Its day within bounds, its attendees partners; else raises InvalidValue."""
    check_recorded(fact.recorded_at)
    if not FIRST <= fact.held_on <= LAST:
        raise InvalidValue("held_on")
    if not all(map(_is_uuid, fact.attendees)):
        raise InvalidValue("attendees")


def check_outreach(fact: OutreachFact) -> None:
    check_identity("partner_id", fact.partner_id, fact.recorded_at)


def check_target(fact: TargetFact) -> None:
    """Its days within bounds, its measure one that can be counted; else raises InvalidValue."""
    check_recorded(fact.recorded_at)
    _check_known("measure", fact.measure, TARGETS)
    if not FIRST <= fact.start <= fact.until <= LAST:
        raise InvalidValue("from or until")


def _check_known(name: str, value: str, known: Container[str]) -> None:
    if value not in known:
        raise InvalidValue(name)


def check_recorded(recorded_at: datetime) -> None:
    if not _FIRST_RECORDED <= recorded_at < _LAST_RECORDED:
        raise InvalidValue("recorded_at")


def _last_number(recorded_at: datetime) -> int:
    """The day number that a fact recorded then may reach."""
    return (int(recorded_at.timestamp()) - _EPOCH_SECOND) // 86_400 + DAYS_AHEAD
