"""The text of a message: templates in files or the operator's own wording, filled in for one recipient."""

import re
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import Any, Literal

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notifications.channels import Message
from services.notifications.channels.names import clean_name
from services.notifications.channels.sms_alphabet import LONGEST_SMS, septets, shortened, to_gsm
from services.notifications.policy import Language
from services.notifications.stories import Story

FOLDER = Path(__file__).parent / "templates"
TOGETHER = "together"
"""The template of a message with the reminders of several partners."""
STORY = "story"
"""The template of what a message tells of its region."""
STORY_WIDTH = 88
TEMPLATES = frozenset(path.name.split(".")[0] for path in FOLDER.glob("*.id.txt")) - {TOGETHER, STORY}
NAMELESS = {"id": "usaha Bapak/Ibu", "en": "your business"}
"""What a partner is called of whose name nothing can be written."""
AND_MORE = {"id": "dan {number} lainnya", "en": "and {number} more"}
MOST_NAMES = 20
"""Names of partners in one message."""
PLACEHOLDER = re.compile(r"\{(\w*)\}")
PLACEHOLDERS = ("name", "addressee", "amount")
"""What an operator's wording may have in braces."""


def rupiah(amount: int) -> str:
    """Whole rupiah as people write it: Rp16.800."""
    return f"Rp{amount:,}".replace(",", ".")


def text_of(message: Message, *, replies: bool = True) -> tuple[str, str]:
    """(subject, body) in the recipient's language. Names cannot break lines nor add headers.

    `replies`: whether an answer reaches anybody; if not, the text names another way to stop.
    """
    values = _values(message) | {"replies": replies}
    if message.wording is not None and not message.others:
        rendered = filled(message.wording, values)
    else:
        template = TOGETHER if message.others else message.template
        rendered = _environment().get_template(f"{template}.{message.recipient.language}.txt").render(values)
    subject, _, body = rendered.partition("\n")
    return subject.removeprefix("Subject: "), body.strip() + "\n"


def short_text(message: Message, channel: Literal["whatsapp", "sms"]) -> str:
    """The text for a phone. An SMS is one of 160 characters of its own alphabet wherever the wording allows: names are
    shortened for it."""
    if channel == "sms":
        return _sms(message)
    if message.wording is not None and not message.others:
        return filled(message.wording, _values(message)).strip()
    return text_of(message)[1].strip()


def _sms(message: Message) -> str:
    values = _values(message)
    name = to_gsm(_several(message, values["name"]))
    values["addressee"] = to_gsm(values["addressee"])
    template = TOGETHER if message.others else message.template

    def render(shown: str) -> str:
        if message.wording is not None:
            return filled(message.wording, values | {"name": shown}).strip()
        found = _environment().get_template(f"{template}.{message.recipient.language}.sms.txt")
        return found.render(values | {"name": shown}).strip()

    return render(shortened(name, LONGEST_SMS - septets(render(""))))


def _several(message: Message, name: str) -> str:
    """The partner's name, and how many others there are."""
    if not message.others:
        return name
    return f"{name} {AND_MORE[message.recipient.language].format(number=len(message.others))}"


def _story(story: Story, language: Language) -> str:
    rendered = (
        _environment()
        .get_template(f"{STORY}.{language}.txt")
        .render(place=story.place, count=story.count, programme=story.programme, amount=rupiah(story.amount))
    )
    return fill(rendered.strip(), STORY_WIDTH)


def _values(message: Message) -> dict[str, Any]:
    """What templates show: cleaned names and the amount."""
    to = message.recipient
    nameless = NAMELESS[to.language]
    name, person = clean_name(to.name), clean_name(to.contact_person)
    names = [name or person or nameless, *(clean_name(other) or nameless for other in message.others)]
    return {
        "name": name or person or nameless,
        "addressee": person or name,
        "individual": to.individual,
        "story": _story(message.story, to.language) if message.story else None,
        "amount": rupiah(message.contribution_from),
        "names": names[:MOST_NAMES],
        "more": max(0, len(names) - MOST_NAMES),
    }


def filled(wording: str, values: dict[str, Any]) -> str:
    """An operator's wording with its placeholders filled in. Raises KeyError for one that there is not."""
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), wording)


def wording_fault(wording: str, channel: str) -> str | None:
    """What keeps a wording from being used; None if it is sound. Pure."""
    unknown = [name for name in PLACEHOLDER.findall(wording) if name not in PLACEHOLDERS]
    if unknown:
        usable = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        return f"Nothing stands for {unknown[0][:40]} in braces: use {usable}."
    if not re.search(r"\bSTOP\b|\bBERHENTI\b", wording):
        return "A text says how to stop: with the word STOP or BERHENTI."
    if len(wording) > 4_000 or "\x00" in wording:
        return "A text has at most 4000 characters, none of them U+0000."
    if channel == "sms":
        fixed = filled(wording, {"name": "x" * 10, "addressee": "x" * 10, "amount": "Rp16.800"})
        if to_gsm(wording) != wording or septets(fixed) > LONGEST_SMS:
            return "An SMS has at most 160 characters of its own alphabet, with a name of 10."
    if channel == "email" and not wording.partition("\n")[2].strip():
        return "An e-mail has its subject on the first line and its text below."
    return None


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
