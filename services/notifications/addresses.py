"""Addresses as they can be used, and the keyed hashes under which they are compared. Pure but for the key."""

import base64
import re
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as FastUUID

from services.notifications.channels.mail import ADDRESS

MOBILE = re.compile(r"\+628[0-9]{8,11}")
"""A mobile number of Indonesia, which WhatsApp and SMS can reach."""
_SEPARATORS = re.compile(r"[\s().-]")
SECRET_BYTES = 32


def usable_phone(text: str | None) -> str | None:
    """The number in E.164 if it is a mobile number of Indonesia, however it is written: 0812…, 62812…, +62 812….

    >>> usable_phone("0860-0000-0001")
    '+6286000000001'
    """
    if text and MOBILE.fullmatch(text):
        return text
    digits = _SEPARATORS.sub("", text or "").removeprefix("+")
    if digits.startswith("0"):
        digits = "62" + digits[1:]
    found = f"+{digits}"
    return found if MOBILE.fullmatch(found) else None


def usable_email(text: str | None) -> str | None:
    """The address if it is one plain ASCII address; letters of any case are one address."""
    found = (text or "").strip()
    return found if ADDRESS.fullmatch(found) else None


@dataclass(frozen=True, slots=True)
class Keys:
    """The keyed hashes of one contact; None for what it lacks or what cannot be used."""

    phone: UUID | None = None
    email: UUID | None = None
    person: UUID | None = None

    def each(self) -> list[UUID]:
        return [key for key in (self.phone, self.email, self.person) if key is not None]


class AddressKeys:
    """Makes the keys under one secret of 32 bytes, given as base64. Raises ValueError for one of another size.

    Another secret makes other keys: all stops and refusals of before would no longer be found.
    """

    def __init__(self, secret: str) -> None:
        material = base64.b64decode(secret, validate=True)
        if len(material) != SECRET_BYTES:
            raise ValueError("PAYUNG_SECRET must be 32 bytes in base64")
        key = blake2b(material, digest_size=32, person=b"payung/address").digest()
        self._keyed = blake2b(key=key, digest_size=16)

    def of(self, phone: str | None, email: str | None, person: str | None = None) -> Keys:
        """The keys of a contact."""
        return Keys(self.phone(phone), self.email(email), self.person(person) if person else None)

    def phone(self, text: str | None) -> UUID | None:
        number = usable_phone(text)
        return self._hash("phone", number) if number else None

    def email(self, text: str | None) -> UUID | None:
        address = usable_email(text)
        return self._hash("email", address.lower()) if address else None

    def person(self, text: str) -> UUID:
        return self._hash("person", text)

    def address(self, text: str) -> UUID | None:
        """The key of an address of either kind."""
        return self.email(text) if "@" in text else self.phone(text)

    def _hash(self, kind: str, text: str) -> UUID:
        hashed = self._keyed.copy()
        hashed.update(f"{kind}\x1f{text}".encode())
        return FastUUID(hashed.digest())
