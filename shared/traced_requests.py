"""Requests within the trace that their sender names, each a span while spans are recorded."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import tracing

UNTRACED: Final = ("/livez", "/readyz", "/metrics", "/assets/")
"""What is asked for every few seconds, or with every page, begins no trace."""


class Traced:
    """ASGI middleware: a request with a `traceparent` is answered within it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = next((value for name, value in scope.get("headers", ()) if name == tracing.HEADER.encode()), None)
        traceparent = None if found is None else tracing.valid(found.decode("latin-1"))
        may_begin = tracing.is_on() and scope["type"] == "http" and not scope["path"].startswith(UNTRACED)
        if may_begin:
            await self._recorded(scope, receive, send, traceparent)
        elif traceparent is None:
            await self._app(scope, receive, send)
        else:
            with tracing.within(traceparent):
                await self._app(scope, receive, send)

    async def _recorded(self, scope: Scope, receive: Receive, send: Send, traceparent: str | None) -> None:
        method = scope["method"]
        with tracing.span(method, "server", parent=traceparent, may_begin=True, http__request__method=method) as span:

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.attributes["http.response.status_code"] = message["status"]
                    span.has_failed = message["status"] >= 500
                await send(message)

            await self._app(scope, receive, watched)
            path = getattr(scope.get("route"), "path", None)
            if path is not None:  # the route, never the path itself: that holds ids
                span.name, span.attributes["http.route"] = f"{method} {path}", path
