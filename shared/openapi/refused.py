"""Refusals in the description: one schema, and an example for each code that a status may have.

Which codes those are follows from the status (`MORE` and `shared.problems.CODES`); their sentences are those of
shared/refusals.py. A route with another code names it in its own example file.
"""

from http import HTTPStatus
from itertools import chain
from typing import Any, Final

from shared.problems import CODES, MEDIA_TYPE, AnyCode, problem_body
from shared.refusals import PROBLEMS, REFUSALS, Explanation

MORE: Final[dict[int, tuple[AnyCode, ...]]] = {
    401: ("key_expired",),
    409: (),
    412: ("invalid_value",),
    422: ("missing_field", "unknown_parameter"),
    431: ("too_large",),
}
"""Codes of a status beside the one that it always has."""
EXPLAINED: Final[dict[str, Explanation]] = dict(chain(REFUSALS.items(), PROBLEMS.items()))
FIELDS: Final[dict[AnyCode, str]] = {"invalid_value": "as_of", "missing_field": "kind", "unknown_parameter": "regoin"}
"""The field that the example of a code names."""
OF_EVENTS: Final = 422
"""The status of a single event or row that is refused."""
HEADERS: Final[dict[int, dict[str, str]]] = {
    401: {"WWW-Authenticate": "`Bearer`: a key is asked for."},
    429: {"Retry-After": "Seconds to wait before the request is sent again."},
    503: {"Retry-After": "Seconds to wait before the request is sent again."},
}


def codes(status: int) -> tuple[AnyCode, ...]:
    usual: tuple[AnyCode, ...] = (CODES[status],) if status in CODES else ()
    return (*usual, *MORE.get(status, ()))


def examples() -> dict[str, dict[str, Any]]:
    """Name → example of everything that may be refused anywhere: components, to which the routes refer."""
    pairs = [(status, code) for status in (*CODES, 412, 431) for code in codes(status)]
    pairs += [(OF_EVENTS, code) for code in REFUSALS]
    return {name(status, code): _example(status, code) for status, code in pairs}


def name(status: int, code: AnyCode) -> str:
    return f"{code}-{status}"


def of_status(status: int) -> dict[str, dict[str, str]]:
    """What a route's answer of this status refers to."""
    return {code: {"$ref": f"#/components/examples/{name(status, code)}"} for code in codes(status)}


def of_events() -> dict[int | str, dict[str, Any]]:
    """For a route's `responses=`: an event or row that is refused, for whichever reason."""
    every = {code: {"$ref": f"#/components/examples/{name(OF_EVENTS, code)}"} for code in REFUSALS}
    return {OF_EVENTS: {"description": "It is refused", "content": {MEDIA_TYPE: {"examples": every}}}}


def headers(status: int) -> dict[str, Any]:
    return {
        header: {"description": text, "schema": {"type": "string"}} for header, text in HEADERS.get(status, {}).items()
    }


def _example(status: int, code: AnyCode) -> dict[str, Any]:
    explained = EXPLAINED[code]
    field = {"field": FIELDS[code]} if code in FIELDS else {}
    body = problem_body(status, code, explained.meaning, **field)
    return {"summary": f"{HTTPStatus(status).phrase}: {code}", "description": explained.action, "value": body}
