"""No request's body is read beyond a limit: 1 MiB, unless the service allows more at a path."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1 << 20


class BodyLimit:
    """ASGI middleware. Whoever reads more of a body than its path allows gets the HTTPException 413, which is answered
    as a problem; a length announced in the headers is judged before anything is read."""

    def __init__(self, app: ASGIApp, by_path: Mapping[str, int]) -> None:
        self._app = app
        self._by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = limit_of(self._by_path, scope)
        announced = Request(scope).headers.get("content-length", "")
        is_announced_too_large = announced.isdecimal() and (len(announced) > 18 or int(announced) > limit)
        received = 0

        async def limited() -> Message:
            nonlocal received
            if is_announced_too_large:
                raise too_large(limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise too_large(limit)
            return message

        await self._app(scope, limited, send)


def limit_of(by_path: Mapping[str, int], scope: Scope) -> int:
    """Bytes that the body of this request may have; a path that ends in / stands for those directly below it."""
    path = scope["path"]
    return by_path.get(path, by_path.get(path[: path.rfind("/") + 1], MOST_BYTES))


def too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"At most {limit >> 20} MiB a request: send the rest in another.")
