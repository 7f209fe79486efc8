"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.directory import DEFAULT

Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="The stack's directory.", show_default=".payung")]
DATA = DEFAULT
