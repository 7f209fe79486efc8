"""/v1/agents: who visits businesses: caseload, capacity, contact; their sign-in."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import asyncpg
from fastapi import Depends, Request, Response
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

from services.notifications.agents import registry
from services.notifications.agents.caseload import ListName, key_of
from services.notifications.agents.phones import dialable
from services.notifications.agents.qr import as_svg
from services.notifications.agents.queries import queries
from services.notifications.agents.registry import Profile, month_begins, shown
from services.notifications.api.dependencies import a_uuid, agency_limit, may_see, routes
from services.notifications.channels.mail import ADDRESS
from services.notifications.schedule import Scheduler
from shared.database import connection, transaction
from shared.problems import Problem, not_found
from shared.regions import Regions
from shared.security import Principal, require

router = routes()

T = TypeVar("T")
NO_NUL = r"^[^\x00]*$"
CAPACITY = 40


manager: Final = require("publish", "enroll")
"""The administrator, or an agency that sends data for its regions."""

Manager = Annotated[Principal, Depends(manager)]


def _phone(given: str) -> str:
    number = dialable(given)
    if number is None:
        raise ValueError("a number that can be dialled, such as +62 812 3456 7890")
    return number


def _address(given: str) -> str:
    if not ADDRESS.fullmatch(given):
        raise ValueError("a plain address, such as siti@dinas.example")
    return given


def _once(given: list[T]) -> list[T]:
    return list(dict.fromkeys(given))


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]
Codes = Annotated[list[str], Field(min_length=1, max_length=600), AfterValidator(_once)]


class Contact(BaseModel):
    """How an agent is reached itself, and in which language."""

    model_config = ConfigDict(extra="forbid")

    phone: Annotated[str, Field(max_length=40), AfterValidator(_phone)] | None = None
    email: Annotated[str, Field(max_length=254), AfterValidator(_address)] | None = None
    language: Literal["id", "en"] = "id"


class OfList(BaseModel):
    """A list; `agency` None: the caller's own."""

    model_config = ConfigDict(extra="forbid")

    agency: Annotated[str, Field(max_length=100, pattern=r"^[^/\s\x00]+$")] | None = None
    list: Annotated[str, Field(min_length=1, max_length=300, pattern=NO_NUL)]


Lists = Annotated[list[OfList], Field(max_length=100)]
Cooperatives = Annotated[list[UUID], Field(max_length=600), AfterValidator(_once)]


class NewAgent(BaseModel):
    """A field agent: its caseload are the partners of `regions`, any codes of regions.csv; where `cooperatives` or
    `lists` are given, of them only these cooperatives, their members and who is on one of these lists. `capacity`: how
    many open tasks it holds at most; `monthly_target`: visits that are asked of it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    regions: Codes = Field(validation_alias=AliasChoices("regions", "caseload"))
    cooperatives: Cooperatives = Field(default_factory=list)
    lists: Lists = Field(default_factory=list)
    contact: Contact = Contact()
    capacity: int = Field(default=CAPACITY, ge=1, le=1000)
    monthly_target: int | None = Field(default=None, ge=1, le=10_000)


class ChangedAgent(BaseModel):
    """What of an agent is otherwise from now on; `active` false: it is signed out, its tasks are given to others."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    regions: Codes | None = None
    cooperatives: Cooperatives | None = None
    lists: Lists | None = None
    contact: Contact | None = None
    capacity: int | None = Field(default=None, ge=1, le=1000)
    monthly_target: int | None = Field(default=None, ge=1, le=10_000)
    active: bool | None = None


@router.post("/agents", status_code=201, summary="Add a field agent; its key is shown this once")
async def add_agent(agent: NewAgent, request: Request, caller: Manager) -> dict[str, Any]:
    """An agency adds agents within its regions, whose caseload is what it lists there; of BPJS offices and the
    administrator, all partners there. Visits that wait there are given to it at once."""
    check_regions(request.app.state.regions, caller, agent.regions)
    now = request.app.state.scheduler.now()
    limited_to = None if caller.admin else agency_limit(caller)
    async with transaction(request.app.state.pool) as db:
        profile = await profile_of(db, agent, caller, request.app.state.regions)
        agent_id, key = await registry.add(db, profile, agency=caller.agency, limited_to=limited_to, now=now)
        found = await _shown(db, agent_id, request)
    changed(request)
    return found | {"key": key}


