"""A cursor: an agency's place in its changes, sealed, since the numbers would tell how much others do."""

import base64
import binascii
from contextlib import suppress

from cryptography.exceptions import InvalidTag

from services.registration.vault import Vault

LONGEST = 500


def seal(vault: Vault, agency: str, number: int) -> str:
    return base64.urlsafe_b64encode(vault.seal([agency, number])).decode().rstrip("=")


def opened(vault: Vault, agency: str, cursor: str) -> int | None:
    """The number in a cursor of this agency; None for anything else."""
    if len(cursor) <= LONGEST and cursor.isascii():
        with suppress(binascii.Error, InvalidTag, ValueError):
            holder, number = vault.open(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            return int(number) if holder == agency else None
    return None
