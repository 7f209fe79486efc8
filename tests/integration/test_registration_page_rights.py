"""Every page of registration × every kind of caller: opened only by whom its JSON route serves, nothing of others.

The list of pages is the application's own: a page that is not in the table fails here.
"""

import re
from collections.abc import AsyncIterator

import pytest
from fastapi.routing import APIRoute

from services.registration import app
from tests import stack
from tests.integration.registration_pages import visiting
from tests.integration.registration_world import World, world

SECRET = "Rahasiawan"
CALLERS = ("publish", "enroll", "read", "figures", "admin", "foreign", "nobody")
TABLE = """
GET /                                       200 200 200 200 200 200 303
GET /quarantine                             200 200 403 403 403 200 303
GET /quarantine/{entry_id}                  200 403 403 403 403 404 303
POST /quarantine/{entry_id}                 422 403 403 403 403 404 401
POST /quarantine/{entry_id}/delete          303 403 403 403 403 404 401
POST /quarantine/retry                      303 303 403 403 403 303 401
GET /cases                                  200 200 403 403 200 200 303
POST /cases/{case_id}                       303 403 403 403 303 404 401
GET /partners                               200 403 200 403 200 200 303
GET /partners/{partner_id}                  200 403 200 403 200 404 303
GET /partners/{partner_id}/erase            200 403 403 403 200 404 303
POST /partners/{partner_id}/erase           303 403 403 403 303 404 401
GET /lists                                  200 403 200 403 200 200 303
GET /agreements                             200 200 200 403 200 200 303
GET /targets                                200 200 200 403 200 200 303
GET /briefings                              200 200 200 403 200 200 303
GET /briefings/{briefing_id}                200 403 200 403 200 404 303
GET /keys                                   200 200 200 200 200 200 303
POST /keys/{key_id}/replace                 403 403 403 403 403 404 401
POST /keys/{key_id}/revoke                  403 403 403 403 403 404 401
POST /agency-keys                           403 403 403 403 200 403 401
POST /agency-keys/{slug}/{key_id}/revoke    403 403 403 403 303 403 401
GET /audit                                  200 200 200 403 200 200 303
GET /audit/verify                           403 403 403 403 200 403 303
"""
ELSEWHERE = ("/sign-in", "/sign-out", "/uploads", "/docs")
"""Pages with tests of their own."""
ROWS = [
    (f"{method} {path}", dict(zip(CALLERS, map(int, each), strict=True)))
    for method, path, *each in map(str.split, TABLE.strip().splitlines())
]


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"rights{database.name[-6:]}.") as made:
        await made.agency("own", ("33.11",), ("publish", "enroll", "read", "figures:detail"))
        await made.agency("foreign", regions=("36.71",))
        for caller, scope in {
            "publish": "publish",
            "enroll": "enroll",
            "read": "read",
            "figures": "figures:detail",
        }.items():
            await made.key("own", caller, scope)
        yield made
    await stack.drop(postgres, database)


async def ids(here: World) -> dict[str, str]:
    """Ids of an agency's own, made anew: some acts take away what they are about."""
    event = {"kind": "business", "region": "33.11", "listed_on": "2021-01-31"}
    rows = [
        event
        | {"partner": {"ref": f"{phone}-{here.sent}"}, "name": f"{SECRET} {here.sent}", "contact": {"phone": phone}}
        for phone in ("086000000001", "086000000002")
    ]
    sent = await here.send(*(here.event("partner.listed", row, source="/own") for row in rows), agency="own")
    briefing = {"region": "33.11", "name": SECRET, "batch": str(here.sent), "held_on": "2021-02-01"}
    await here.send(here.event("briefing.held", briefing, source="/own"), agency="own")
    await here.post(here.event("partner.listed", rows[0] | {"region": "Entah"}, source="/own"), agency="own")
    keys = await here.get("/v1/keys", "own")
    return {
        "entry_id": (await here.get("/v1/quarantine", "own", limit="1000"))["items"][-1]["id"],
        "case_id": (await here.get("/v1/cases", "own", limit="1000"))["items"][-1]["id"],
        "partner_id": next(iter(sent["partners"].values())),
        "briefing_id": (await here.get("/v1/briefings", "own"))["items"][0]["id"],
        "slug": "own",
        "key_id": next(each["key_id"] for each in keys if len(each["scopes"]) > 1),
    }


def test_every_page_is_in_the_table() -> None:
    routes = {
        f"{method} {route.path}"
        for each in app.PAGES
        for route in each.router.routes
        if isinstance(route, APIRoute) and not route.path.startswith(ELSEWHERE)
        for method in route.methods
    }
    assert {call for call, _ in ROWS} == routes


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_page_is_for_whom_its_route_serves_and_shows_nothing_of_others(here: World, caller: str) -> None:
    wrong = []
    agency = {"admin": None, "nobody": ""}.get(caller, caller)
    found = await ids(here)
    async with visiting(here, agency) as person:
        token = await person.csrf() if caller != "nobody" else "x"
        for call, expected in ROWS:
            if call == "POST /agency-keys/{slug}/{key_id}/revoke" and caller == "admin":
                found["key_id"] = await here.key("own", "spare", "read")
            method, path = call.split()
            address = path.format(**found)
            if method == "GET":
                answer = await person.http.get(address)
            else:
                answer = await person.http.post(address, data={"csrf": token, "agency": "own", "decision": "same"})
            if answer.status_code != expected[caller]:
                wrong.append((call, answer.status_code, answer.text[-900:]))
            if caller in ("foreign", "nobody", "figures") and SECRET in answer.text:
                wrong.append((call, "shows what is not its own", ""))
            if method == "POST" and answer.status_code in (200, 303) and caller != "nobody":
                found = await ids(here)
    assert [each[:2] for each in wrong] == [], wrong


@pytest.mark.parametrize("caller", [each for each in CALLERS if each != "nobody"])
async def test_the_navigation_leads_only_where_the_caller_may_go(here: World, caller: str) -> None:
    async with visiting(here, {"admin": None}.get(caller, caller)) as person:
        navigation = (await person.get("/")).partition('class="sections"')[2].partition("</nav>")[0]
        links = re.findall(r'href="http://[^"/]+(/[^"]*)"', navigation)
        assert "/" in links
        for link in links:
            if not link.startswith(ELSEWHERE):
                await person.get(link)
