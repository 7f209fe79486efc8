"""secret rotate"""

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.failure import Failure
from deploy.local.options import DATA, Data

READY_WITHIN = 180.0
"""Seconds that a running stack may take until it is up with new secrets."""

EFFECTS = {
    "admin-key": "a new administrator's key; the old one and the sessions it signed in end",
    "personal-data": "a new key seals NIKs and contacts; what is sealed is sealed anew beside the work, hashes stay",
    "databases": "new passwords of PostgreSQL's administrator and of the services' roles",
    "kafka": "new passwords of Kafka's administrator and of the services; agencies' stay",
}
"""Name → what it does, in the order in which they are shown."""

Names = Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(EFFECTS)}; all if none is given.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be replaced.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The stack's own secrets.", no_args_is_help=True)
    group.command("rotate")(rotate)
    app.add_typer(group, name="secret")


def rotate(names: Names = None, data: Data = DATA, dry_run: DryRun = False) -> None:
    """Replace the stack's keys and passwords. A running stack starts its parts again, which takes some 15 seconds."""
    from deploy.local import credentials, directory
    from deploy.local.directory import Directory

    chosen = _chosen(names or [])
    home = Directory(data.resolve())
    if not home.file(credentials.FILE).exists():
        raise Failure(f"there is no stack on {data}: nothing to rotate")
    for name in chosen:
        typer.echo(f"{name}: {EFFECTS[name]}")
    typer.echo("as they were: agencies' keys (./payung key rotate), and what hashes the addresses of who asked to stop")
    is_up = directory.holder(home) is not None
    if dry_run:
        typer.echo(f"{'the parts would be started again' if is_up else 'the stack is down'}; nothing was changed")
        return
    fresh = credentials.rotate(home, chosen)
    if is_up:
        typer.echo("secrets.json is replaced; the parts start again …")
        _wait(data, fresh.fingerprint)
    typer.echo("done" if is_up else "secrets.json is replaced; the next ./payung up makes it count")
    typer.echo("backups made before hold the former secrets: seal them, and remove them when their time is over")


def _chosen(names: list[str]) -> list[str]:
    for name in names:
        if name not in EFFECTS:
            raise typer.BadParameter(f"'{name}' is none of {', '.join(EFFECTS)}")
    return [name for name in EFFECTS if name in names or not names]


def _wait(data: Path, fingerprint: str) -> None:
    """Until the stack is up with these secrets; it goes on by itself if nobody waits."""
    from deploy.local import directory, process
    from deploy.local.directory import Directory

    home = Directory(data.resolve())

    def is_up() -> bool:
        state = directory.state(home)
        return bool(state and state["phase"] == "ready" and state.get("secrets") == fingerprint)

    process.wait_until(lambda: is_up() or directory.holder(home) is None, READY_WITHIN)
    if not is_up():
        log = data / "logs/stack.log"
        raise Failure(f"the secrets are replaced, but the stack is not up with them: see {log}, then ./payung up")
