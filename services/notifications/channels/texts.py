"""The text of a reminder: templates in files, filled in for one recipient."""

from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notifications.channels import Message
from services.notifications.channels.names import clean_name

FOLDER = Path(__file__).parent / "templates"
TEMPLATES = frozenset(path.name.split(".")[0] for path in FOLDER.glob("*.id.txt"))
NAMELESS = {"id": "usaha Bapak/Ibu", "en": "your business"}
"""What a partner is called of whose name nothing can be written."""


def rupiah(amount: int) -> str:
    """Whole rupiah as people write it: Rp16.800."""
    return f"Rp{amount:,}".replace(",", ".")


def text_of(message: Message, *, replies: bool = True) -> tuple[str, str]:
    """(subject, body) in the recipient's language. Names cannot break lines nor add headers.

    `replies`: whether an answer reaches anybody; if not, the text names another way to stop.
    """
    to = message.recipient
    name, person = clean_name(to.name), clean_name(to.contact_person)
    rendered = (
        _environment()
        .get_template(f"{message.template}.{to.language}.txt")
        .render(
            name=name or person or NAMELESS[to.language],
            addressee=person or name,
            individual=to.individual,
            amount=rupiah(message.contribution_from),
            replies=replies,
        )
    )
    subject, _, body = rendered.partition("\n")
    return subject.removeprefix("Subject: "), body.strip() + "\n"


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    """Templates come from our own files alone; the sandbox is for the day on which somebody adds others."""
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FOLDER),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
