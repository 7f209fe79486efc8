"""A parameter that a route does not know is refused by name; no router of a service is left out."""

from importlib import import_module
from pathlib import Path

import pytest
from fastapi import APIRouter

from services.notifications.api import inbound
from shared.problems import Problem
from shared.query_parameters import only_known, refuse_unknown

MODULES = sorted(
    str(path.with_suffix("")).replace("/", ".")
    for path in Path("services").glob("*/api/*.py")
    if "= APIRouter(" in path.read_text() or "= routes()" in path.read_text()
)


def test_the_nearest_or_all_are_named() -> None:
    refuse_unknown(["region"], ["region", "until"])
    with pytest.raises(Problem) as near:
        refuse_unknown(["regoin"], ["region", "until"])
    assert (near.value.status, near.value.code, near.value.extra["field"]) == (422, "unknown_parameter", "regoin")
    assert "did you mean region?" in near.value.detail
    with pytest.raises(Problem) as far:
        refuse_unknown(["x" * 500], ["region", "until"])
    assert "known are region, until." in far.value.detail
    assert len(far.value.detail) < 200
    with pytest.raises(Problem, match="there are none here"):
        refuse_unknown(["a"], [])


@pytest.mark.parametrize("module", MODULES)
def test_every_route_refuses_what_it_does_not_know(module: str) -> None:
    """A provider's delivery needs no key, so what says who may deliver looks at the parameters too."""
    router: APIRouter = import_module(module).router
    assert router.routes
    for route in router.routes:
        checks = {each.call for each in route.dependant.dependencies}  # type: ignore[attr-defined]
        described = {getattr(check, "__qualname__", "") for check in checks}
        assert checks & {only_known, inbound.provider} or any(
            name.startswith("_no_other_than") for name in described
        ), route
