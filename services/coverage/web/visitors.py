"""Who may see the page of figures: keys with the right to read, and everybody where the operator publishes figures."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends

from services.coverage.web.question import Question
from shared.problems import Problem
from shared.security import PRINCIPAL, Principal, require
from shared.web.pages import AnyPage, signed_in

VISITOR: Final = Principal(scopes=frozenset(["read"]))
"""Whoever is not signed in, where figures are public: never shown small counts."""
READERS: Final = require("read")


async def reader(page: AnyPage) -> Principal:
    """The caller. Without a session the visitor, if `public_figures` is on; else the way leads to the sign-in."""
    state = page.request.app.state
    if page.session is None and state.settings.public_figures:
        state.limits.visited(page.request)
        page.request.scope[PRINCIPAL] = VISITOR
        return VISITOR
    await signed_in(page)
    return await READERS(page.request)


ASKING: Final = {reader: READERS}
"""Whom it lets beside visitors."""
Reader = Annotated[Principal, Depends(reader)]


def shown_to(principal: Principal, question: Question) -> Question:
    """Visitors see the nation, regional offices and provinces: whoever asks for regencies is to sign in."""
    if principal is not VISITOR or "regency" not in (question.region.level, question.level):
        return question
    if question.region.level == "regency" or "level" in question.given:
        raise Problem(401, "unauthorized", "Sign in first.")
    return replace(question, level=None)
