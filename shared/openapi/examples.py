"""A route's examples, from the file `examples/NAME.json` beside the module of the function NAME.

    {"request": {"application/json": {"One office joins": {…}}},
     "200": {"application/json": {"Two sides": {…}}, "text/csv": {"Rows": "name;region\\r\\n…"}}}

The media types that it names for a success are those that the route answers with; one whose content no text can show
has no examples: `{}`. Examples of refusals are derived (`refused.py`) and only need a place here where they differ.
"""

import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute

REQUEST = "request"

Contents = dict[str, dict[str, Any]]
"""Media type → name → example."""
OfRoute = dict[str, Contents]
"""REQUEST or a status → its examples."""


@cache
def _read(path: Path) -> OfRoute:
    found: OfRoute = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def path_of(route: APIRoute) -> Path:
    return Path(inspect.getfile(route.endpoint)).parent / "examples" / f"{route.name}.json"


def of_route(route: APIRoute) -> dict[str, dict[str, dict[str, Any]]]:
    """ "request" or a status → media type → name → example; empty without a file."""
    return _read(path_of(route))


def as_openapi(examples: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: {"value": value} for name, value in examples.items()}
