"""An exception while one row or event is worked off is that row's or event's: the others go on."""

from uuid import uuid4

from services.registration.intake.values import Refusal
from shared.observability import get_logger

log = get_logger(__name__)


def as_refusal(problem: Exception, what: str) -> Refusal:
    """The refusal `failed` with a reference, under which the log has where the exception was raised."""
    reference = uuid4().hex[:12]
    log.error("a row or event failed", what=what, reference=reference, exc_info=problem)
    detail = f"We failed on this one, the others were processed. Please report the reference {reference} to us."
    return Refusal("failed", None, detail)
