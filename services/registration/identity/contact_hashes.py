"""Phones, e-mails and owners' names as evidence of who a partner is: keyed hashes."""

from uuid import UUID

from services.registration.intake.cells import names
from services.registration.intake.commands import ContactDetails
from services.registration.vault import KeyedHashes


def of(
    vault: KeyedHashes, contact: ContactDetails, name: str | None, owner: str | None = None
) -> tuple[UUID | None, UUID | None, UUID | None]:
    """The phone, the e-mail and the owner's name, as far as they say who the partner with this name is.

    `owner` is by default the person in the contact.
    """
    email = contact.email.strip().lower() if contact.email and "@" in contact.email else None
    owner_name = names.owner_key(owner or contact.person, name) if name else None
    return (
        vault.hash_text(f"phone\x1f{contact.phone}") if contact.phone else None,
        vault.hash_text(f"email\x1f{email}") if email else None,
        vault.hash_text(f"owner\x1f{owner_name}") if owner_name else None,
    )
