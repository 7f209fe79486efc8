"""redact"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.local.endpoints import load_endpoints
from deploy.local.failure import Failure
from deploy.local.options import DATA, Data

if TYPE_CHECKING:
    from services.registration.redaction import Redacted

Text = Annotated[str, typer.Argument(help="What must go, for example a person's name in an agreement's title.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this, what would go is only shown.")]
FIGURES = ("target.set", "denominator.set")


def register(app: typer.Typer) -> None:
    app.command("redact")(redact)


def redact(text: Text, yes: Yes = False, data: Data = DATA) -> None:
    """Take every target, denominator, briefing and agreement that holds a text out of the database and the log."""
    found = _run(data, text, yes)
    for key, kind in found.statements.items():
        typer.echo(f"{kind}  {key}")
    if not found.statements and not found.records:
        raise Failure("no statement holds this text")
    if not yes:
        typer.echo(f"{len(found.statements)} statements hold this text; --yes takes them out, in all their versions")
        return
    typer.echo(f"{len(found.statements)} statements and {found.records} records of the log are gone")
    typer.echo("their agencies may send them again without this text")
    if any(kind in FIGURES for kind in found.statements.values()):
        typer.echo("coverage still shows the targets and denominators among them: ./payung rebuild coverage")


def _run(data: Data, text: str, yes: bool) -> "Redacted":
    import asyncpg
    from aiokafka.errors import KafkaError

    from services.registration import redaction

    endpoints = load_endpoints(data)

    async def done() -> "Redacted":
        settings = {"search_path": "registration"}
        db = await asyncpg.connect(endpoints.database, server_settings=settings, timeout=10)
        try:
            return await (redaction.redact(db, endpoints.kafka_url, text) if yes else redaction.find(db, text))
        finally:
            await db.close()

    try:
        return asyncio.run(done())
    except ValueError as problem:
        raise Failure(str(problem)) from problem
    except (asyncpg.PostgresError, KafkaError, OSError, TimeoutError) as problem:
        raise Failure(f"nothing was taken out ({type(problem).__name__}): see ./payung status") from problem
