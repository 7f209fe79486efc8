"""What events and files are read against: the agency that sent them and what it declared about the file."""

from dataclasses import dataclass
from datetime import date

from services.registration.intake.files.reading_options import AS_FOUND, ReadingOptions
from services.registration.intake.jurisdiction import Jurisdiction


@dataclass(frozen=True)
class EventContext:
    """Whose events are read; `jkp` is whether the programme JKP is switched on."""

    jurisdiction: Jurisdiction
    jkp: bool = False


@dataclass(frozen=True)
class UploadContext:
    """Whose file is read and what the upload declared: its list, the list's date, whether every row needs a NIK."""

    jurisdiction: Jurisdiction
    list: str
    list_date: date
    require_nik: bool = False
    jkp: bool = False
    options: ReadingOptions = AS_FOUND