@router.get("/agents", summary="The agents, what they hold, and what they did this month")
async def list_agents(request: Request, caller: Manager) -> list[dict[str, Any]]:
    """Of an agency its own, of the administrator all."""
    return await agents_of(request, caller)


async def agents_of(request: Request, caller: Principal) -> list[dict[str, Any]]:
    """The answer, for the page too."""
    begins = month_begins(request.app.state.scheduler.now())
    async with connection(request.app.state.pool) as db:
        rows = await db.fetch(queries["agents"], None if caller.admin else caller.agency or "", begins, None)
    return [shown(row) for row in rows]


@router.patch("/agents/{agent_id}", summary="Change an agent, or switch it off and on")
async def change_agent(agent_id: str, agent: ChangedAgent, request: Request, caller: Manager) -> dict[str, Any]:
    given = agent.model_fields_set
    if agent.regions is not None:
        check_regions(request.app.state.regions, caller, agent.regions)
    scheduler: Scheduler = request.app.state.scheduler
    async with transaction(request.app.state.pool) as db:
        row = await own_agent(db, agent_id, caller)
        codes = agent.regions or row["regions"]
        cooperatives, lists = row["cooperatives"], [ListName.parse(each) for each in row["lists"]]
        given_part = (agent.cooperatives or (), agent.lists or ())
        meant = await caseload_of(db, caller, request.app.state.regions, codes, *given_part)
        profile = Profile(
            name=agent.name or row["name"],
            regions=codes,
            cooperatives=cooperatives if agent.cooperatives is None else meant[0],
            lists=lists if agent.lists is None else meant[1],
            phone=agent.contact.phone if agent.contact else row["phone"],
            email=agent.contact.email if agent.contact else row["email"],
            language=agent.contact.language if agent.contact else row["language"],
            capacity=agent.capacity or row["capacity"],
            monthly_target=agent.monthly_target if "monthly_target" in given else row["monthly_target"],
        )
        is_active = row["is_active"] if agent.active is None else agent.active
        await registry.change(
            db, row, profile, is_active=is_active, regions=request.app.state.regions, now=scheduler.now()
        )
        found = await _shown(db, agent_id, request)
    changed(request)
    return found


@router.delete("/agents/{agent_id}", status_code=204, summary="Remove an agent with its name and contact")
async def remove_agent(agent_id: str, request: Request, caller: Manager) -> Response:
    """Its tasks are given to others; what it did stays under its id."""
    async with transaction(request.app.state.pool) as db:
        row = await own_agent(db, agent_id, caller)
        await registry.remove(db, row, request.app.state.regions, request.app.state.scheduler.now())
    changed(request)
    return Response(status_code=204)


@router.post(
    "/agents/{agent_id}/sign-in-links", status_code=201, summary="A link and QR code that sign an agent in on a phone"
)
async def new_sign_in_link(agent_id: str, request: Request, caller: Manager) -> dict[str, Any]:
    """It works once and for 15 minutes; earlier ones of the agent do not work any more. The session lasts 30 days."""
    return await sign_in_link(request, agent_id, caller)


async def sign_in_link(request: Request, agent_id: str, caller: Principal) -> dict[str, Any]:
    """The answer, for the page too: `qr` is the link as SVG."""
    async with transaction(request.app.state.pool) as db:
        row = await own_agent(db, agent_id, caller)
        if not row["is_active"]:
            raise Problem(422, "invalid_value", "The agent is switched off: switch it on first.", field="active")
        token, expires_at = await registry.new_link(db, row["agent_id"], request.app.state.scheduler.now())
    url = f"{request.app.state.site.urls.notifications}/sign-in/link/{token}"
    return {"url": url, "qr": as_svg(url), "expires_at": expires_at}


