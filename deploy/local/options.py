"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.directory import DEFAULT


def _named(directory: str) -> Path:
    """An empty name is a variable that was not set: it must not mean the directory one happens to be in."""
    if not directory:
        raise typer.BadParameter("the directory's name is empty")
    return Path(directory)


Data = Annotated[
    Path,
    typer.Option("--data", metavar="DIR", help="The stack's directory.", show_default=".payung", parser=_named),
]
DATA = DEFAULT
