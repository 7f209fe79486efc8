"""The channels a reminder can be sent through: what they are given and what they return."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from services.notifications.stories import Story


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for. Personal data: never logged, never kept beside the message."""

    name: str | None = None
    contact_person: str | None = None
    email: str | None = None
    phone: str | None = None
    language: Literal["id", "en"] = "id"
    individual: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way. `id` is the same whenever its first reminder is tried.

    `others`: the names of further partners whose reminders it holds; `wording`: the operator's text for it; `story`:
    what is told of its region.
    """

    id: str
    template: str
    region: str
    step: int
    recipient: Recipient
    contribution_from: int
    written_at: datetime
    others: tuple[str, ...] = ()
    wording: str | None = None
    story: Story | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How sending ended. `delayed` is tried again later; `failed` is for good. `detail` is a code, nothing personal.

    `may_have_left`: the connection was lost after the text was sent. `is_server_down`: the server is in trouble, not
    this message. `retry_after`: so many seconds the provider asks to be left alone.
    """

    result: Literal["sent", "delayed", "failed"]
    detail: str | None = None
    may_have_left: bool = False
    is_server_down: bool = False
    retry_after: float | None = None


class Channel(Protocol):
    """A way to send messages."""

    async def send(self, message: Message) -> Outcome:
        """Send now. What the other side does is an outcome, never an exception."""


Channels = Mapping[str, Channel]
