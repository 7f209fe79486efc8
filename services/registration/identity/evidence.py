"""A piece of evidence as a row of the table `evidence`, and back."""

from typing import Any
from uuid import UUID

import asyncpg

from services.registration.identity.profile import Row
from services.registration.intake.commands import Heads

COLUMNS = (
    "key",
    "partner_id",
    "agency",
    "list",
    "ref",
    "content",
    "nib",
    "nik_koperasi",
    "nik",
    "name",
    "region",
    "kind",
    "scale",
    "occupation",
    "cooperative",
    "total",
    "management",
    "staff",
    "labour",
    "first_listed",
    "last_listed",
    "line",
    "import_id",
    "phone",
    "email",
    "owner",
    "number_group",
    "name_group",
    "sealed",
)


def record(row: Row, ref: str | None, content: UUID, sealed: bytes) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    heads = row.heads
    return (
        row.key,
        row.partner,
        row.agency,
        row.list,
        ref,
        content,
        row.nib,
        row.nik_koperasi,
        row.nik,
        row.name,
        row.region,
        row.kind,
        row.scale,
        row.occupation,
        row.cooperative,
        heads.total,
        heads.management,
        heads.staff,
        heads.labour,
        row.first_listed,
        row.last_listed,
        row.line,
        row.import_id,
        row.phone,
        row.email,
        row.owner,
        row.number_group,
        row.name_group,
        sealed,
    )


def to_row(record: asyncpg.Record) -> Row:
    """A row of the table `evidence` without what is sealed."""
    return Row(
        key=record["key"],
        sequence=record["sequence"],
        partner=record["partner_id"],
        agency=record["agency"],
        list=record["list"],
        nib=record["nib"],
        nik_koperasi=record["nik_koperasi"],
        nik=record["nik"],
        name=record["name"],
        region=record["region"],
        kind=record["kind"],
        first_listed=record["first_listed"],
        last_listed=record["last_listed"],
        line=record["line"],
        scale=record["scale"],
        occupation=record["occupation"],
        cooperative=record["cooperative"],
        heads=Heads(record["total"], record["management"], record["staff"], record["labour"]),
        import_id=record["import_id"],
        phone=record["phone"],
        email=record["email"],
        owner=record["owner"],
        number_group=record["number_group"],
        name_group=record["name_group"],
    )
