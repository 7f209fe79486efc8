"""Facts as they are stored to compare with: without version and time, so that only their content counts."""

from datetime import UTC, datetime

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for recorded_at in a stored fact."""

UNNUMBERED = 0
"""Stands for the version in a stored fact."""
