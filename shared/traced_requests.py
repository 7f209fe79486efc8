"""Requests within the trace that their sender names."""

from starlette.types import ASGIApp, Receive, Scope, Send

from shared import tracing


class Traced:
    """ASGI middleware: a request with a `traceparent` is answered within it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = next((value for name, value in scope.get("headers", ()) if name == tracing.HEADER.encode()), None)
        traceparent = None if found is None else tracing.valid(found.decode("latin-1"))
        if traceparent is None:
            await self._app(scope, receive, send)
            return
        with tracing.within(traceparent):
            await self._app(scope, receive, send)
