"""Decides with the policy of each day: the one in force now, then those to come. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.notifications.calendar import Calendar
from services.notifications.policy import Policy
from services.notifications.rules import Decision, Facts, decide


@dataclass(frozen=True)
class Term:
    """A policy, its calendar, and the moment from which the next one holds (None: it stays)."""

    policy: Policy
    calendar: Calendar
    end: datetime | None = None


Terms = tuple[Term, ...]
"""The one in force first, the others in the order in which they come. Never empty."""

CADENCE = ("scheduled", "waiting")
"""The states in which what comes next depends on the policy."""


def term_at(terms: Terms, moment: datetime) -> Term:
    """What holds at this moment."""
    return next(term for term in terms if term.end is None or moment < term.end)


def decide_in(facts: Facts, terms: Terms, now: datetime) -> Decision:
    """What holds now; what only comes under a later policy is told, and reckoned, by that one."""
    term = term_at(terms, now)
    decided = decide(facts, term.policy, term.calendar, now)
    while decided.state in CADENCE and term.end and decided.due_at and decided.due_at >= term.end:
        begins, term = term.end, term_at(terms, term.end)
        decided = decide(facts, term.policy, term.calendar, begins)
        if decided.actions:
            return replace(decided, due_at=begins, actions=())
    return decided
