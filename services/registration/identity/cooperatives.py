"""Which cooperative a listing or an enrolment names: whose member somebody is, or through whom it was enrolled."""

from collections.abc import Mapping
from uuid import UUID

from msgspec.structs import replace

from services.registration.identity import lookup
from services.registration.identity.keys import Keys
from services.registration.identity.lookup import Mention
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Reference
from services.registration.intake.values import Refusal

UNKNOWN = "No such cooperative is known. By its name it is found in the row's own regency: give its NIK Koperasi."


async def find(work: UnitOfWork, mentions: Mapping[int, Mention]) -> dict[int, UUID | Refusal]:
    """The cooperative of each mention, by its place; one that no list calls a cooperative is refused."""
    if not mentions:
        return {}
    named = [mention._replace(reference=_as_cooperative(mention.reference)) for mention in mentions.values()]
    keys = await lookup.anchored_keys(work, named)
    partners = await lookup.partners_of(work, keys)
    asked = [partner for partner in partners if partner is not None]
    known = {row["partner_id"] for row in await work.fetch("cooperatives_among", asked)}
    return {
        at: _cooperative(key, partner if partner in known else None)
        for at, key, partner in zip(mentions, keys, partners, strict=True)
    }


def _cooperative(key: Keys | Refusal, partner: UUID | None) -> UUID | Refusal:
    if isinstance(key, Refusal):
        return Refusal(key.code, "cooperative", key.detail)
    return partner or Refusal("partner_unknown", "cooperative", UNKNOWN)


def _as_cooperative(named: Reference) -> Reference:
    """A person's NIK names no cooperative: whether somebody lists that person is not shown here."""
    return replace(named, nik=None)
