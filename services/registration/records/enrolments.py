"""Participants: their versions are judged and kept, and each goes by the partner it means."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from uuid import UUID

import asyncpg
import msgspec

from services.registration.identity import former_identifiers, lookup
from services.registration.identity.grouping import Regrouping
from services.registration.identity.matching import Keys
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Enrol, Heads
from services.registration.intake.values import Refusal
from services.registration.records import timelines
from services.registration.records.timelines import History, Version
from shared.events.model import Workers

_HISTORY = msgspec.json.Decoder(tuple[Version, ...])

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"


@dataclass(slots=True)
class Participant:
    """A participant number, its versions and the partner it goes by. `found`: a look-up gave that partner."""

    participant_no: str
    partner_id: UUID | None
    own_id: UUID | None
    found: bool
    region: str
    keys: Keys
    history: History

    @classmethod
    def of(cls, record: asyncpg.Record) -> "Participant":
        history = _HISTORY.decode(record["history"])
        return cls(
            record["participant_no"],
            record["partner_id"],
            record["own_id"],
            record["found"],
            record["region"],
            lookup.keys_from(record),
            history,
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """An enrolment as an agency sent it."""

    agency: str
    regions: tuple[str, ...]
    command: Enrol


async def load(work: UnitOfWork, numbers: Iterable[str]) -> dict[str, Participant]:
    asked = list(set(numbers))
    records = await work.fetch("participants", asked) if asked else ()
    return {record["participant_no"]: Participant.of(record) for record in records}


async def enrol(work: UnitOfWork, sent: Sequence[Sent]) -> tuple[list[str | Refusal], dict[str, Participant]]:
    """Judge each in the given order; what became of it, and the participants whose versions changed."""
    if not sent:
        return [], {}
    held = await load(work, (each.command.participant_no for each in sent))
    anchored = await lookup.anchor(
        work,
        [(each.agency, each.regions, each.command.partner) for each in sent],
        [each.command.region for each in sent],
    )
    fates: list[str | Refusal] = []
    changed: dict[str, Participant] = {}
    for each, keys in zip(sent, anchored, strict=True):
        participant = held.get(each.command.participant_no)
        if isinstance(keys, Refusal):
            fates.append(keys)
        elif (refusal := _may(work, each, participant)) is not None:
            fates.append(refusal)
        else:
            fates.append(_take(each, keys, held, changed))
    return fates, changed


def _may(work: UnitOfWork, each: Sent, participant: Participant | None) -> Refusal | None:
    """Nobody touches a participant outside its regions, nor learns whether there is one."""
    outside = participant is not None and not work.regions.within(each.regions, participant.region)
    if outside or (participant is None and each.command.lapses):
        return unknown_participant()
    return None


def unknown_participant() -> Refusal:
    return Refusal("unknown_participant", "participant_no", "No participant in your regions has this number.")


def _take(each: Sent, keys: Keys, held: dict[str, Participant], changed: dict[str, Participant]) -> str | Refusal:
    command = each.command
    participant = held.get(command.participant_no)
    before = participant.history if participant else ()
    history, refusal = timelines.judge(before, _version(each, keys, participant))
    if refusal is not None:
        return refusal
    if history is before:
        return UNCHANGED
    newest = next((version for version in reversed(history) if not version.lapses), history[-1])
    if participant is None:
        participant = Participant(command.participant_no, None, None, False, newest.region, keys, history)
        held[command.participant_no] = participant
    participant.history, participant.region = history, newest.region
    participant.keys = newest.keys or participant.keys
    changed[command.participant_no] = participant
    return CHANGED if before else CREATED


def _version(each: Sent, keys: Keys, participant: Participant | None) -> Version:
    command = each.command
    heads = command.heads
    return Version(
        effective_on=command.effective_on,
        until=command.until,
        region=command.region or (participant.region if participant else ""),
        segment=command.segment,
        programmes=command.programmes,
        workers=_workers(heads),
        scale=command.scale,
        keys=None if command.lapses else keys,
        agency=each.agency,
    )


def _workers(heads: Heads) -> Workers:
    """An enrolment's workers are always split: a bare total counts as labour, nothing said as none."""
    if (heads.management, heads.staff, heads.labour) == (None, None, None):
        return Workers(labour=heads.total or 0)
    return Workers(heads.management or 0, heads.staff or 0, heads.labour or 0)


