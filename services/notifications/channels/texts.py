"""The text of a reminder: templates in files, filled in for one recipient."""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notifications.channels import Message

FOLDER = Path(__file__).parent / "templates"
TEMPLATES = frozenset(path.name.split(".")[0] for path in FOLDER.glob("*.id.txt"))
LONGEST_NAME = 80
IDENTIFIER = re.compile(r"\d{8,}|\d(?:[ .'/-]{0,3}\d){10,}")


def rupiah(amount: int) -> str:
    """Whole rupiah as people write it: Rp16.800."""
    return f"Rp{amount:,}".replace(",", ".")


def text_of(message: Message, *, replies: bool = True) -> tuple[str, str]:
    """(subject, body) in the recipient's language. Names cannot break lines nor add headers.

    `replies`: whether an answer reaches anybody; if not, the text names another way to stop.
    """
    to = message.recipient
    name = one_line(to.name or to.contact_person or "")
    rendered = (
        _environment()
        .get_template(f"{message.template}.{to.language}.txt")
        .render(
            name=name,
            addressee=one_line(to.contact_person or to.name or ""),
            individual=to.individual,
            amount=rupiah(message.contribution_from),
            replies=replies,
        )
    )
    subject, _, body = rendered.partition("\n")
    return subject.removeprefix("Subject: "), body.strip() + "\n"


def one_line(text: str) -> str:
    """A name as it may be written in a header: control characters and runs of white space become one space.

    Identifiers typed into a name (NIK, NIB, a card's or employer's number) are left out, also in groups of digits.
    """
    plain = "".join(char if char.isprintable() else " " for char in text)
    shown = IDENTIFIER.sub("", plain)
    return re.sub(r"\s+", " ", shown).strip()[:LONGEST_NAME].strip()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=False,  # noqa: S701 - plain text; nothing here is HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
