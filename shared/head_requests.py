"""HEAD wherever GET is: the same status and headers, no body."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD: Final = "payung.head"
"""Whether the scope of a request that a route sees as GET is of a HEAD: what it would use up is not used."""


class HeadRequests:
    """ASGI middleware. The server leaves out the body; a stream ends as soon as its headers are sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        is_answered = False

        async def headers_only(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                is_answered = True

        async def until_answered() -> Message:
            return {"type": "http.disconnect"} if is_answered else await receive()

        await self._app({**scope, "method": "GET", HEAD: True}, until_answered, headers_only)
