"""Plausible mistakes in what people are shown and asked for, and in what operators do by hand."""

from typing import Final

from tests.planted.bug import Bug

PREVIEW_FILE, PREVIEW = "services/registration/intake/previews.py", ("tests/unit/registration/test_previews.py",)
DISCLOSURE_FILE, DISCLOSURE = "services/coverage/disclosure.py", ("tests/unit/coverage/test_disclosure.py",)
PROTECTION_FILE, PROTECTION = "services/coverage/protection.py", ("tests/unit/coverage/test_protection.py",)
HOLDING = "services/notifications/agents/holding.py"
ASSIGNMENT = "services/notifications/agents/assignment.py"
AGENTS = ("tests/unit/notifications/test_assignment.py",)
SESSIONS = ("tests/unit/shared/test_sessions.py", "tests/integration/test_sessions.py")
REDRIVE = ("tests/integration/bus/test_redrive.py",)
LETTERS = ("tests/unit/deploy/test_dead_letter_groups.py",)
CONSUMER = ("tests/integration/bus/test_consumer.py",)

PREVIEWS: Final = (
    Bug(
        "the preview counts refused rows as accepted",
        PREVIEW_FILE,
        '            "accepted": judged - rejected_by.total(),\n',
        '            "accepted": judged,\n',
        PREVIEW,
    ),
    Bug(
        "the preview shows cells that are not to be kept",
        PREVIEW_FILE,
        "    cells = reader.cells_to_keep(row)\n    sent =",
        "    cells = row.cells\n    sent =",
        PREVIEW,
    ),
    Bug(
        "the samples of a column show cells that are not to be kept",
        PREVIEW_FILE,
        "zip(self.of_columns, reader.cells_to_keep(row), strict=True)",
        "zip(self.of_columns, row.cells, strict=True)",
        PREVIEW,
    ),
    Bug(
        "the preview forgets what it warns of",
        PREVIEW_FILE,
        "            warnings.update(answer.warnings)\n",
        "            pass\n",
        PREVIEW,
    ),
)

SUPPRESSION: Final = (
    Bug(
        "a single suppressed region follows from the sum and the others",
        DISCLOSURE_FILE,
        "        if len(leaves) < 2 or len(chosen) < 2:\n",
        "        if not leaves:\n",
        DISCLOSURE,
    ),
    Bug(
        "two suppressed regions may have a small sum",
        DISCLOSURE_FILE,
        "        return not _small(total).any() and not (",
        "        return not (",
        DISCLOSURE,
    ),
    Bug(
        "a fall by two is shown",
        DISCLOSURE_FILE,
        "    sizes = np.abs(counts)\n",
        "    sizes = counts\n",
        PROTECTION,
    ),
    Bug(
        "a split by two dimensions gives a count away",
        PROTECTION_FILE,
        "            return above(tree, [region for region, tally in totals.items() if",
        "            return above(tree, [region for region, tally in () if",
        PROTECTION,
    ),
    Bug(
        "the rate gives away what is suppressed",
        PROTECTION_FILE,
        '"unregistered": None, "rate": None, ',
        '"unregistered": None, ',
        PROTECTION,
    ),
    Bug(
        "claims by two dimensions give a count away",
        PROTECTION_FILE,
        "    return above(tree, regencies) if len(by) > 1 else suppressed(tree, splits, hidden)\n",
        "    return suppressed(tree, splits, hidden)\n",
        PROTECTION,
    ),
)

