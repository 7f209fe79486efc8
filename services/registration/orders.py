"""An order: a command and who gave it. An outcome: what the order did, or why it is refused."""

from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from services.registration.intake.commands import Command
from services.registration.intake.values import Refusal
from shared.refusals import NoteCode

C = TypeVar("C", bound=Command, covariant=True)


class Hashes(msgspec.Struct, frozen=True, gc=False):
    """The keyed hashes of a listing: of all that it says, what sets its row apart on its list, and what identifies."""

    content: UUID
    key: UUID
    nik: UUID | None
    name: UUID
    phone: UUID | None
    email: UUID | None
    owner: UUID | None


class Order(msgspec.Struct, Generic[C], frozen=True, gc=False):
    """A command, the agency that gave it and the regions that agency works in; `import_id` where a file holds it.

    `hashes`: those of a listing that names no cooperative, where they were made ahead.
    """

    agency: str
    regions: tuple[str, ...]
    command: C
    import_id: UUID | None = None
    hashes: Hashes | None = None


class Effect(StrEnum):
    """What an accepted order changed."""

    NEW = "new"
    """A row that no earlier one was the same as."""
    REPLACED = "replaced"
    """A row with a reference whose content is another than before."""
    TWIN = "twin"
    """A row that stands in the same upload already."""
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    ERASED = "erased"
    CREATED = "created"
    CHANGED = "changed"


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """What the order changed, and the partner it is about, if it is about one.

    `notes`: what was kept in another way than the sender may think, each as often as it occurs.
    """

    effect: Effect
    partner: UUID | None = None
    notes: tuple[NoteCode, ...] = ()


Outcome = Accepted | Refusal
