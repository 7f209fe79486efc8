"""No request goes through a thread on its way to its route: FastAPI calls what is no coroutine in one."""

import inspect
import itertools
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

SERVICES = ("registration", "coverage", "notifications")


def _routes() -> Iterator[APIRoute]:
    for service, kind in itertools.product(SERVICES, ("api", "web")):
        package = import_module(f"services.{service}.{kind}")
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            router = getattr(import_module(module.name), "router", None)
            if isinstance(router, APIRouter):
                yield from (route for route in router.routes if isinstance(route, APIRoute))


def _calls(dependant: Any) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def test_routes_and_all_they_depend_on_are_coroutines() -> None:
    routes = list(_routes())
    assert len(routes) > 30
    slow = {
        f"{route.path}: {call}"
        for route in routes
        for call in _calls(route.dependant)
        if not inspect.iscoroutinefunction(call if inspect.isfunction(call) else type(call).__call__)
    }
    assert slow == set()
