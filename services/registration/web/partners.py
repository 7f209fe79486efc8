"""Own businesses: found, shown one by one with their time of registration, taken back or erased."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import Depends, Query
from starlette.responses import Response

from services.registration.api import members, partner_search, partners
from services.registration.api.access import lister, reader, services
from services.registration.runtime import Services
from services.registration.web import words
from shared.jakarta import today
from shared.problems import Problem
from shared.security import Principal
from shared.web.pages import Page, SignedIn, pages

router = pages()

SHOWN: Final = 25
By = Literal["name", "nib", "nik", "nik_koperasi", "participant_no", "phone"]
MOST_REGENCIES: Final = 60
"""An agency of more of them chooses among provinces."""

Reader = Annotated[Principal, Depends(reader)]
Lister = Annotated[Principal, Depends(lister)]
Here = Annotated[Services, Depends(services)]


@router.get("/partners")
async def list_partners(
    page: SignedIn,
    principal: Reader,
    here: Here,
    q: Annotated[str, Query(max_length=500)] = "",
    by: By = "name",
    registered: Literal["", "true", "false"] = "",
    region: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str, Query(max_length=40)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What cannot be looked for is said beside the field; the rest of the page stays."""
    problem: Problem | None = None
    found: dict[str, Any] = {"items": [], "next_cursor": None}
    is_registered = {"true": True, "false": False}.get(registered)
    try:
        asked = await partner_search.search(**{by: q}) if q.strip() else None
        found = await partners.list_partners(
            principal, here, asked, is_registered, region or None, cursor or None, SHOWN
        )
    except Problem as refused:
        if refused.status != 422:
            raise
        problem = refused
    given = {"q": q, "by": by if q else "", "registered": registered, "region": region}
    return page.render(
        "partners.html",
        status=problem.status if problem else 200,
        problem=problem,
        found=[_named(here, each) for each in found["items"]],
        following=_address(given | {"cursor": found["next_cursor"]}) if found["next_cursor"] else None,
        is_asked=any(given.values()) or bool(cursor),
        given=given | {"by": by},
        regions=_regions(here, principal),
        done=done,
        **_words(page),
    )


@router.get("/partners/{partner_id}")
async def show_partner(page: SignedIn, principal: Reader, here: Here, partner_id: str) -> Response:
    partner = _named(here, await partners.get_partner(partner_id, principal, here))
    is_cooperative = partner["kind"] == "cooperative"
    joined = (
        await members.list_members(partner_id, principal, here, None, None, None, SHOWN) if is_cooperative else None
    )
    return page.render("partner.html", partner=partner, members=joined, today=today().isoformat(), **_words(page))


@router.get("/partners/{partner_id}/erase")
async def ask_to_erase(page: SignedIn, principal: Lister, here: Here, partner_id: str) -> Response:
    """What follows from it, and a button: nothing is lost by a slip."""
    partner = await partners.get_partner(partner_id, principal, here)
    return page.render("partner_erase.html", partner=partner)


@router.post("/partners/{partner_id}/erase")
async def erase(page: SignedIn, principal: Lister, here: Here, partner_id: str) -> Response:
    await partners.erase_partner(partner_id, principal, here)
    return page.go_to("/partners?done=erased")


def _words(page: Page) -> dict[str, Any]:
    language = page.language
    return {"names": words.fields(language), "kinds": words.kinds(language), "scales": words.scales(language)}


def _named(here: Services, partner: Mapping[str, Any]) -> dict[str, Any]:
    region = here.regions.get(partner["region"])
    return {**partner, "region_name": region.name if region else partner["region"]}


def _regions(here: Services, principal: Principal) -> list[tuple[str, str]]:
    """(code, name) of what the reader can choose: its regencies, or of many their provinces."""
    own = ("ID",) if principal.admin else principal.regions
    codes = sorted({regency for region in own for regency in here.regions.regencies(region)})
    if len(codes) > MOST_REGENCIES:
        codes = sorted({here.regions[code].parent or code for code in codes})
    return [(code, here.regions[code].name) for code in codes]


def _address(given: Mapping[str, str | None]) -> str:
    return "/partners?" + urlencode({name: value for name, value in given.items() if value})
