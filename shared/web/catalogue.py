"""Brings the Indonesian catalogue up to date with templates and code: `python -m shared.web.catalogue`.

New messages are added without a translation, unused ones leave; tests/contract/test_catalogue.py fails until each has
its own. Sorted by message and without places, so that two branches seldom touch the same lines.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from shared.web import sentence_extraction
from shared.web.language import catalogue

ROOT: Final = Path(__file__).parents[2]
METHODS: Final = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS: Final[dict[str, dict[str, Any]]] = {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
KEYWORDS: Final[dict[str, Any]] = {"_": None, "gettext": None, "ngettext": (1, 2)}

HEADER: Final = """\
# Payung's pages in Indonesian: python -m shared.web.catalogue
msgid ""
msgstr ""
"Language: id\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def used() -> Catalog:
    """Every message that a template or a module of the services uses, and every sentence that they answer with."""
    found = Catalog(locale="id", project="Payung", fuzzy=False)
    for message, context in _messages():
        found.add(message, context=context, flags=["python-format"] if "%(" in str(message) else [])
    for sentence in sentence_extraction.sentences(ROOT):
        found.add(sentence)
    return found


def _messages() -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    for folder in ("shared", "services"):
        for _, _, message, _, context in extract_from_dir(
            ROOT / folder, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=()
        ):
            if message:
                yield message, context


def translated() -> Catalog:
    """The catalogue as it stands."""
    with catalogue("id").open("rb") as file:
        return read_po(file, locale="id")


def update() -> None:
    known = translated()
    known.update(used(), no_fuzzy_matching=True)
    known.obsolete.clear()
    with catalogue("id").open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, known, width=118, sort_output=True, no_location=True, omit_header=True)


if __name__ == "__main__":
    update()
