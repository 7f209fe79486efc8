"""What a row asks for, a function per kind of file. The order of the tests is part of the contract."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.registration.intake import day_bounds, free_text, row_cells, values
from services.registration.intake.cells import days, numbers, programmes, vocabulary
from services.registration.intake.columns import FileKind
from services.registration.intake.commands import (
    Command,
    Enrol,
    FileClaim,
    Heads,
    ListPartner,
    RecordAttendance,
    RecordStatement,
    Reference,
)
from services.registration.intake.contexts import UploadContext
from services.registration.intake.row_cells import RowCells
from services.registration.intake.values import Refused, checked, refuse_if
from shared import measures
from shared.events import reference
from shared.events.model import Kind, Scale, Segment
from shared.events.text_limits import MOST_PARTIES
from shared.refusals import WarningCode


@dataclass(frozen=True)
class FileContext:
    """What holds for all rows of a file: its upload, and what follows from its header."""

    upload: UploadContext
    lists_cooperatives: bool
    health_columns: frozenset[int]
    list_warnings: tuple[WarningCode, ...] = ()
    """About the list's name, for every row."""


def partner(cells: RowCells, file: FileContext) -> ListPartner:
    return _listing(cells, file, None, needs_nik=file.upload.require_nik)


def person(cells: RowCells, file: FileContext) -> ListPartner:
    """An individual, who is one worker and is known by the NIK."""
    return _listing(cells, file, "individual", needs_nik=True)


class _Nature(NamedTuple):
    """What a listed one is, by the columns whose texts are few."""

    kind: Kind
    scale: Scale | None
    occupation: str | None
    is_inactive: bool


def _nature(cells: RowCells, file: FileContext) -> _Nature:
    def read() -> _Nature:
        return _Nature(
            _kind(cells["kind"].upper(), file),
            vocabulary.scale(cells["scale"]) or vocabulary.scale(cells["kind"]),
            vocabulary.occupation(cells["occupation"]),
            vocabulary.is_inactive(cells["status"]) or vocabulary.is_marked(cells["inactive"]),
        )

    return cells.recalled("nature", ("kind", "scale", "occupation", "status", "inactive"), read)


def _listing(cells: RowCells, file: FileContext, kind: Kind | None, *, needs_nik: bool) -> ListPartner:
    """`kind` is what the file lists, where it does not depend on the row."""
    business, owner = cells["name"], cells["owner"]
    name = business or owner
    if not name:
        raise Refused("missing_name", "name", "Neither a business name nor an owner's name is given.")
    nature = _nature(cells, file)
    if nature.is_inactive:
        raise Refused("inactive", "status", "Only active ones are listed.")
    found = row_cells.identifying_numbers(cells, file.upload.jurisdiction, nik_required=needs_nik)
    region = row_cells.place(cells, file.upload.jurisdiction)
    heads = Heads(total=1) if kind == "individual" else row_cells.heads(cells)
    if cells["date"]:
        row_cells.day(cells, "date")
    contact, warnings = row_cells.contact(cells)
    warnings += file.list_warnings
    return ListPartner(
        partner=row_cells.reference(cells, name, found, region),
        name=name,
        kind=kind or nature.kind,
        region=region,
        list=file.upload.list,
        listed_on=file.upload.list_date,
        scale=nature.scale,
        occupation=nature.occupation,
        heads=heads,
        contact=contact,
        line=cells.line,
        warnings=warnings + found.warnings,
        owner=owner or None if business else None,
        cooperative=row_cells.cooperative(cells, region),
    )


def enrolment(cells: RowCells, file: FileContext) -> Enrol:
    participant_no = row_cells.number(cells, "participant_no")
    if not participant_no:
        raise Refused("missing_participant_no", "participant_no", "No participant number is given.")
    found = row_cells.identifying_numbers(cells, file.upload.jurisdiction)
    region = row_cells.place(cells, file.upload.jurisdiction)
    start = row_cells.day(cells, "effective_on")
    until = row_cells.end(cells, start)
    if vocabulary.is_inactive(cells["status"]) and until is None:
        raise Refused("inactive", "status", "This participant is not active: say since when, in a column tgl nonaktif.")
    held = checked(programmes.programmes(programmes.split_programmes(cells["programmes"]), file.upload.jkp))
    segment, scale = _segment(cells), vocabulary.scale(cells["scale"])
    refuse_if(programmes.judge(held, segment, scale))
    return Enrol(
        participant_no=participant_no,
        effective_on=start,
        partner=row_cells.reference(cells, cells["name"] or None, found, region),
        region=region,
        programmes=held,
        segment=segment,
        scale=scale,
        heads=row_cells.heads(cells),
        until=until,
        line=cells.line,
        warnings=found.warnings,
        contact=row_cells.contact(cells)[0],
        cooperative=row_cells.cooperative(cells, region),
    )


def claim(cells: RowCells, file: FileContext) -> FileClaim:
    claim_ref, participant_no = row_cells.number(cells, "claim_ref"), row_cells.number(cells, "participant_no")
    for field, number in (("claim_ref", claim_ref), ("participant_no", participant_no)):
        if not number:
            raise Refused("missing_field", field, f"{field} is not given.")
    if cells.any_filled(file.health_columns):
        raise Refused("health_data", "health", "A claim's cause or diagnosis must not be sent.")
    occurred_on = row_cells.day(cells, "occurred_on")
    amount = checked(numbers.amount(cells["amount"], decimal=cells.findings.decimal.get("amount")))
    held = checked(programmes.programmes(programmes.split_programmes(cells["programme"]), file.upload.jkp, "programme"))
    status = vocabulary.STATUSES.get(" ".join(cells["status"].upper().split()))
    if len(held) != 1:
        raise Refused("missing_field", "programme", "A claim concerns one programme.")
    if status is None:
        raise Refused("invalid_value", "status", "The status is PROSES, DIBAYAR or DITOLAK.")
    paid_on = row_cells.day(cells, "paid_on") if cells["paid_on"] else None
    return FileClaim(
        claim_ref=claim_ref,
        participant_no=participant_no,
        programme=held[0],
        amount=amount,
        occurred_on=occurred_on,
        status=status,
        paid_on=paid_on,
        line=cells.line,
        warnings=day_bounds.warnings_of_claim(status, paid_on),
    )


