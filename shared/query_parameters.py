"""Parameters and form fields that a route does not know are refused: ignored, they would change what is asked. So are
those given twice, of which one would be ignored."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant

from shared.problems import Problem
from shared.request_faults import LONGEST_SHOWN, instead_of, members, takes_form
from shared.security import principal_of


def refuse_unknown(given: Collection[str], known: Collection[str]) -> None:
    """Raises Problem for a parameter that is not known; it names the nearest one that is, or all."""
    unknown = next((name for name in given if name not in known), None)
    if unknown is None:
        return
    name = unknown[:LONGEST_SHOWN]
    detail = f"There is no parameter {name!r}; {instead_of(name, known)}"
    raise Problem(422, "unknown_parameter", detail, field=name, allowed=list(known))


def refuse_repeated(given: Iterable[str]) -> None:
    """Raises Problem for a name that is given more than once; `given` has it as often as that."""
    name = next((name for name, count in Counter(given).items() if count > 1), None)
    if name is not None:
        raise Problem(422, "invalid_value", f"{name} may be given once.", field=name)


async def only_known_fields(request: Request) -> None:
    """Raises Problem for a field of a form that the route does not know, or that is given twice: called by the route
    itself."""
    given = [name for name, _ in (await request.form()).multi_items()]
    refuse_unknown(given, [each.alias for each in request.scope["route"].dependant.body_params])
    refuse_repeated(given)


async def only_known(request: Request) -> None:
    """As a dependency of a router: its routes take no other query parameters than their own, and each once."""
    await principal_of(request)
    if request.scope["query_string"]:
        given = [name for name, _ in request.query_params.multi_items()]
        known = list(dict.fromkeys(_known(request.scope["route"].dependant)))
        _refuse_of_body(request, [name for name in given if name not in known])
        refuse_unknown(given, known)
        refuse_repeated(given)


def _refuse_of_body(request: Request, unknown: Collection[str]) -> None:
    """Raises Problem for a parameter that belongs into the body."""
    body = members(request) if unknown else ()
    name = next((name for name in unknown if name in body), None)
    if name is None:
        return
    if takes_form(request):
        detail = f"{name} is a field of the form, not a parameter of the address: send it there."
    else:
        detail = f"{name} is a member of the JSON body, not a parameter of the address: send it there."
    raise Problem(422, "unknown_parameter", detail, field=name)


def _known(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route and of what it depends on."""
    yield from (each.alias for each in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _known(inner)
