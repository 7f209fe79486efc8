"""rebuild coverage"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.local.endpoints import load_endpoints
from deploy.local.failure import Failure
from deploy.local.options import DATA, Data

if TYPE_CHECKING:
    from services.coverage.rebuild import Difference

SHOWN = 50


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Recompute from the log what a service knows.", no_args_is_help=True)
    group.callback()(_rebuild)
    group.command("coverage")(coverage)
    app.add_typer(group, name="rebuild")


def _rebuild() -> None:
    """Recompute from the log what a service knows."""


def coverage(
    data: Data = DATA,
    compare: Annotated[bool, typer.Option("--compare", help="Only report differences; exit 1 if any.")] = False,
) -> None:
    """Recompute all figures from the log beside the live ones, which go on meanwhile; then swap them in."""
    from services.coverage import rebuild

    endpoints = load_endpoints(data)
    try:
        if not compare:
            records = asyncio.run(rebuild.swap(endpoints.database, endpoints.kafka_url, report=typer.echo))
            typer.echo(f"the figures were recomputed from {records:,} records and swapped in")
            return
        differences = asyncio.run(rebuild.compare(endpoints.database, endpoints.kafka_url, report=typer.echo))
    except rebuild.TROUBLE as problem:
        raise Failure(f"the figures could not be rebuilt: {problem or type(problem).__name__}") from problem
    if differences:
        _print(differences)
        raise typer.Exit(1)
    typer.echo("the live figures equal those recomputed from the log: no differences")


def _print(differences: "list[Difference]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("table", "where", "live", "recomputed")
    for each in differences[:SHOWN]:
        table.add_row(each.table, each.where, each.live, each.rebuilt)
    Console().print(table)
    typer.echo(f"{len(differences):,} differences" + (f", {SHOWN} shown" if len(differences) > SHOWN else ""), err=True)
