"""Every route × every caller: what each gets follows from what the route says of who may call it.

A route that is added is in it without a word here. What cannot follow is given by hand: a body or id (`Prepare`), and
statuses that depend on what a call is about (a table of exceptions).
"""

import io
import re
import secrets
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared.openapi import callers as described_callers

SECRET: Final = "Rahasiawan"
"""In everything that the first agency sends."""
ALL_SCOPES: Final = ("publish", "enroll", "read", "figures:detail")
OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "publish": ("publish",),
    "enroll": ("enroll",),
    "read": ("read",),
    "figures": ("figures:detail",),
    "inbound": ("inbound",),
}
"""Keys of the first agency, each with one scope."""
OTHERS: Final[Mapping[str, tuple[str, ...]]] = {"foreign": ALL_SCOPES, "sister": ("publish", "read")}
"""Keys of other agencies: of another region, and of the same one, where only a BPJS office sees more than its own."""
NOBODY: Final = ("none", "revoked")
CALLERS: Final[Mapping[str, frozenset[str]]] = {
    **{name: frozenset({"agency", *scopes}) for name, scopes in (OWN | OTHERS).items()},
    "agent": frozenset({"agent"}),
    "admin": frozenset({"administrator"}),
    **dict.fromkeys(NOBODY, frozenset[str]()),
}
"""What each is, in the words of `x-callers`."""
SEES: Final = ("publish", "enroll", "read", "admin")
"""Who may be shown what the first agency sent."""
NEEDS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("partners", "listing", "region_conflict"), frozenset({"publish"})),
    **dict.fromkeys(("enrollments", "enrolment", "enrolment row", "participant_claimed"), frozenset({"enroll"})),
    "made an enrolment": frozenset({"publish", "enroll"}),
    "of reading": frozenset({"read"}),
    "of all scopes": frozenset(ALL_SCOPES),
}
"""What a call is about, as its name has it in parentheses → the scopes that are asked for besides."""
NOT_OF_AN_AGENCY: Final = ("code", "form", "kind", "token")
"""Parameters of paths that are no ids of what an agency has."""

Prepare = Callable[[], Awaitable[dict[str, Any]]]
"""Makes what a call needs, anew: the request's parts but for who asks, and `path` where it holds an id."""
Ask = Callable[[str, "Route", dict[str, Any]], Awaitable[httpx.Response]]
"""(caller, route, the request's parts with `path`) → the answer."""
Exceptions = Mapping[str, Mapping[str, str]]
"""Call → caller → status; `*` is every caller, `open` any answer to somebody who needs no key."""


