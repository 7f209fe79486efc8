"""A route whose body is read only while its agency has room for it: nothing lands on the disk beyond that."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message

from services.registration.api.access import sender, services
from shared.problems import Problem

REFUSED = {"Retry-After": "60", "Connection": "close"}


class WithinQuota(APIRoute):
    """The parser of forms writes to disk before any dependency runs, so who sends is judged here first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_within_quota(request: Request) -> Response:
            agency = str((await sender(request)).agency)
            quota = (await services(request)).quota
            async with quota.receiving(agency) as reservation:
                announced = request.headers.get("content-length", "")
                if not await reservation.reserve(int(announced[:18]) if announced.isdecimal() else 0):
                    raise Problem(429, "too_many_requests", quota.used_up(), headers=REFUSED)

                async def receive() -> Message:
                    message = await request.receive()
                    if not await reservation.add(len(message.get("body", b""))):
                        raise HTTPException(429, quota.used_up(), REFUSED)
                    return message

                return await handle(Request(request.scope, receive))

        return handle_within_quota