def target(cells: RowCells, file: FileContext) -> RecordStatement:
    region = row_cells.area(cells, file.upload.jurisdiction)
    start, until = row_cells.day(cells, "from"), row_cells.day(cells, "until")
    if until < start:
        raise Refused("invalid_date", "until", "The end is before the start.")
    source = cells["source"] or file.upload.list
    counted = vocabulary.measure_of(cells["unit"])
    if counted is None:
        raise Refused("invalid_value", "unit", "A target counts partners, cooperatives or workers.")
    measure = cells["measure"].lower() or counted
    fields: dict[str, object] = {
        "region": region,
        "measure": measure,
        "value": row_cells.whole(cells, "value"),
        "start": start,
        "until": until,
        "source": source,
        "list": cells["list"] or None,
    }
    values.refuse_unknown("measure", measures.refused_target(measure))
    return _statement("target.set", reference.key(measure, region, start, source), fields, cells)


def briefing(cells: RowCells, file: FileContext) -> RecordStatement:
    region, batch = row_cells.area(cells, file.upload.jurisdiction), row_cells.plain_number(cells["batch"])
    held_on = row_cells.day(cells, "held_on")
    fields: dict[str, object] = {
        "region": region,
        "name": cells["name"] or file.upload.list,
        "batch": batch,
        "held_on": held_on,
        "quota": row_cells.whole(cells, "quota") if cells["quota"] else None,
        "present": row_cells.whole(cells, "present") if cells["present"] else None,
    }
    key = reference.key("briefing.held", region, held_on, batch)
    return _statement("briefing.held", key, fields, cells)


def attendance(cells: RowCells, file: FileContext) -> RecordAttendance:
    name = cells["name"] or cells["person"]
    if not name:
        raise Refused("missing_name", "name", "No name is given.")
    if vocabulary.is_absent(cells.as_sent("present")):
        raise Refused("invalid_value", "present", "Only those who were present attended: leave this row out.")
    found = row_cells.identifying_numbers(cells, file.upload.jurisdiction)
    region = row_cells.place(cells, file.upload.jurisdiction) if cells["region"] or cells["region_code"] else None
    partner = Reference(nib=found.nib, nik=found.nik, name=name)
    return RecordAttendance(
        partner=partner,
        region=region,
        held_on=file.upload.list_date,
        person=cells["person"],
        line=cells.line,
        warnings=found.warnings,
        contact=row_cells.contact(cells)[0],
    )


def agreement(cells: RowCells, file: FileContext) -> RecordStatement:
    title, number = cells["title"], cells["number"] or None
    if not title:
        raise Refused("missing_field", "title", "An agreement has a title.")
    region, signed_on = row_cells.area(cells, file.upload.jurisdiction), row_cells.day(cells, "date")
    fields: dict[str, object] = {
        "title": title,
        "parties": _parties(cells),
        "date": signed_on,
        "region": region,
        "number": number,
        **_validity(cells),
    }
    key = reference.key("agreement.signed", region, signed_on, number or title)
    return _statement("agreement.signed", key, fields, cells)


def _validity(cells: RowCells) -> dict[str, object]:
    """From when, and until when, inclusive; a term without an end has none."""
    said = [("start", "from")] if cells["from"] else []
    if not days.is_open_end(cells.as_sent("until")):
        said.append(("until", "until"))
    term = {to: row_cells.day(cells, name) for to, name in said}
    if len(term) == 2 and term["until"] < term["start"]:
        raise Refused("invalid_date", "until", "The end is before the start.")
    return dict(term)


def _statement(kind: str, key: str, fields: dict[str, object], cells: RowCells) -> RecordStatement:
    warnings = free_text.warnings(fields.get(field) for field in free_text.FIELDS)
    return RecordStatement(kind, key, fields, line=cells.line, warnings=warnings)


def _parties(cells: RowCells) -> tuple[str, ...]:
    """The names in their own columns, and those in one, separated by ; or /"""
    texts = (cells["party_1"], cells["party_2"], *re.split(r"[;/]", cells["parties"]))
    parties = tuple(checked(values.within(text.strip(), "parties")) for text in texts if text.strip())
    return checked(values.at_most(parties, "parties", MOST_PARTIES))


READERS: Final[Mapping[FileKind, Callable[[RowCells, FileContext], Command]]] = {
    "partners": partner,
    "persons": person,
    "enrollments": enrolment,
    "claims": claim,
    "targets": target,
    "briefings": briefing,
    "attendance": attendance,
    "agreements": agreement,
}


def _segment(cells: RowCells) -> Segment:
    segment = vocabulary.segment(cells["segment"])
    if segment is None:
        raise Refused("invalid_value", "segment", "The segment is PU (Penerima Upah) or BPU (Bukan Penerima Upah).")
    return segment


def _kind(text: str, file: FileContext) -> Kind:
    if text in vocabulary.INDIVIDUALS:
        return "individual"
    return "cooperative" if file.lists_cooperatives or text.startswith(("KOPERASI", "COOPERATIVE")) else "business"