@dataclass(frozen=True)
class Route:
    """`names`: who may call it, None: everybody. `success`: the status of an answer that is good."""

    method: str
    path: str
    names: tuple[str, ...] | None
    success: int
    is_page: bool = False
    described: dict[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def ids(self) -> list[str]:
        return [name for name in re.findall(r"{(\w+)}", self.path) if name not in NOT_OF_AN_AGENCY]

    def expected(self, call: str, caller: str) -> str:
        if self.names is None:
            return "open"
        if caller in NOBODY:
            return "303" if self.is_page and self.method == "GET" else "401"
        if not CALLERS[caller] & set(self.names):
            return "403"
        if caller in OTHERS and self.ids:
            return "404"
        needs = NEEDS.get(call.removeprefix(f"{self} (").removesuffix(")"), frozenset())
        return str(self.success) if caller == "admin" or needs <= CALLERS[caller] else "403"


def routes_of_description(description: Mapping[str, Any]) -> list[Route]:
    """Those of an openapi.json."""
    return [
        Route(
            method.upper(),
            path,
            tuple(operation["x-callers"]) if "x-callers" in operation else None,
            min(int(status) for status in operation["responses"]),
            described=operation,
        )
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    ]


def page_routes(app: FastAPI, asking: described_callers.Others) -> list[Route]:
    """The pages of a service; `asking`: dependencies that judge callers in a way of their own."""
    found = []
    for each in _routes(app.routes):
        names = described_callers.of(each.dependant, asking)
        for method in () if each.include_in_schema else sorted(each.methods):
            success = 200 if method == "GET" else 303
            found.append(Route(method, each.path, tuple(names) if names else None, success, is_page=True))
    return found


def _routes(found: Iterable[Any]) -> Iterator[APIRoute]:
    """With those of included routers, as FastAPI keeps them."""
    for each in found:
        if isinstance(each, APIRoute):
            yield each
        elif hasattr(each, "original_router"):
            yield from _routes(each.original_router.routes)


def read_exceptions(table: str) -> Exceptions:
    """`POST /v1/events (listing)   enroll=422 foreign=202`, a line a call."""
    found: dict[str, dict[str, str]] = {}
    for line in table.strip().splitlines():
        call, *statuses = re.split(r"\s+(?=[*a-z]+=)", line.strip())
        assert call not in found, f"{call} is there twice"
        found[call] = dict(status.split("=") for status in statuses)
    return found


def route_of(call: str) -> str:
    """`DELETE /v1/imports/{import_id} (partners)` → `DELETE /v1/imports/{import_id}`."""
    return call.partition(" (")[0]


@dataclass
class Matrix:
    """All calls of these routes: each as `prepared` makes it, else with ids that other calls' paths hold. What is
    prepared or an exception of other routes is left out."""

    routes: list[Route]
    prepared: Mapping[str, Prepare]
    exceptions: Exceptions
    callers: Iterable[str]
    ask: Ask

    def calls(self) -> Iterator[tuple[str, Route]]:
        given = (*self.prepared, *self.exceptions)
        for route in self.routes:
            variants = dict.fromkeys(call for call in given if route_of(call) == str(route))
            yield from ((call, route) for call in variants or [str(route)])

    async def wrong(self, judge: Callable[[Route, httpx.Response], Iterable[Any]]) -> list[Any]:
        """What is not as it should be, with the call and the caller; `judge` says what is wrong with any answer."""
        found: list[Any] = []
        for call, route in self.calls():
            request: dict[str, Any] | None = None
            for caller in sorted(self.callers, key=lambda each: self.expected(call, route, each) < "400"):
                request = request or await self.request(call, route)
                sent = _others(request) if caller in OTHERS else request
                answer = await self.ask(caller, route, dict(sent))
                found += [(call, caller, each) for each in judge(route, answer)]
                found += [(call, caller, *each) async for each in self._faults(call, route, caller, sent, answer)]
                if route.method != "GET" and answer.status_code < 400:
                    request = None  # it was used up
        return found

    def expected(self, call: str, route: Route, caller: str) -> str:
        given = self.exceptions.get(call, {})
        return given.get(caller) or given.get("*") or route.expected(call, caller)

    async def _faults(self, call: str, route: Route, caller: str, sent: dict[str, Any], answer: httpx.Response) -> Any:
        expected = self.expected(call, route, caller)
        if not self._fits(call, route, answer.status_code, expected):
            yield answer.status_code, f"not {expected}", text_of(answer)[-300:]
        elif caller not in SEES and SECRET in text_of(answer):
            yield ("shows what is not its own", text_of(answer))
        elif expected == "404" and await self._is_known(caller, route, sent, answer):
            yield ("says that there is something",)

    def _fits(self, call: str, route: Route, status: int, expected: str) -> bool:
        """A body that was not made for this route may be refused for what it is, not for who sends it."""
        if expected == "open":
            return status not in (401, 403, 404)
        is_guessed = call not in self.prepared and "requestBody" in route.described
        return str(status) == expected or (is_guessed and expected < "400" and status in (404, 409, 422))

    async def request(self, call: str, route: Route) -> dict[str, Any]:
        made = await self.prepared[call]() if call in self.prepared else example_of(route)
        return {"path": await self._path(route)} | made if "path" not in made else made

    async def _path(self, route: Route) -> str:
        """The route's path, with ids in it as other calls' paths have them, or that nobody has."""
        path = route.path.replace("{token}", "a-token")
        for name in route.ids:
            path = path.replace(f"{{{name}}}", await self._id(name))
        return path

    async def _id(self, name: str) -> str:
        for call in sorted(self.prepared, key=lambda each: not each.startswith("GET")):
            template = route_of(call).partition(" ")[2]
            if f"{{{name}}}" in template:
                path = (await self.prepared[call]()).get("path", "")
                if found := re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template), path):
                    return found[name]
        return str(uuid4())

    async def _is_known(self, caller: str, route: Route, sent: dict[str, Any], answer: httpx.Response) -> bool:
        """Whether the answer is another one than that to an id of the same form that nobody has."""
        path = sent["path"]
        nobodys = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda _: f"{secrets.token_hex(4)}{_[0][8:]}", path)
        other = await self.ask(caller, route, sent | {"path": nobodys})
        return (other.status_code, other.text.replace(nobodys, path)) != (answer.status_code, answer.text)


def example_of(route: Route) -> dict[str, Any]:
    """The first example of a JSON body that the route's description gives, if there is one."""
    for media_type, content in route.described.get("requestBody", {}).get("content", {}).items():
        for example in content.get("examples", {}).values():
            if media_type.endswith("json") and "value" in example:
                return {"json": example["value"], "headers": {"content-type": media_type}}
    return {}


def text_of(answer: httpx.Response) -> str:
    """All that the answer shows; of a workbook what its parts hold."""
    if not answer.content.startswith(b"PK"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist())


def _others(sent: Any) -> Any:
    """The same with another name in it: what another agency sends itself it may see."""
    match sent:
        case str():
            return sent.replace(SECRET, "Lain")
        case dict():
            return {name: _others(value) for name, value in sent.items()}
        case tuple():
            return tuple(map(_others, sent))
        case _:
            return sent


def fixed(**request: Any) -> Prepare:
    async def prepare() -> dict[str, Any]:
        return dict(request)

    return prepare
