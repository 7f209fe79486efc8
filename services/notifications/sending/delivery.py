"""Hands messages to their channels, and notices when the server behind a channel is in trouble."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from services.notifications.channels import Channels, Outcome
from services.notifications.sending.messages import Prepared
from shared.observability import get_logger

log = get_logger(__name__)

LONGEST_PAUSE = 30.0


class Delivery:
    """The deliveries of one worker. `count_result` is called with the result of each."""

    def __init__(self, channels: Channels, count_result: Callable[[str], object]) -> None:
        self.results = {"sent": 0, "delayed": 0, "failed": 0}
        self._channels = channels
        self._count_result = count_result
        self._cut_off = asyncio.Event()
        self._failures_of_server = 0
        """In a row; 0: the server works."""

    @property
    def is_server_down(self) -> bool:
        return self._failures_of_server > 0

    def pause_seconds(self) -> float:
        """How long to leave a server alone that is in trouble, instead of trying the next message at once."""
        return min(2.0 ** min(self._failures_of_server, 10), LONGEST_PAUSE) if self.is_server_down else 0.0

    def cut_off(self) -> None:
        """End every delivery that is still running; whether its message has left is not known."""
        self._cut_off.set()

    async def deliver(self, prepared: Prepared) -> Outcome:
        outcome = await self._unless_cut_off(self._channels[prepared.channel].send(prepared.message))
        self.results[outcome.result] += 1
        self._count_result(outcome.result)
        self._watch_server(prepared.channel, outcome)
        return outcome

    async def _unless_cut_off(self, sending: Coroutine[Any, Any, Outcome]) -> Outcome:
        attempt, cut_off = asyncio.ensure_future(sending), asyncio.ensure_future(self._cut_off.wait())
        try:
            await asyncio.wait({attempt, cut_off}, return_when=asyncio.FIRST_COMPLETED)
            return attempt.result() if attempt.done() else Outcome("delayed", "stopped", may_have_left=True)
        finally:
            cut_off.cancel()
            attempt.cancel()

    def _watch_server(self, channel: str, outcome: Outcome) -> None:
        """Log once that the server is in trouble, and once that it works again."""
        if outcome.is_server_down and not self.is_server_down:
            log.warning(
                "reminders wait: the server refuses or does not answer", channel=channel, problem=outcome.detail
            )
        if self.is_server_down and not outcome.is_server_down:
            log.info("reminders go out again", channel=channel)
        self._failures_of_server = self._failures_of_server + 1 if outcome.is_server_down else 0
