"""The ways a reminder can go: what they are given and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for. Personal data: never logged, never kept beside the message."""

    name: str | None = None
    contact_person: str | None = None
    email: str | None = None
    language: Literal["id", "en"] = "id"
    individual: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One reminder on its way. `id` is the same whenever this reminder is tried."""

    id: str
    template: str
    region: str
    step: int
    recipient: Recipient
    contribution_from: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went. `delayed` is tried again later; `failed` is for good. `detail` is a code, nothing personal.

    `unsure`: the text had left when the connection was lost. `down`: the way itself is in trouble, not this message.
    """

    result: Literal["sent", "delayed", "failed"]
    detail: str | None = None
    unsure: bool = False
    down: bool = False


class Channel(Protocol):
    """A way out."""

    async def send(self, message: Message) -> Outcome:
        """Send now. Never raises for what the other side does."""


Channels = Mapping[str, Channel]
