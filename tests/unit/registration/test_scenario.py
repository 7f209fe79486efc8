"""The demonstration's files give exactly the expected rows, partners, timelines and claims, without any service."""

import base64
import csv
import hashlib
from collections import defaultdict
from datetime import date
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from services.registration.identity import doubts, listed_rows, lookup, matching, profile
from services.registration.identity.keys import Keys, Known
from services.registration.identity.keys import look_up as find_partner
from services.registration.identity.one_name import Group
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Enrol, FileClaim, ListPartner
from services.registration.intake.values import Refusal
from services.registration.orders import Order
from services.registration.records import timelines
from services.registration.records.timelines import Version
from services.registration.vault import Vault
from shared.events.model import Workers
from shared.regions import Regions
from tests.unit.registration.scenario import EXPECTED, FOLDER, files

LISTS = [entry["file"] for entry in EXPECTED["files"] if "new_partners" in entry]
ENROLLED, CLAIMED = "bpjstk/kepesertaan.csv", "bpjstk/klaim.csv"


VAULT = Vault(base64.b64encode(bytes(32)).decode())
WORK = cast(UnitOfWork, SimpleNamespace(vault=VAULT))


def keys(each: Enrol) -> Keys:
    return lookup.keys_of(WORK, each.partner, each.region, each.contact)


@cache
def evidence() -> list[profile.Row]:
    """Every accepted row once, a row sent again with the line of the first."""
    rows: dict[Any, profile.Row] = {}
    for file in LISTS:
        for each in files()[file].accepted:
            assert isinstance(each, ListPartner)
            order = Order(file.split("/")[0], (), each)
            row = listed_rows.row(order, len(rows), listed_rows.hashes(VAULT, order.agency, each), None)
            rows.setdefault(row.key, row)
            lines()[row.key].append((file, each.line))
    return list(rows.values())


@cache
def lines() -> dict[Any, list[tuple[str, int]]]:
    """Row → the lines that are this row."""
    return defaultdict(list)


@cache
def groups() -> list[list[int]]:
    return sorted(sorted(group) for group in matching.cluster(evidence()))


@cache
def profiles() -> list[profile.Profile]:
    return [profile.derive([evidence()[at] for at in group]) for group in groups()]


def look_up(meant: Keys) -> int | None:
    known = [
        [_known(number) for number in sorted(_index()[key, getattr(meant, key)])] for key in ("nib", "nik", "name")
    ]
    return find_partner(meant.nib, meant.nik, *known, {meant.phone, meant.email, meant.owner} - {None})


@cache
def _index() -> dict[tuple[str, Any], set[int]]:
    index: dict[tuple[str, Any], set[int]] = defaultdict(set)
    for number, group in enumerate(groups()):
        for at in group:
            row = evidence()[at]
            for key in ("nib", "nik", "name"):
                if getattr(row, key) is not None:
                    index[key, getattr(row, key)].add(number)
    return index


def _known(number: int) -> Known[int]:
    held = Group.of(evidence()[at] for at in groups()[number]).held
    contacts = held["phone"] | held["email"] | held["owner"]
    return Known(number, frozenset(held["nib"]), frozenset(held["nik"]), frozenset(contacts))


@cache
def enrolments() -> tuple[dict[str, timelines.History], list[tuple[int, str]], int]:
    histories: dict[str, timelines.History] = defaultdict(tuple)
    refused, unchanged = [], 0
    accepted = [each for each in files()[ENROLLED].accepted if isinstance(each, Enrol)]
    for each in sorted(accepted, key=lambda e: (e.effective_on, e.line)):
        assert each.region is not None
        workers = Workers(each.heads.management or 0, each.heads.staff or 0, each.heads.labour or 0)
        version = Version(
            each.effective_on,
            each.until,
            each.region,
            each.segment,
            each.programmes,
            workers,
            keys=keys(each),
        )
        history, refusal = timelines.judge(histories[each.participant_no], version)
        unchanged += refusal is None and history is histories[each.participant_no]
        histories[each.participant_no] = history
        if refusal:
            refused.append((each.line, refusal.code))
    return {number: history for number, history in histories.items() if history}, refused, unchanged


@cache
def partner_of() -> dict[str, int | None]:
    return {number: look_up(history[-1].keys or Keys()) for number, history in enrolments()[0].items()}


def enrolled_on(day: date) -> dict[int, timelines.Period]:
    held = defaultdict(list)
    for number, history in enrolments()[0].items():
        partner = partner_of()[number]
        if partner is not None:
            held[partner].append(history)
    return {
        partner: period
        for partner, histories in held.items()
        for period in timelines.united(histories, profiles()[partner].region)
        if period.start <= day and (period.until is None or period.until > day)
    }


@pytest.mark.parametrize("expected", EXPECTED["files"], ids=lambda entry: entry["file"])
def test_every_file_is_read_as_expected(expected: dict[str, Any]) -> None:
    file = files()[expected["file"]]
    judged_later = ("programme_dropped", "event_outside_membership", "programme_not_held", "unknown_participant")
    reasons = {code: n for code, n in expected["rejected_by_reason"].items() if code not in judged_later}
    assert (file.rows, file.skipped, file.reasons) == (expected["rows"], expected["skipped"], reasons)
    assert file.warnings == expected.get("warnings", {})


