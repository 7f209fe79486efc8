"""up, down, status"""

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.local.options import DATA, Data

if TYPE_CHECKING:
    from deploy.local.up import Options


STACK_SMTP = "PAYUNG_STACK_SMTP"
"""How a stack gets its `--smtp` where that must not stand among arguments."""

PASSWORDS = ("PAYUNG_SMTP_PASSWORD", "PAYUNG_SMTP_PASSWORD_FILE")


def register(app: typer.Typer) -> None:
    app.command("up")(start)
    app.command("down")(stop)
    app.command("status")(show)


def start(
    data: Data = DATA,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once everything is ready.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Without the demonstration's agencies and files.")] = False,
    ports: Annotated[
        int | None, typer.Option(min=1024, max=65500, metavar="BASE", help="Use the ports BASE, BASE+1, …")
    ] = None,
    smtp: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="smtp://user:password@host:port for e-mail; the password better in PAYUNG_SMTP_PASSWORD[_FILE].",
        ),
    ] = None,
) -> None:
    """Start Kafka, PostgreSQL and the three services; Ctrl-C stops them. Prints where it is if it is up already."""
    from deploy.local import detached, directory, up

    handed_over = os.environ.pop(STACK_SMTP, None)  # taken out: nothing else that is started here needs it
    shows_password = _holds_password(smtp or "")
    smtp = handed_over if smtp is None else smtp
    options = up.Options(data.absolute(), empty, ports, _mail_server(smtp))
    try:
        if options.data.is_dir() and up.running(options.data):
            _already(options)
        elif detach:
            detached.start(options, _arguments(options), _environment(options))
        elif shows_password:
            _start_again(options)
        else:
            up.run(options, silent=bool(os.environ.pop("PAYUNG_SILENT", "")))
    except directory.AlreadyUp:  # another call came first, between the question and the attempt
        _already(options)


def _holds_password(url: str) -> bool:
    user, at, _ = url.partition("://")[2].rpartition("@")
    return bool(at) and ":" in user


def _start_again(options: "Options") -> None:
    """Become the same command with the mail server in the environment: our own arguments may hold its password."""
    argv = [sys.executable, "-P", "-m", "deploy.local", "up", *_arguments(options)]
    os.execve(sys.executable, argv, {**os.environ, **_environment(options)})  # noqa: S606 - no shell is what we want


def _mail_server(url: str | None) -> str | None:
    """The URL with its password in it, which notifications alone gets: nothing that is started inherits PASSWORDS."""
    from pydantic import ValidationError

    from services.notifications.settings import MailServer

    try:
        return MailServer(smtp=url).mail_server().url if url is not None else None
    except ValueError as problem:
        refused = problem.errors()[0]["msg"] if isinstance(problem, ValidationError) else str(problem)
        reason = refused.removeprefix("Value error, ")
        raise typer.BadParameter(reason, param_hint="--smtp") from None
    finally:
        for name in PASSWORDS:
            os.environ.pop(name, None)


def _already(options: "Options") -> None:
    from deploy.local import detached, sign_in, up
    from deploy.local.endpoints import load_endpoints

    typer.echo(f"a stack is already up on {options.data}; waiting until it is ready …")
    detached.wait_ready(options.data)
    addresses = load_endpoints(options.data)
    for line in (*up.welcome(addresses, options.data), *sign_in.lines(addresses, options.data)):
        typer.echo(line)


def _arguments(options: "Options") -> list[str]:
    arguments = ["--data", str(options.data)]
    arguments += ["--empty"] if options.empty else []
    arguments += ["--ports", str(options.ports)] if options.ports else []
    return arguments


def _environment(options: "Options") -> dict[str, str]:
    """What must not stand in a command line, where every user of the machine can read it."""
    return {STACK_SMTP: options.smtp} if options.smtp else {}


def stop(data: Data = DATA) -> None:
    """Stop the stack of this directory; its data are kept."""
    from deploy.local import detached

    stopped = detached.stop(data.absolute())
    typer.echo("stopped; the data are kept" if stopped else f"nothing is running on {data}")


def show(data: Data = DATA, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """What runs: state, memory, lag, freshness, dead letters. Exit code 1 if nothing is up, or a part is not ready."""
    from deploy.local import status

    report = {**status.of(data.absolute()), **status.figures(data.absolute())}
    if as_json:
        typer.echo(json.dumps(report, indent=1))
    elif report["running"]:
        status.show(report)
    if not report["running"]:
        typer.echo(f"payung: no stack is up on {data}", err=True)
        raise typer.Exit(1)
    if report.get("phase") == "ready" and (troubles := status.troubles(report)):
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        typer.echo(f"payung: {troubles[0]}{more}", err=True)
        raise typer.Exit(1)
