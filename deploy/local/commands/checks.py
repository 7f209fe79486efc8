"""test, bench"""

import os
import sys
from typing import Annotated

import typer

from deploy.local.directory import ROOT
from deploy.local.failure import Failure

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def register(app: typer.Typer) -> None:
    app.command("test", context_settings=_PASS_ON, add_help_option=False)(test)
    app.command("bench", context_settings=_PASS_ON)(bench)


def test(
    context: typer.Context,
    long: Annotated[bool, typer.Option("--long", help="Go on with random faults for as long as asked.")] = False,  # noqa: PT028 - no test itself
) -> None:
    """Run the test suite; further arguments go to pytest. Its exit code is ours."""
    if long:
        os.environ["PAYUNG_TEST_LONG"] = "1"
    _become("pytest", context.args)


def bench(context: typer.Context, name: Annotated[str | None, typer.Argument()] = None) -> None:
    """Run a benchmark with its baselines, or name those there are."""
    known = sorted(path.stem for path in (ROOT / "tests/benchmarks").glob("[a-z]*.py"))
    if name is None:
        typer.echo("\n".join(known) or "there are no benchmarks")
    elif name not in known:
        raise Failure(f"there is no benchmark '{name}', only: {', '.join(known)}")
    else:
        _become(f"tests.benchmarks.{name}", context.args)


def _become(module: str, arguments: list[str]) -> None:
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - no shell is what we want
