"""The command line: composes the commands and turns every failure into one line."""

import importlib
import logging
import os
import pkgutil
import sys

import typer

from deploy.local import commands
from deploy.local.failure import Failure


def build() -> typer.Typer:
    """Every module of `commands` adds its own with `register(app)`."""
    app = typer.Typer(
        name="payung",
        help="Payung: who is covered by social insurance, who is not yet, and reminding those.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    newcomers_first = sorted(pkgutil.iter_modules(commands.__path__), key=lambda module: module.name != "stack")
    for module in newcomers_first:
        importlib.import_module(f"{commands.__name__}.{module.name}").register(app)
    return app


def main() -> None:
    """Exit codes: 0 done, 1 the thing asked for failed, 2 wrong usage."""
    logging.getLogger().addHandler(logging.NullHandler())  # what a library logs is not for the user
    try:
        build()(prog_name="payung")
    except Failure as failure:
        sys.exit(_failed(str(failure)))
    except Exception as unexpected:  # a user never meets a traceback; PAYUNG_DEBUG=1 shows it
        if os.environ.get("PAYUNG_DEBUG"):
            raise
        sys.exit(_failed(f"unexpected {type(unexpected).__name__}: {unexpected} (PAYUNG_DEBUG=1 shows where)"))


def _failed(line: str) -> int:
    print(f"payung: {' '.join(line.split())}", file=sys.stderr)
    return 1
