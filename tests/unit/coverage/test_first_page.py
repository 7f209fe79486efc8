"""The first page about any region: with the ways up, those below it, and on the day that was asked for."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.coverage.api import claims, figures, series
from services.coverage.figures import Dimensions
from services.coverage.published_denominators import built_in
from services.coverage.selection import Selection
from services.coverage.web import home, report
from shared.problems import Problem
from shared.regions import Regions
from shared.security import Principal
from shared.sessions import Session
from shared.web.assets import Assets
from shared.web.language import load
from shared.web.pages import Page
from shared.web.site import Site
from tests.unit.shared.test_web_addresses import LOCAL

SITE = Site("coverage", LOCAL, Assets.load(None), Path(home.__file__).parent / "templates")
PROGRAMMES = ("JKK", "JKM", "JHT", "JP")
AGENCY = Principal("dinas", scopes=frozenset(["read"]), regions=("33.11",))


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> list[Selection]:
    """The figures of a database that holds nothing; what was asked of it."""
    asked: list[Selection] = []

    async def figures_of(_: Request, selection: Selection) -> dict[str, Any]:
        asked.append(selection)
        codes = Regions.load().children(selection.region, selection.level)
        published = {code: [each for each in built_in() if each.region == code] for code in codes}
        rows = figures._rows(selection, {}, [], Dimensions(PROGRAMMES), codes, published, {})
        head = {"as_of": selection.as_of.isoformat(), "known_at": "2026-01-31T00:00:00Z", "updated_at": None}
        return head | {"freshness": [], "rows": rows}

    async def claims_of(_: Request, selection: Selection) -> dict[str, Any]:
        codes = Regions.load().children(selection.region, selection.level)
        return {"rows": claims._rows(codes, selection.by, {}, PROGRAMMES, set())}

    async def series_of(_: Request, of: series.Asked) -> dict[str, Any]:
        places = series._places(of, Dimensions(PROGRAMMES))
        found = series.Found([[] for _ in range(len(of.months) + 1)], None)
        rows = [row for month in series._months(of, found, places, Dimensions(PROGRAMMES)) for row in month]
        bounds = {"from": of.months[0].name, "to": of.months[-1].name}
        return {"known_at": "2026-01-31T00:00:00Z", "rows": rows, **bounds}

    async def published(_: Any, codes: list[str], __: Any) -> dict[str, list[Any]]:
        return {code: [] for code in codes}

    monkeypatch.setattr(report, "published_denominators", published)
    monkeypatch.setattr(figures, "figures_of", figures_of)
    monkeypatch.setattr(series, "series_of", series_of)
    monkeypatch.setattr(claims, "claims_of", claims_of)
    return asked


class NothingStored:
    """A snapshot of a database that knows nothing."""

    db = None

    async def read(self, _: Any) -> None:
        return


async def answer_to(query: str, principal: Principal = AGENCY, language: str = "id") -> Response:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": query.encode(),
        "headers": [],
    }
    state = SimpleNamespace(site=SITE, settings=SimpleNamespace(programmes=PROGRAMMES))
    scope["state"] = {"snapshot": NothingStored()}
    scope |= {"server": ("test", 80), "scheme": "http", "app": SimpleNamespace(state=state)}
    session = Session("hash", principal, datetime.now(UTC) + timedelta(hours=12), "csrf")
    page = Page(Request(scope), SITE, load()[language], session)
    return await home.home(page, principal, await home.asked(page.request, principal))


async def shown(query: str, principal: Principal = AGENCY, language: str = "id") -> str:
    return bytes((await answer_to(query, principal, language)).body).decode()


def links(text: str) -> list[str]:
    """The regions that the page leads to; not the same page in another language."""
    return [each for each in re.findall(r'href="/\?region=([^"]*)"', text) if "lang=" not in each]


@pytest.mark.parametrize(
    ("query", "title", "above", "below"),
    [
        ("", "Indonesia", [], ("province", "33")),
        ("level=kanwil", "Indonesia", [], ("kanwil", "jateng-diy")),
        ("region=jateng-diy", "Kanwil Jawa Tengah", ["ID"], ("province", "33")),
        ("region=33", "Jawa Tengah", ["ID", "jateng-diy"], ("regency", "33.11")),
        ("region=33.11", "Kabupaten Sukoharjo", ["ID", "jateng-diy", "33"], None),
    ],
)  # fmt: skip
async def test_a_region_is_shown_with_those_around_it(
    query: str, title: str, above: list[str], below: tuple[str, str] | None, nothing_known: list[Selection]
) -> None:
    text = await shown(query, Principal(admin=True))
    heading = re.search(r'<h2 id="whole">(.*?)</h2>', text)
    assert heading is not None
    assert heading[1].startswith(title)
    assert links(text)[: len(above)] == above
    levels = {each.level for each in nothing_known if each.region == nothing_known[0].region}
    assert levels == {"self", *(below or ())[:1]}
    assert ('id="below"' in text) == (below is not None)
    if below is not None:
        assert re.search(rf'<tr id="r-{below[1]}"><th scope="row"><a href="[^"]*region={below[1]}[&"]', text)


async def test_an_agency_finds_its_own_regions() -> None:
    assert 'Wilayah Anda: <a href="/?region=33.11">Kabupaten Sukoharjo</a>' in await shown("")
    assert "Wilayah Anda" not in await shown("region=33.11")


async def test_links_stay_on_the_day_that_was_asked_for(nothing_known: list[Selection]) -> None:
    text = await shown("region=33&as_of=2021-02-18&known_at=2021-03-01")
    assert set(links(text)) >= {"ID&amp;as_of=2021-02-18&amp;known_at=2021-03-01"}
    kept = "as_of=2021-02-18&amp;known_at=20"  # a moment, in the address that fixes both
    assert all(kept in each for each in links(text))
    assert {(each.as_of.isoformat(), each.known_at is None) for each in nothing_known} == {
        ("2021-02-18", False),
        ("2021-01-18", False),
    }


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("region=99.99", 404),
        ("as_of=kemarin", 422),
        ("known_at=2021", 422),
        ("level=desa", 422),
        ("region=33.11&level=regency", 422),
        ("programme=JKX", 422),
        ("segment=PU,BPU", 422),
        ("sort=beauty", 422),
    ],
)  # fmt: skip
async def test_what_is_asked_wrongly_is_refused_as_by_the_json_route(query: str, status: int) -> None:
    with pytest.raises(Problem) as refused:
        await shown(query)
    assert refused.value.status == status


async def test_no_file_of_ours_is_named_as_a_source() -> None:
    text = await shown("region=35.76&as_of=2022-01-01")
    assert "sumber tidak disebutkan" in text
    assert ".txt" not in text
    assert "source not named" in await shown("region=35.76&as_of=2022-01-01", language="en")


async def test_a_form_that_leaves_fields_empty_leads_to_the_address_without_them() -> None:
    answer = await answer_to("region=33&as_of=2026-01-31&known_at=&programme=JKK&segment=")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?region=33&as_of=2026-01-31&programme=JKK")


async def test_a_time_without_a_zone_is_one_in_jakarta(nothing_known: list[Selection]) -> None:
    text = await shown("known_at=2026-01-31T07:00")
    assert {each.known_at for each in nothing_known} == {1769817600}
    assert 'value="2026-01-31T07:00:00"' in text
    assert "data-stream" not in text, "what was known then does not change"


async def test_filters_choose_the_rows_of_all_parts(nothing_known: list[Selection]) -> None:
    text = await shown("region=33&programme=JKK&kind=business", Principal(admin=True))
    assert {each.by[:2] for each in nothing_known} == {("programme", "kind")}
    assert "· Kecelakaan kerja (JKK)" in text
    assert 'id="split-programme"' not in text, "there is but one"
    assert 'id="split-occupation"' in text
    assert "Klaim dibayar" not in text, "claims do not say the kind"
