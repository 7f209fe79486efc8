"""up, down, status"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.options import DATA, Data
from deploy.local.providers import NO_PROVIDERS, SECRETS, Providers

if TYPE_CHECKING:
    from deploy.local.up import Options


def register(app: typer.Typer) -> None:
    app.command("up")(start)
    app.command("down")(stop)
    app.command("status")(show)


GATEWAY_HELP = (
    "The HTTP gateway of {}, or a provider as apprise's URL with {{to}} for the number; its token in "
    "PAYUNG_{}_TOKEN[_FILE]."
)


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
    whatsapp: Annotated[
        str | None,
        typer.Option(metavar="URL", help=GATEWAY_HELP.format("WhatsApp", "WHATSAPP")),
    ] = None,
    sms: Annotated[str | None, typer.Option(metavar="URL", help=GATEWAY_HELP.format("SMS", "SMS"))] = None,
    imap: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="imaps://user@host:port/folder of bounces and answers; its password in PAYUNG_IMAP_PASSWORD[_FILE].",
        ),
    ] = None,
) -> None:
    """Start Kafka, PostgreSQL and the three services; Ctrl-C stops them. Prints where it is if it is up already."""
    from deploy.local import detached, directory, up

    shows_password = any(map(_holds_password, filter(None, (smtp, imap)))) or any(map(_is_apprise, (whatsapp, sms)))
    options = up.Options(data.absolute(), empty, ports, _providers(smtp, whatsapp, sms, imap))
    try:
        if options.data.is_dir() and up.running(options.data):
            _already(options)
        elif detach:
            detached.start(options, _arguments(options), options.providers.given())
        elif shows_password:
            _start_again(options)
        else:
            up.run(options, silent=bool(os.environ.pop("PAYUNG_SILENT", "")))
    except directory.AlreadyUp:  # another call came first, between the question and the attempt
        _already(options)


def _holds_password(url: str) -> bool:
    user, at, _ = url.partition("://")[2].rpartition("@")
    return bool(at) and ":" in user


def _is_apprise(url: str | None) -> bool:
    """Where a credential stands in such a URL is each provider's own."""
    return not (url or "http").lower().startswith("http")


def _start_again(options: "Options") -> None:
    """Become the same command with the providers in the environment: our own arguments may hold a credential."""
    argv = [sys.executable, "-P", "-m", "deploy.local", "up", *_arguments(options)]
    os.execve(sys.executable, argv, {**os.environ, **options.providers.given()})  # noqa: S606 - no shell is what we want


def _providers(smtp: str | None, whatsapp: str | None, sms: str | None, imap: str | None) -> Providers:
    """Those asked for, else those handed over by the process that starts this one; with the secrets beside them, which
    notifications alone gets: they are taken out of the environment of everything else that is started."""
    handed_over = Providers.handed_over(os.environ)
    try:
        if smtp is whatsapp is sms is imap is None and handed_over != NO_PROVIDERS:
            return handed_over
        return Providers(
            _mail_server(smtp),
            *_gateway("whatsapp", whatsapp),
            *_gateway("sms", sms),
            inbound_secret=_inbound_secret(),
            imap=_mailbox(imap),
        )
    finally:
        for name in (*SECRETS, *Providers(*(["x"] * 7)).given()):
            os.environ.pop(name, None)


def _mail_server(url: str | None) -> str | None:
    """The URL with its password in it."""
    from services.notifications.settings import MailServer

    with _refused("--smtp"):
        return MailServer(smtp=url).mail_server().url if url is not None else None


def _mailbox(url: str | None) -> str | None:
    """The URL with its password in it."""
    from services.notifications.settings import MailboxServer

    with _refused("--imap"):
        found = MailboxServer(imap=url).mailbox() if url is not None else None
        return found.url if found else None


def _gateway(name: str, url: str | None) -> tuple[str | None, str | None]:
    """The gateway's URL and token."""
    from services.notifications.settings import Gateways

    if url is None:
        return None, None
    with _refused(f"--{name}"):
        given: dict[str, Any] = {"whatsapp": None, "sms": None, name: url}
        found = Gateways(**given).gateways()
        if name not in found:
            raise ValueError("an address is needed")
        return found[name].url, found[name].token


def _inbound_secret() -> str | None:
    from shared import signatures

    secret = os.environ.get("PAYUNG_INBOUND_SECRET") or None
    with _refused("PAYUNG_INBOUND_SECRET"):
        if secret:
            signatures.check_secret(secret)
    return secret


@contextmanager
def _refused(what: str) -> Iterator[None]:
    """A setting that cannot be used, in the words of its error and without repeating it."""
    from pydantic import ValidationError

    try:
        yield
    except ValueError as problem:
        refused = problem.errors()[0]["msg"] if isinstance(problem, ValidationError) else str(problem)
        raise typer.BadParameter(refused.removeprefix("Value error, "), param_hint=what) from None


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
