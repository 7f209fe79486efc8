"""Finds the sentences that the services answer with, for the catalogue: texts of whole words that end in a full stop.

A value within a sentence (an f-string) becomes a placeholder, named after the last name in its expression: of
`f"At most {limit >> 20} MiB."` it is `At most {limit} MiB.`
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.web.sentences import ANOTHER_FAULT

NOT_ANSWERED: Final = (
    *("shared/openapi", "shared/events", "shared/fields.py", "shared/refusals.py", "shared/examples"),
    *("shared/bus", "shared/web/sentence", "services/registration/api/event_bodies.py", "services/coverage/rebuild.py"),
)
"""What is told of the product, to developers and operators."""
NOT_ANSWERED_NAMES: Final = frozenset(("DESCRIBED", "FILE", "COLUMNS", "REPLACE"))
"""Constants of the same sort in other modules."""
NOT_ANSWERED_ARGUMENTS: Final = frozenset(("description", "summary", "help"))
WORDS: Final = (
    *("or", "micro", "small", "medium", "large", "filed", "paid", "rejected", ANOTHER_FAULT),
    *("reminder {step} of {steps} on {on}", "reminder {step} of {steps} on {on}, put off after a passing failure"),
    "reminder {step} of {steps} on {on}, put off since the address has had as many messages as it may get",
)
"""Words of ours within sentences, and what joins them."""
FRAMEWORK: Final = (
    *("Not Found", "Method Not Allowed", "{field}: {message}", "Input should be {choices}"),
    *("Input should be a valid string", "Input should be a valid dictionary", "Input should be a valid UUID"),
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid boolean, unable to interpret input",
    *("Input should be less than or equal to {most}", "Input should be greater than or equal to {least}"),
    *("String should have at most {most} characters", "String should have at least {least} characters"),
    *("String should have at least {least} character", "String should match pattern {pattern}"),
)
"""What FastAPI and Pydantic say of a request."""
FIELDS: Final = (
    *("name", "owner", "person", "nik", "nib", "nik_koperasi", "kind", "scale", "region", "region_code", "phone"),
    *("email", "address", "workers", "management", "staff", "labour", "men", "women", "date", "status", "occupation"),
    *("ref", "partner_id", "participant_no", "segment", "effective_on", "until", "programmes", "programme"),
    *("claim_ref", "occurred_on", "paid_on", "amount", "source", "from", "value", "measure", "list", "batch"),
    *("held_on", "quota", "present", "number", "title", "party_1", "party_2", "parties", "listed_on", "as_of"),
    *("cooperative", "partner", "contact", "member", "unit", "inactive"),
)
"""Fields and meanings of columns as sentences name them."""
_SENTENCE: Final = re.compile(r"[A-Z{'].* .*\.|[A-Z].* .*\{save_as\}", re.DOTALL)
_THING: Final = re.compile(r"(?:an?|save the) [\w ()]+\.?|a file of a kind that we do not read")
"""What a value within a sentence about files may be: `This is {what}, not a table`."""
_ABOUT_FILES: Final = "services/registration/intake/files"


def sentences(root: Path) -> Iterator[str]:
    """Each sentence of the services' modules, some more than once."""
    yield from (*WORDS, *FIELDS, *FRAMEWORK)
    for folder in ("services", "shared"):
        for path in sorted((root / folder).rglob("*.py")):
            if not path.relative_to(root).as_posix().startswith(NOT_ANSWERED):
                texts = list(_texts(ast.parse(path.read_text(encoding="utf-8"))))
                yield from filter(_SENTENCE.fullmatch, texts)
                if path.is_relative_to(root / _ABOUT_FILES):
                    yield from filter(_THING.fullmatch, texts)


def _texts(tree: ast.AST) -> Iterator[str]:
    left_out = {id(node) for part in _left_out(tree) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) not in left_out and (text := template(node)):
            yield text


def _left_out(tree: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, what describes a route or an option, and the parts of f-strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node
        elif isinstance(node, ast.keyword) and node.arg in NOT_ANSWERED_ARGUMENTS:
            yield node.value
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _names(node) & NOT_ANSWERED_NAMES:
            yield node
        elif isinstance(node, ast.JoinedStr):
            yield from node.values


def _names(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def template(node: ast.AST) -> str | None:
    """The text of a string or f-string, with `{name}` for each value; None for another node."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    text, used = "", set[str]()
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = plain = _name(part.value)
            count = 1
            while name in used:
                count += 1
                name = f"{plain}_{count}"
            used.add(name)
            text += f"{{{name}}}"
        elif isinstance(part, ast.Constant):
            text += str(part.value)
    return text


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().strip("_")
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key
        case ast.Subscript(value=value) | ast.BinOp(left=value):
            return _name(value)
        case ast.Call(func=ast.Attribute(attr="join"), args=[argument]):
            return _name(argument)
        case ast.Call(func=ast.Attribute(attr="isoformat" | "date", value=value)):
            return _name(value)
        case ast.Call(func=function):
            return _name(function)
        case ast.GeneratorExp(elt=element):
            return _name(element)
        case ast.IfExp(body=body):
            return _name(body)
    return "value"
