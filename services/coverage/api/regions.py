"""GET /v1/regions: the hierarchy that figures are summed by."""

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from shared import query_parameters
from shared.problems import not_found
from shared.regions import Region, Regions
from shared.security import require

router = APIRouter(
    prefix="/v1/regions",
    tags=["regions"],
    dependencies=[Depends(require("read")), Depends(query_parameters.only_known)],
)

BELOW = {"national": ("kanwil", "province"), "kanwil": ("province",), "province": ("regency",), "regency": ()}


@router.get("", summary="All regions: nation, regional offices, provinces, regencies")
async def regions() -> JSONResponse:
    return JSONResponse({"regions": [_as_json(region) for region in Regions.load()]})


@router.get("/{code}", summary="One region with those directly below it")
async def region(code: str) -> JSONResponse:
    found = Regions.load().get(code)
    if found is None:
        raise not_found()
    below = [child for level in BELOW[found.level] for child in Regions.load().children(code, level)]
    return JSONResponse({**_as_json(found), "children": below})


def _as_json(region: Region) -> dict[str, Any]:
    return {
        "code": region.code,
        "name": region.name,
        "level": region.level,
        "parent": region.parent,
        "kanwil": region.kanwil,
        "time_zone": region.zone,
        "kind": region.kind,
    }