async def settle(work: UnitOfWork, changed: dict[str, Participant], regrouping: Regrouping | None) -> None:
    """Look up the changed participants and all whose partner may have changed, move them, and save them."""
    waiting = dict(changed)
    if regrouping is not None and await work.is_true("any_participant"):
        records = await work.fetch(
            "participants_touching",
            list(regrouping.nibs),
            list(regrouping.koperasi),
            list(regrouping.niks),
            list(regrouping.names),
            list(regrouping.partners_before),
            list(regrouping.rows),
        )
        for record in records:
            waiting.setdefault(record["participant_no"], Participant.of(record))
    if not waiting:
        return
    found = await lookup.find(work, [participant.keys for participant in waiting.values()])
    await work.known([p for p in found if p] + [p.partner_id for p in waiting.values() if p.partner_id])
    before = {number: (participant.partner_id, participant.found) for number, participant in waiting.items()}
    for participant, partner in zip(waiting.values(), found, strict=True):
        _place(work, participant, work.current(partner) if partner else None)
    await _part(work, waiting, before)
    for number, participant in waiting.items():
        _note(work, participant, before[number][0], number in changed)
    await _follow_merges(work)
    await _save(work, [p for n, p in waiting.items() if n in changed or (p.partner_id, p.found) != before[n]])


async def _part(work: UnitOfWork, waiting: dict[str, Participant], before: dict[str, tuple[UUID | None, bool]]) -> None:
    """Of several that shared an id no row claimed, those not found part with it once rows came to it."""
    claimed = [p for p in work.became.keys() | work.became.values() if not work.states[p].fresh]
    for record in await work.fetch("participants_of", claimed) if claimed else ():
        if record["participant_no"] not in waiting:
            participant = waiting[record["participant_no"]] = Participant.of(record)
            before[record["participant_no"]] = (participant.partner_id, participant.found)
    for participant in waiting.values():
        partner = work.current(participant.partner_id) if participant.partner_id else None
        if partner is not None and not participant.found and not _rowless(work, partner):
            participant.partner_id = participant.own_id = work.new_partner().partner_id


def _place(work: UnitOfWork, participant: Participant, partner: UUID | None) -> None:
    """Let the participant go by this partner, or by an id of its own."""
    old = work.current(participant.partner_id) if participant.partner_id else None
    if partner is None:
        participant.partner_id = _own(work, participant, old)
        participant.found = False
        return
    if old is not None and old != partner and not participant.found and _rowless(work, old):
        elder, younger = work.elder(old, partner)
        work.merge(younger, elder)
        partner = elder
    participant.partner_id, participant.found = partner, True


def _own(work: UnitOfWork, participant: Participant, old: UUID | None) -> UUID:
    """The id it keeps while no list names it: its partner's, if no row claims that; else its own, or a new one."""
    if old is not None and (not participant.found or _rowless(work, old)):
        return old
    own = participant.own_id
    if own is None or own not in work.states or work.states[own].status != "active" or own in work.became:
        participant.own_id = own = work.new_partner().partner_id
    return own


def _rowless(work: UnitOfWork, partner: UUID) -> bool:
    """Whether no row stands behind this id (any more)."""
    if partner in work.groups:
        return not work.groups[partner]
    return work.states[partner].listed_on is None


def _note(work: UnitOfWork, participant: Participant, before: UUID | None, changed: bool) -> None:
    participant.partner_id = work.current(participant.partner_id) if participant.partner_id else None
    if changed or participant.partner_id != before:
        work.moved_timelines |= {partner for partner in (participant.partner_id, before) if partner is not None}
        work.moved_participants.add(participant.participant_no)


async def _follow_merges(work: UnitOfWork) -> None:
    """The rows of what was merged go to the survivors."""
    if not work.became:
        return
    pairs = [(loser, work.current(loser)) for loser in work.became]
    losers, survivors = [loser for loser, _ in pairs], [survivor for _, survivor in pairs]
    await work.execute("move_partner", losers, survivors)
    await former_identifiers.follow(work, dict(pairs))
    await work.known(survivors)


async def _save(work: UnitOfWork, participants: Sequence[Participant]) -> None:
    if not participants:
        return
    rows = [
        (p.participant_no, p.partner_id, p.own_id, p.found, p.region, *astuple(p.keys), _encoded(p.history))
        for p in sorted(participants, key=lambda p: p.participant_no)
    ]
    await work.execute("save_participants", *(list(column) for column in zip(*rows, strict=True)))


def _encoded(history: History) -> bytes:
    return msgspec.json.encode(history)


async def histories(work: UnitOfWork, partners: Iterable[UUID]) -> dict[UUID, list[Participant]]:
    """The participants of these partners, as saved."""
    by_partner: dict[UUID, list[Participant]] = defaultdict(list)
    asked = list(partners)
    for record in await work.fetch("participants_of", asked) if asked else ():
        by_partner[record["partner_id"]].append(Participant.of(record))
    return by_partner


__all__ = ["Participant", "Sent", "enrol", "histories", "load", "settle", "unknown_participant"]
