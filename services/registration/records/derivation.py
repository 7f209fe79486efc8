"""The facts of a partner as a function of its rows, its participants' versions and its last facts. Pure."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from services.registration.identity import profile
from services.registration.identity.authority import Authority
from services.registration.identity.partner_state import PartnerState
from services.registration.identity.profile import Profile, Row
from services.registration.intake.commands import ContactDetails
from services.registration.records import timelines
from services.registration.records.stored_facts import NEVER, UNNUMBERED
from services.registration.records.timelines import History, Version
from shared.events.enrollments import Enrollment
from shared.events.model import Kind, Scale
from shared.events.partners import Partner

F = TypeVar("F", Partner, Enrollment)

PARTNER = msgspec.json.Decoder(Partner)
ENROLLMENT = msgspec.json.Decoder(Enrollment)

Current = Callable[[UUID], UUID]
"""The partner that answers for this id."""
Digest = Callable[[str, ContactDetails], UUID]
"""A keyed hash of the partner's name and contact details."""


class PartnerView(msgspec.Struct, frozen=True, gc=False):
    """A touched partner as loaded. If `rows_changed` is False only its participants changed, and its rows may be
    missing here: its last fact holds."""

    state: PartnerState
    rows: Sequence[Row]
    rows_changed: bool
    contacts: Sequence[tuple[str, ContactDetails]]
    """(name, contact details) of the rows that count, oldest first."""
    histories: Sequence[History]
    """The versions of each of its participants."""
    authority: Authority | None = None
    """Whose rows count; None where it has no rows here."""


class NewFact(msgspec.Struct, Generic[F], frozen=True, gc=False):
    """A fact to publish under this event type; `stored` is what the next one is compared with."""

    type: str
    fact: F
    stored: bytes


class NewContact(msgspec.Struct, frozen=True, gc=False):
    """A contact to publish, None to delete it; `digest` is what the next one is compared with."""

    contact: tuple[str, ContactDetails] | None
    digest: UUID | None


class Derived(msgspec.Struct, frozen=True, gc=False):
    """What is to be published of a partner, None where the last fact still holds; and its region from now on."""

    region: str | None
    partner: NewFact[Partner] | None = None
    contact: NewContact | None = None
    enrollment: NewFact[Enrollment] | None = None


def derive(view: PartnerView, current: Current, digest: Digest) -> Derived:
    """What is new of the partner. One that no list ever named has a timeline only."""
    state = view.state
    listed = _profile(view)
    histories = view.histories if state.is_active else ()
    enrollment = None
    if histories or state.enrollment_fact is not None:
        enrollment = _enrollment(state, listed, histories, current)
    if listed is None:
        newest = _newest(histories)
        region = newest.region if newest and newest.region and enrollment else state.region
        return Derived(region, enrollment=enrollment)
    if not view.rows_changed:
        return Derived(state.region, enrollment=enrollment)
    return Derived(listed.region, _partner(state, listed, current), _contact(view, digest), enrollment)


def _profile(view: PartnerView) -> Profile | None:
    """What the partner is: by its rows; by its last fact if it has none any more; None if no list ever named it."""
    state = view.state
    if state.is_active and view.authority is not None:
        return profile.derive(view.rows, view.authority.region, view.authority.counting)
    if state.fact is None:
        return None if state.is_active else _merged_unlisted(state)
    last = PARTNER.decode(state.fact)
    is_listed = state.is_active and not view.rows_changed
    return Profile(
        last.region,
        last.kind,
        last.scale,
        last.occupation,
        UUID(last.cooperative_id) if last.cooperative_id else None,
        last.workers,
        last.lists if is_listed else (),
        last.listed_on if is_listed else None,
    )


def _merged_unlisted(state: PartnerState) -> Profile:
    """A participant's own id that now answers as a listed partner: what is known of it is its last timeline."""
    last = ENROLLMENT.decode(state.enrollment_fact) if state.enrollment_fact else None
    region = last.periods[-1].region if last and last.periods else state.region or "ID"
    return Profile(region, last.kind if last else "business")


def _partner(state: PartnerState, listed: Profile, current: Current) -> NewFact[Partner] | None:
    fact = Partner(
        partner_id=str(state.partner_id),
        version=UNNUMBERED,
        status=state.status,  # type: ignore[arg-type]
        region=listed.region,
        kind=listed.kind,
        recorded_at=NEVER,
        merged_into=str(state.merged_into) if state.merged_into else None,
        scale=listed.scale,
        occupation=listed.occupation,
        cooperative_id=_cooperative(listed, current),
        workers=listed.workers,
        lists=listed.lists,
        listed_on=listed.listed_on,
    )
    stored = msgspec.json.encode(fact)
    return None if stored == state.fact else NewFact(_partner_type(state, listed), fact, stored)


def _cooperative(listed: Profile, current: Current) -> str | None:
    return str(current(listed.cooperative)) if listed.cooperative else None


def _partner_type(state: PartnerState, listed: Profile) -> str:
    if not state.is_active:
        return f"partner.{state.status}"
    if listed.listed_on is None:
        return "partner.delisted"
    return "partner.updated" if state.listed_on is not None else "partner.listed"


def _contact(view: PartnerView, digest: Digest) -> NewContact | None:
    state = view.state
    if not (state.is_active and view.contacts):
        return NewContact(None, None) if state.contact_digest is not None else None
    name, details = profile.derive_contact(view.contacts)
    new = digest(name, details)
    return None if new == state.contact_digest else NewContact((name, details), new)


def _enrollment(
    state: PartnerState, listed: Profile | None, histories: Sequence[History], current: Current
) -> NewFact[Enrollment] | None:
    newest = _newest(histories)
    periods = timelines.united(histories, listed.region if listed else None)
    kind, scale = (listed.kind, listed.scale) if listed else _unlisted(state, newest)
    fact = Enrollment(
        partner_id=str(state.partner_id),
        version=UNNUMBERED,
        kind=kind,
        periods=periods,
        recorded_at=NEVER,
        agency=newest.agency if newest else None,
        scale=scale,
        occupation=listed.occupation if listed else None,
        cooperative_id=_cooperative(listed, current) if listed else None,
        listed_on=listed.listed_on if listed else None,
        channel_id=_channel(histories, current),
    )
    stored = msgspec.json.encode(fact)
    if stored == state.enrollment_fact:
        return None
    before = ENROLLMENT.decode(state.enrollment_fact).periods if state.enrollment_fact else None
    return NewFact(timelines.change_type(before, periods), fact, stored)


def _channel(histories: Sequence[History], current: Current) -> str | None:
    found = timelines.channel(histories)
    return None if found is None else str(current(found))


def _newest(histories: Sequence[History]) -> Version | None:
    versions = [version for history in histories for version in history]
    return max(versions, key=lambda version: version.effective_on, default=None)


def _unlisted(state: PartnerState, newest: Version | None) -> tuple[Kind, Scale | None]:
    """Kind and scale of a partner that no list names: by its newest version, else by its last timeline."""
    if newest is None:
        last = ENROLLMENT.decode(state.enrollment_fact or b"")
        return last.kind, last.scale
    return ("individual" if newest.segment == "BPU" else "business"), newest.scale
