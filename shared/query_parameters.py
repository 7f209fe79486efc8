"""Parameters and form fields that a route does not know are refused: ignored, they would change what is asked."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant

from shared.problems import Problem
from shared.security import principal_of

LONGEST_SHOWN = 40


def refuse_unknown(given: Collection[str], known: Collection[str]) -> None:
    """Raises Problem for a parameter that is not known; it names the nearest one that is, or all."""
    unknown = next((name for name in given if name not in known), None)
    if unknown is None:
        return
    name = unknown[:LONGEST_SHOWN]
    near = get_close_matches(name, known, n=1)
    known_here = f"known are {', '.join(known)}" if known else "there are none here"
    instead = f"did you mean {near[0]}?" if near else f"{known_here}."
    detail = f"There is no parameter {name!r}; {instead}"
    raise Problem(422, "unknown_parameter", detail, field=name, allowed=list(known))


async def only_known_fields(request: Request) -> None:
    """Raises Problem for a field of a form that the route does not know: called by the route itself."""
    refuse_unknown(list(await request.form()), [each.alias for each in request.scope["route"].dependant.body_params])


async def only_known(request: Request) -> None:
    """As a dependency of a router: its routes take no other query parameters than their own."""
    await principal_of(request)
    if request.scope["query_string"]:
        refuse_unknown(list(request.query_params), list(dict.fromkeys(_known(request.scope["route"].dependant))))


def _known(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route and of what it depends on."""
    yield from (each.alias for each in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _known(inner)
