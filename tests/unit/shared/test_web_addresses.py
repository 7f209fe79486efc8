"""Where a browser may be sent to, and whose pages may send something."""

import string
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from shared.problems import Problem
from shared.web.assets import Assets
from shared.web.pages import check_origin
from shared.web.site import Site, Urls

URLS = Urls("https://daftar.payung.id", "https://cakupan.payung.id:8443", "https://ingat.payung.id")
LOCAL = Urls("http://127.0.0.1:8001", "http://127.0.0.1:8002", "http://127.0.0.1:8003")

OWN = [
    "https://daftar.payung.id/",
    "https://daftar.payung.id",
    "https://DAFTAR.payung.id/lists?q=a%20b&page=2",
    "https://cakupan.payung.id:8443/?region=33",
]
FOREIGN = [
    "",
    "/",
    "lists",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "https:evil.example",
    "https:/daftar.payung.id/",
    "https:///daftar.payung.id/",
    "https:daftar.payung.id",
    "http://daftar.payung.id/",
    "ftp://daftar.payung.id/",
    "javascript:alert(1)//https://daftar.payung.id/",
    "data:text/html,<p>",
    "https://daftar.payung.id:444/",
    "https://daftar.payung.id:443x/",
    "https://daftar.payung.id:99999/",
    "https://daftar.payung.id@evil.example/",
    "https://evil.example@daftar.payung.id/",
    "https://user:pass@daftar.payung.id/",
    "https://daftar.payung.id.evil.example/",
    "https://evil-daftar.payung.id/",
    "https://daftar.payung.id\\@evil.example/",
    "https://daftar.payung.id\\.evil.example/",
    "https://evil.example/https://daftar.payung.id/",
    "https://evil.example#@daftar.payung.id/",
    "https://evil.example?@daftar.payung.id/",
    "https://daftar。payung。id/",
    "https://dаftar.payung.id/",
    "https://daftar.payung.id/\u202egnp",
    " https://daftar.payung.id/",
    "https://daftar.payung.id/ x",
    "https://daftar.payung.id/\r\nSet-Cookie: a=b",
    "https://daftar.payung.id/\t",
    "ht\ntps://daftar.payung.id/",
    "https://daftar.payung.id/\x00",
    'https://daftar.payung.id/"><script>',
    "https://[daftar.payung.id/",
    "https://[::1]/",
]


@pytest.mark.parametrize("url", OWN)
def test_addresses_of_the_services_are_own(url: str) -> None:
    assert URLS.is_own(url)


@pytest.mark.parametrize("number", range(len(FOREIGN)))
def test_nothing_else_is(number: int) -> None:
    assert not URLS.is_own(FOREIGN[number])


def test_the_other_ports_of_the_host_are_foreign() -> None:
    assert all(map(LOCAL.is_own, LOCAL.all))
    assert not LOCAL.is_own("http://127.0.0.1:8004/")
    assert not LOCAL.is_own("http://localhost:8001/")


@given(st.text(st.sampled_from(string.printable + "。а\u202e"), max_size=30))
def test_what_follows_an_address_of_ours_stays_on_its_host(rest: str) -> None:
    if URLS.is_own(URLS.registration + rest):
        assert rest[:1] in ("", "/", "?", "#")


@pytest.fixture(scope="module")
def site() -> Site:
    return Site("registration", LOCAL, Assets.load(None), Path("/nowhere"))


def request(site: Site, **headers: str) -> Request:
    app = FastAPI()
    app.state.site = site
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "app": app, "path": "/", "headers": raw})


@pytest.mark.parametrize("headers", [
    {},
    {"origin": "http://127.0.0.1:8001"},
    {"origin": "http://127.0.0.1:8002"},
    {"origin": "http://payung.example", "host": "payung.example"},
    {"sec_fetch_site": "same-origin"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "none"},
], ids=str)  # fmt: skip
def test_pages_of_ours_may_send(site: Site, headers: dict[str, str]) -> None:
    check_origin(request(site, **headers))


@pytest.mark.parametrize("headers", [
    {"origin": "null", "host": "127.0.0.1:8001"},
    {"origin": "", "host": "127.0.0.1:8001"},
    {"origin": "http://127.0.0.1:9999", "host": "127.0.0.1:8001"},
    {"origin": "https://evil.example", "host": "127.0.0.1:8001"},
    {"origin": "https://evil.example/http://127.0.0.1:8001", "host": "127.0.0.1:8001"},
    {"origin": "http://127.0.0.1:8001@evil.example", "host": "127.0.0.1:8001"},
    {"origin": "http://[", "host": "127.0.0.1:8001"},
    {"sec_fetch_site": "cross-site", "host": "127.0.0.1:8001"},
], ids=str)  # fmt: skip
def test_another_sites_may_not(site: Site, headers: dict[str, str]) -> None:
    with pytest.raises(Problem) as refused:
        check_origin(request(site, **headers))
    assert refused.value.status == 403
