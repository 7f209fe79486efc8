"""A person who does not exist: what an agency would send about it, and by which texts any trace of it is found.

Nothing of it counts: it is listed and insured from a day about a year ahead. Its NIK begins with no province's code and
its phone number with no operator's, so it is nobody's.
"""

import json
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from shared.jakarta import today

if TYPE_CHECKING:
    from services.registration.vault import Vault

Event = dict[str, Any]

AGENCY: Final = "uji-penghapusan"
REGION: Final = "33.11"
AHEAD: Final = timedelta(days=360)
CONSONANTS: Final = "bdgjkmnprstwz"


@dataclass(frozen=True)
class Canary:
    """Invented anew for each drill."""

    word: str = field(default_factory=lambda: "".join(secrets.choice(CONSONANTS) for _ in range(12)))
    number: int = field(default_factory=lambda: random.SystemRandom().randrange(10**7, 10**8))

    @property
    def name(self) -> str:
        return f"Kenari {self.word.capitalize()}"

    @property
    def nik(self) -> str:
        return f"99990149{self.number:08}"

    @property
    def phone(self) -> str:
        return f"0860{self.number:08}"

    @property
    def participant_no(self) -> str:
        return f"UJI{self.number:08}{self.word[:2].upper()}"

    @property
    def _day(self) -> str:
        return (today() + AHEAD).isoformat()

    def texts(self) -> tuple[str, ...]:
        """Each stands for something personal; letters in any case."""
        return (self.word, self.nik, self.phone[1:], self.participant_no)

    def hashes(self, vault: "Vault") -> tuple[str, ...]:
        """The keyed hashes by which registration finds the person."""
        from services.registration.intake.cells import names
        from services.registration.intake.data_subject import hashed_name

        key = names.name_key(self.name)
        found = (vault.nik(self.nik), vault.name(key, REGION), hashed_name(vault, key))
        return tuple(str(each) for each in found if each is not None)

    def accepted(self) -> list[Event]:
        """A listing, the same corrected, and an enrolment."""
        return [
            self._event("partner.listed", self._listing()),
            self._event("partner.listed", self._listing() | {"workers": 1, "address": f"Jalan {self.word}"}),
            self._event("enrollment.registered", self._enrolment()),
        ]

    def refused(self) -> list[Event]:
        """What stays in the quarantine: a listing, an enrolment, a briefing that the person came to."""
        guests = {"name": "Uji", "held_on": "never", "attendees": [{"nik": self.nik}, {"nib": "0000000000000"}]}
        return [
            self._event("partner.listed", self._listing() | {"listed_on": "never"}),
            self._event("enrollment.registered", self._enrolment() | {"effective_on": "never"}),
            self._event("briefing.held", {"region": REGION, **guests}),
        ]

    def records(self) -> Iterator[tuple[bytes, str]]:
        """(value, content type) of what the agency writes to Kafka: an event, and one without its envelope."""
        yield json.dumps(self._event("partner.listed", self._listing())).encode(), "application/cloudevents+json"
        yield json.dumps(self._listing()).encode(), "application/json"

    def file(self) -> bytes:
        """A list with a row that is taken and one that is refused."""
        head = "nama;nik;telepon;kabupaten;tenaga kerja"
        rows = [f"{self.name};{self.nik};{self.phone};Kab. Sukoharjo;{workers}" for workers in ("1", "banyak")]
        return "\n".join((head, *rows, "")).encode()

    @property
    def list_date(self) -> str:
        return self._day

    def _listing(self) -> Event:
        contact = {"phone": self.phone, "email": f"kenari.{self.word}@example.invalid"}
        return {
            "partner": {"nik": self.nik},
            "name": self.name,
            "kind": "individual",
            "region": REGION,
            "listed_on": self._day,
            "contact": {"name": self.name, **contact},
        }

    def _enrolment(self) -> Event:
        return {
            "participant_no": self.participant_no,
            "partner": {"nik": self.nik},
            "region": REGION,
            "programmes": ["JKK", "JKM"],
            "segment": "BPU",
            "workers": 1,
            "effective_on": self._day,
        }

    def _event(self, kind: str, data: Event) -> Event:
        attributes = {"specversion": "1.0", "id": secrets.token_hex(8), "source": f"urn:{AGENCY}"}
        return attributes | {"type": kind, "data": data}
