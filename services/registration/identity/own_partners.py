"""Partners as one agency's lists alone show them: what it is answered must not depend on what others list. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from services.registration.identity.profile import Row


def formed(before: Iterable[Row], after: Iterable[Row]) -> Counter[UUID]:
    """Import → by how many its number of partners rose that its agency lists by rows of this import alone.

    Rows of whole partners, as they were and as they are.
    """
    counts = _counts(after)
    counts.subtract(_counts(before))
    return counts


def _counts(rows: Iterable[Row]) -> Counter[UUID]:
    import_of: dict[tuple[Any, str], UUID | None] = {}
    for row in rows:
        if import_of.setdefault((row.partner, row.agency), row.import_id) != row.import_id:
            import_of[row.partner, row.agency] = None
    return Counter(import_id for import_id in import_of.values() if import_id is not None)


def with_partners(rows: Iterable[Row], moved: Mapping[UUID, Row]) -> Iterable[Row]:
    """These rows, those of `moved` in the form in which they are there."""
    return (moved.get(row.key, row) for row in rows)
