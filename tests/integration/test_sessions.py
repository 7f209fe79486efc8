"""Sessions of browsers: started, renewed and ended, what they may do, and what nobody learns of them."""

import asyncio
import io
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from shared import authentication
from shared.authentication import WRONG_KEYS
from shared.security import hash_key, new_key
from shared.sessions import COOKIE, csrf_of
from shared.web.site import Site, Urls
from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import ADMIN, World
from tests.integration.sessions_world import Browser, browser, router
from tests.waiting import eventually

AS_ADMIN = {"authorization": f"Bearer {ADMIN}"}
EVIL = {"origin": "https://evil.example"}
LIST = {"slug": "dinas-baru", "name": "D", "regions": ["33.11"], "scopes": ["read"]}


@pytest.fixture(scope="module")
async def world(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, "sessions.") as made:
        made.app.include_router(router)
        await made.agency("dinas")
        await made.agency("lain", ("36.71",))
        yield made
    await stack.drop(postgres, database)


@pytest.fixture
async def visitor(world: World) -> AsyncIterator[Browser]:
    async with browser(world) as made:
        yield made


@pytest.fixture
async def official(world: World) -> AsyncIterator[Browser]:
    async with browser(world, "dinas") as made:
        yield made


async def new_link(world: World, **body: str) -> str:
    answer = await world.http.post("/v1/sign-in-links", headers=AS_ADMIN, json=body or None)
    assert answer.status_code == 201, answer.text
    return str(httpx.URL(answer.json()["url"]).path)


# --- the cookie ------------------------------------------------------------------------------------------------------


async def test_no_script_no_other_site_and_no_cache_gets_the_session(world: World, visitor: Browser) -> None:
    answer = await visitor.sign_in(world.keys["dinas"])
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(COOKIE)]
    flags = {each.strip().lower() for each in cookie.split(";")[1:]}
    assert flags == {"httponly", "samesite=strict", "path=/", "max-age=43200"}
    for each in (answer, await visitor.http.get("/")):
        assert each.headers["cache-control"] == "no-store"
        assert "Cookie" in each.headers["vary"]
        assert each.headers["referrer-policy"] == "strict-origin"
        assert each.headers["x-content-type-options"] == "nosniff"
        policy = each.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; ")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


async def test_behind_https_it_goes_by_https_alone(
    world: World, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    site: Site = world.app.state.site
    monkeypatch.setattr(site, "urls", Urls("https://a.example", "https://b.example", "https://c.example"))
    answer = await visitor.sign_in(world.keys["dinas"])
    assert all("; Secure" in each for each in answer.headers.get_list("set-cookie"))


async def test_a_sign_in_takes_no_secret_that_was_there_and_ends_its_session(world: World, official: Browser) -> None:
    before = official.secret
    await official.sign_in(world.keys["lain"])
    assert official.secret != before
    assert await official.is_in()
    async with browser(world) as thief:
        thief.http.cookies[COOKIE] = before
        assert not await thief.is_in()
        thief.http.cookies[COOKIE] = "a-secret-that-somebody-chose"
        await thief.sign_in(world.keys["dinas"])
        assert "a-secret-that-somebody-chose" not in [cookie.value for cookie in thief.http.cookies.jar][-1:]


async def test_only_the_hash_of_a_secret_is_kept(world: World, official: Browser) -> None:
    rows = [str(dict(row)) for row in await world.pool.fetch("select * from sessions")]
    assert any(hash_key(official.secret) in row for row in rows)
    assert not any(official.secret in row for row in rows)
    assert official.secret not in str(await world.newest("access"))


# --- what a session may do -------------------------------------------------------------------------------------------


async def test_a_session_changes_something_with_its_token_alone(world: World) -> None:
    async with browser(world, "admin") as admin:
        token = {"x-csrf-token": await admin.csrf()}
        for headers in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "0" * 32}, {"x-csrf-token": "é"}, token | EVIL):
            sent = {name.encode(): value.encode() for name, value in headers.items()}
            answer = await admin.http.post("/v1/agencies", json=LIST, headers=sent)
            assert answer.status_code == 403, headers
        answer = await admin.http.post("/v1/agencies", json=LIST, headers={"accept": "application/json"})
        assert answer.json()["code"] == "other_session"
        assert (await admin.http.post("/v1/agencies", json=LIST, headers=token)).status_code == 201
        assert (await admin.http.get("/v1/agencies", headers={"accept": "*/*"})).status_code == 200


