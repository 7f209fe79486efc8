"""Rows stored under former rules of who is one partner: what identifies them is read anew, and they are joined anew.

Done once, before the service serves. Names are compared otherwise now, so their hashes change wherever they are kept;
phones, e-mails and owners' names become evidence. Only this process can open what is sealed, so SQL alone cannot do it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.registration.identity import evidence, joins, listed_rows
from services.registration.identity.profile import Row
from services.registration.intake import data_subject
from services.registration.intake.cells import names
from services.registration.intake.commands import ContactDetails, Heads, ListPartner, Reference, SettleRows
from services.registration.queries import queries
from services.registration.records import participants
from services.registration.vault import Vault
from services.registration.writer import upgrade_batches
from services.registration.writer.writer import Writer
from shared.database import columns, transaction
from shared.observability import get_logger

log = get_logger(__name__)

BATCH: Final = 5_000
_CONTACT = ("person", "phone", "email", "language", "address")


async def run(pool: asyncpg.Pool, writer: Writer, vault: Vault) -> None:
    """Bring all stored rows under the present rules; nothing to do where they are already. A kill repeats nothing."""
    async with transaction(pool) as db:
        await db.execute(queries["lock_writer"])
        if await db.fetchval(queries["any_without_groups"]):
            await _read_anew(db, vault)
            await _join_anew(db)
            log.info("rows were joined under new rules", unsettled=await db.fetchval(queries["count_unsettled"]))
    await upgrade_batches.work_off(
        pool, writer, "take_unsettled", BATCH, lambda taken: [SettleRows(tuple(map(str, taken)))]
    )


async def _read_anew(db: asyncpg.Connection, vault: Vault) -> None:
    """Give every row its evidence, and its key where that is its content; translate the hashes of names elsewhere."""
    after = UUID(int=0)
    while records := await db.fetch(queries["evidence_without_groups"], after, BATCH):
        after = records[-1]["key"]
        read = [_Read.of(vault, record) for record in records]
        await db.execute(queries["read_evidence"], *columns(each.values for each in read))
        await _translate_names(db, dict(name for each in read for name in each.renamed))
    await db.execute(queries["drop_rows_sent_again"])
    await db.execute(queries["take_read_keys"])


@dataclass(frozen=True, slots=True)
class _Read:
    """A stored row read anew. `values`: the parameters of `read_evidence`; `renamed`: (hash before, hash now)."""

    values: tuple[Any, ...]
    renamed: list[tuple[UUID, UUID]]

    @classmethod
    def of(cls, vault: Vault, record: asyncpg.Record) -> "_Read":
        command = _as_sent(record, vault.open(record["sealed"]))
        hashed = listed_rows.hashes(vault, record["agency"], command, record["cooperative"])
        key = hashed.key if record["ref"] is None else record["key"]
        anywhere = data_subject.hashed_name(vault, _compared_before(command.name))
        renamed = [
            (record["name"], hashed.name),
            (anywhere, data_subject.hashed_name(vault, names.name_key(command.name))),
        ]
        values = (record["key"], key, hashed.content, hashed.name, hashed.phone, hashed.email, hashed.owner)
        return cls(values, [(before, now) for before, now in renamed if before != now])


def _as_sent(record: asyncpg.Record, personal: dict[str, Any]) -> ListPartner:
    reference = Reference(
        ref=record["ref"],
        nib=None if record["nib"] is None else f"{record['nib']:013d}",
        nik_koperasi=record["nik_koperasi"],
        nik=personal["nik"],
    )
    return ListPartner(
        partner=reference,
        name=personal["name"],
        kind=record["kind"],
        region=record["region"],
        list=record["list"],
        listed_on=record["last_listed"],
        scale=record["scale"],
        occupation=record["occupation"],
        heads=Heads(record["total"], record["management"], record["staff"], record["labour"]),
        contact=ContactDetails(**{part: personal.get(part) for part in _CONTACT}),
    )


def _compared_before(name: str) -> str:
    """A name as it was compared under the former rules."""
    words = names.letters_and_digits(name).split()
    if words and words[0] in ("PT", "CV", "UD", "FA"):
        words = words[1:]
    spelled_out = {"KOPERASI": "KOP", "KSP": "KOP SIMPAN PINJAM", "KUD": "KOP UNIT DESA"}
    return " ".join(spelled_out.get(word, word) for word in words) or name.strip().upper()


async def _translate_names(db: asyncpg.Connection, renamed: dict[UUID, UUID]) -> None:
    """Whoever is looked up, or erased, by a name is so by its new hash."""
    if not renamed:
        return
    before, now = list(renamed), list(renamed.values())
    for query in ("rename_participants", "rename_guests", "rename_former", "rename_refused"):
        await db.execute(queries[query], before, now)
    records = await db.fetch(queries["participants_named"], now)
    histories = [(r["participant_no"], participants.renamed_history(r["history"], renamed)) for r in records]
    if histories:
        await db.execute(queries["set_histories"], *columns(histories))


async def _join_anew(db: asyncpg.Connection) -> None:
    """Compute the groups of all rows at once, and note those that are another partner's now."""
    rows = [evidence.to_row(record) for record in await db.fetch(queries["all_evidence"])]
    joined = joins.with_number_groups(rows)
    joined = joins.with_name_groups(joined, {row.name for row in joined})
    for batch in _batches(joined):
        groups = columns((row.key, row.partner, row.number_group, row.name_group) for row in batch)
        await db.execute(queries["move_evidence"], *groups)
    for unsettled in _batches(_other_partners(joined)):
        await db.execute(queries["add_unsettled"], [row.key for row in unsettled])


def _other_partners(rows: Sequence[Row]) -> list[Row]:
    """The rows of groups that are not exactly one partner as it is stored."""
    sizes: dict[UUID, int] = {}
    for row in rows:
        sizes[row.partner] = sizes.get(row.partner, 0) + 1
    found: list[Row] = []
    for members in joins.partners(rows):
        own = [rows[at] for at in members]
        if any(row.partner != own[0].partner for row in own) or sizes[own[0].partner] != len(own):
            found += own
    return found


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[at : at + BATCH] for at in range(0, len(rows), BATCH))
