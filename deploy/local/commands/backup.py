"""backup FILE, restore FILE"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.failure import Failure
from deploy.local.options import DATA, Data

FROM_ENVIRONMENT = "PAYUNG_BACKUP_PASSPHRASE"

File = Annotated[Path, typer.Argument(help="The backup.")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar=f"{FROM_ENVIRONMENT}_FILE",
        help=f"What seals it: a file with a passphrase or a random key; or {FROM_ENVIRONMENT} in the environment.",
    ),
]


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    file: File,
    data: Data = DATA,
    passphrase_file: PassphraseFile = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace FILE if it exists.")] = False,
) -> None:
    """Save the data of DIR as one consistent file, keys and secrets among them, while the stack runs or not."""
    from deploy.local.backup import saving

    passphrase, began = _passphrase(passphrase_file), time.monotonic()
    with _progress() as report:
        saved = asyncio.run(saving.save(data.absolute(), file.absolute(), passphrase, report, replace=replace))
    typer.echo(f"{file}: as of {saved.made_at}, {_size(saved.size)}, in {time.monotonic() - began:.1f} s")
    typer.echo(f"SHA-256 {saved.sha256}")
    if passphrase is None:
        typer.echo(
            "payung: not sealed: whoever can read this file can read all personal data, NIK too; "
            "--passphrase-file seals it",
            err=True,
        )


def restore(
    file: File,
    data: Data = DATA,
    passphrase_file: PassphraseFile = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also if DIR is not empty: what is in it is kept beside it.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--verify", help="Only check that the backup is whole, and say what it holds.")
    ] = False,
) -> None:
    """Make DIR of a backup; ./payung up then goes on where it was made."""
    from deploy.local.backup import restoring
    from deploy.local.endpoints import option

    passphrase, began = _passphrase(passphrase_file), time.monotonic()
    with _progress() as report:
        if dry_run:
            held = restoring.verify(file, passphrase, report)
        else:
            former = restoring.restore(file, data.absolute(), passphrase, report, replace=replace)
    if dry_run:
        sealed = "sealed" if held.sealed else "not sealed"
        log = f"{held.partitions} partitions of the log ({_size(held.log_bytes)})"
        typer.echo(f"{file} is whole: as of {held.made_at}, {log}, {_size(held.dump_bytes)} of the databases, {sealed}")
        return
    typer.echo(f"restored to {data} in {time.monotonic() - began:.1f} s")
    if former is not None:
        typer.echo(f"what was there is in {former}: remove it once it is not needed")
    typer.echo(f"next: ./payung up{option(data)}")


def _passphrase(file: Path | None) -> bytes | None:
    if file is None:
        given = os.environ.get(FROM_ENVIRONMENT)
        if given is None:
            return None
        passphrase, source = given.encode(), FROM_ENVIRONMENT
    else:
        source = str(file)
        try:
            passphrase = file.read_bytes()
        except OSError as problem:
            raise Failure(f"cannot read the passphrase in {file}: {problem.strerror}") from problem
    passphrase = passphrase.rstrip(b"\r\n")
    if not passphrase:
        raise Failure(f"the passphrase in {source} is empty")
    return passphrase


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """A moving line on a terminal, nothing elsewhere."""
    from rich.console import Console

    terminal = Console(highlight=False)
    if not sys.stdout.isatty():
        yield lambda step, done: None
        return
    with terminal.status("") as status:
        yield lambda step, done: status.update(f"{step} · {_size(done)}")


def _size(number: int) -> str:
    return f"{number / 1e6:,.1f} MB"
