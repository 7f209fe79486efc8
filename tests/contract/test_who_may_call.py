"""Rights that are not widened by a slip: who may call the routes and open the pages that were there at the time.

A new route needs no line here: whom its dependency lets, and whom not, is tested for all callers in tests/attacks.
"""

from fnmatch import fnmatch
from importlib import import_module
from pkgutil import iter_modules

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from services.coverage.web import visitors
from shared.openapi import callers

RIGHTS = """
registration   administrator                        * /v1/agencies*; * /v1/sources; POST /v1/sign-in-links
registration   administrator                        GET /v1/audit/verify; GET /audit/verify; POST /agency-keys*
registration   publish enroll                       POST /v1/events; * /v1/uploads*; * /v1/quarantine*; * /quarantine*
registration   publish enroll                       POST /v1/imports*; DELETE /v1/imports*; POST /uploads/*
registration   publish enroll                       GET /uploads/new; GET /uploads/{import_id}/undo
registration   publish enroll administrator         GET /v1/imports/*/rejected.*; GET /uploads/*/refused; * /v1/cases*
registration   publish enroll administrator         * /cases*
registration   publish enroll read administrator    GET /v1/imports; GET /v1/imports/{import_id}; GET /uploads
registration   publish enroll read administrator    GET /uploads/{import_id}; GET /uploads/*/l*; GET /v1/agreements*
registration   publish enroll read administrator    GET /v1/targets*; GET /v1/briefings; GET /v1/briefings.*
registration   publish enroll read administrator    GET /agreements; GET /targets; GET /briefings; GET /v1/audit
registration   publish enroll read administrator    GET /audit
registration   publish read administrator           GET /v1/partners*; GET /v1/lists*; GET /v1/imports/*/unregistered.*
registration   publish read administrator           GET /partners; GET /partners/{partner_id}; GET /lists
registration   publish read administrator           GET /uploads/*/unregistered; GET /v1/briefings/*; GET /briefings/*
registration   publish read                         GET /v1/changes; * /v1/webhooks*
registration   publish administrator                DELETE /v1/partners/*; * /partners/*/erase
registration   enroll administrator                 GET /v1/enrollments/summary
registration   agency                               * /v1/keys*; POST /keys/*
registration   agency administrator                 GET /; GET /keys; GET /uploads/examples/*
coverage       administrator                        * /v1/alert*; * /alerts*
coverage       read administrator                   GET /v1/coverage*; GET /v1/claims; GET /v1/freshness
coverage       read administrator                   GET /v1/regions*
coverage       read administrator                   GET /v1/measures; GET /v1/stream; GET /; GET /*.svg; GET /table.*
coverage       read administrator                   GET /changes; GET /explain; GET /trends
notifications  administrator                        * /v1/policy; * /v1/pauses; GET /v1/spending; POST /v1/opt-outs
notifications  administrator                        * /policy; POST /operator/pauses
notifications  inbound administrator                POST /v1/inbound
notifications  publish enroll administrator         * /v1/agents*; * /agents*
notifications  publish enroll agent administrator   GET /v1/inbox; * /v1/tasks*; * /tasks*; GET /operator
notifications  read administrator                   GET /v1/plan; GET /v1/partners/*; GET /partners/*
notifications  read agent administrator             GET /
"""


def _found(service: str) -> dict[str, frozenset[str]]:
    """`GET /v1/lists` → who may call it, of all routes and pages of a service."""
    found = {}
    for kind in ("api", "web"):
        package = import_module(f"services.{service}.{kind}")
        modules = [import_module(each.name) for each in iter_modules(package.__path__, f"{package.__name__}.")]
        routers = [each for module in modules for each in vars(module).values() if isinstance(each, APIRouter)]
        for route in (each for router in routers for each in router.routes if isinstance(each, APIRoute)):
            names = (route.openapi_extra or {}).get(callers.FIELD) or callers.of(route.dependant, visitors.ASKING) or ()
            found |= {f"{method} {route.path}": frozenset(names) for method in route.methods}
    return found


FOUND = {service: _found(service) for service in ("registration", "coverage", "notifications")}
LINES = [line.split(maxsplit=1) for line in RIGHTS.strip().splitlines()]
GIVEN = [
    (service, frozenset(names.split()), pattern)
    for service, rest in LINES
    for names, _, patterns in [rest.partition("  ")]
    for pattern in patterns.strip().split("; ")
]


@pytest.mark.parametrize(("service", "names", "pattern"), GIVEN, ids=[f"{each[0]} {each[2]}" for each in GIVEN])
def test_who_may_call_a_route_is_as_it_was(service: str, names: frozenset[str], pattern: str) -> None:
    matching = {call: found for call, found in FOUND[service].items() if fnmatch(call, pattern)}
    assert matching
    assert {call: sorted(found) for call, found in matching.items() if found != names} == {}


def test_a_page_is_for_no_more_callers_than_its_route() -> None:
    """`GET /lists` shows what `GET /v1/lists` answers."""
    found = FOUND["registration"]
    routes = {call: call.replace(" /", " /v1/", 1).replace("/uploads", "/imports") for call in found}
    twins = {call: route for call, route in routes.items() if route in found}
    assert len(twins) > 10
    wider = {page: sorted(found[page] - found[route]) for page, route in twins.items() if found[page] - found[route]}
    assert wider == {"GET /keys": ["administrator"]}, "the administrator's are of all agencies, by routes of their own"
