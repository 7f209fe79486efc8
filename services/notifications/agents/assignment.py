"""Who is asked to visit a partner: fair and deterministic. Pure.

Of the agents in whose caseload the partner is, the one gets the task that has most of its capacity left; of equals the
one that the partner's id prefers. So the result depends neither on the order of the tasks nor on that of the agents,
and an agent that comes or goes moves as few tasks as can be.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Regencies = Callable[[str], Iterable[str]]
"""The regencies within a region: `Regions.regencies`."""


@dataclass(frozen=True, slots=True)
class Agent:
    """What decides which tasks an agent is given. `limited_to`: the agency whose lists limit its caseload, if any;
    `cooperatives`, `lists` (keys): of its regions only who belongs to one of these, unless both are empty."""

    agent_id: str
    regions: tuple[str, ...]
    capacity: int
    open_tasks: int = 0
    limited_to: str | None = None
    cooperatives: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Visit:
    """A partner to be visited: where it is, who lists it or did, its cooperative, and the keys of its lists."""

    partner_id: str
    region: str
    agencies: frozenset[str] = frozenset()
    priority: int = 0
    cooperative_id: str | None = None
    lists: frozenset[str] = frozenset()


def assign(visits: Iterable[Visit], agents: Sequence[Agent], regencies: Regencies) -> dict[str, str]:
    """Partner's id → agent's id, the most urgent first; who is in it alone got an agent. Nobody is given more than its
    capacity."""
    there = _by_regency(agents, regencies)
    load = {agent.agent_id: agent.open_tasks for agent in agents}
    given: dict[str, str] = {}
    for visit in sorted(visits, key=lambda visit: (visit.priority, visit.partner_id)):
        able = [
            each for each in there[visit.region] if load[each.agent_id] < each.capacity and _is_in_caseload(visit, each)
        ]
        if able:
            chosen = min(able, key=lambda agent: _rank(agent, load[agent.agent_id], visit.partner_id))
            load[chosen.agent_id] += 1
            given[visit.partner_id] = chosen.agent_id
    return given


def _by_regency(agents: Iterable[Agent], regencies: Regencies) -> defaultdict[str, list[Agent]]:
    """Those who work in each regency: of ten thousand agents a visit concerns a handful."""
    there: defaultdict[str, list[Agent]] = defaultdict(list)
    for agent in agents:
        for code in {code for outer in agent.regions for code in regencies(outer)}:
            there[code].append(agent)
    return there


def _is_in_caseload(visit: Visit, agent: Agent) -> bool:
    """Of a visit in the agent's regions. A cooperative is in the caseload with its members."""
    if agent.limited_to is not None and agent.limited_to not in visit.agencies:
        return False
    is_all = not agent.cooperatives and not agent.lists
    of_cooperative = not agent.cooperatives.isdisjoint((visit.partner_id, visit.cooperative_id))
    return is_all or of_cooperative or not agent.lists.isdisjoint(visit.lists)


def _rank(agent: Agent, load: int, partner_id: str) -> tuple[float, bytes]:
    preference = hashlib.blake2b(f"{partner_id}|{agent.agent_id}".encode(), digest_size=8).digest()
    return (load + 1) / agent.capacity, preference  # equal shares are equal as floats too
