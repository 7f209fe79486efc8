"""test, bench"""

import os
import sys
from typing import Annotated

import typer

from deploy.local.directory import ROOT

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]}


def register(app: typer.Typer) -> None:
    app.command("test", context_settings=_PASS_ON)(test)
    app.command("bench", context_settings=_PASS_ON)(bench)


def test(
    context: typer.Context,
    long: Annotated[bool, typer.Option("--long", help="Go on with random faults for as long as asked.")] = False,  # noqa: PT028 - no test itself
) -> None:
    """Run the test suite; further arguments go to pytest."""
    if long:
        os.environ["PAYUNG_TEST_LONG"] = "1"
    _become("tests", context.args)


def bench(context: typer.Context) -> None:
    """Run a benchmark with its baselines, or name those there are."""
    _become("tests.benchmarks", context.args)


def _become(module: str, arguments: list[str]) -> None:
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - no shell is what we want
