"""Commands of the command line in a text: each exists, with the options that are used."""

import re
import shlex
from typing import Any

import typer.main

from deploy.local import cli

_IN_TEXT = re.compile(r"(?:`|^)\./payung ([^`\n]*)", re.MULTILINE)


def problems_of_commands(text: str) -> list[str]:
    """What is wrong with each `./payung …` in backticks or at the beginning of a line; comments are left out."""
    return [problem for found in _IN_TEXT.findall(text) if (problem := _problem(found.split(" #")[0]))]


def _problem(line: str) -> str | None:
    command: Any = typer.main.get_command(cli.build())
    words = shlex.split(line)
    while hasattr(command, "commands") and words:
        name = words.pop(0)
        found = command.commands.get(name)
        if found is None:
            return f"./payung {line}: there is no command '{name}'"
        command = found
    if hasattr(command, "commands"):
        return f"./payung {line}: {command.name} is no command by itself"
    known = {option for each in command.params for option in each.opts}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in known]
    return f"./payung {line}: no option {', '.join(unknown)}" if unknown else None
