"""How one channel's provider is treated: how many messages it is given, and when it is left alone. Pure: times come in.

A circuit breaker: after a failure of the provider nothing is handed over for a while, twice as long each time; then one
message tries, and the first that succeeds lets all others follow.
"""

from datetime import datetime, timedelta

from services.notifications.channels import Outcome

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(seconds=30)
LONGEST_ASKED = timedelta(hours=6)
"""However long a provider asks to be left alone."""
UNLIMITED = 1_000_000


class Provider:
    """`per_minute`: how many messages it takes, evenly; None: as many as there are."""

    def __init__(self, per_minute: int | None = None) -> None:
        self._pace = timedelta(minutes=1) / per_minute if per_minute else None
        self._failures = 0
        self.down_since: datetime | None = None
        self.problem: str | None = None
        """The code of its last failure, while it is in trouble."""
        self._closed_until: datetime | None = None
        self._free_from: datetime | None = None
        """When the messages handed over so far have used up their share of time."""

    @property
    def is_down(self) -> bool:
        return self._failures > 0

    def room(self, now: datetime) -> int:
        """How many messages it may be given now."""
        if self._closed_until is not None and now < self._closed_until:
            return 0
        return min(1 if self.is_down else UNLIMITED, self._within_rate(now))

    def _within_rate(self, now: datetime) -> int:
        """A second's worth of messages at most, so that no burst follows a rest."""
        if self._pace is None:
            return UNLIMITED
        saved = now - max(self._free_from or now - BURST, now - BURST)
        return max(int(saved / self._pace), 1 if saved >= BURST else 0)

    def began(self, now: datetime) -> None:
        """A message is handed over."""
        if self._pace is not None:
            self._free_from = max(self._free_from or now - BURST, now - BURST) + self._pace

    def ended(self, outcome: Outcome, now: datetime) -> None:
        """A message was handed over, or not."""
        self._failures = self._failures + 1 if outcome.is_server_down else 0
        self.down_since = (self.down_since or now) if self.is_down else None
        self.problem = outcome.detail if self.is_down else None
        pause = min(FIRST_PAUSE * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE) if self.is_down else timedelta()
        asked = min(timedelta(seconds=outcome.retry_after or 0), LONGEST_ASKED)
        self._closed_until = now + max(pause, asked) if self.is_down or asked else None


BURST = timedelta(seconds=1)
