"""The plausible mistakes that `python -m tests.planted` plants, one at a time, in a copy of the project."""

from typing import Final

from tests.planted.bug import Bug
from tests.planted.bugs_before_people import BEFORE_PEOPLE

BUS_SQL = "shared/bus/queries.sql"
FENCING = ("tests/integration/bus/test_fencing.py",)
POSITIONS = ("tests/unit/shared/test_positions.py",)
OUTBOX = ("tests/integration/bus/test_outbox.py",)
TIMELINES = ("tests/unit/registration/test_timelines.py",)
MATCHING = ("tests/unit/registration/test_matching.py", "tests/unit/registration/test_identity.py")
RULES = ("tests/unit/notifications/test_rules.py",)
KEYS = ("tests/integration/test_keys.py",)

EXACTLY_ONCE: Final = (
    Bug(
        "an owner that was fenced out writes on",
        BUS_SQL,
        "and o.next_offset = n.expected and o.epoch = n.epoch;",
        "and o.next_offset = n.expected and n.epoch is not null;",
        FENCING,
    ),
    Bug(
        "a batch counts wherever the position is",
        BUS_SQL,
        "and o.next_offset = n.expected and o.epoch = n.epoch;",
        "and n.expected is not null and o.epoch = n.epoch;",
        FENCING,
    ),
    Bug(
        "nothing is fenced at all",
        BUS_SQL,
        "and o.next_offset = n.expected and o.epoch = n.epoch;",
        "and n.expected is not null and n.epoch is not null;",
        FENCING,
    ),
    Bug(
        "a swap that failed is taken for one that was made",
        "shared/bus/positions.py",
        '        if done != f"UPDATE {len(step.partitions)}":\n            raise Fenced\n',
        "        del done\n",
        FENCING,
    ),
    Bug(
        "a new owner does not raise the epoch",
        BUS_SQL,
        "do update set epoch = o.epoch + 1",
        "do update set epoch = o.epoch",
        FENCING,
    ),
    Bug(
        "effects are committed without their offsets",
        "shared/bus/applier.py",
        "            await self._positions.advance(db, batch.topic, step)\n",
        "",
        ("tests/integration/bus/test_consumer.py",),
    ),
    Bug(
        "a batch fixed before a rebalance counts after it",
        "shared/bus/positions.py",
        "            if position is not None and position.epoch == epoch:\n",
        "            if position is not None:\n",
        POSITIONS,
    ),
    Bug(
        "the first record behind the position is left out",
        "shared/bus/positions.py",
        "                if record.offset >= next_offset:\n",
        "                if record.offset > next_offset:\n",
        POSITIONS,
    ),
    Bug(
        "another record in the place of the last one is taken for it",
        "shared/bus/positions.py",
        "and fingerprint(record.key, record.value) != expected for",
        "and record.key is None and expected is None for",
        POSITIONS,
    ),
    Bug(
        "a log that ends too early is read on",
        "shared/bus/lineage.py",
        "positions[tp].next_offset > end:",
        "positions[tp].next_offset > end + 1_000:",
        POSITIONS,
    ),
    Bug(
        "the relay deletes what it did not publish, with a smaller id",
        BUS_SQL,
        "with gone as (delete from outbox where id = any($1::bigint[]))",
        "with gone as (delete from outbox where id <= (select max(i) from unnest($1::bigint[]) i))",
        OUTBOX,
    ),
    Bug(
        "the relay deletes before the broker has acknowledged",
        "shared/bus/outbox.py",
        "        try:\n            written = await self._publish(events)\n        except REFUSED_FOR_GOOD:\n",
        '        await db.execute(queries["delete_rows"], [row["id"] for row in rows])\n'
        "        try:\n            written = await self._publish(events)\n        except REFUSED_FOR_GOOD:\n",
        OUTBOX,
    ),
    Bug(
        "one broker's word is enough for a record",
        "shared/bus/producer.py",
        '                enable_idempotence=True,\n                acks="all",\n',
        "                acks=1,\n",
        ("tests/unit/shared/test_producer_options.py",),
    ),
    Bug(
        "the writer answers before its transaction is committed",
        "services/registration/writer/writer.py",
        "                    async with db.transaction():\n"
        "                        return await self.inside(db, submissions, accept_all)\n",
        "                    transaction = db.transaction()\n"
        "                    await transaction.start()\n"
        "                    answers = await self.inside(db, submissions, accept_all)\n"
        "                    with suppress(Exception):\n"
        "                        await transaction.commit()\n"
        "                    return answers\n",
        ("tests/integration/test_registration_commit.py",),
    ),
    Bug(
        "a server that shuts down is taken for a bad record",
        "shared/database.py",
        "    asyncpg.exceptions.OperatorInterventionError,\n",
        "",
        ("tests/unit/shared/test_unavailable.py",),
    ),
    Bug(
        "a deadlock is taken for a bad record",
        "shared/database.py",
        "    asyncpg.exceptions.TransactionRollbackError,\n",
        "",
        ("tests/unit/shared/test_unavailable.py",),
    ),
    Bug(
        "coverage counts a version twice",
        "services/coverage/transitions.py",
        "number <= before[0]:",
        "number < before[0]:",
        ("tests/unit/coverage/test_transitions.py",),
    ),
    Bug(
        "notifications applies a listing again",
        "services/notifications/projections.py",
        "    if fact.version <= old.version:\n        return _with_lists(",
        "    if fact.version < old.version:\n        return _with_lists(",
        ("tests/unit/notifications/test_projections.py",),
    ),
    Bug(
        "newcomers of another time zone are decided about as one class",
        "services/notifications/newcomers.py",
        "return facts.zone, facts.is_region_known,",
        "return facts.is_region_known,",
        ("tests/unit/notifications/test_newcomers.py",),
    ),
    Bug(
        "newcomers are one class although a policy names their regions",
        "services/notifications/policy_timeline.py",
        "return not any(period.groups or period.paused.regencies for period in timeline)",
        "return True",
        ("tests/unit/notifications/test_newcomers.py",),
    ),
)

