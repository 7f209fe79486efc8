"""Agents as a page: who they are, what they hold and did; adding one, the QR code to sign in with, switching off."""

from typing import Annotated, Any

from fastapi import Depends
from pydantic import ValidationError
from starlette.responses import Response

from services.notifications.api import agents
from services.notifications.api.agents import ChangedAgent, NewAgent, agents_of, manager
from shared.problems import Problem
from shared.security import Principal
from shared.web.pages import Page, SignedIn, form_of, pages

router = pages()

Manager = Annotated[Principal, Depends(manager)]


@router.get("/agents")
async def show_agents(page: SignedIn, caller: Manager) -> Response:
    return await _shown(page, caller)


@router.post("/agents")
async def add(page: SignedIn, caller: Manager) -> Response:
    await agents.add_agent(_agent(await form_of(page.request), caller.agency), page.request, caller)
    return page.go_to("/agents?done=added")


@router.post("/agents/{agent_id}/sign-in")
async def sign_in(page: SignedIn, caller: Manager, agent_id: str) -> Response:
    """The QR code is shown in this answer alone."""
    link = await agents.sign_in_link(page.request, agent_id, caller)
    return await _shown(page, caller, link | {"agent_id": agent_id})


@router.post("/agents/{agent_id}/sign-out")
async def sign_out(page: SignedIn, caller: Manager, agent_id: str) -> Response:
    await agents.end_sessions(agent_id, page.request, caller)
    return page.go_to("/agents?done=signed_out")


@router.post("/agents/{agent_id}/switch")
async def switch(page: SignedIn, caller: Manager, agent_id: str) -> Response:
    is_on = (await form_of(page.request)).get("active") == "1"
    await agents.change_agent(agent_id, ChangedAgent(active=is_on), page.request, caller)
    return page.go_to("/agents?done=" + ("on" if is_on else "off"))


@router.post("/agents/{agent_id}/remove")
async def remove(page: SignedIn, caller: Manager, agent_id: str) -> Response:
    await agents.remove_agent(agent_id, page.request, caller)
    return page.go_to("/agents?done=removed")


async def _shown(page: Page, caller: Principal, link: dict[str, Any] | None = None) -> Response:
    found = await agents_of(page.request, caller)
    done = page.request.query_params.get("done", "")
    return page.render("agents.html", agents=found, link=link, done=done, regions=page.request.app.state.regions)


def _list(line: str, own: str | None) -> dict[str, str | None]:
    """A list as its agency calls it; others write the agency before it: dinas-koperasi/UMKM 2026."""
    if own is not None:
        return {"agency": own, "list": line}
    agency, _, name = line.partition("/")
    return {"agency": agency.strip(), "list": name.strip()}


def _agent(given: dict[str, str], own: str | None) -> NewAgent:
    """What the form says. Raises Problem for what cannot be an agent."""
    text = {name: value.strip() or None for name, value in given.items()}
    fields: dict[str, Any] = {
        "name": text.get("name") or "",
        "regions": (text.get("regions") or "").replace(",", " ").split(),
        "cooperatives": (text.get("cooperatives") or "").replace(",", " ").split(),
        "lists": [_list(line.strip(), own) for line in (text.get("lists") or "").splitlines() if line.strip()],
        "contact": {"phone": text.get("phone"), "email": text.get("email")},
    }
    fields |= {name: text[name] for name in ("capacity", "monthly_target") if text.get(name)}
    try:
        return NewAgent(**fields)
    except ValidationError as problem:
        field = str(problem.errors()[0]["loc"][-1])
        detail = f"{field}: this cannot be used; correct it and send the form again."
        raise Problem(422, "invalid_value", detail, field=field) from None
