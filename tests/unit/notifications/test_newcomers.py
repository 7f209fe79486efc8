"""Partners that were heard of only now get, in classes, what each of them would get alone."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.alike import next_time, next_times
from services.notifications.facts import Facts
from services.notifications.newcomers import alike_newcomers
from services.notifications.policy import Paused
from services.notifications.policy_timeline import GroupPolicy, PolicyPeriod, decide_by_timeline
from services.notifications.projections import Listing
from tests.unit.notifications.builders import CALENDAR, MAIL, STEPS, at

PLACES = {
    "31.71": ("Asia/Jakarta", True),
    "36.71": ("Asia/Jakarta", True),
    "91.71": ("Asia/Jayapura", True),
    None: ("Asia/Jakarta", False),
}
OTHER = replace(MAIL, steps=STEPS[1:])
SAME = PolicyPeriod(MAIL, CALENDAR)
TIMELINES = (
    SAME,
    replace(SAME, groups=(GroupPolicy(OTHER, regencies=frozenset({"36.71"})),)),
    replace(SAME, groups=(GroupPolicy(OTHER, kinds=frozenset({"individual"})),)),
    replace(SAME, groups=(GroupPolicy(OTHER, agencies=frozenset({"b"})),)),
    replace(SAME, paused=Paused(regencies=frozenset({"91.71"}))),
)

rows = st.builds(
    Listing,
    version=st.just(1),
    status=st.just("active"),
    region=st.sampled_from(list(PLACES)),
    kind=st.sampled_from(["business", "individual"]),
    listed_known_at=st.sampled_from([None, at("2026-11-23"), at("2026-11-23", "15:30"), at("2026-11-23", "18:00")]),
    agencies=st.sampled_from(["a", "b", "a b"]),
)


@settings(max_examples=150)
@given(st.lists(rows, min_size=1, max_size=30), st.sampled_from(TIMELINES), st.booleans(), st.booleans())
def test_each_has_what_is_decided_about_it_alone(rows, period, has_phone, has_email) -> None:  # type: ignore[no-untyped-def]
    timeline, now = (period,), at("2026-11-24", "01:00")
    listings = {f"01940000-0000-7000-8000-{number:012x}": row for number, row in enumerate(rows)}
    settled_at = now + timedelta(minutes=1)
    found = alike_newcomers(
        listings,
        listings,
        timeline,
        PLACES.__getitem__,
        has_phone=has_phone,
        has_email=has_email,
        settled_at=settled_at,
    )
    decided = {each.partner_id: each for alike in found for each in next_times(alike, timeline, now)}
    assert sum(len(alike.partner_ids) for alike in found) == len(listings)
    for partner_id, row in listings.items():
        zone, known = PLACES[row.region]
        facts = Facts(
            partner_id,
            zone,
            row.region or "",
            row.kind,
            row.agencies,
            known,
            "active",
            row.listed_known_at,
            has_phone=has_phone,
            has_email=has_email,
            settled_at=settled_at,
        )
        assert decided[partner_id] == next_time(partner_id, decide_by_timeline(facts, timeline, now), now)


def test_where_no_policy_tells_them_apart_the_regions_of_a_zone_are_one_class() -> None:
    rows = [Listing(1, "active", region=region, listed_known_at=at("2026-11-23")) for region in ("31.71", "36.71")]
    listings = dict(zip(("p1", "p2"), rows, strict=True))

    def classes(period: PolicyPeriod) -> int:
        found = alike_newcomers(
            listings,
            listings,
            (period,),
            PLACES.__getitem__,
            has_phone=True,
            has_email=False,
            settled_at=at("2026-11-24"),
        )
        return len(found)

    assert [classes(each) for each in TIMELINES] == [1, 2, 2, 2, 2]
