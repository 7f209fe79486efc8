"""What messages would say under a policy, to somebody made up. Pure."""

from datetime import UTC, datetime
from typing import Any, Final

from services.notifications.channels import Message, Recipient
from services.notifications.channels.texts import short_text, text_of
from services.notifications.policy import KIND_OF, ChannelName, Language, Policy, Wording
from services.notifications.stories import Story

NAMES: Final[dict[Language, tuple[str, str, str]]] = {
    "id": ("Warung Contoh", "Ibu Umi", "Toko Contoh Dua"),
    "en": ("Example Shop", "Mrs Umi", "Second Example Shop"),
}
WRITTEN_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


def previews(policy: Policy) -> list[dict[str, Any]]:
    """Each step's text for each channel and language, to one business, and the one about several."""
    found = []
    for channel in (name for name in policy.channels if name in KIND_OF):
        for language in NAMES:
            for number, step in enumerate(policy.steps, 1):
                asked = (step.template, channel, language)
                own = [each for each in policy.wordings if (each.template, each.channel, each.language) == asked]
                found += [_preview(policy, number, channel, language, each) for each in own or (None,)]
            found.append(_preview(policy, 1, channel, language, several=True))
    return found


def _preview(
    policy: Policy,
    step: int,
    channel: ChannelName,
    language: Language,
    own: Wording | None = None,
    *,
    several: bool = False,
) -> dict[str, Any]:
    template = policy.steps[step - 1].template
    name, person, other = NAMES[language]
    to = Recipient(name, person, "siti@example.com", "+6281234567890", language)
    others = (other,) if several else ()
    story = Story("Kabupaten Contoh", 12, "JKK", 5_000_000) if channel == "email" else None
    message = Message(
        "preview",
        template,
        "36.71",
        step,
        to,
        policy.contribution_from,
        WRITTEN_AT,
        others,
        own.text if own else None,
        story,
    )
    subject, text = (
        text_of(message)
        if channel == "email"
        else (None, short_text(message, "sms" if channel == "sms" else "whatsapp"))
    )
    shown = {"template": template, "step": step, "channel": channel, "language": language, "several": several}
    shown |= {"variant": own.variant if own else ""}
    return shown | {"subject": subject, "text": text}
