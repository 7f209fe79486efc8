"""The engine, ticking through weeks with outages, against a simulation that only counts days."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.calendar import Calendar
from services.notifications.facts import OPEN_END, Facts, Sent
from services.notifications.forecast import Forecaster, forecast
from services.notifications.plan import Plan
from services.notifications.policy import ContactHours, Policy, Step
from services.notifications.policy_timeline import PolicyPeriod
from services.notifications.rules import Escalate, decide
from tests.unit.notifications.builders import a_partner, planned_items

DAY = timedelta(days=1)
TICK = timedelta(minutes=30)

known = st.datetimes(datetime(2026, 1, 5), datetime(2026, 12, 20), timezones=st.just(UTC))
zones = st.sampled_from(("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"))
closed_days = st.frozensets(st.integers(0, 70), max_size=25)
cadences = st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(sorted)
outages = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=2)


def simulate_days(anchor: date, policy: Policy, closed: set[date], down: set[date]) -> list[tuple[str, date]]:
    """What should happen on which day, by walking over the days: no clock times, no look-ahead."""
    done: list[tuple[str, date]] = []
    day = anchor
    while len(done) <= len(policy.steps) and day < anchor + 400 * DAY:
        day += DAY
        if day.weekday() == 6 or day in closed or day in down:
            continue
        last = done[-1][1] if done else None
        if len(done) == len(policy.steps):
            assert last is not None
            if day >= last + policy.escalate_after_days * DAY:
                done.append(("escalate", day))
        elif day >= anchor + policy.steps[len(done)].days * DAY and (
            last is None or day >= last + policy.min_gap_days * DAY
        ):
            done.append((f"step {len(done) + 1}", day))
    return done


def run_engine(facts: Facts, policy: Policy, calendar: Calendar, down: set[date]) -> list[tuple[str, datetime]]:
    """Tick every half hour, and at what `decide` announces, but never on a day the system is down."""
    zone = ZoneInfo(facts.zone)
    assert facts.listed_known_at is not None
    now = facts.listed_known_at
    done: list[tuple[str, datetime]] = []
    end = now + 400 * DAY
    while len(done) <= len(policy.steps) and now < end:
        if now.astimezone(zone).date() in down:
            now += TICK
            continue
        decision = decide(facts, policy, calendar, now)
        for action in decision.actions:
            if isinstance(action, Escalate):
                facts = replace(facts, escalated_at=now)
                done.append(("escalate", now.astimezone(zone)))
            else:
                facts = replace(facts, sent=(*facts.sent, Sent(action.step, now)))
                done.append((f"step {action.step}", now.astimezone(zone)))
        due = decision.due_at
        now = due if due is not None and now < due <= now + TICK else now + TICK
    return done


@settings(max_examples=60)
@given(known, zones, closed_days, cadences, st.integers(1, 9), st.integers(1, 9), outages)
def test_the_engine_does_what_counting_days_says(
    known_at: datetime,
    zone: str,
    closed: frozenset[int],
    cadence: list[int],
    gap: int,
    wait: int,
    outage: list[tuple[int, int]],
) -> None:
    facts = a_partner(listed_known_at=known_at, zone=zone)
    anchor = known_at.astimezone(ZoneInfo(zone)).date()
    shut = {anchor + offset * DAY for offset in closed}
    down = {anchor + (start + more) * DAY for start, length in outage for more in range(length)}
    steps = tuple(Step(f"step{number}", days) for number, days in enumerate(cadence))
    policy = Policy(steps, escalate_after_days=wait, min_gap_days=gap, channels=("log",))
    calendar = Calendar(ContactHours(), closed=shut)
    done = run_engine(facts, policy, calendar, down)
    assert [(what, moment.date()) for what, moment in done] == simulate_days(anchor, policy, shut, down)
    assert all(calendar.next_contact_time(moment, zone) == moment for _, moment in done)


@settings(max_examples=60)
@given(known, zones, closed_days, cadences)
def test_the_dry_run_forecasts_what_the_engine_does(
    known_at: datetime, zone: str, closed: frozenset[int], cadence: list[int]
) -> None:
    facts = a_partner(listed_known_at=known_at, zone=zone)
    anchor = known_at.astimezone(ZoneInfo(zone)).date()
    calendar = Calendar(ContactHours(), closed={anchor + offset * DAY for offset in closed})
    policy = Policy(tuple(Step(f"s{n}", days) for n, days in enumerate(cadence)), channels=("log",))
    done = [(moment, what) for what, moment in run_engine(facts, policy, calendar, set())]
    items = forecast(facts, (PolicyPeriod(policy, calendar),), known_at, anchor + 400 * DAY)
    assert [(item.at, f"step {item.step}" if item.channel else "escalate") for item in items] == done


@settings(max_examples=100)
@given(known, zones, st.timedeltas(timedelta(0), timedelta(days=60)), st.booleans())
def test_at_any_moment_it_is_decided_the_same_ahead_and_within_contact_hours(
    known_at: datetime, zone: str, later: timedelta, lapsed: bool
) -> None:
    facts = a_partner(listed_known_at=known_at, zone=zone)
    if lapsed:
        facts = replace(facts, insured_from=date(2020, 1, 1), insured_until=date(2026, 6, 1), end_known_at=known_at)
    calendar = Calendar(ContactHours())
    policy = Policy((Step("first", 1), Step("second", 7)), channels=("log",))
    now = known_at + later
    decision = decide(facts, policy, calendar, now)
    assert decision == decide(facts, policy, calendar, now)
    if decision.due_at is not None and not decision.actions:
        assert decision.due_at > now
    if decision.actions or decision.next:
        at = decision.next.at if decision.next and not decision.actions else now
        assert calendar.next_contact_time(at, zone) == at


moments = st.datetimes(datetime(2026, 11, 16), datetime(2026, 12, 8), timezones=st.just(UTC))
days = st.dates(date(2026, 11, 10), date(2026, 12, 20))
partners = st.builds(
    a_partner,
    partner_id=st.sampled_from([f"01940000-0000-7000-8000-00000000000{number}" for number in range(8)]),
    zone=zones,
    region=st.sampled_from(("36.71", "91.71")),
    status=st.sampled_from(("active", "active", "active", "merged")),
    listed_known_at=moments,
    insured_from=st.none() | days,
    insured_until=st.none() | st.none() | st.just(OPEN_END) | days,
    end_known_at=st.none() | moments,
    opted_out_at=st.none() | st.none() | st.none() | moments,
    has_email=st.booleans(),
    has_phone=st.booleans(),
    refused=st.sampled_from(((), (), ("email",), ("whatsapp",))),
    contacted=st.lists(moments, max_size=3).map(tuple),
    asked_at=st.none() | st.none() | moments,
    sent=st.lists(st.builds(Sent, st.integers(1, 3), moments), max_size=3).map(tuple),
    escalated_at=st.none() | st.none() | moments,
    retry_at=st.none() | st.none() | moments,
    settled_at=st.none() | moments,
)
TWO_POLICIES = (
    PolicyPeriod(
        Policy((Step("first", 1), Step("second", 7)), channels=("email",)),
        Calendar(ContactHours()),
        datetime(2026, 12, 1, tzinfo=ZoneInfo("Asia/Jakarta")),
    ),
    PolicyPeriod(
        Policy((Step("first", 2), Step("second", 4), Step("third", 6)), min_gap_days=2, channels=("whatsapp", "email")),
        Calendar(ContactHours(spread_until=time(11))),
    ),
)


@settings(max_examples=150)
@given(
    st.lists(partners, min_size=1, max_size=8, unique_by=lambda facts: facts.partner_id),
    moments,
    st.integers(0, 40),
    st.integers(1, 5),
)
def test_forecast_together_or_one_by_one_the_plan_is_the_same(
    many: list[Facts], now: datetime, ahead: int, limit: int
) -> None:
    until = now.astimezone(ZoneInfo("Asia/Jakarta")).date() + ahead * DAY
    alone = [list(forecast(facts, TWO_POLICIES, now, until)) for facts in many]
    forecaster = Forecaster(TWO_POLICIES, now, until)
    assert [planned_items(forecaster, facts) for facts in many] == alone
    due = sorted((item for items in alone for item in items if item.channel), key=lambda item: item.position)
    shown, after = [], None
    while True:
        plan = Plan(Forecaster(TWO_POLICIES, now, until), limit, after)
        for facts in many:
            plan.add([facts])
        page, more = plan.page()
        assert plan.counts.total() == len(due)
        shown += page
        if not more:
            break
        after = page[-1].position
    assert shown == due