async def test_a_key_counts_before_a_session(world: World, official: Browser) -> None:
    own = {"accept": "application/json"}
    as_other = own | world.bearer("lain")
    link = {"headers": own | AS_ADMIN}
    assert (await official.http.post("/v1/sign-in-links", **link)).status_code == 201, "a key needs no token"
    assert (await official.http.get("/v1/lists", headers=as_other)).status_code == 200
    keys = (await official.http.get("/v1/keys", headers=as_other)).json()
    assert [each["key_id"] for each in keys] == [world.keys["lain"].split("_")[1]]
    wrong = own | {"authorization": f"Bearer {new_key()[1]}"}
    assert (await official.http.get("/v1/lists", headers=wrong)).status_code == 401, "a wrong key is not passed over"


async def test_a_form_is_taken_with_the_token_of_its_key(world: World, official: Browser) -> None:
    token = await official.csrf()
    async with browser(world, "lain") as other, browser(world, "dinas") as colleague:
        foreign, again = await other.csrf(), await colleague.csrf()
        assert again == token, "who signs in again can send what is still open"
    sent = {"data": {"text": "a", "csrf": token}}
    assert (await official.http.post("/a-form", **sent)).headers["location"] == "/taken?by=dinas&text=1"
    in_header = {"data": {"text": "a"}, "headers": {"x-csrf-token": token}}
    assert (await official.http.post("/a-form", **in_header)).status_code == 303
    htmx = {"data": {"text": "a"}, "headers": {"x-csrf-token": token, "hx-request": "true"}}
    assert (await official.http.post("/a-form", **htmx)).headers["hx-location"] == "/taken?by=dinas&text=1"
    multipart = {"data": sent["data"], "files": {"file": ("a.csv", b"1")}}
    assert (await official.http.post("/a-form", **multipart)).status_code == 303
    for wrong in (
        {"data": {"text": "a"}},
        {"data": {"text": "a", "csrf": foreign}},
        {"data": {"text": "a", "csrf": ""}},
        {"data": {"text": "a"}, "files": {"csrf": ("csrf", token.encode())}},
        {"data": {"csrf": token}, "headers": {"x-csrf-token": foreign}},
        {"data": {"csrf": token}, "headers": EVIL},
        {"data": {"csrf": token}, "headers": {"origin": "null"}},
        {"data": {"csrf": token}, "headers": {"sec-fetch-site": "cross-site"}},
        {"content": f"csrf={token}", "headers": {"content-type": "text/plain"}},
    ):
        answer = await official.http.post("/a-form", **wrong)
        assert answer.status_code == 403, wrong
        assert "Tidak ada yang disimpan" in answer.text, wrong


async def test_tokens_of_keys_and_administrators_differ() -> None:
    assert len({csrf_of(admin, key) for admin in ("a", "b") for key in ("k", "l")}) == 4