def test_exactly_the_expected_lines_are_refused() -> None:
    with open(FOLDER / "expected/expected_rejects.csv", newline="") as rejects:
        expected = {(r["file"], int(r["line"]), r["reason"]) for r in csv.DictReader(rejects)}
    found = {(name, line, refusal.code) for name, file in files().items() for line, refusal in file.refused}
    found |= {(ENROLLED, line, code) for line, code in enrolments()[1]}
    found |= {(CLAIMED, line, answer.code) for line, answer in claims() if isinstance(answer, Refusal)}
    assert found == expected


def test_rows_become_the_expected_partners() -> None:
    with open(FOLDER / "expected/expected_merges.csv", newline="") as merges:
        expected = defaultdict(set)
        for row in csv.DictReader(merges):
            expected[row["partner"]].add((row["file"], int(row["line"])))
    found = [{line for at in group for line in lines()[evidence()[at].key]} for group in groups()]
    found = [group for group in found if len(group) > 1]
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected.values()))
    assert len(groups()) == EXPECTED["partners"]["listed"]
    kinds = {"koperasi": "cooperative", "usaha": "business", "perorangan": "individual"}
    assert EXPECTED["partners"]["by_kind"] == {
        theirs: sum(profile.kind == ours for profile in profiles()) for theirs, ours in kinds.items()
    }


def test_participants_and_their_partners_are_as_expected() -> None:
    expected = EXPECTED["enrolment"]
    histories, _, unchanged = enrolments()
    assert len(histories) == expected["participants"]
    assert sum(partner is None for partner in partner_of().values()) == expected["participants_unlisted"]
    assert unchanged == 12


def test_coverage_of_every_region_is_as_expected() -> None:
    on = enrolled_on(date(2021, 12, 31))
    with open(FOLDER / "expected/expected_coverage.csv", newline="") as table:
        for expected in csv.DictReader(table):
            here = [n for n, p in enumerate(profiles()) if Regions.load().covers(expected["code"], p.region)]
            enrolled = [on[n] for n in here if n in on]
            assert (len(here), len(enrolled)) == (int(expected["listed"]), int(expected["enrolled"])), expected
            for programme in ("JKK", "JKM", "JHT", "JP"):
                assert sum(programme in p.programmes for p in enrolled) == int(expected[programme])
            staff_and_labour = sum(p.workers.staff + p.workers.labour for p in enrolled)
            assert staff_and_labour == int(expected["workers_enrolled"])
            assert sum(profiles()[n].workers.total or 0 for n in here) == int(expected["workers_listed"])
            assert sum(profiles()[n].workers.total is None for n in here) == int(expected["workers_unknown"])


def niks(row: profile.Row) -> list[str]:
    """The NIKs in the lines that are this row."""
    listed = {(file, each.line): each for file in LISTS for each in files()[file].accepted}
    found = (listed[line] for line in lines()[row.key])
    return [each.partner.nik for each in found if isinstance(each, ListPartner) and each.partner.nik]


def test_the_unregistered_of_mojokerto_are_as_expected() -> None:
    on = enrolled_on(date(2021, 9, 25))
    missing = sorted(
        next(nik for at in group for nik in niks(evidence()[at]))
        for number, group in enumerate(groups())
        if number not in on and any(evidence()[at].list.startswith("mojokerto") for at in group)
    )
    digest = hashlib.sha256("".join(nik + "\n" for nik in missing).encode()).hexdigest()
    assert digest == EXPECTED["story_snapshots"]["003"]["unregistered_sha256"]


@cache
def claims() -> list[tuple[int, FileClaim | Refusal]]:
    judged: list[tuple[int, FileClaim | Refusal]] = [(line, refusal) for line, refusal in files()[CLAIMED].refused]
    for each in files()[CLAIMED].accepted:
        assert isinstance(each, FileClaim)
        history = enrolments()[0].get(each.participant_no)
        if history is None:
            judged.append((each.line, Refusal("unknown_participant", "participant_no", "")))
            continue
        version = timelines.judge_claim(history, each.programme, each.occurred_on)
        judged.append((each.line, version if isinstance(version, Refusal) else each))
    return judged


def test_claims_are_as_expected() -> None:
    distinct = {claim.claim_ref: claim for _, claim in claims() if isinstance(claim, FileClaim)}
    paid = [claim for claim in distinct.values() if claim.status == "paid"]
    assert len(distinct) == EXPECTED["claims"]["distinct"]
    assert {"count": len(paid), "amount": sum(c.amount for c in paid)} == EXPECTED["claims"]["paid"]
    largest = max(paid, key=lambda claim: claim.amount)
    assert timelines.tenure_months(enrolments()[0][largest.participant_no], largest.occurred_on) == 5


def test_possible_duplicates_are_as_expected() -> None:
    partner_of_row = {at: number for number, group in enumerate(groups()) for at in group}
    rows = [msgspec.structs.replace(row, partner=partner_of_row[at]) for at, row in enumerate(evidence())]
    doubtful = 0
    for name in {row.name for row in rows}:
        bearing = _index()["name", name]
        own = [rows[at] for number in bearing for at in groups()[number]]
        doubtful += bool(doubts.possible_duplicates(name, own, {})) if len(bearing) > 1 else False
    assert doubtful == EXPECTED["partners"]["possible_duplicates"]
