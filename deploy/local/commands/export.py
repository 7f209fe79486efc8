"""export cells"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.endpoints import load_endpoints
from deploy.local.failure import Failure
from deploy.local.options import DATA, Data


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Figures as files for analysts.", no_args_is_help=True)
    group.callback()(_export)
    group.command("cells")(cells)
    app.add_typer(group, name="export")


def _export() -> None:
    """Figures as files for analysts."""


def cells(
    file: Annotated[Path, typer.Argument(help="The Parquet file to write; one of that name is replaced.")],
    data: Data = DATA,
) -> None:
    """What every day changed in each region and kind of partner, as a Parquet file. Small counts are not suppressed."""
    import asyncpg

    from services.coverage import export

    database = load_endpoints(data).database
    try:
        rows = asyncio.run(export.cells(database, file))
    except (OSError, asyncpg.PostgresError) as problem:
        because = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
        raise Failure(f"{file} could not be written: {because}") from problem
    typer.echo(f"{rows:,} rows in {file}, {file.stat().st_size:,} bytes; columns: docs/analysts.md")
