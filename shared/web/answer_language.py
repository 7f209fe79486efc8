"""ASGI middleware: the sentences of JSON answers in Indonesian, for callers that ask for it by `Accept-Language`."""

import json
from collections.abc import Callable
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import MEDIA_TYPE
from shared.web import language
from shared.web.language import Language

SENTENCES: Final = frozenset(("detail", "note", "why"))
"""Members of answers that hold a sentence of ours."""
SENT: Final = frozenset(("event", "cells", "fields"))
"""Members that hold what was sent to us, which nobody translates."""
PATHS: Final = ("/v1/imports", "/v1/quarantine", "/v1/events", "/v1/partners", "/v1/plan")
"""Where such members are found, beside problems."""


class AnswerLanguage:
    """Inside of what makes pages of problems. A program that asks for no language is answered in English, as ever."""

    def __init__(self, app: ASGIApp, languages: dict[str, Language]) -> None:
        self._app, self._sentence = app, languages["id"].sentence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _asks_for_indonesian(scope):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body: list[bytes] = []

        async def translated(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _has_sentences(scope, Headers(raw=message["headers"])):
                start = message
            elif start is not None and message["type"] == "http.response.body":
                body.append(message.get("body", b""))
                if not message.get("more_body"):
                    await self._answer(start, b"".join(body), send)
            else:
                await send(message)

        await self._app(scope, receive, translated)

    async def _answer(self, start: Message, body: bytes, send: Send) -> None:
        if body:
            told = in_language(json.loads(body), self._sentence)
            body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
            headers = MutableHeaders(raw=start["headers"])
            headers["content-length"] = str(len(body))
            headers["content-language"] = "id"
            headers.add_vary_header("Accept-Language")
            start["headers"] = headers.raw
        await send(start)
        await send({"type": "http.response.body", "body": body})


def in_language(answer: Any, sentence: Callable[[str], str]) -> Any:
    """The answer with its sentences in another language."""
    if isinstance(answer, list):
        return [in_language(each, sentence) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        name: value
        if name in SENT
        else sentence(value)
        if name in SENTENCES and isinstance(value, str)
        else in_language(value, sentence)
        for name, value in answer.items()
    }


def _asks_for_indonesian(scope: Scope) -> bool:
    request = Request(scope)
    return language.asked_for(request.cookies, request.headers) == "id"


def _has_sentences(scope: Scope, headers: Headers) -> bool:
    media_type = headers.get("content-type", "")
    is_known = media_type.startswith("application/json") and scope["path"].startswith(PATHS)
    return is_known or media_type.startswith(MEDIA_TYPE)
