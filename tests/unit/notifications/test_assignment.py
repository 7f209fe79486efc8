"""Who is asked to visit: within the caseload, by load and capacity, the same whatever the order."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.agents.assignment import Agent, Visit, assign
from services.notifications.agents.holding import UNTOUCHED, first_level, next_level, touch_by

REGIONS = ("33.11", "33.12", "36.71")


def regencies(outer: str) -> tuple[str, ...]:
    return REGIONS if outer == "ID" else (outer,)


def covers(agent: Agent, visit: Visit) -> bool:
    is_there = any(visit.region in regencies(outer) for outer in agent.regions)
    is_listed = agent.limited_to is None or agent.limited_to in visit.agencies
    is_all = not agent.lists and not agent.cooperatives
    is_part = agent.lists & visit.lists or agent.cooperatives & {visit.cooperative_id, visit.partner_id}
    return is_there and is_listed and bool(is_all or is_part)


names = st.uuids().map(str)
agents = st.lists(
    st.builds(
        Agent,
        agent_id=names,
        regions=st.lists(st.sampled_from((*REGIONS, "ID")), min_size=1, max_size=2).map(tuple),
        capacity=st.integers(1, 5),
        open_tasks=st.integers(0, 6),
        limited_to=st.sampled_from((None, None, "dinas-a", "dinas-b")),
        lists=st.frozensets(st.sampled_from("LM"), max_size=1),
        cooperatives=st.frozensets(st.sampled_from("CD"), max_size=1),
    ),
    max_size=6,
    unique_by=lambda agent: agent.agent_id,
)
visits = st.lists(
    st.builds(
        Visit,
        partner_id=names,
        region=st.sampled_from(REGIONS),
        agencies=st.frozensets(st.sampled_from(("dinas-a", "dinas-b"))),
        priority=st.integers(1, 3),
        cooperative_id=st.sampled_from((None, "C", "D")),
        lists=st.frozensets(st.sampled_from("LM")),
    ),
    max_size=15,
    unique_by=lambda visit: visit.partner_id,
)


@given(visits, agents, st.randoms())
def test_within_caseload_and_capacity_whatever_the_order(
    asked: list[Visit], able: list[Agent], random: st.DataObject
) -> None:
    given_ = assign(asked, able, regencies)
    by_id, of_partner = {each.agent_id: each for each in able}, {each.partner_id: each for each in asked}
    assert all(covers(by_id[agent], of_partner[partner]) for partner, agent in given_.items())
    for agent in able:
        more = sum(chosen == agent.agent_id for chosen in given_.values())
        assert agent.open_tasks + more <= max(agent.capacity, agent.open_tasks)
    shuffled, others = list(asked), list(able)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(others)  # type: ignore[attr-defined]
    assert assign(shuffled, others, regencies) == given_


@given(visits, agents)
def test_nobody_is_left_out_while_somebody_has_room(asked: list[Visit], able: list[Agent]) -> None:
    given_ = assign(asked, able, regencies)
    load = {each.agent_id: each.open_tasks for each in able}
    for agent in given_.values():
        load[agent] += 1
    for visit in asked:
        if visit.partner_id not in given_:
            assert all(load[each.agent_id] >= each.capacity for each in able if covers(each, visit))


@given(st.integers(1, 40), st.integers(1, 6))
def test_equal_agents_get_equally_many(count: int, size: int) -> None:
    able = [Agent(f"a{number}", ("ID",), 100) for number in range(size)]
    given_ = assign([Visit(f"p{number}", "33.11") for number in range(count)], able, regencies)
    loads = [list(given_.values()).count(each.agent_id) for each in able]
    assert max(loads) - min(loads) <= 1
    assert sum(loads) == count


def test_an_agents_capacity_decides_its_share() -> None:
    able = [Agent("half", ("ID",), 10), Agent("whole", ("ID",), 20)]
    given_ = assign([Visit(f"p{number}", "33.11") for number in range(30)], able, regencies)
    assert sorted(given_.values()) == ["half"] * 10 + ["whole"] * 20


def test_the_most_urgent_are_visited_first_where_there_is_no_room_for_all() -> None:
    asked = [Visit(f"p{number}", "33.11", priority=number % 3) for number in range(9)]
    assert set(assign(asked, [Agent("a", ("ID",), 4)], regencies)) == {"p0", "p3", "p6", "p1"}


def test_who_holds_a_task_and_for_how_long() -> None:
    now, some, none = datetime(2026, 11, 23, 3, tzinfo=UTC), frozenset({"dinas-a"}), frozenset[str]()
    assert [first_level("agent", some), first_level(None, some), first_level(None, none)] == [
        "agent",
        "agency",
        "office",
    ]
    assert [next_level("agent", some), next_level("agent", none), next_level("agency", some)] == [
        "agency",
        "office",
        "office",
    ]
    assert touch_by("agent", now) == now + UNTOUCHED
    assert touch_by("office", now) is None
    snoozed = touch_by("agency", now, date(2026, 12, 1))
    assert snoozed is not None
    assert snoozed - UNTOUCHED == datetime(2026, 11, 30, 17, tzinfo=UTC)
    assert touch_by("agent", now + timedelta(days=30), date(2026, 12, 1)) == now + timedelta(days=30) + UNTOUCHED
