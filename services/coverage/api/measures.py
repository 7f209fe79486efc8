"""GET /v1/measures: what published figures and targets may measure."""

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from shared import query_parameters
from shared.measures import MEASURES, RATES, STATUSES, Measure
from shared.security import require

router = APIRouter(
    prefix="/v1", tags=["coverage"], dependencies=[Depends(require("read")), Depends(query_parameters.only_known)]
)


@router.get("/measures", summary="What published figures and targets may measure")
async def measures() -> JSONResponse:
    """Each measure with what it counts, its unit, who is counted beside it; the statuses of published figures; and what
    is divided by what in the rates of our own answers."""
    statuses = [{"name": name, "means": means} for name, means in STATUSES.items()]
    rates = [{"path": path, "part": part, "whole": whole} for path, part, whole in RATES]
    return JSONResponse(
        {"measures": [_as_json(each) for each in MEASURES.values()], "statuses": statuses, "rates": rates}
    )


def _as_json(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "counts": measure.counts,
        "unit": measure.unit,
        "numerator": measure.numerator,
        "is_denominator": measure.is_denominator,
        "is_of_target": measure.is_of_target,
    }
