"""Who is asked to visit a partner: fair and deterministic. Pure.

Of the agents in whose caseload the partner is, the one gets the task that has most of its capacity left; of equals the
one that the partner's id prefers. So the result depends neither on the order of the tasks nor on that of the agents,
and an agent that comes or goes moves as few tasks as can be.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Within = Callable[[tuple[str, ...], str], bool]
"""Whether a region lies in any of these: `Regions.within`."""


@dataclass(frozen=True, slots=True)
class Agent:
    """What decides which tasks an agent is given. `limited_to`: the agency whose lists limit its caseload, if any."""

    agent_id: str
    regions: tuple[str, ...]
    capacity: int
    open_tasks: int = 0
    limited_to: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A partner to be visited: where it is, and who lists it or did."""

    partner_id: str
    region: str
    agencies: frozenset[str] = frozenset()
    priority: int = 0


def covers(agent: Agent, visit: Visit, within: Within) -> bool:
    """Whether the partner is in the agent's caseload."""
    is_listed = agent.limited_to is None or agent.limited_to in visit.agencies
    return is_listed and within(agent.regions, visit.region)


def assign(visits: Iterable[Visit], agents: Sequence[Agent], within: Within) -> dict[str, str]:
    """Partner's id → agent's id, the most urgent first; who is in it alone got an agent. Nobody is given more than its
    capacity."""
    load = {agent.agent_id: agent.open_tasks for agent in agents}
    given: dict[str, str] = {}
    for visit in sorted(visits, key=lambda visit: (visit.priority, visit.partner_id)):
        able = [each for each in agents if load[each.agent_id] < each.capacity and covers(each, visit, within)]
        if able:
            chosen = min(able, key=lambda agent: _rank(agent, load[agent.agent_id], visit.partner_id))
            load[chosen.agent_id] += 1
            given[visit.partner_id] = chosen.agent_id
    return given


def _rank(agent: Agent, load: int, partner_id: str) -> tuple[Fraction, bytes]:
    preference = hashlib.blake2b(f"{partner_id}|{agent.agent_id}".encode(), digest_size=8).digest()
    return Fraction(load + 1, agent.capacity), preference
