"""reminders plan"""

import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import Annotated, Any

import typer

from deploy.local.failure import Failure
from deploy.local.options import DATA, Data

Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The last day; 30 days from now if unset.")
]
RegionCode = Annotated[str, typer.Option("--region", metavar="CODE", help="ID, a kanwil, a province or a regency.")]

PAGE = 100_000
SHOWN = 5
REGIONS_NAMED = 3


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Reminders to the businesses that are listed but not registered.", no_args_is_help=True)
    group.command("plan")(plan)
    app.add_typer(group, name="reminders")


def plan(
    until: Until = None,
    region: RegionCode = "ID",
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False,
    data: Data = DATA,
) -> None:
    """What would be sent to whom and when, if nothing changed. Nothing is sent."""
    query = {"region": region} | ({"until": f"{until:%Y-%m-%d}"} if until else {})
    if as_json:
        typer.echo(json.dumps(_everything(data, query), indent=1))
    else:
        _show(_ask(data, query | {"limit": str(SHOWN)}))


def _everything(data: Data, query: dict[str, str]) -> dict[str, Any]:
    """The plan with all its pages put together."""
    whole = _ask(data, query | {"limit": str(PAGE)})
    cursor = whole["next_cursor"]
    while cursor:
        page = _ask(data, query | {"limit": str(PAGE), "cursor": cursor})
        whole["items"] += page["items"]
        cursor = page["next_cursor"]
    return whole | {"next_cursor": None}


def _ask(data: Data, query: dict[str, str]) -> dict[str, Any]:
    import httpx

    from deploy.local.endpoints import load_endpoints

    where = load_endpoints(data)
    key = {"Authorization": f"Bearer {where.admin_key}"}
    try:
        with httpx.Client(base_url=where.notifications, headers=key, timeout=120, trust_env=False) as client:
            answer = client.get("/v1/plan", params=query)
    except httpx.HTTPError as problem:
        raise Failure(f"notifications does not answer ({type(problem).__name__}): see ./payung status") from problem
    if answer.status_code == 404:
        raise Failure(f"no region has the code {query['region']}: ID, a kanwil, a province (33) or a regency (33.11)")
    if answer.is_error:
        raise Failure(_detail(answer))
    body: dict[str, Any] = answer.json()
    return body


def _detail(answer: Any) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"notifications answered {answer.status_code}"


def _show(planned: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(_summary(planned), soft_wrap=True)
    if planned.get("note"):
        console.print(planned["note"], soft_wrap=True)
    if not planned["reminders"]:
        return
    days = Table("day", "channel", "reminders", "which", "where")
    for row in _days(planned["days"]):
        days.add_row(*row)
    console.print(days)
    console.print("The first of them (./payung reminders plan --json has all):")
    for item in planned["items"][:SHOWN]:
        at = datetime.fromisoformat(item["at"])
        line = f"  {at:%Y-%m-%d %H:%M} local time  {item['partner_id']}  {_name(item['region'])}\n    {item['why']}"
        console.print(line, soft_wrap=True, highlight=False)


def _summary(planned: dict[str, Any]) -> str:
    scope = f"Up to {planned['until']} in {_name(planned['region'])}"
    if not planned["reminders"]:
        return f"{scope}: no reminders."
    escalated = f", then {planned['escalations']} tasks for field agents" if planned["escalations"] else ""
    reminders = f"{planned['reminders']} reminders to {planned['partners']} partners{escalated}"
    return f"{scope}, if nobody registers: {reminders}. Nothing was sent."


def _days(rows: list[dict[str, Any]]) -> list[tuple[str, str, str, str, str]]:
    """One line a day and channel: how many, which message, in which regions."""
    templates: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    regions: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        templates[row["date"], row["channel"]][row["template"]] += row["count"]
        regions[row["date"], row["channel"]][row["region"]] += row["count"]
    return [
        (day, channel, str(count.total()), _list(count.most_common()), _region_names(regions[day, channel]))
        for (day, channel), count in sorted(templates.items())
    ]


def _region_names(counts: Counter[str]) -> str:
    named = _list([(_name(code), count) for code, count in counts.most_common(REGIONS_NAMED)])
    more = len(counts) - REGIONS_NAMED
    return f"{named} and {more} more regions" if more > 0 else named


def _list(counts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts)


def _name(code: str) -> str:
    from shared.regions import Regions

    region = Regions.load().get(code)
    return region.name if region else code
