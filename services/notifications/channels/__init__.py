"""The channels a reminder can be sent through: what they are given and what they return."""

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
    """How sending ended. `delayed` is tried again later; `failed` is for good. `detail` is a code, nothing personal.

    `may_have_left`: the connection was lost after the text was sent. `is_server_down`: the server is in trouble, not
    this message.
    """

    result: Literal["sent", "delayed", "failed"]
    detail: str | None = None
    may_have_left: bool = False
    is_server_down: bool = False


class Channel(Protocol):
    """A way to send messages."""

    async def send(self, message: Message) -> Outcome:
        """Send now. What the other side does is an outcome, never an exception."""


Channels = Mapping[str, Channel]
