"""Which decisions a case allows, who may take them, and what an agency sees of a case. Pure."""

from collections.abc import Collection
from typing import Any, Final

import asyncpg
import msgspec

from services.registration.intake.values import Refusal
from shared.regions import Regions

SAME_OR_DIFFERENT: Final = ("same", "different")
SCOPES: Final = {"participant_claimed": "enroll"}
"""The scope that seeing and deciding a case of a kind needs; `publish` where nothing is named."""


def scope_of(kind: str) -> str:
    return SCOPES.get(kind, "publish")


def allowed(case: asyncpg.Record) -> Collection[str]:
    """A region of the case where the question is which one holds, else `same` or `different`."""
    if case["kind"] in ("region_conflict", "participant_claimed"):
        return regions(case)
    return SAME_OR_DIFFERENT


def may_see(case: asyncpg.Record, hierarchy: Regions, own: tuple[str, ...] | None) -> bool:
    """Whether the case is for a caller of these regions (None: everywhere): they hold every side of it."""
    return own is None or all(hierarchy.within(own, side.get("region", "")) for side in sides(case))


def check(case: asyncpg.Record, decision: str, partners: Collection[str] = ()) -> Refusal | None:
    """Why this decision is none that the case allows; one that was decided may be decided anew.

    `partners` are the sides that are decided about, two at least, where not all are.
    """
    if partners and not (len(set(partners)) > 1 and {side.get("partner") for side in sides(case)} >= set(partners)):
        return Refusal("invalid_value", "partners", "Name at least two partners of the case's sides, or none for all.")
    if case["closed_at"] is not None and case["decision"] is None:
        return Refusal("conflict", "decision", "This case is closed: there is nothing to decide any more.")
    choices = allowed(case)
    if decision in choices:
        return None
    return Refusal("invalid_value", "decision", f"The decision is one of {', '.join(choices)}.")


def regions(case: asyncpg.Record) -> list[str]:
    return [side["region"] for side in sides(case)]


def sides(case: asyncpg.Record) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(case["sides"])
    return found


def as_json(case: asyncpg.Record, agency: str | None) -> dict[str, Any]:
    """The case as this agency sees it, or the administrator (None), who alone sees which agencies are behind a side."""
    return {
        "id": str(case["id"]),
        "kind": case["kind"],
        "subject": case["subject"],
        "sides": [_side(side, agency) for side in sides(case)],
        "decisions": list(allowed(case)),
        "opened_at": case["opened_at"].isoformat(),
        "closed_at": case["closed_at"].isoformat() if case["closed_at"] else None,
        "decision": case["decision"],
        "decided_at": case["decided_at"].isoformat() if case["decided_at"] else None,
    }


def _side(side: dict[str, Any], agency: str | None) -> dict[str, Any]:
    if agency is None:
        return side
    shown = {name: value for name, value in side.items() if name != "agencies"}
    return shown | {"own": agency in side.get("agencies", ())}