IDENTITY: Final = (
    Bug(
        "a question does not see the rows that wait to be added",
        "services/registration/identity/unit_of_work.py",
        "        if query not in BESIDE:\n            await self.add_waiting()\n",
        "",
        ("tests/unit/registration/test_unit_of_work.py",),
    ),
    Bug(
        "two businesses of one owner become one partner",
        "services/registration/identity/matching.py",
        "if len(with_nib & {number_of[at] for at in held}) <= 1]",
        "if len(with_nib & {number_of[at] for at in held}) <= 2]",
        MATCHING,
    ),
    Bug(
        "one NIK Koperasi no longer makes one group",
        "services/registration/identity/matching.py",
        'for key in ("nib", "nik_koperasi") for held',
        'for key in ("nib",) for held',
        MATCHING,
    ),
    Bug(
        "different people of one name become one partner",
        "services/registration/identity/one_name.py",
        'NUMBERS = ("nib", "nik_koperasi", "nik")',
        'NUMBERS = ("nib", "nik_koperasi")',
        MATCHING,
    ),
    Bug(
        "a person's word that two are different is forgotten",
        "services/registration/identity/one_name.py",
        "    return all(sum(not side.isdisjoint(members) for side in sides) <= 1 for sides in decided_apart)",
        "    return bool(members) or not decided_apart",
        MATCHING,
    ),
    Bug(
        "two rows of one list on the same day become one",
        "services/registration/identity/one_name.py",
        "        elif until >= first:\n",
        "        elif until > first:\n",
        MATCHING,
    ),
    Bug(
        "an accent makes another name",
        "services/registration/intake/cells/names.py",
        '    name = "".join(c for c in decomposed if not unicodedata.combining(c))',
        '    name = "".join(decomposed)',
        ("tests/unit/registration/test_names.py",),
    ),
    Bug(
        "whoever may not list a region moves partners out of it",
        "services/registration/identity/authority.py",
        "able = [row for row in ordered if may_list(row.agency, region) and row.region not in against]",
        "able = [row for row in ordered if row.region not in against]",
        ("tests/unit/registration/test_authority.py",),
    ),
)

