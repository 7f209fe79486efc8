"""What the operator gives to the agency: which partner was erased and when, where was searched, what remains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deploy.local.client import Client
from deploy.local.endpoints import Endpoints
from deploy.local.erasure.drill import REMAINS, Drilled, settled
from deploy.local.failure import Failure
from deploy.local.service_schema import in_schema

if TYPE_CHECKING:
    import asyncpg

WAITING: Final = """
select exists (select from registration.intake_erasure) or exists (select from registration.intake_deletion)
    or exists (select from registration.dead_letters_to_erase)
    or exists (select from notifications.dead_letters_to_erase)
    or exists (select from notifications.contacts where partner_id = $1::text::uuid)
"""


@dataclass(frozen=True)
class Receipt:
    """`entry` is the audit trail's; `left` holds the places where something was found that may not be there."""

    what: str
    partner: str
    entry: Mapping[str, Any]
    found_before: Mapping[str, int]
    searched: Mapping[str, int]
    left: Mapping[str, int]
    remains: Sequence[tuple[str, str, str]] = REMAINS

    def as_json(self) -> dict[str, Any]:
        audit = {name: self.entry[name] for name in ("number", "hash")}
        return {
            "what": self.what,
            "partner_id": self.partner,
            "erased_at": self.entry["at"],
            "audit": audit,
            **self._search(),
            "remains": [{"where": where, "what": what, "until": until} for where, what, until in self.remains],
        }

    def _search(self) -> dict[str, Any]:
        """Nothing where nothing was searched."""
        found = {"found_before": dict(self.found_before), "found_after": dict(self.left)}
        return {"searched": dict(self.searched), **found} if self.searched else {}

    def lines(self) -> list[str]:
        before = [f"before: {place}: {hits}" for place, hits in sorted(self.found_before.items())]
        searched = ", ".join(f"{number:,} {kind}" for kind, number in self.searched.items())
        number, digest = self.entry["number"], self.entry["hash"]
        return [
            *before,
            f"{self.partner} erased at {self.entry['at']}, entry {number} of the audit trail ({digest[:16]})",
            *([f"searched: {searched}"] if searched else []),
            *(["found nowhere it may not be"] if searched and not self.left else []),
            *(f"FOUND: {place}: {hits}" for place, hits in sorted(self.left.items())),
            *(f"remains: {where}: {what} ({until})" for where, what, until in self.remains),
        ]


def of_drill(endpoints: Endpoints, drilled: Drilled) -> Receipt:
    entry = _entry(endpoints, drilled.partner)
    return Receipt("erasure drill", drilled.partner, entry, drilled.before, drilled.searched, drilled.left)


def of_erasure(data: Path, endpoints: Endpoints, partner: str) -> Receipt:
    """Once Kafka's records and the contact are gone as well. Raises Failure if that takes too long."""

    async def gone(db: "asyncpg.Connection") -> bool:
        async def is_done() -> bool:
            return not await db.fetchval(WAITING, partner)

        return await settled(is_done)

    if not in_schema(data, "registration", gone):
        raise Failure("it is erased, but parts are still to be deleted: see ./payung status, then erase it again")
    return Receipt("erasure", partner, _entry(endpoints, partner), {}, {}, {})


def _entry(endpoints: Endpoints, partner: str) -> dict[str, Any]:
    """The newest entry about the partner's erasure, among the newest thousand."""
    with Client(endpoints.registration, endpoints.admin_key) as client:
        answer = client.call("GET", "/v1/audit?action=partner.erased&limit=1000").json()
    found: list[dict[str, Any]] = [each for each in answer["items"] if each["subjects"].get("partner") == partner]
    if not found:
        raise Failure(f"the audit trail has no entry about the erasure of {partner}")
    return max(found, key=lambda each: int(each["number"]))
