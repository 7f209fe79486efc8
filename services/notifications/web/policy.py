"""The reminder policy as a page: what holds, what a change would do, and setting it once that was seen.

One text of the operator's own at a time. Groups, prices and quiet hours stay as they are: these are changed with `PUT
/v1/policy`.
"""

from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.notifications.api import policy as api
from services.notifications.api.dependencies import Admin
from services.notifications.channels.preview import previews
from services.notifications.policy import Policy
from services.notifications.policy_store import as_json, current_and_upcoming
from shared.database import connection
from shared.problems import Problem
from shared.query_parameters import refuse_unknown
from shared.web.pages import Page, SignedIn, form_of, pages

router = pages()

NUMBERS = ("escalate_after_days", "min_gap_days", "contribution_from")
CAPS = ("per_day", "per_month")
HOURS = ("start", "end", "spread_until")
WORDING = {
    "text_template": "template", "text_channel": "channel", "text_language": "language", "text_variant": "variant",
}  # fmt: skip
"""The form's fields that say which text of the policy `text` is, and what they are there."""
OTHERS = ("csrf", "effective_from", "does", "text", *WORDING)
"""What the form has beside the policy's own fields."""
_policies = TypeAdapter(Policy)


@router.get("/policy")
async def show(page: SignedIn, caller: Admin) -> Response:
    return await _shown(page)


@router.post("/policy")
async def change(page: SignedIn, caller: Admin) -> Response:
    """Tried out; what was tried out has a second form, which sets exactly that. What cannot be used is asked for again,
    with all that was filled in."""
    form = await form_of(page.request)
    try:
        policy = changed((await _current(page)).policy, form)
        body = _new(policy, form.get("effective_from", ""))
        if form.get("does") == "set":
            await api.set_policy(body, page.request, caller)
            return page.go_to("/policy?done=set")
        tried = await api.set_policy(body, page.request, caller, dry_run=True)
    except Problem as problem:
        if problem.status != 422:
            raise
        return await _shown(page, form, problem=problem)
    return await _shown(page, form, tried)


def changed(policy: Policy, form: dict[str, str]) -> Policy:
    """The policy with what the form says instead; what is not sent stays. Raises Problem for what is no value."""
    days = [f"days_{number}" for number in range(1, len(policy.steps) + 1)]
    refuse_unknown(list(form), [*days, *NUMBERS, *CAPS, *HOURS, "channels", *OTHERS])
    told = {name: text.strip() for name, text in form.items() if name not in OTHERS}
    steps = [
        {"template": step.template, "days": told.get(name, step.days)}
        for step, name in zip(policy.steps, days, strict=True)
    ]
    body: dict[str, Any] = as_json(policy) | {"steps": steps}
    body |= {name: told[name] for name in NUMBERS if name in told}
    for part, names in (("caps", CAPS), ("hours", HOURS)):
        body[part] = body[part] | {name: told[name] for name in names if name in told}
    if "channels" in told:
        body["channels"] = told["channels"].replace(",", " ").lower().split()
    body["wordings"] = _with_text(body["wordings"], form)
    try:
        return _policies.validate_python(body)
    except ValidationError as problem:
        first = problem.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(each) for each in first["loc"])
        raise Problem(422, "invalid_value", f"{field}: {first['msg']}", field=field) from None


def _with_text(wordings: list[dict[str, str]], form: dict[str, str]) -> list[dict[str, str]]:
    """With the form's text, in place of the one there was; without that if it is empty."""
    if not form.get("text_template"):
        return wordings
    which = {name: form.get(field, "").strip() for field, name in WORDING.items()}
    others = [each for each in wordings if {name: each[name] for name in which} != which]
    text = form.get("text", "").replace("\r\n", "\n").strip()
    return [*others, which | {"text": text}] if text else others


def _new(policy: Policy, effective_from: str) -> api.NewPolicy:
    try:
        return api.NewPolicy(policy=policy, effective_from=effective_from or None)
    except ValidationError:
        detail = "effective_from: a day such as 2026-12-31."
        raise Problem(422, "invalid_date", detail, field="effective_from") from None


async def _current(page: Page) -> Any:
    async with connection(page.request.app.state.pool) as db:
        current, *_ = await current_and_upcoming(db, page.request.app.state.scheduler.now())
    return current


async def _shown(
    page: Page,
    form: dict[str, str] | None = None,
    tried: dict[str, Any] | None = None,
    problem: Problem | None = None,
) -> Response:
    state = page.request.app.state
    async with connection(state.pool) as db:
        current, *upcoming = await current_and_upcoming(db, state.scheduler.now())
    return page.render(
        "policy.html",
        status=problem.status if problem else 200,
        policy=tried["policy"] if tried else as_json(current.policy),
        effective_from=tried["effective_from"] if tried else None,
        messages=tried["messages"] if tried else previews(current.policy),
        since=current.effective_from,
        upcoming=upcoming,
        tried=tried,
        problem=problem,
        given=form or {},
        own_text=("text", *WORDING),
        done=page.request.query_params.get("done") == "set",
    )