TIMES: Final = (
    Bug(
        "the day a period ends is still insured",
        "services/registration/records/timelines.py",
        "version.until is not None and version.until <= day else version",
        "version.until is not None and version.until < day else version",
        TIMELINES,
    ),
    Bug(
        "a programme may be dropped",
        "services/registration/records/timelines.py",
        "return not ended and not set(earlier.programmes) <= set(later.programmes)",
        "return not ended and not set(earlier.programmes) & set(later.programmes)",
        TIMELINES,
    ),
    Bug(
        "one BPU participant makes the whole partner BPU",
        "services/registration/records/timelines.py",
        'segment="PU" if any(period.segment == "PU" for period in active) else "BPU"',
        'segment="PU" if all(period.segment == "PU" for period in active) else "BPU"',
        TIMELINES,
    ),
    Bug(
        "a lapse of somebody who is not active is taken",
        "services/registration/records/timelines.py",
        "if new.lapses and state_on(history, new.effective_on) is None:",
        "if new.lapses and not history:",
        TIMELINES,
    ),
    Bug(
        "an enrolment counts before its partner was listed",
        "services/coverage/timelines.py",
        "        if start < listed_on:\n            start = listed_on\n",
        "",
        ("tests/unit/coverage/test_cells.py", "tests/unit/coverage/test_figures.py"),
    ),
    Bug(
        "a partner that leaves a cell is still counted there",
        "services/coverage/ledger.py",
        "_entries(before, rank, -1)",
        "_entries(before, rank, 0)",
        ("tests/unit/coverage/test_ledger.py",),
    ),
    Bug(
        "a clock that goes back counts in the past",
        "services/coverage/transitions.py",
        "        if second < before[1]:\n            second = before[1]\n",
        "",
        ("tests/unit/coverage/test_transitions.py",),
    ),
)

REMINDERS: Final = (
    Bug(
        "who asked to stop is reminded",
        "services/notifications/rules.py",
        "    if facts.opted_out_at:\n",
        "    if facts.opted_out_at and facts.status != 'active':\n",
        RULES,
    ),
    Bug(
        "who is registered until today is reminded a day late",
        "services/notifications/rules.py",
        "facts.insured_until > today:",
        "facts.insured_until >= today:",
        RULES,
    ),
    Bug(
        "one more message a day than the cap",
        "services/notifications/rules.py",
        "contacted.count(day) >= caps.per_day",
        "contacted.count(day) > caps.per_day",
        ("tests/unit/notifications/test_caps_property.py", *RULES),
    ),
    Bug(
        "missed reminders come in a burst",
        "services/notifications/rules.py",
        "max(planned, last + timedelta(days=self.policy.min_gap_days))",
        "planned",
        RULES,
    ),
    Bug(
        "an address that was refused for good is used",
        "services/notifications/rules.py",
        "if facts.has_address(each) and each not in facts.refused]",
        "if facts.has_address(each)]",
        RULES,
    ),
    Bug(
        "a reminder goes out although everything is paused",
        "services/notifications/rules.py",
        "if self.paused.everything or facts.region in self.paused.regencies:",
        "if facts.region in self.paused.regencies:",
        RULES,
    ),
)

RIGHTS: Final = (
    Bug(
        "a revoked key opens",
        "shared/security.sql",
        "from keys where hash = $1 and not revoked;",
        "from keys where hash = $1;",
        KEYS,
    ),
    Bug(
        "a revocation that comes late is lost",
        "shared/security.sql",
        "revoked = k.revoked or excluded.revoked",
        "revoked = excluded.revoked",
        KEYS,
    ),
    Bug(
        "an expired key opens",
        "shared/security.py",
        "datetime.now(UTC) >= self.expires_at",
        "datetime.now(UTC) < self.expires_at and False",
        KEYS,
    ),
    Bug(
        "offices may publish lists",
        "services/registration/intake/scopes.py",
        '    "partner": "publish",\n',
        '    "partner": "enroll",\n',
        ("tests/integration/test_registration_direct.py", "tests/attacks/test_jurisdiction.py"),
    ),
    Bug(
        "an agency reports on other regions",
        "services/registration/intake/jurisdiction.py",
        "inside = isinstance(code, Refusal) or self.regions.within(self.own, code)",
        "inside = isinstance(code, Refusal) or bool(self.own)",
        ("tests/unit/registration/test_jurisdiction.py",),
    ),
    Bug(
        "a form of another key's page is taken",
        "shared/authentication.py",
        '            check_csrf(session, request.headers.get("x-csrf-token", ""))\n',
        "",
        ("tests/integration/test_sessions.py",),
    ),
    Bug(
        "a count of four is shown",
        "services/coverage/disclosure.py",
        "K = 5\n",
        "K = 4\n",
        ("tests/unit/coverage/test_disclosure.py",),
    ),
    Bug(
        "former keys stop opening after a rotation",
        "services/registration/vault.py",
        "for cipher in (self._cipher, *self._former[:-1]):",
        "for cipher in (self._cipher,):",
        ("tests/unit/registration/test_vault.py",),
    ),
)

BUGS: Final = (*EXACTLY_ONCE, *IDENTITY, *TIMES, *REMINDERS, *RIGHTS, *BEFORE_PEOPLE)
