"""The catalogue of refusals is what the code emits, no more and no less, and the page is made from it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from shared import errors_page
from shared.refusals import (
    NOTES,
    PROBLEMS,
    REFUSALS,
    WARNINGS,
    Explanation,
    NoteCode,
    ProblemCode,
    RefusalCode,
    WarningCode,
)

CODE_AT = {"Refusal": 0, "Refused": 0, "RegionError": 0, "Problem": 1, "problem_response": 1}
"""Which argument of these calls is the code."""
ALL = {**REFUSALS, **WARNINGS, **NOTES, **PROBLEMS}


def texts_in(tree: ast.AST) -> Iterator[str]:
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def trees(*folders: str) -> Iterator[ast.AST]:
    paths = (path for folder in folders for path in Path(folder).rglob("*.py"))
    return (ast.parse(path.read_text(encoding="utf-8")) for path in paths)


def codes_in_calls() -> set[str]:
    found: set[str] = set()
    for tree in trees("services", "shared"):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            at = CODE_AT.get(name)
            if at is not None and len(call.args) > at and isinstance(call.args[at], ast.Constant):
                found.update(texts_in(call.args[at]))
    return found


def test_every_code_is_explained() -> None:
    assert [*REFUSALS] == [*get_args(RefusalCode)]
    assert [*WARNINGS] == [*get_args(WarningCode)]
    assert [*PROBLEMS] == [*get_args(ProblemCode)]
    assert [*NOTES] == [*get_args(NoteCode)]
    assert len(ALL) == len(REFUSALS) + len(WARNINGS) + len(NOTES) + len(PROBLEMS)


@pytest.mark.parametrize("explanation", ALL.values(), ids=ALL)
def test_an_explanation_is_whole_sentences_in_both_languages(explanation: Explanation) -> None:
    for text in (explanation.meaning, explanation.action, explanation.arti, explanation.tindakan):
        assert text[0].isupper()
        assert text.endswith((".", "…"))


def test_what_is_emitted_is_in_the_catalogue() -> None:
    assert codes_in_calls() <= {*REFUSALS, *PROBLEMS}


def test_what_is_in_the_catalogue_is_emitted() -> None:
    framework = set(texts_in(ast.parse(Path("shared/problems.py").read_text(encoding="utf-8"))))
    assert {*REFUSALS} <= codes_in_calls()
    assert {*PROBLEMS} <= codes_in_calls() | framework
    assert {*WARNINGS} <= {text for tree in trees("services/registration/intake") for text in texts_in(tree)}
    assert {*NOTES} <= {text for tree in trees("services/registration/records") for text in texts_in(tree)}


def test_the_page_is_current() -> None:
    assert errors_page.PATH.read_text(encoding="utf-8") == errors_page.rendered(), "run python -m shared.errors_page"
