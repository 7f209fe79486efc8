"""On whose behalf events and files are read."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Speaker:
    """On whose behalf events are read."""

    regions: tuple[str, ...]
    jkp: bool = False


@dataclass(frozen=True)
class Sender:
    """Whose file it is: the agency's regions and what the upload said about the file."""

    regions: tuple[str, ...]
    list: str
    list_date: date
    require_nik: bool = False
    jkp: bool = False

    @property
    def own(self) -> str | None:
        """The agency's regency, if it is a regency's agency: an empty region means it."""
        return self.regions[0] if len(self.regions) == 1 else None
