"""The facts of so many partners on the log: each listed with an e-mail address, three in ten registered."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from shared.bus.producer import Producer
from shared.bus.records import Outgoing
from shared.events import contacts, enrollments, partners
from shared.events.model import Workers, encode
from shared.regions import Regions

REGENCY = "36.71"
IN_REGENCY = 2_000
"""Partners in the regency whose plan is asked for: what it has of a million."""
REGISTERED = 3
"""Of ten."""


def partner_id(number: int) -> str:
    return str(UUID(int=(0x01940000 << 96) | (0x7 << 76) | (0x8 << 60) | number))


def is_registered(number: int) -> bool:
    return number % 10 < REGISTERED


async def publish(kafka: str, prefix: str, count: int, known: datetime) -> int:
    """How many facts were written."""
    producer = Producer(kafka, "/bench", prefix=prefix)
    written, events = 0, _events(count, known)
    while some := list(islice(events, 5_000)):
        await producer.publish(some)
        written += len(some)
    await producer.stop()
    return written


def _events(count: int, known: datetime) -> Iterator[Outgoing]:
    codes = Regions.load().regencies("ID")
    listed = (partners.Listing("a", "list", date(2026, 11, 1)),)
    insured = (enrollments.Period(date(2026, 11, 1), None, REGENCY, "PU", ("JKK", "JKM"), Workers()),)
    for number in range(count):
        key = partner_id(number)
        region = REGENCY if number < IN_REGENCY else codes[number % len(codes)]
        mail, name = f"p{number}@example.com", f"Usaha Misal {number}"
        contact = contacts.Contact(key, 1, name=name, contact_person="Siti Contoh", email=mail, recorded_at=known)
        yield Outgoing("contacts", key, "contact.changed", f"c{number}", known, encode(contact))
        partner = partners.Partner(
            key, 1, "active", region, "business", known, lists=listed, listed_on=date(2026, 11, 1)
        )
        yield Outgoing("partners", key, "partner.listed", f"p{number}", known, encode(partner))
        if is_registered(number):
            timeline = enrollments.Enrollment(
                partner_id=key, version=1, kind="business", periods=insured, recorded_at=known, agency="bpjs"
            )
            yield Outgoing("enrollments", key, "enrollment.registered", f"e{number}", known, encode(timeline))