async def test_another_site_signs_nobody_in_or_out(world: World, visitor: Browser) -> None:
    link = await new_link(world)
    for path, data in (("/sign-in", {"key": world.keys["dinas"]}), (link, {}), ("/sign-out", {})):
        for headers in (EVIL, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            answer = await visitor.http.post(path, data=data, headers=headers)
            assert (answer.status_code, answer.headers.get("set-cookie")) == (403, None)
    opened = await visitor.http.get(link, headers={"sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site"})
    assert COOKIE not in opened.cookies
    assert "<button>" in opened.text
    person = {"sec-fetch-mode": "navigate", "sec-fetch-site": "none"}
    assert COOKIE not in (await visitor.http.head(link, headers=person)).cookies
    assert (await visitor.http.post(link)).status_code == 200


@pytest.mark.parametrize(
    "following", ["//evil.example", "https:evil.example", "\\\\evil.example", "http://127.0.0.1:9/"]
)
async def test_a_sign_in_leads_to_no_other_site(world: World, visitor: Browser, following: str) -> None:
    page = await visitor.http.get("/sign-in", params={"next": following})
    assert "evil" not in page.text.replace("?next=", "").partition("<main")[2]
    answer = await visitor.http.post("/sign-in", data={"key": world.keys["dinas"], "next": following})
    assert re.findall(r'content="0;url=([^"]*)"', answer.text) == ["/"]
    assert (await visitor.http.get("/sign-in", params={"next": following})).headers["location"] == "/"


async def test_a_form_to_sign_in_works_though_another_tab_signed_in_meanwhile(world: World, official: Browser) -> None:
    assert (await official.sign_in(world.keys["lain"])).status_code == 200
    assert (await official.http.post(await new_link(world))).status_code == 200


# --- its end ---------------------------------------------------------------------------------------------------------


async def test_signing_out_ends_this_session_alone(world: World, official: Browser) -> None:
    async with browser(world, "dinas") as elsewhere, browser(world) as thief:
        thief.http.cookies[COOKIE] = official.secret
        assert (await official.http.post("/sign-out", data={"csrf": "0" * 32})).status_code == 403
        answer = await official.http.post("/sign-out", data={"csrf": await official.csrf()})
        assert answer.headers["set-cookie"].startswith(f'{COOKIE}=""')
        assert not await official.is_in()
        assert not await thief.is_in()
        assert await elsewhere.is_in()


async def test_a_session_ends_with_its_key(world: World, visitor: Browser) -> None:
    made = (await world.http.post("/v1/agencies/dinas/keys", headers=AS_ADMIN)).json()
    await visitor.sign_in(made["key"])
    visitor.http.cookies["payung_passed"] = "1"
    assert await visitor.is_in()
    await world.http.delete(f"/v1/agencies/dinas/keys/{made['key_id']}", headers=AS_ADMIN)

    async def is_asked() -> bool:
        return "/sign-in" in (await visitor.http.get("/")).headers.get("location", "")

    await eventually(is_asked)
    answer = await visitor.http.get("/v1/lists", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_a_session_in_use_is_renewed_once_an_hour(world: World, official: Browser) -> None:
    left = "select extract(epoch from expires_at - now())::int from sessions where hash = $1"
    digest = hash_key(official.secret)

    async def has(hours: float) -> None:
        """So much of the session is left."""
        at = "update sessions set expires_at = now() + make_interval(secs => $2) where hash = $1"
        await world.pool.execute(at, digest, hours * 3600)
        world.app.state.sessions.clear()

    await has(11.5)
    assert await official.is_in()
    assert await world.pool.fetchval(left, digest) <= 11.5 * 3600, "nothing is written"
    await has(10.9)
    official.http.cookies.delete("payung_passed")
    answer = await official.http.get("/?page=2")
    assert answer.headers["location"].endswith("/sign-in?next=http%3A%2F%2F127.0.0.1%3A8001%2F%3Fpage%3D2")
    answer = await official.http.get("/sign-in?next=http%3A%2F%2F127.0.0.1%3A8001%2F%3Fpage%3D2")
    assert answer.headers["location"] == "http://127.0.0.1:8001/?page=2"
    assert await world.pool.fetchval(left, digest) > 11.5 * 3600
    assert await official.is_in()
    await has(-0.001)
    assert not await official.is_in()
    assert (await official.http.get("/sign-in")).status_code == 200, "over is over"


async def test_an_expired_key_opens_no_page(world: World, official: Browser) -> None:
    key_id = world.keys["dinas"].split("_")[1]
    await world.pool.execute("update keys set expires_at = now() - interval '1 minute' where key_id = $1", key_id)
    world.app.state.sessions.clear()
    world.app.state.keys.clear()
    assert not await official.is_in()
    answer = await official.sign_in(world.keys["dinas"])
    assert answer.status_code == 401
    assert "habis" in answer.text
    await world.pool.execute("update keys set expires_at = null where key_id = $1", key_id)
    world.app.state.sessions.clear()
    world.app.state.keys.clear()


async def test_a_form_whose_session_ended_is_kept_to_be_sent_again(world: World, official: Browser) -> None:
    csrf, typed = await official.csrf(), 'Toko "<b>Ani</b>"\u202e'
    await official.http.post("/sign-out", data={"csrf": csrf})
    sent = {"text": typed, "csrf": csrf}
    answer = await official.http.post("/a-form", data=sent)
    assert answer.status_code == 401
    assert "Sesi Anda sudah berakhir" in answer.text
    assert 'value="Toko &#34;&lt;b&gt;Ani&lt;/b&gt;&#34;\u202e"' in answer.text
    part = await official.http.post("/a-form", data=sent, headers={"hx-request": "true"})
    assert (part.status_code, "<html" in part.text, "HX-Redirect" in part.headers) == (401, False, False)
    with_file = await official.http.post("/a-form", data=sent, files={"file": ("a.csv", b"1")})
    assert "berkas perlu dipilih lagi" in with_file.text
    await official.sign_in(world.keys["dinas"])
    assert (await official.http.post("/a-form", data=sent)).status_code == 303, "the same once more"
    await official.sign_in(world.keys["lain"])
    assert (await official.http.post("/a-form", data=sent)).status_code == 403, "but by nobody else"


async def test_of_visitors_no_long_body_is_read(visitor: Browser) -> None:
    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    for headers in ({"content-length": "65537"}, {"content-length": "9" * 30}, {"transfer-encoding": "chunked"}):
        assert (await visitor.http.post("/a-form", content=endless(), headers=headers)).status_code == 401


# --- links -----------------------------------------------------------------------------------------------------------


async def test_of_two_who_use_a_link_at_once_one_gets_in(world: World) -> None:
    link = await new_link(world)
    async with browser(world) as first, browser(world) as second:
        answers = await asyncio.gather(*(each.http.post(link) for each in (first, second) * 5))
    assert sorted(each.status_code for each in answers) == [200] + [410] * 9


async def test_a_link_works_within_15_minutes_for_the_key_it_was_made_for(world: World, visitor: Browser) -> None:
    key_id = world.keys["dinas"].split("_")[1]
    late, good = await new_link(world), await new_link(world, key_id=key_id)
    digest = hash_key(late.rpartition("/")[2])
    lasts = "select extract(epoch from expires_at - now())::int from sign_in_link where hash = $1"
    assert 890 < await world.pool.fetchval(lasts, digest) <= 900
    await world.pool.execute("update sign_in_link set expires_at = now() where hash = $1", digest)
    assert (await visitor.http.post(late)).status_code == 410
    assert (await visitor.http.post(good)).status_code == 200
    assert "dinas" in (await visitor.http.get("/")).text


async def test_a_link_of_a_key_that_was_revoked_meanwhile_opens_nothing(world: World, visitor: Browser) -> None:
    made = (await world.http.post("/v1/agencies/dinas/keys", headers=AS_ADMIN)).json()
    link = await new_link(world, key_id=made["key_id"])
    await world.http.delete(f"/v1/agencies/dinas/keys/{made['key_id']}", headers=AS_ADMIN)
    assert (await visitor.http.post(link)).status_code == 410
    assert not await visitor.is_in()


# --- guessing, and what is written down -------------------------------------------------------------------------------


async def test_wrong_keys_are_slowed_and_good_ones_served(
    world: World, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def late(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(authentication.asyncio, "sleep", late)
    answers = [await visitor.sign_in(new_key()[1]) for _ in range(WRONG_KEYS.amount + 40)]
    monkeypatch.undo()
    refused = [each for each in answers if each.status_code == 429]
    assert len(refused) >= 1
    assert waited.count(authentication.WRONG_KEY_DELAY) == len(refused)
    assert refused[0].headers["retry-after"] == "10"
    assert "Terlalu banyak permintaan" in refused[0].text
    assert (await visitor.sign_in(world.keys["dinas"])).status_code == 200


async def test_what_is_logged_and_audited_names_no_secret(world: World, service_log: io.StringIO) -> None:
    link = await new_link(world)
    async with browser(world) as one:
        await one.http.post(link)
        secret, csrf = one.secret, await one.csrf()
        await one.http.get("/fails")
        await one.sign_in("pyk_wrong")
        await one.http.post("/sign-out", data={"csrf": csrf})
    trail = (await world.http.get("/v1/audit?limit=1000", headers=AS_ADMIN)).text
    assert {"session.started", "session.ended", "sign_in_link.issued"} <= set(re.findall(r'"([a-z_]+\.[a-z]+)"', trail))
    logged = service_log.getvalue()
    assert "ZeroDivisionError" in logged
    for each in (link.rpartition("/")[2], secret, csrf, ADMIN, "pyk_wrong", "3571010101010001"):
        assert each not in logged + trail
