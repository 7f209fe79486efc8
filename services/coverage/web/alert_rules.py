"""The page of alert rules: choose what to be alerted about, try it on past days, switch it on."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, get_args

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from services.coverage.alert_conditions import (
    AgencySilent,
    ClaimsJumped,
    CoverageFell,
    DenominatorImplausible,
    Kind,
    TargetOffCourse,
)
from services.coverage.api import alerts, parameters
from services.coverage.api.alerts import NewRule
from services.coverage.web import words
from shared import query_parameters
from shared.problems import Problem
from shared.regions import Regions
from shared.security import Principal, require
from shared.web.language import Language
from shared.web.pages import Page, SignedIn, form_of, pages

router = pages()

Admin = Annotated[Principal, Depends(require(admin=True))]

CONDITIONS: Final[Mapping[str, type[BaseModel]]] = {
    "coverage_fell": CoverageFell,
    "target_off_course": TargetOffCourse,
    "agency_silent": AgencySilent,
    "claims_jumped": ClaimsJumped,
    "denominator_implausible": DenominatorImplausible,
}
OF_RULE: Final = ("name", "clear_after_hours")
TRIED_DAYS: Final = 60
GROUPED: Final = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*", re.ASCII)


@router.get("/alerts/rules", dependencies=[parameters.only("kind")])
async def rules(page: SignedIn, principal: Admin, kind: Kind = "coverage_fell") -> Response:
    """All rules, and the form for a new one of this kind."""
    return await _shown(page, kind, {})


@router.post("/alerts/rules/{kind}", dependencies=[parameters.only()])
async def add_rule(page: SignedIn, principal: Admin, kind: Kind, request: Request) -> Response:
    """Add it and switch it on, or with the button `try` say what it would have done; the form says what is wrong."""
    given = await form_of(request)
    fields = (*OF_RULE, *_fields(kind))
    query_parameters.refuse_unknown(list(given), ("csrf", "do", *fields))
    try:
        rule = _rule(kind, given)
        is_trial = given.get("do") == "try"
        found = await alerts.add_alert_rule(rule, request, Response(), is_trial, TRIED_DAYS)
    except ValidationError as problem:
        wrong = {str(each["loc"][-1]): _sentence(page.language, each) for each in problem.errors()}
        return await _shown(page, kind, given, wrong={name: text for name, text in wrong.items() if name in fields})
    except Problem as problem:
        field = str(problem.extra.get("field", "name")).removeprefix("condition.")
        return await _shown(page, kind, given, wrong={field: problem.detail})
    return await _shown(page, kind, given, trial=found["trial"]) if is_trial else page.go_to("/alerts/rules")


@router.post("/alerts/rules/{rule_id}/switch", dependencies=[parameters.only()])
async def switch(page: SignedIn, principal: Admin, rule_id: str, request: Request) -> Response:
    given = await form_of(request)
    query_parameters.refuse_unknown(list(given), ("csrf", "enabled"))
    await alerts.switch_alert_rule(rule_id, alerts.Switch(enabled=given.get("enabled") == "true"), request)
    return page.go_to("/alerts/rules")


@router.post("/alerts/rules/{rule_id}/delete", dependencies=[parameters.only()])
async def delete(page: SignedIn, principal: Admin, rule_id: str, request: Request) -> Response:
    await alerts.delete_alert_rule(rule_id, request)
    return page.go_to("/alerts/rules")


def _sentence(language: Language, problem: Mapping[str, Any]) -> str:
    """What a field takes."""
    _, bounds = language.gettext, problem.get("ctx", {})
    match problem["type"]:
        case "greater_than_equal":
            return _("At least %(number)s.") % {"number": language.number(bounds["ge"])}
        case "greater_than":
            return _("More than %(number)s.") % {"number": language.number(bounds["gt"])}
        case "less_than_equal":
            return _("At most %(number)s.") % {"number": language.number(bounds["le"])}
        case "missing" | "string_too_short":
            return _("Write something here.")
        case "int_parsing" | "int_from_float" | "float_parsing":
            return _("Write a number.")
        case _:
            return _("This is none of the values that it takes.")


def _fields(kind: Kind) -> list[str]:
    return [name for name in CONDITIONS[kind].model_fields if name != "kind"]


def _rule(kind: Kind, given: Mapping[str, str]) -> NewRule:
    """Raises ValidationError. Fields that are left empty have their usual value."""
    numbers = {name: _plain(name, text.strip()) for name, text in given.items() if text.strip()}
    condition = {"kind": kind} | {name: numbers[name] for name in _fields(kind) if name in numbers}
    rule: dict[str, Any] = {"name": "", "condition": condition} | {n: numbers[n] for n in OF_RULE if n in numbers}
    return NewRule.model_validate(rule)


def _text(language: Language, value: Any) -> str:
    """A rule's value as people write it."""
    if isinstance(value, int | float):
        return language.number(value, 0 if float(value).is_integer() else 1 if float(value * 10).is_integer() else 2)
    return "" if value is None else str(value)


def _plain(name: str, text: str) -> str:
    """A number as programs write it: 1.000 and 1,000 are a thousand, as people group digits; 0,1 is a tenth."""
    if name in ("name", "agency", "region", "level"):
        return text
    return re.sub(r"[.,]", "", text) if GROUPED.fullmatch(text) else text.replace(",", ".")


async def _shown(
    page: Page,
    kind: Kind,
    given: Mapping[str, str],
    *,
    wrong: Mapping[str, str] | None = None,
    trial: Mapping[str, Any] | None = None,
) -> Response:
    usual = {name: field.default for name, field in CONDITIONS[kind].model_fields.items() if name != "kind"}
    usual["clear_after_hours"] = NewRule.model_fields["clear_after_hours"].default
    regions = Regions.load()
    return page.render(
        "alert_rules.html",
        status=422 if wrong else 200,
        rules=(await alerts.alert_rules(page.request))["items"],
        kind=kind,
        kinds={each: words.alert_kinds(page.language)[each] for each in get_args(Kind)},
        fields=_fields(kind),
        labels=words.alert_fields(page.language),
        levels={"self": page.language.gettext("the region itself")} | words.levels(page.language),
        regions=[each for each in regions if each.level != "regency"],
        given={**{name: _text(page.language, value) for name, value in usual.items()}, **given},
        text=partial(_text, page.language),
        names={each.code: each.name for each in regions},
        wrong=wrong or {},
        trial=trial,
    )
