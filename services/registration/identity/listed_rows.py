"""A listing as a row of evidence: what identifies it on its list, and what in it says who the partner is."""

from uuid import UUID

from msgspec.structs import replace

from services.registration.identity import contact_hashes
from services.registration.identity.profile import Row
from services.registration.intake.cells import names
from services.registration.intake.commands import ListPartner
from services.registration.orders import Hashes, Order
from services.registration.vault import KeyedHashes


def hashes(vault: KeyedHashes, agency: str, command: ListPartner, cooperative: UUID | None = None) -> Hashes:
    """The hashes of what the agency lists; `cooperative` is the partner that it names as its cooperative."""
    partner, name = command.partner, names.name_key(command.name)
    content = _content(vault, command, name, cooperative)
    if partner.ref is None:
        key = _row_key(vault, agency, command.list, content)
    else:
        key = vault.hash("evidence", agency, command.list, "ref", partner.ref)
    phone, email, owner = contact_hashes.of(vault, command.contact, command.name, command.owner)
    return Hashes(content, key, vault.nik(partner.nik), vault.name(name, command.region), phone, email, owner)


def _content(vault: KeyedHashes, command: ListPartner, name: str, cooperative: UUID | None) -> UUID:
    """A hash of all that the listing says of the partner: the same for a row that is sent again.

    Texts are compared like names. What has a ref is known by that, so there any other spelling is another content.
    """
    partner, heads, contact = command.partner, command.heads, command.contact
    compared = names.name_key if partner.ref is None else str
    name = name if partner.ref is None else command.name
    person, language, address = (
        compared(contact.person) if contact.person else None,
        compared(contact.language) if contact.language else None,
        compared(contact.address) if contact.address else None,
    )
    nib = int(partner.nib) if partner.nib else None
    text = (
        f"content\x1f{name if command.name else None}\x1f{command.region}\x1f{partner.nik}\x1f{nib}"
        f"\x1f{partner.nik_koperasi}\x1f{command.kind}\x1f{command.scale}\x1f{command.occupation}\x1f{cooperative}"
        f"\x1f{person}\x1f{contact.phone}\x1f{contact.email}\x1f{language}\x1f{address}"
        f"\x1f{heads.total}\x1f{heads.management}\x1f{heads.staff}\x1f{heads.labour}"
    )
    return vault.hash_text("\x1f".join((text, *command.other_texts)) if command.other_texts else text)


def row(order: Order[ListPartner], sequence: int, hashed: Hashes, cooperative: UUID | None) -> Row:
    """The listing as a row."""
    command, partner = order.command, order.command.partner
    return Row(
        key=hashed.key,
        sequence=sequence,
        partner=None,
        agency=order.agency,
        list=command.list,
        nib=int(partner.nib) if partner.nib else None,
        nik_koperasi=partner.nik_koperasi,
        nik=hashed.nik,
        name=hashed.name,
        region=command.region,
        kind=command.kind,
        first_listed=command.listed_on,
        last_listed=command.listed_on,
        line=command.line,
        scale=command.scale,
        occupation=command.occupation,
        cooperative=cooperative,
        heads=command.heads,
        import_id=order.import_id,
        phone=hashed.phone,
        email=hashed.email,
        owner=hashed.owner,
    )


def _row_key(vault: KeyedHashes, agency: str, list_name: str, content_hash: UUID) -> UUID:
    """The key of a row without a ref."""
    return vault.hash_text(f"evidence\x1f{agency}\x1f{list_name}\x1frow\x1f{content_hash}")


def key_without_texts(vault: KeyedHashes, order: Order[ListPartner], cooperative: UUID | None) -> UUID:
    """The key of a row without a ref if its texts that mean nothing to us did not count."""
    return hashes(vault, order.agency, replace(order.command, other_texts=()), cooperative).key


def personal(command: ListPartner) -> dict[str, str | None]:
    """What is personal in a listing, and its numbers as they were sent, as it is sealed.

    A row that names its partner by id may take numbers from others' rows: those are not shown.
    """
    contact = command.contact
    return {
        "name": command.name,
        "nik": command.partner.nik,
        "person": contact.person,
        "phone": contact.phone,
        "email": contact.email,
        "language": contact.language,
        "address": contact.address,
        "nib": command.partner.nib,
        "nik_koperasi": command.partner.nik_koperasi,
    }
