"""Every figure of expected.json as the services' HTTP routes give it, in the shape that it has there."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

import httpx

from deploy.local import demonstration
from deploy.local.endpoints import Endpoints

KINDS = {"koperasi": "cooperative", "usaha": "business", "perorangan": "individual"}
FILE_KINDS = {"enrollments": "enrolments", "briefings": "sessions"}
PROGRAMMES = ("JKK", "JKM", "JHT", "JP")
STATUSES = {"DIBAYAR": "paid", "DITOLAK": "rejected", "PROSES": "filed"}
WORDS = ("scenario", "seed", "scale", "list", "file", "kind")
"""What expected.json says beside figures."""


def figures_only(value: Any) -> Any:
    """Without the words and the files' order."""
    if isinstance(value, dict):
        return {key: figures_only(each) for key, each in value.items() if key not in WORDS}
    return [figures_only(each) for each in value] if isinstance(value, list) else value


def percent(part: int, whole: int) -> float:
    return float((Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP))


def rated(listed: int, enrolled: int) -> dict[str, Any]:
    counts = {"listed": listed, "enrolled": enrolled, "unregistered": listed - enrolled}
    return counts | {"pct": percent(enrolled, listed)}


@dataclass
class Reached:
    """Asks the services as the administrator, as of a day."""

    endpoints: Endpoints
    as_of: str
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        bearer = {"authorization": f"Bearer {self.endpoints.admin_key}"}
        self.http = httpx.Client(headers=bearer, timeout=60, trust_env=False)

    def __enter__(self) -> "Reached":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def everything(self, expected: dict[str, Any]) -> dict[str, Any]:
        """The figures; of `expected` only the regions and days are read that it has figures of."""
        return {
            "as_of": self.as_of,
            "files": list(self.files()),
            "partners": self.partners(),
            "enrolment": self.enrolment(),
            "coverage": {code: self.coverage(code) for code in expected["coverage"]},
            "story_snapshots": {story: self.story(story, each) for story, each in expected["story_snapshots"].items()},
            "claims": self.claims(),
            "targets": list(self.targets()),
            "sessions": self.sessions(),
            "attendance": self.attendance(),
            "agreements": self.agreements(),
        }

    # --- asking ------------------------------------------------------------------------------------------------------

    def registration(self, path: str, **params: str) -> Any:
        return self._get(self.endpoints.registration + path, params).json()

    def cover(self, path: str = "/v1/coverage", **params: str) -> list[dict[str, Any]]:
        rows = self._get(self.endpoints.coverage + path, {"as_of": self.as_of} | params).json()["rows"]
        return list(rows)

    def pages(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while cursor is not None:
            page = self.registration(path, limit="1000", cursor=cursor, **params)
            yield from page["items"]
            cursor = page["next_cursor"]

    def _get(self, url: str, params: dict[str, str]) -> httpx.Response:
        answer = self.http.get(url, params={name: value for name, value in params.items() if value})
        assert answer.status_code == 200, answer.text
        return answer

    @cached_property
    def listed(self) -> list[dict[str, Any]]:
        return list(self.pages("/v1/partners"))

    @cached_property
    def reports(self) -> dict[str, dict[str, Any]]:
        """The first upload of each list."""
        return {report["list"]: report for report in self.registration("/v1/imports")}

    # --- figures -----------------------------------------------------------------------------------------------------

    def files(self) -> Iterator[dict[str, Any]]:
        earlier: set[str] = set()
        for order, upload in enumerate(demonstration.uploads(), 1):
            name = upload.fields["list"]
            report = self.reports[name]
            counts = {key: report[key] for key in ("rows", "skipped", "accepted", "rejected")}
            found = {"order": order, **counts, "rejected_by_reason": report["rejected_by"]}
            if report["warnings"]:
                found["warnings"] = report["warnings"]
            match report["kind"]:
                case "partners" | "persons":
                    lists = [{each["list"] for each in partner["lists"]} for partner in self.listed]
                    on_list = [each for each in lists if name in each]
                    new = sum(each.isdisjoint(earlier) for each in on_list)
                    earlier.add(name)
                    found |= {"new_partners": new, "merged": report["accepted"] - new, "partners_on_list": len(on_list)}
                case "enrollments":
                    found |= {"resent": report["unchanged"], "later_versions": report["merged"]}
                    found["participants"] = report["created"]
                case "claims":
                    found["duplicates"] = report["unchanged"]
            yield found

    def partners(self) -> dict[str, Any]:
        reports = [each for each in self.reports.values() if each["kind"] in ("partners", "persons")]
        rejected: Counter[str] = Counter()
        for report in reports:
            rejected.update(report["rejected_by"])
        sums = {key: sum(report[key] for report in reports) for key in ("rows", "accepted", "rejected")}
        kinds = Counter(each["kind"] for each in self.listed)
        (nation,) = self.cover()
        cases = [each for each in self.pages("/v1/cases") if each["kind"] == "possible_duplicate"]
        return {
            **sums,
            "rejected_by_reason": dict(rejected),
            "duplicates_merged": sums["accepted"] - len(self.listed),
            "by_kind": {name: kinds[kind] for name, kind in KINDS.items()},
            "on_more_than_one_list": sum(len(each["lists"]) > 1 for each in self.listed),
            "possible_duplicates": len(cases),
            "with_nib": sum(each["nib"] is not None for each in self.listed),
            "with_nik": sum(each["has_nik"] for each in self.listed),
            **rated(nation["listed"], nation["enrolled"]),
        }

    def enrolment(self) -> dict[str, Any]:
        found = self.registration("/v1/enrollments/summary", as_of=self.as_of)
        names = ("participants", "active", "ended", "not_yet_effective", "active_by_segment", "active_by_programme")
        return {name: found[name] for name in names} | {
            "participants_matched": found["matched"],
            "participants_unlisted": found["unlisted"],
            "participants_ambiguous": found["ambiguous"],
            "partners_with_two_participants": found["partners_with_several"],
        }

    def coverage(self, region: str) -> dict[str, Any]:
        (row,) = self.cover(region=region)
        held = {each["programme"]: each for each in self.cover(region=region, by="programme")}
        workers = {f"workers_{name}": row["workers"][name] for name in ("listed", "unknown", "enrolled")}
        programmes = {name: held[name]["enrolled"] for name in PROGRAMMES}
        return rated(row["listed"], row["enrolled"]) | programmes | {"jp_eligible": held["JP"]["listed"]} | workers

    def story(self, story: str, expected: dict[str, Any]) -> dict[str, Any]:
        day, files = expected["date"], expected["list"]
        names = [self._list(file) for file in ([files] if isinstance(files, str) else files)]
        lists = [each for each in self.registration("/v1/lists", as_of=day) if each["list"] in names]
        if story == "003":
            return {"date": day, **self._two_lists(lists, names, day)}
        (row,) = lists
        found = {"date": day, **rated(row["listed"], row["enrolled"])}
        return found | (self._workers(day) if story == "002" else {})

    def _list(self, file: str) -> str:
        uploads = {str(each.path.relative_to(demonstration.FOLDER)): each for each in demonstration.uploads()}
        return uploads[file].fields["list"]

    def _two_lists(self, lists: list[dict[str, Any]], names: list[str], day: str) -> dict[str, Any]:
        missing: dict[str, str] = {}
        for name in names:
            path = f"/v1/imports/{self.reports[name]['id']}/unregistered.csv"
            answer = self._get(self.endpoints.registration + path, {"as_of": day})
            rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
            missing |= {row["partner_id"]: row["nik"] for row in rows}
        (both,) = {each["on_other_lists"] for each in lists}
        listed = sum(each["listed"] for each in lists) - both
        digest = hashlib.sha256("".join(f"{nik}\n" for nik in sorted(missing.values())).encode()).hexdigest()
        return rated(listed, listed - len(missing)) | {"on_both_lists": both, "unregistered_sha256": digest}

    def _workers(self, day: str) -> dict[str, Any]:
        """On that day no other list of the city was there."""
        (row,) = self.cover(region="36.71", as_of=day)
        levels = row["workers"]["by_level"]
        return {
            "workers": _of(row["workers"]),
            "workers_by_job_level": {name: _of(levels[name]) for name in ("staff", "labour")},
        }

    def claims(self) -> dict[str, Any]:
        path = "/v1/claims"
        (nation,) = self.cover(path)
        by_programme = {row["programme"]: row["paid"] for row in self.cover(path, by="programme")}
        regencies = {row["region"]: row["paid"] for row in self.cover(path, level="regency")}
        story = [row for row in self.cover(path, region="33.11", by="programme,month") if row["paid"]["count"]]
        highest = max(story, key=lambda row: int(row["paid"]["amount"]))
        return {
            "distinct": sum(nation[status]["count"] for status in STATUSES.values()),
            "by_status": {name: nation[status]["count"] for name, status in STATUSES.items()},
            "paid": _paid(nation["paid"]),
            "paid_by_programme": {name: _paid(each) for name, each in by_programme.items() if each["count"]},
            "paid_by_regency": {code: _paid(each) for code, each in regencies.items() if each["count"]},
            "story_001": {
                "region": "33.11",
                "programme": highest["programme"],
                "amount": highest["paid"]["amount"],
                "membership_months": highest["paid"]["median_tenure"],
            },
        }

    def targets(self) -> Iterator[dict[str, Any]]:
        for target in self.pages("/v1/targets"):
            (row,) = self.cover(region=target["region"])
            (shown,) = row["targets"]
            assert shown["value"] == target["value"]
            reached = shown["progress"]
            period = {"start": target["from"], "end": target["until"], "target": target["value"]}
            pct = percent(reached, target["value"])
            yield {"region": target["region"], **period, "achieved": reached, "pct": pct}

    def sessions(self) -> dict[str, Any]:
        found = self.registration("/v1/briefings", as_of=self.as_of)["sum"]
        return {"count": found["briefings"], "seats": found["quota"], "present": found["present"]}

    def attendance(self) -> dict[str, Any]:
        items = self.registration("/v1/briefings", as_of=self.as_of)["items"]
        (each,) = [item for item in items if item["batch"] == "4"]
        funnel = each["funnel"]
        return {
            "batch": int(each["batch"]),
            "date": each["held_on"],
            "present": each["present"],
            "on_partner_list": each["listed"],
            "not_on_list": each["guests"],
            "enrolled_on_the_day": funnel["enrolled_on_the_day"],
            "enrolled_within_90_days_after": funnel["registered_within_90_days"],
            "not_enrolled_after_90_days": funnel["not_registered"],
        }

    def agreements(self) -> dict[str, Any]:
        items = list(self.pages("/v1/agreements"))
        numbered = sum(each["number"] is not None for each in items)
        return {"count": len(items), "with_number": numbered, "without_number": len(items) - numbered}


def _of(workers: dict[str, int]) -> dict[str, Any]:
    listed, enrolled = workers["listed"], workers["enrolled"]
    return {"listed": listed, "enrolled": enrolled, "pct": percent(enrolled, listed)}


def _paid(figures: dict[str, Any]) -> dict[str, int]:
    return {"count": figures["count"], "amount": figures["amount"]}
