"""Partners that were heard of only now, decided about in few classes. Pure.

Of such a partner there is a listing, perhaps a contact, and nothing else. Two of them are alike in more than equal
facts: where no policy asks for the region, the kind or the agencies, only the time zone and the day of the listing
matter, and a national list is a handful of classes instead of thousands.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime

from services.notifications.alike import Alike
from services.notifications.facts import Facts
from services.notifications.policy_timeline import PolicyTimeline, is_same_for_all
from services.notifications.projections import Listing

Place = tuple[str, bool]
"""The time zone of a region, and whether the region is known."""


def alike_newcomers(
    listings: dict[str, Listing],
    partner_ids: Iterable[str],
    timeline: PolicyTimeline,
    place_of: Callable[[str | None], Place],
    *,
    has_phone: bool,
    has_email: bool,
    settled_at: datetime,
) -> list[Alike]:
    """These partners, whose addresses are as said, by what is decided about them."""
    same_for_all = is_same_for_all(timeline)

    def facts_of(partner_id: str) -> Facts:
        row = listings[partner_id]
        zone, is_region_known = place_of(row.region)
        return Facts(
            partner_id=partner_id,
            zone=zone,
            region=row.region or "",
            kind=row.kind or "",
            agencies=row.agencies,
            is_region_known=is_region_known,
            status=row.status,
            listed_known_at=row.listed_known_at,
            has_phone=has_phone,
            has_email=has_email,
            settled_at=settled_at,
        )

    listed_alike: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for partner_id in partner_ids:
        row = listings[partner_id]
        more = () if same_for_all else (row.kind, row.agencies)
        listed_alike[row.region, row.listed_known_at, *more].append(partner_id)
    if not same_for_all:
        return [Alike(facts_of(ids[0]), ids) for ids in listed_alike.values()]
    classes: dict[object, tuple[Facts, list[str]]] = {}
    for ids in listed_alike.values():
        facts = facts_of(ids[0])
        classes.setdefault(_decided_by(facts), (facts, []))[1].extend(ids)
    return [Alike(facts, ids) for facts, ids in classes.values()]


def _decided_by(facts: Facts) -> tuple[str, bool, date | None]:
    known_at = facts.listed_known_at
    return facts.zone, facts.is_region_known, facts.local_day(known_at) if known_at else None
