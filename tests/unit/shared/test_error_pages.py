"""Refusals as pages: what happened and what to do, in the reader's language, never what only programs need."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from shared.problems import Problem, not_found
from shared.service import build_app
from shared.web.assets import Assets
from shared.web.pages import AnyPage, SignedIn, entrances
from shared.web.site import Site, Urls

SITE_URLS = Urls("http://127.0.0.1:8001", "http://127.0.0.1:8002", "http://127.0.0.1:8003")
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
router = entrances()

REFUSED = {
    403: Problem(403, "forbidden", "This key lacks the scope 'read'."),
    404: not_found(),
    413: Problem(413, "too_large", "At most 1 MiB a request: send the rest in another."),
    422: Problem(422, "invalid_value", "region: There is no region with the code '99.99'.", field="region"),
    429: Problem(429, "too_many_requests", "Too many requests with this key.", headers={"Retry-After": "7"}),
    503: Problem(503, "unavailable", "The database is not available.", headers={"Retry-After": "5"}),
}
HEADINGS = {
    403: "Anda tidak berwenang melakukan ini",
    404: "Tidak ada apa pun di sini",
    405: "Permintaan ini tidak dapat dijawab",
    413: "Ini terlalu besar",
    422: "Ada yang perlu diperbaiki",
    429: "Terlalu banyak permintaan",
    500: "Terjadi kegagalan di pihak kami",
    503: "Sedang tidak tersedia",
}


@router.get("/refused/{status}")
async def refused(page: AnyPage, status: int) -> None:
    raise REFUSED[status]


@router.get("/fails")
async def fails(page: AnyPage) -> None:
    raise ZeroDivisionError("3571010101010001")


@router.get("/")
async def home(page: AnyPage) -> object:
    return page.render("link_used.html")


@router.get("/mine")
async def mine(page: SignedIn) -> None:
    """Behind the sign-in."""


def app_with(assets: Assets) -> FastAPI:
    templates = Path("services/registration/web/templates")
    return build_app("tiny", site=Site("registration", SITE_URLS, assets, templates), pages=[router])


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app_with(Assets.load(None)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HTML) as made:
        yield made


def heading(page: str) -> str:
    return re.findall(r"<h1>(.*?)</h1>", page)[0]


@pytest.mark.parametrize("status", HEADINGS)
async def test_a_refusal_is_a_page_that_says_what_to_do(http: httpx.AsyncClient, status: int) -> None:
    method, path = "GET", "/fails" if status == 500 else f"/refused/{status}"
    method = "POST" if status == 405 else method
    answer = await http.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert heading(answer.text) == HEADINGS[status]
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers.get("retry-after") == {429: "7", 503: "5"}.get(status)
    assert answer.headers.get("allow") == ("GET" if status == 405 else None)
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    assert re.search(r"<p><strong>[^<]+</strong></p>", main), "what to do"
    for programs in ("openapi", "header", "3571010101010001", "Traceback", "ZeroDivision"):
        assert programs not in main
    english = await http.request(method, path, headers={"accept-language": "en"})
    assert heading(english.text) != HEADINGS[status]
    assert 'lang="en"' in english.text.partition("<head>")[0]


@pytest.mark.parametrize("status", [403, 404, 422, 500])
async def test_htmx_gets_the_message_alone(http: httpx.AsyncClient, status: int) -> None:
    path = "/fails" if status == 500 else f"/refused/{status}"
    answer = await http.get(path, headers={"accept": "*/*", "hx-request": "true"})
    assert answer.status_code == status
    assert answer.text.startswith('<section class="problem" role="alert">')
    assert "<h1>" not in answer.text


async def test_a_program_gets_a_problem(http: httpx.AsyncClient) -> None:
    for path in ("/refused/404", "/fails", "/nowhere"):
        answer = await http.get(path, headers={"accept": "*/*"})
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


async def test_what_does_not_exist_says_nothing_of_what_was_asked(http: httpx.AsyncClient) -> None:
    first, second = [await http.get(f"/{name}") for name in ("one<script>", "two'%22")]
    assert "<script>" not in first.text
    for each in (first, second):
        assert heading(each.text) == HEADINGS[404]


async def test_a_page_behind_the_sign_in_leads_there(http: httpx.AsyncClient) -> None:
    answer = await http.get("/mine?page=2")
    assert answer.status_code == 303
    assert (
        answer.headers["location"]
        == "http://127.0.0.1:8001/sign-in?next=http%3A%2F%2F127.0.0.1%3A8001%2Fmine%3Fpage%3D2"
    )
    from_elsewhere = await http.get("/mine", headers={"sec-fetch-site": "cross-site"})
    assert '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:8001/mine">' in from_elsewhere.text


async def test_a_service_without_its_assets_says_so_and_links_to_none_of_them(http: httpx.AsyncClient) -> None:
    page = (await http.get("/")).text
    assert "PAYUNG_ASSETS" in page
    assert "htmx.min.js" not in page
    for address in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page):
        assert (await http.get(address)).status_code == 200
    assert (await http.get("/assets/0/htmx.min.js")).status_code == 404


async def test_a_page_is_compressed_for_whoever_takes_that(http: httpx.AsyncClient) -> None:
    plain, small = [await http.get("/", headers={"accept-encoding": each}) for each in ("identity", "gzip")]
    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert small.text == plain.text
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])