@router.delete("/agents/{agent_id}/sessions", status_code=204, summary="Sign an agent out on all its phones")
async def end_sessions(agent_id: str, request: Request, caller: Manager) -> Response:
    """A phone that was lost opens nothing any more."""
    async with transaction(request.app.state.pool) as db:
        row = await own_agent(db, agent_id, caller)
        await registry.end_sessions(db, row["key_id"])
    changed(request)
    return Response(status_code=204)


async def own_agent(db: asyncpg.Connection, agent_id: str, caller: Principal) -> asyncpg.Record:
    """An agent that the caller may manage, locked; raises Problem 404 for any other."""
    number = a_uuid(agent_id)
    row = await db.fetchrow(queries["agent"], number) if number else None
    if row is None or not (caller.admin or (caller.agency is not None and row["agency"] == caller.agency)):
        raise not_found()
    return row


async def profile_of(db: asyncpg.Connection, agent: NewAgent, caller: Principal, regions: Regions) -> Profile:
    """What the caller says of a new agent; raises Problem for a caseload that nobody is in."""
    contact, part = agent.contact, (agent.cooperatives, agent.lists)
    reached = (contact.phone, contact.email, contact.language)
    caseload = await caseload_of(db, caller, regions, agent.regions, *part)
    return Profile(agent.name, agent.regions, *reached, agent.capacity, agent.monthly_target, *caseload)


async def caseload_of(
    db: asyncpg.Connection,
    caller: Principal,
    regions: Regions,
    codes: list[str],
    cooperatives: Sequence[UUID],
    lists: Sequence[OfList],
) -> tuple[list[str], list[ListName]]:
    """The cooperatives and lists that are meant; raises Problem for what the caller has not, or nobody there is on."""
    ids, agency = [str(each) for each in cooperatives], agency_limit(caller)
    found = {row["partner_id"] for row in await db.fetch(queries["cooperatives"], ids) if may_see(row, caller, regions)}
    for number in ids:
        if number not in found:
            detail = f"cooperatives: there is no cooperative with the id {number} among the caller's partners."
            raise Problem(422, "invalid_value", detail, field="cooperatives")
    names = [ListName(each.agency or caller.agency or "", each.list) for each in lists]
    regencies = sorted({code for outer in codes for code in regions.regencies(outer)})
    keys = [key_of(*each) for each in names]
    unknown = {row["name"] for row in await db.fetch(queries["unknown_lists"], regencies, list(map(str, names)), keys)}
    for name in names:
        if str(name) in unknown or agency not in (None, name.agency):
            detail = f"lists: nobody in these regions is on the list {name.list} of {name.agency or 'an agency'}."
            raise Problem(422, "invalid_value", detail, field="lists")
    return ids, list(dict.fromkeys(names))


def check_regions(regions: Regions, caller: Principal, codes: list[str]) -> None:
    """Raises Problem for a code that there is none of, or that is not wholly within the caller's regions."""
    for code in codes:
        if regions.get(code) is None:
            raise Problem(422, "unknown_region", f"No region has the code {code[:40]}.", field="regions")
        if not caller.admin and not all(regions.within(caller.regions, each) for each in regions.regencies(code)):
            detail = f"The region {code} is not within the regions of your key."
            raise Problem(422, "outside_jurisdiction", detail, field="regions")


def changed(request: Request) -> None:
    """Keys and sessions are read again, what waits is given out, and what is to be published is."""
    request.app.state.keys.clear()
    request.app.state.sessions.clear()
    for wake in request.app.state.wake_after_agents:
        wake()


async def _shown(db: asyncpg.Connection, agent_id: str, request: Request) -> dict[str, Any]:
    begins = month_begins(request.app.state.scheduler.now())
    (row,) = await db.fetch(queries["agents"], None, begins, agent_id)
    return shown(row)