CASELOADS: Final = (
    Bug(
        "a snoozed task is taken away before its day",
        HOLDING,
        "    return max(now, begins) + UNTOUCHED\n",
        "    return now + UNTOUCHED\n",
        AGENTS,
    ),
    Bug(
        "a task goes up to an agency that nobody is",
        HOLDING,
        '    return "agency" if level == "agent" and agencies else "office"\n',
        '    return "agency" if level == "agent" else "office"\n',
        AGENTS,
    ),
    Bug(
        "an agent gets one visit more than it can make",
        ASSIGNMENT,
        "if load[each.agent_id] < each.capacity and",
        "if load[each.agent_id] <= each.capacity and",
        AGENTS,
    ),
    Bug(
        "an agency's agent is given others' partners",
        ASSIGNMENT,
        "    if agent.limited_to is not None and agent.limited_to not in visit.agencies:\n        return False\n",
        "",
        AGENTS,
    ),
    Bug(
        "the least urgent partner is visited first",
        ASSIGNMENT,
        "key=lambda visit: (visit.priority, visit.partner_id)",
        "key=lambda visit: (-visit.priority, visit.partner_id)",
        AGENTS,
    ),
)

SIGNED_IN: Final = (
    Bug(
        "who signed out is still signed in",
        "shared/sessions.py",
        'if row["ended"] or row["revoked"]',
        'if row["revoked"]',
        SESSIONS,
    ),
    Bug(
        "a session outlives its key",
        "shared/sessions.py",
        'if row["ended"] or row["revoked"]',
        'if row["ended"]',
        SESSIONS,
    ),
    Bug(
        "a session of the former admin key opens",
        "shared/sessions.py",
        "if is_todays else Ended()",
        "if is_todays or row else Ended()",
        SESSIONS,
    ),
    Bug(
        "a session that was ended comes back with its renewal",
        "shared/sessions.sql",
        "ended = s.ended or excluded.ended",
        "ended = excluded.ended",
        ("tests/integration/test_keys.py",),
    ),
    Bug(
        "a session that is known is good for ever",
        "shared/sessions.py",
        "(known.expires_at <= datetime.now(UTC) or known.principal.has_expired())",
        "known.principal.has_expired()",
        SESSIONS,
    ),
)

BY_HAND: Final = (
    Bug(
        "a contact that was erased comes back with its dead letter",
        "shared/bus/redrive.py",
        "superseded = await _superseding(client, selected.values(), prefix) if _is_compacted(topic) else {}",
        "superseded: dict[str, Record] = {}",
        REDRIVE,
    ),
    Bug(
        "a letter that was cut is put back",
        "shared/bus/redrive.py",
        "for origin, letter in wanted.items() if not letter.is_cut}",
        "for origin, letter in wanted.items()}",
        REDRIVE,
    ),
    Bug(
        "letters that nobody asked for are lost",
        "shared/bus/redrive.py",
        "stay = [letter for letter in found if letter.origin not in selected]",
        "stay: list[DeadLetter] = []",
        REDRIVE,
    ),
    Bug(
        "what was put back stays a dead letter",
        "shared/bus/redrive.py",
        "        await delete_before(kafka, ends)\n    return Redriven(len(back)",
        "    return Redriven(len(back)",
        REDRIVE,
    ),
    Bug(
        "what this release refused is tried again at every start",
        "deploy/local/dead_letter_groups.py",
        "            and (self.before is None or self.before != letter.release)\n",
        "",
        LETTERS,
    ),
    Bug(
        "what failed again is taken for repaired",
        "deploy/local/dead_letter_groups.py",
        "if _failure(letter) not in known]",
        "if letter.id not in known]",
        LETTERS,
    ),
)

GROUPS: Final = (
    Bug(
        "a client whose stop was cut short stays in its group",
        "shared/bus/transport.py",
        "        if failed is not None and client is not None:\n",
        "        if failed is None and client is None:\n",
        CONSUMER,
    ),
    Bug(
        "a consumer reports where another one stands still",
        "shared/bus/halting.py",
        "if halt.is_for_all or halt.topic in self._topics",
        "if halt.topic",
        CONSUMER,
    ),
)

BEFORE_PEOPLE: Final = (*PREVIEWS, *SUPPRESSION, *CASELOADS, *SIGNED_IN, *BY_HAND, *GROUPS)
