"""The form by which a file is sent, and examples of files that are understood best."""

from typing import Annotated

from fastapi import Depends, File, UploadFile
from starlette.responses import Response

from services.registration.api import previews, uploads
from services.registration.api.access import onlooker, own_import, sender, services
from services.registration.api.downloads import Download
from services.registration.api.upload_form import MOST_BYTES
from services.registration.api.within_quota import WithinQuota
from services.registration.intake import columns, scopes
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.web import example_files, sent_files, words
from services.registration.web.sent_files import Asked
from shared.problems import not_found
from shared.security import Principal
from shared.web.pages import Page, SignedIn, pages

router = pages()
receiving = pages()
receiving.route_class = WithinQuota

Sender = Annotated[Principal, Depends(sender)]
Here = Annotated[Services, Depends(services)]


@router.get("/uploads/new")
async def ask(
    page: SignedIn, principal: Sender, here: Here, kind: str = "", list: str = "", upload: str = ""
) -> Response:
    """`upload`: a file that we have, to be read as something else."""
    kept = await uploads.kept_file(here, principal, upload) if upload else None
    asked = Asked.anew(kind[:40], list[:200])
    if kept is not None:
        asked = asked.with_file(upload, kept["filename"] or "")
    return await _form(page, principal, here, asked)


@receiving.post("/uploads/new")
async def send(
    page: SignedIn, principal: Sender, here: Here, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """The file is tried out and shown as it is understood; nothing else is written of it."""
    asked = Asked.of(await page.request.form())
    found = await sent_files.try_out(here, principal, page.language, asked, file)
    if isinstance(found, Asked):
        return await _form(page, principal, here, found, status=422)
    await previews.settled(here, principal, await own_import(here, principal, found.import_id), found.until)
    return page.go_to(f"/uploads/{found.import_id}")


async def _form(page: Page, principal: Principal, here: Services, asked: Asked, status: int = 200) -> Response:
    lists = await here.pool.fetch(queries["lists_sent"], principal.agency)
    named = words.kinds(page.language)
    return page.render(
        "new_upload.html",
        status=status,
        asked=asked,
        kinds={kind: named[kind] for kind in columns.KINDS if scopes.lacking(kind, principal.may) is None},
        lists=[each["list"] for each in lists],
        most_gib=MOST_BYTES >> 30,
    )


@router.get("/uploads/examples/{kind}.xlsx")
async def example(
    page: SignedIn, kind: str, principal: Annotated[Principal, Depends(onlooker)], here: Here
) -> Response:
    """A workbook with the headers that are understood best and two rows."""
    if kind not in columns.KINDS:
        raise not_found()
    file = example_files.workbook(kind, _a_regency(here, principal))
    answer = Download(file, f"contoh-{kind}", "xlsx")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _a_regency(here: Services, principal: Principal) -> str:
    """The name of one that the agency may send."""
    codes = [code for region in principal.regions or ("ID",) for code in here.regions.regencies(region)]
    return here.regions[codes[0]].name
