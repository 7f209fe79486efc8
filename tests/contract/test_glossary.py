"""The glossary shows where each term is in the code: every path in it exists."""

import re

from deploy.local.directory import ROOT

GLOSSARY = (ROOT / "docs/glossary.md").read_text()


def test_every_path_exists() -> None:
    paths = re.findall(r"`([\w./]+/[\w./]*)`", GLOSSARY)
    assert len(paths) > 40
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_term_has_its_indonesian_word_and_its_place() -> None:
    rows = [line.split(" | ") for line in GLOSSARY.splitlines() if line.startswith("| ") and "---" not in line]
    assert [row for row in rows if len(row) != 4 or not all(cell.strip(" |") for cell in row)] == []
