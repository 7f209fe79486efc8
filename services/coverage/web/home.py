"""The first page: the nation's figure with its parts, sources and freshness."""

from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from services.coverage.api import figures
from services.coverage.selection import Selection
from services.coverage.web import words
from shared.jakarta import today
from shared.security import Principal, require
from shared.web.pages import SignedIn, pages

router = pages()

NATION: Final = "ID"


@router.get("/")
async def home(page: SignedIn, _: Annotated[Principal, Depends(require("read"))]) -> Response:
    """The nation and its regional offices, today, as known now."""
    nation = await figures.figures_of(page.request, Selection(NATION, "self", (), today(), None))
    offices = await figures.figures_of(page.request, Selection(NATION, "kanwil", (), today(), None))
    return page.render(
        "home.html",
        figures=nation,
        nation=nation["rows"][0],
        offices=offices["rows"],
        measures=words.measures(page.language),
        flags=words.flags(page.language),
    )
