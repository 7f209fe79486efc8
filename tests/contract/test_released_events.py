"""Events of this release and of the one before may be on one log while both run."""

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.contract.released_events import FILE, breaks, today

RELEASED: dict[str, Any] = json.loads(FILE.read_text())


def test_today_s_events_are_read_by_the_release_and_its_by_today_s() -> None:
    assert breaks(RELEASED, today()) == [], "see docs/kubernetes.md, rolling upgrades"


def changed(**changes: Any) -> dict[str, Any]:
    """The release with other properties, or other fields that are needed, of what `partners` hold."""
    found = deepcopy(RELEASED)
    struct = found["structs"][found["types"]["partners/partner.listed"]]
    struct["properties"] |= {name: value for name, value in changes.items() if name not in ("needed", "gone")}
    struct["required"] = [*struct["required"], *changes.get("needed", ())]
    for name in changes.get("gone", ()):
        del struct["properties"][name]
    return found


@pytest.mark.parametrize(("now", "said"), [
    (changed(colour={"type": "string"}), None),
    (changed(region={"type": "integer"}), "region is of another type"),
    (changed(status={"enum": ["active", "merged", "erased", "asleep"]}), "status is of another type"),
    (changed(needed=["scale"]), "scale is needed"),
    (changed(gone=["scale"]), "scale is gone"),
])  # fmt: skip
def test_a_change_that_one_of_both_could_not_read_is_found(now: dict[str, Any], said: str | None) -> None:
    found = breaks(RELEASED, now)
    assert (said is None and found == []) or any(str(said) in each for each in found)
    if said and "needed" in said:
        assert any("may be left out" in each for each in breaks(now, RELEASED))


def test_a_type_that_is_gone_is_found() -> None:
    now = deepcopy(RELEASED)
    del now["types"]["claims/claim.paid" if "claims/claim.paid" in now["types"] else next(iter(now["types"]))]
    assert len(breaks(RELEASED, now)) == 1
    assert breaks(now, RELEASED) == []
