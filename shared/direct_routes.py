"""Routes that are called thousands of times a second: found before all others, and called as they are."""

from collections.abc import Awaitable, Callable

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, request_response
from starlette.types import Receive, Scope, Send

Check = Callable[[Request], Awaitable[object]]


class DirectRoute(BaseRoute):
    """An `APIRoute` of one path whose function, and each dependency that it and its router declare, take the request
    alone. They are called in that order, without the framework's search and solving, which cost more than they do.

    The APIRoute still describes the path, and answers other methods.
    """

    def __init__(self, route: APIRoute) -> None:
        self.path, self.methods, self._route = route.path, route.methods or set(), route
        self._checks: list[Check] = [each.dependency for each in route.dependencies if each.dependency]
        self._app = request_response(self._answer)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and scope["path"] == self.path and scope["method"] in self.methods:
            return Match.FULL, {"endpoint": self._route.endpoint, "path_params": {}, "route": self._route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        for check in self._checks:
            await check(request)
        answer: Response = await self._route.endpoint(request)
        return answer
