"""/docs of each service: complete, in both languages, for everybody, without scripts, and no link leads nowhere."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from services.coverage import app as coverage
from services.notifications import app as notifications
from services.registration import app as registration
from shared.events import TYPES
from shared.openapi.document import operations
from shared.refusals import PROBLEMS, REFUSALS, WARNINGS
from shared.service import build_app
from shared.web import docs
from shared.web.assets import Assets
from shared.web.site import Site, Urls

APPS = {"registration": registration, "coverage": coverage, "notifications": notifications}
PAGES = ("/docs", "/docs/reference", "/docs/kafka", "/docs/errors")
URLS = Urls("https://r.example.go.id", "https://c.example.go.id", "https://n.example.go.id")


@pytest.fixture(scope="module", params=APPS)
async def http(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    site = Site(request.param, URLS, Assets.load(None), Path("nowhere"))
    app = build_app(request.param, routers=APPS[request.param].ROUTERS, site=site, pages=[docs.router])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        yield client


async def shown(http: httpx.AsyncClient, path: str, language: str = "en") -> str:
    answer = await http.get(path, params={"lang": language}, follow_redirects=True)
    assert answer.status_code == 200, (path, answer.text)
    return answer.text


async def test_the_reference_has_every_route_with_its_examples(http: httpx.AsyncClient) -> None:
    page = unescape(await shown(http, "/docs/reference"))
    for path, operation in operations((await http.get("/openapi.json")).json()):
        assert f'id="route-{operation["operationId"]}"' in page
        assert path in page
        assert operation["summary"] in page


async def test_the_page_about_kafka_has_every_event(http: httpx.AsyncClient) -> None:
    page = unescape(await shown(http, "/docs/kafka"))
    assert [name for _, name in TYPES if f"<code>{name}</code>" not in page] == []
    assert (await http.get("/asyncapi.json")).json()["asyncapi"] == "3.0.0"


async def test_every_code_is_explained_in_both_languages(http: httpx.AsyncClient) -> None:
    english, indonesian = [unescape(await shown(http, "/docs/errors", code)) for code in ("en", "id")]
    for code, each in {**REFUSALS, **WARNINGS, **PROBLEMS}.items():
        assert f'id="{code}"' in english
        assert each.meaning in english
        assert each.arti in indonesian


async def test_no_link_leads_nowhere(http: httpx.AsyncClient) -> None:
    pages = {path: await shown(http, path) for path in PAGES}
    anchors = {path: set(re.findall(r'id="([^"]+)"', page)) for path, page in pages.items()}
    for path, page in pages.items():
        for target in re.findall(r'href="([^"]+)"', page):
            if not target.startswith(("/docs", "/openapi", "/asyncapi", "#")) or "lang=" in target:
                continue
            other, _, anchor = target.partition("#")
            assert (await http.get(other or path)).status_code == 200, target
            assert not anchor or anchor in anchors[other or path], target


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_is_inline_and_no_id_is_given_twice(http: httpx.AsyncClient, path: str) -> None:
    page = await shown(http, path)
    assert not re.findall(r"<style|<[^>]*\s(?:style|on\w+)=|<script(?![^>]*src=)", page)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


async def test_the_guide_names_the_services_where_they_are(http: httpx.AsyncClient) -> None:
    page = unescape(await shown(http, "/docs", "id"))
    assert f"REGISTRATION={URLS.registration}\n" in page
    assert f'base_url="{URLS.coverage}"' in page


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_fits_the_budget(http: httpx.AsyncClient, path: str) -> None:
    async with http.stream("GET", path, headers={"accept-encoding": "gzip"}) as answer:
        sent = b"".join([block async for block in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert len(sent) < 40 << 10, "the budget of a later view"
    assert "content-encoding" not in (await http.get(path, headers={"accept-encoding": "identity"})).headers
