"""Errors as RFC 9457 problems: a stable code, and a detail that names what to do. Never a traceback, never a value."""

import json
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared import request_faults
from shared.database import UNAVAILABLE, UNSTORABLE
from shared.observability import get_logger
from shared.refusals import ProblemCode, RefusalCode

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

AnyCode = ProblemCode | RefusalCode

CODES: Final[dict[int, AnyCode]] = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "cursor_gone",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_value",
    429: "too_many_requests",
    503: "unavailable",
}


SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "`urn:payung:problem:` and the code"},
        "title": {"type": "string", "description": "The phrase of the HTTP status"},
        "status": {"type": "integer", "description": "The HTTP status"},
        "detail": {"type": "string", "description": "One sentence: what is wrong and what to do; it may change"},
        "code": {"type": "string", "description": "What is wrong: a stable code, explained on /docs/errors"},
        "field": {"type": ["string", "null"], "description": "The field or parameter at fault, if one is"},
    },
}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These refusals as a route's description has them (`responses=`)."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
        for status in statuses
    }


RESPONSES = described(400, 401, 403, 404, 413, 422, 429, 431, 503)
"""The refusals that every route under `/v1` may give; 409 and 415 are described by the routes that give them."""


class Problem(Exception):
    """An expected refusal of a request. `extra` members are added to the answer (`field`, `index`, …)."""

    def __init__(
        self, status: int, code: AnyCode, detail: str, *, headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.extra = extra


def not_found() -> Problem:
    """The one answer for what does not exist and for what is not yours."""
    return Problem(404, "not_found", "Nothing here under this address, or it is not yours to see.")


def problem_body(status: int, code: AnyCode, detail: str, **extra: Any) -> dict[str, Any]:
    return {
        "type": f"urn:payung:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **extra,
    }


def problem_response(
    status: int, code: AnyCode, detail: str, *, headers: dict[str, str] | None = None, **extra: Any
) -> JSONResponse:
    return _ProblemResponse(problem_body(status, code, detail, **extra), status_code=status, headers=headers)


class _ProblemResponse(JSONResponse):
    """JSON that is UTF-8 whatever it repeats of the request."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""
    app.add_exception_handler(Problem, _ours)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(RequestValidationError, _validation)
    for unavailable in UNAVAILABLE:
        app.add_exception_handler(unavailable, _unavailable)
    app.add_exception_handler(ClientDisconnect, _hung_up)
    app.add_exception_handler(UNSTORABLE, unexpected)
    app.add_exception_handler(Exception, unexpected)


async def _ours(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, Problem)
    return problem_response(problem.status, problem.code, problem.detail, headers=problem.headers, **problem.extra)


async def _framework(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)
    code = CODES.get(problem.status_code, "error")
    headers = dict(problem.headers) if problem.headers else None
    return problem_response(problem.status_code, code, str(problem.detail), headers=headers)


async def _validation(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, RequestValidationError)
    faults = request_faults.faults(request, problem)
    errors = [{"field": each.field, "detail": each.detail} for each in faults]
    if any(error["type"] == "json_invalid" for error in problem.errors()):
        return problem_response(400, "malformed", "The body is not valid JSON.", errors=errors)
    if request_faults.is_another_type(request):
        return problem_response(415, "unsupported_media_type", "Send a form, as multipart/form-data.")
    first = faults[0]
    detail = first.detail if first.is_whole else f"{first.field}: {first.detail}"
    return problem_response(422, first.code, detail, field=first.field, errors=errors)


async def _hung_up(request: Request, _: Exception) -> Response:
    """No error of ours, and nobody reads this."""
    log.info("a client hung up before its request was whole", path=request.scope.get("route_path", ""))
    return Response(status_code=400)


async def _unavailable(_: Request, problem: Exception) -> JSONResponse:
    return unavailable_response(problem)


def unavailable_response(problem: BaseException) -> JSONResponse:
    """503: the database is down, not the request wrong."""
    log.warning("request refused: the database is not available", problem=type(problem).__name__)
    detail = (
        "The database does not answer at the moment. If this was to change something, see whether it did, or send it "
        "again in a few seconds."
    )
    return problem_response(503, "unavailable", detail, headers={"Retry-After": "5"})


async def unexpected(request: Request, problem: Exception) -> JSONResponse:
    """500: a failure of ours, which is logged."""
    log.error("request failed", path=request.scope.get("route_path", ""), problem=type(problem).__name__, exc_info=True)
    return problem_response(500, "internal", "Something failed on our side; nothing was lost. Please try again.")
