"""Every field case that is a file, over HTTP as its agency would upload it: what is taken, refused and understood."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import World
from tests.unit.registration.table_reading import field_case

LEFT_OUT = "number_left_out"


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, f"field{database.name[-6:]}.") as world:
        yield world
    await stack.drop(postgres, database)


@dataclass
class Case:
    """What becomes of a file: the rest of its rows are accepted without warning. `found` is, by column of its list of
    the unregistered, what was understood, in alphabetical order; `read_as` some of its columns."""

    name: str
    accepted: int
    kind: str = "partners"
    region: str = "33.11"
    rejected_by: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    skipped_by: dict[str, int] = field(default_factory=dict)
    created: int | None = None
    """The same number as are accepted, where it is not given."""
    found: dict[str, list[str]] = field(default_factory=dict)
    read_as: dict[str, str | None] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)


CASES = [
    Case("01-", 5, warnings={LEFT_OUT: 5}, found={"kind": ["cooperative"] * 5, "nik_koperasi": [""] * 5}),
    Case("02-", 5, rejected_by={"inactive": 2}),
    Case("04-", 2, skipped_by={"sum": 4, "blank": 1}, found={"workers": ["3", "4"]}),
    Case("06-", 2, found={"nik": ["3311000202750002", "3311004101800002"], "workers": ["2", "3"]}),
    Case("07-", 2, found={"nik": ["3311000202750003", "3311004101800003"], "workers": ["5", "5"]}),
    Case("08-", 2, found={"name": ["Sate Andai", "Soto Rekaan"]}),
    Case("09-", 0, rejected_by={"nik_excel_damaged": 6}),
    Case(
        "10-",
        8,
        rejected_by={"nik_excel_damaged": 1},
        warnings={LEFT_OUT: 3},
        found={"nik": ["", "", "", *(f"331100010180001{digit}" for digit in "12346")]},
    ),
    Case(
        "11-",
        5,
        warnings={LEFT_OUT: 4},
        found={"nib": ["", "", "", "", "0000100008801"], "phone": [f"+628600000190{n}" for n in range(1, 6)]},
    ),
    Case(
        "12-",
        6,
        warnings={"phone_unusable": 1},
        found={"phone": ["", *(f"+62860000018{n}" for n in (36, 37, 39, 40, 42))], "workers": list("111223")},
    ),
    Case("13a-", 2, "targets", rejected_by={"invalid_value": 1, "invalid_date": 1}),
    Case("13b-", 2, "briefings"),
    Case("14-", 3, "enrollments"),
    Case("15-", 5, "enrollments"),
    Case("16-", 2, "enrollments", rejected_by={"ambiguous_date": 1}),
    Case("16-", 3, "enrollments", created=1, options={"date_order": "mdy"}),
    Case(
        "17-",
        8,
        region="ID",
        found={"region": ["12.10", "21.05", "33.72", "34.03", "62.71", "76.01", "81.03", "92.03"]},
    ),
    Case("18-", 7, region="ID", found={"region": ["33.10", "33.11", "33.11", "91.71", "93.01", "93.01", "95.01"]}),
    Case("19-", 10, created=4),
    Case("20-", 5),
    Case("22-", 3, found={"address": ["Jl. Café No. 3", "Jl. Ibarat 2", "Jl. Umpama 1"]}),
    Case("24-", 3, "enrollments", created=1, read_as={"NPP": "participant_no", "NIK KTP": None}),
    Case("25-", 4, "enrollments"),
    Case("27-", 3, rejected_by={"nik_excel_damaged": 1}, skipped_by={"sum": 1}, read_as={"NIK PEMILIK": "nik"}),
    Case("28-", 2, "enrollments"),
    Case("real-headers/a-", 5, warnings={LEFT_OUT: 4}, read_as={"No HP / WA": "phone", "Tenaga Kerja": "workers"}),
    Case(
        "real-headers/b-",
        3,
        warnings={LEFT_OUT: 1},
        read_as={"kabupaten": "region", "email_koperasi": "email", "alamat_lengkap": "address"},
    ),
    Case("real-headers/c-", 3, warnings={LEFT_OUT: 1}, read_as={"nama": "owner", "jenis_ukm": "kind"}),
    Case("real-headers/d-", 3, warnings={LEFT_OUT: 1}, read_as={"nama": "owner", "nik": "nik", "nama_umkm": "name"}),
    Case("real-headers/e-", 3, region="ID", found={"region": ["33.72"] * 3}),
    Case("real-headers/f-", 2, read_as={"Phone": "phone", "Nama Pelaku Usaha": "name", "NIB": "nib"}),
    Case("real-headers/g-", 2, region="ID", found={"region": ["32.13", "32.13"], "scale": ["micro", "micro"]}),
    Case("real-headers/n-", 3, "enrollments", created=0),
    Case("real-headers/o-", 1, region="35.15", found={"scale": ["large"]}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}{''.join(case.options.values())}")
async def test_a_file_is_taken_as_it_should(here: World, case: Case) -> None:
    agency = await here.agency(f"dinas-{len(here.keys)}", regions=(case.region,))
    report = await here.upload(field_case(case.name), case.kind, agency, **case.options)
    assert (report["state"], report["accepted"]) == ("done", case.accepted), report
    assert (report["rejected_by"], report["warnings"]) == (case.rejected_by, case.warnings)
    assert report["skipped_by"] == case.skipped_by
    assert report["created"] == (case.accepted if case.created is None else case.created)
    read_as = {each["header"]: each["read_as"] for each in report["columns"]}
    assert case.read_as.items() <= read_as.items()
    if case.found:
        understood = await here.downloaded(f"/v1/imports/{report['id']}/unregistered.csv", agency)
        assert {name: sorted(row[name] for row in understood) for name in case.found} == case.found


async def test_days_and_programmes_of_enrolments_are_understood(here: World) -> None:
    periods = [fact["periods"][0] for fact in (await here.newest("enrollments")).values()]
    starts = {period["from"] for period in periods}
    assert starts >= {"1998-07-01", "1977-08-15", "2021-12-31", "2021-08-31", "2024-01-01", "2024-02-01"}
    assert {"2021-03-04", "2021-04-03"} & starts == {"2021-03-04"}, "month first, where the upload says so"
    assert {period["until"] for period in periods} == {None}
    assert {(period["segment"], len(period["programmes"])) for period in periods} == {("PU", 2), ("PU", 4), ("BPU", 2)}
    assert [sum(period["workers"].values()) for period in periods].count(3) >= 2, "the workers of the two rosters"


async def test_statements_are_understood(here: World) -> None:
    facts = (await here.newest("reference")).values()
    assert {fact["value"] for fact in facts if "value" in fact} >= {200, 1250}
    assert {(fact["batch"], fact["quota"]) for fact in facts if "batch" in fact} == {("1", 30), ("2", 30)}


async def test_what_stays_open_of_one_name_is_a_case(here: World) -> None:
    agency = await here.agency("dinas-kios", regions=("33.11",))
    await here.upload(field_case("20-"), "partners", agency)
    cases = (await here.get("/v1/cases", agency))["items"]
    assert [case["kind"] for case in cases] == ["possible_duplicate"] * 2


async def test_an_agency_that_wrote_a_list_in_other_characters_sends_it_again(here: World) -> None:
    agency = await here.agency("dinas-roti", regions=("33.11",))
    await here.upload(field_case("22-"), "partners", agency, list="satu")
    report = await here.upload(field_case("22b-"), "partners", agency, list="dua")
    assert (report["created"], report["merged"]) == (0, 3)


async def test_what_is_no_list_is_refused_with_a_sentence(here: World) -> None:
    agency = await here.agency("dinas-statistik", regions=("ID",))
    for name, sentence in (("26-", "web page"), ("real-headers/k-", "totals"), ("real-headers/l-", "totals")):
        answer = await here.http.post(
            "/v1/imports", data={"kind": "partners"}, files={"file": field_case(name)}, headers=here.bearer(agency)
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
        assert sentence in answer.json()["detail"]


async def test_events_are_taken_and_those_beyond_the_keys_scopes_refused_one_by_one(here: World) -> None:
    publisher = await here.agency("dinas-dua-wewenang", scopes=("publish",))
    answer = await here.send(*json.loads(field_case("40-")), agency=publisher)
    assert (answer["accepted"], [(each["index"], each["code"]) for each in answer["rejected"]]) == (
        2,
        [(1, "forbidden_type")],
    )
    for event in json.loads(field_case("34-")):
        agency = await here.agency(f"dinas-{event['id']}")
        assert (await here.send(event | {"source": f"/{agency}"}, agency=agency))["accepted"] == 1
