"""What clients send as text is text: paths, questions and JSON hold neither NUL nor halves of surrogate pairs.
Forms are UTF-8.

A framework that replaces what it cannot decode would answer another question than the one that was asked; PostgreSQL
stores no NUL; no answer in UTF-8 can repeat a lone surrogate.
"""

import json
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.problems import Problem, problem_response

FORM_CHARSETS: Final = (b"utf-8", b"utf8", b"us-ascii", b"ascii")


class RequestText:
    """ASGI middleware: 400 for a path or a query that is no text, 415 for a form in another charset than UTF-8, before
    a route sees it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = _unreadable(scope) if scope["type"] == "http" else None
        if place is not None:
            detail = f"The {place} is no text: it must be UTF-8, percent-encoded, without the character U+0000."
            await problem_response(400, "malformed", detail, field=place)(scope, receive, send)
        elif scope["type"] == "http" and not is_form_in_utf8(Headers(scope=scope).get("content-type", "")):
            detail = "Send the form in UTF-8, without another charset in Content-Type."
            answer = problem_response(415, "unsupported_media_type", detail, headers={"Connection": "close"})
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _unreadable(scope: Scope) -> str | None:
    """`path` or `query`, whichever is no text."""
    path: bytes = scope.get("raw_path") or scope["path"].encode(errors="surrogatepass")
    if not is_encoded_text(path):
        return "path"
    return None if is_encoded_text(scope["query_string"]) else "query"


def is_encoded_text(encoded: bytes) -> bool:
    if b"%" not in encoded and encoded.isascii():
        return b"\x00" not in encoded
    try:
        return "\x00" not in unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False


def is_form_in_utf8(content_type: str) -> bool:
    """Whether this is no form in another charset. The framework would decode its texts by whatever codec of Python the
    client names: some take minutes for a megabyte, some give half surrogate pairs."""
    media_type, parameters = parse_options_header(content_type)
    is_form = media_type == b"multipart/form-data"
    return not is_form or parameters.get(b"charset", b"utf-8").lower() in FORM_CHARSETS


async def json_texts(request: Request) -> None:
    """A dependency of every route that takes JSON: 422 that names where a text in the body is none."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.scope["route"].body_field is None or not media_type.endswith("json"):
        return
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return  # the framework has refused it, or does so
    where = place_of_no_text(body)
    if where is not None:
        detail = "A text holds the character U+0000 or half of a surrogate pair, which cannot be stored."
        raise Problem(422, "invalid_value", detail, field=where or "body")


def place_of_no_text(body: Any) -> str | None:
    """Where in the body a text or a member's name is none, as `cells.2`; None if all are."""
    waiting: list[tuple[str, Any]] = [("", body)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, str) and not _is_text(value):
            return where[1:]
        if isinstance(value, dict):
            if not all(map(_is_text, value)):
                return where[1:]
            waiting += [(f"{where}.{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{where}.{index}", inner) for index, inner in enumerate(value)]
    return None


def _is_text(text: str) -> bool:
    return "\x00" not in text and (text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text))
