"""What a refused order missed, and what has arrived: keyed hashes, so that one finds the other by an index."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.cells import names
from services.registration.intake.commands import Command, Enrol, ListPartner, Reference
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Order, Outcome
from services.registration.vault import Vault


def of_refused(vault: Vault, agency: str, command: Command | Refusal | None, refusal: Refusal) -> UUID | None:
    """The hash of what the command missed; None where waiting for something would not help."""
    if refusal.code == "unknown_participant":
        number = getattr(command, "participant_no", None)
        return vault.hash("missed", "participant", number) if number else None
    if refusal.code == "partner_unknown":
        meant = getattr(command, "cooperative" if refusal.field == "cooperative" else "partner", None)
        if isinstance(meant, Reference):
            region = meant.region or getattr(command, "region", None)
            return next(iter(_means(vault, agency, meant, meant.name, region)), None)
    return None


async def note_arrivals(work: UnitOfWork, orders: Sequence[Order[Command]], outcomes: Sequence[Outcome]) -> None:
    """What misses one of these that were accepted is to be sent again: also what the same transaction refused."""
    if await work.there_are("missed"):
        arrived = set(_arrived(work.vault, orders, outcomes))
        if arrived:
            await work.execute("note_arrived", list(arrived), work.now)


def _arrived(vault: Vault, orders: Sequence[Order[Command]], outcomes: Sequence[Outcome]) -> Iterator[UUID]:
    for order, outcome in zip(orders, outcomes, strict=True):
        if not isinstance(outcome, Accepted):
            continue
        command = order.command
        if isinstance(command, Enrol):
            yield vault.hash("missed", "participant", command.participant_no)
        elif isinstance(command, ListPartner):
            yield from _means(vault, order.agency, command.partner, command.name, command.region)
            if outcome.partner is not None:
                yield vault.hash("missed", "id", str(outcome.partner))


def _means(vault: Vault, agency: str, partner: Reference, name: str | None, region: str | None) -> Iterable[UUID]:
    """The hashes of all by which a reference means a partner, the one that counts first."""
    if partner.id:
        yield vault.hash("missed", "id", partner.id)
    if partner.ref:
        yield vault.hash("missed", "ref", agency, partner.ref)
    if partner.nib:
        yield vault.hash("missed", "nib", partner.nib)
    if partner.nik_koperasi:
        yield vault.hash("missed", "nik_koperasi", partner.nik_koperasi)
    if name and region:
        yield vault.hash("missed", "name", region, names.name_key(name))
