"""erase, erase --verify"""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.failure import Failure
from deploy.local.options import DATA, Data

if TYPE_CHECKING:
    from deploy.local.erasure.receipt import Receipt

Partner = Annotated[str | None, typer.Argument(help="The partner's id; left out with --verify.")]
Verify = Annotated[bool, typer.Option("--verify", help="Erase an invented person and search for it everywhere.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this, what would go is only shown.")]
ReceiptFile = Annotated[
    Path | None, typer.Option("--receipt", metavar="FILE", help="Where to write the receipt for the agency, as JSON.")
]
Backup = Annotated[bool, typer.Option(help="Also make a backup and search it; it is deleted afterwards.")]


def register(app: typer.Typer) -> None:
    app.command("erase")(erase)


def erase(
    partner: Partner = None,
    verify: Verify = False,
    yes: Yes = False,
    receipt: ReceiptFile = None,
    backup: Backup = True,
    data: Data = DATA,
) -> None:
    """Erase a person everywhere, or show with an invented one that nothing of it is left."""
    if verify == (partner is not None):
        raise typer.BadParameter("either the id of a partner, or --verify")
    made = _drill(data, backup) if partner is None else _erased(data, partner, yes)
    if made is None:
        return
    for line in made.lines():
        typer.echo(line)
    if receipt is not None:
        _write(receipt, made.as_json())
    if made.left:
        raise Failure(f"found where it may not be: {', '.join(sorted(made.left))}")


def _drill(data: Path, backup: bool) -> "Receipt":
    import asyncpg
    from aiokafka.errors import KafkaError

    from deploy.local import credentials
    from deploy.local.directory import Directory
    from deploy.local.endpoints import load_endpoints
    from deploy.local.erasure import receipt
    from deploy.local.erasure.drill import Drill
    from services.registration.vault import Vault

    endpoints, home = load_endpoints(data), Directory(data.resolve())
    drill = Drill(home, endpoints, Vault(credentials.of(home).secret), lambda step: typer.echo(step, err=True))
    try:
        return receipt.of_drill(endpoints, asyncio.run(drill.run(backup=backup)))
    except (asyncpg.PostgresError, KafkaError, OSError, TimeoutError) as problem:
        raise Failure(f"the drill did not end ({type(problem).__name__}): see ./payung status") from problem


def _erased(data: Path, partner: str, yes: bool) -> "Receipt | None":
    from deploy.local.client import Client
    from deploy.local.endpoints import load_endpoints
    from deploy.local.erasure import receipt

    endpoints = load_endpoints(data)
    missing = f"there is no partner '{partner}', or it was erased already"
    with Client(endpoints.registration, endpoints.admin_key) as client:
        known: dict[str, Any] = client.call("GET", f"/v1/partners/{partner}", missing=missing).json()
        insured = "registered" if known["registered"] else "not registered"
        typer.echo(f"{known['id']}: {known['kind']} in {known['region']}, on {len(known['lists'])} lists, {insured}")
        if not yes:
            typer.echo("--yes erases it everywhere, for all agencies; that cannot be undone")
            return None
        client.call("DELETE", f"/v1/partners/{partner}", missing=missing)
    return receipt.of_erasure(data, endpoints, known["id"])


def _write(file: Path, content: dict[str, Any]) -> None:
    try:
        file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    except OSError as problem:
        raise Failure(f"it is erased, but the receipt cannot be written to {file}: {problem.strerror}") from problem
    typer.echo(f"receipt: {file}")
