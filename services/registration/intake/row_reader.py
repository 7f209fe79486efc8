"""One row of a file → what it asks for, or why it is refused. The order of the tests is part of the contract."""

import re
from collections.abc import Callable
from datetime import date

from services.registration.intake import columns, data_subject, health, jurisdiction, programmes, values, vocabulary
from services.registration.intake.commands import (
    Command,
    ContactDetails,
    Enrol,
    FileClaim,
    Heads,
    ListPartner,
    RecordAttendance,
    RecordStatement,
    Reference,
)
from services.registration.intake.senders import Sender
from services.registration.intake.tables import Row, Table
from services.registration.intake.values import Refusal, Refused, none, ok
from shared.events import reference
from shared.events.model import Kind, Segment
from shared.regions import Regions


class Reader:
    """Reads the rows of one file; what a column means is settled once, from the header."""

    def __init__(self, kind: str, table: Table, sender: Sender, regions: Regions) -> None:
        self._at = columns.meanings(kind, table.header)
        self._cooperatives = kind == "partners" and columns.of_cooperatives(table.header)
        self._individuals = kind == "persons"
        self._health = health.columns(kind, table.header)
        self._sender = sender
        self._regions = regions
        self._read: Callable[[int], Command] = getattr(self, "_" + kind)
        self._cells: tuple[str, ...] = ()
        self._places: dict[str, str | Refusal] = {}

    def read(self, row: Row) -> Command | Refusal:
        """What the row asks for, or the first thing that is wrong with it."""
        if not row.fits:
            return Refusal("wrong_column_count", None, "This row has more or fewer cells than the header.")
        self._cells = row.cells
        try:
            return self._read(row.line)
        except Refused as way_out:
            return way_out.refusal

    def kept(self, row: Row) -> list[str]:
        """The cells of a refused row as they may be kept."""
        return health.cells_without(row.cells, self._health, row.fits)

    def trace(self, row: Row) -> data_subject.Trace:
        """Whose the row is, as far as it can be read; also of a row that has too few cells."""
        name, region = self._named(row)
        return data_subject.of_cells(row.cells, name, region, self._cell("nik_koperasi"), self._cell("participant_no"))

    def same_as(self, row: Row) -> list[tuple[str, ...]]:
        """What tells the row from others of its list, its own first; then what it may have been while refused."""
        name, region = self._named(row)
        listed = self._read == self._partners
        if self._cell("claim_ref"):
            return [(self._cell("claim_ref"),)]
        if self._cell("participant_no"):
            return [(self._cell("participant_no"), self._cell("effective_on"))]
        if listed and self._cell("ref"):
            return [("ref", self._cell("ref"))]
        if listed and name:
            return [(values.name_key(name), region or ""), (values.name_key(name), "")]
        return [row.cells]

    def _named(self, row: Row) -> tuple[str, str | None]:
        """The name in the row and the region it speaks of; from here on `_cell` reads this row, as wide as needed."""
        self._cells = row.cells + ("",) * (1 + max(self._at.values(), default=0))
        name = self._cell("name") or self._cell("owner") or self._cell("person")
        return name, data_subject.region_of(self._regions, self._cell("region"), self._sender.own)

    # --- the kinds of files ---------------------------------------------------------------------------------------

    def _partners(self, line: int) -> ListPartner:
        name = self._cell("name") or self._cell("owner")
        if not name:
            raise Refused(Refusal("missing_name", "name", "Neither a business name nor an owner's name is given."))
        if "status" in self._at and self._cell("status").upper() not in ("AKTIF", "ACTIVE"):
            raise Refused(Refusal("inactive", "status", "Only active ones are listed."))
        nik = ok(values.nik(self._cell("nik"), self._sender.require_nik or self._individuals))
        nib = ok(values.nib(self._cell("nib")))
        region = self._place()
        heads = self._heads()
        if "date" in self._at and self._cell("date"):
            ok(values.day(self._cell("date")))
        contact, warnings = self._contact()
        if nik:
            warnings += values.nik_warnings(nik, self._regions.get(f"{nik[:2]}.{nik[2:4]}") is not None)
        return ListPartner(
            partner=Reference(
                ref=self._cell("ref") or None,
                nib=nib,
                nik_koperasi=values.nik_koperasi(self._cell("nik_koperasi")),
                nik=nik,
                name=name,
                region=region,
            ),
            name=name,
            kind=self._kind(),
            region=region,
            list=self._sender.list,
            listed_on=self._sender.list_date,
            scale=vocabulary.scale(self._cell("scale")) or vocabulary.scale(self._cell("kind")),
            occupation=vocabulary.occupation(self._cell("occupation")),
            heads=Heads(total=1) if self._individuals else heads,
            contact=contact,
            line=line,
            warnings=warnings,
        )

    _persons = _partners

    def _enrollments(self, line: int) -> Enrol:
        number = self._cell("participant_no")
        if not number:
            raise Refused(Refusal("missing_participant_no", "participant_no", "No participant number is given."))
        partner = self._partner()
        start = ok(values.day(self._cell("effective_on"), "effective_on"))
        until = self._until(start)
        held = ok(programmes.programmes(programmes.split_programmes(self._cell("programmes")), self._sender.jkp))
        segment = self._segment()
        own_scale = vocabulary.scale(self._cell("scale"))
        none(programmes.judge(held, segment, own_scale))
        return Enrol(
            participant_no=number,
            effective_on=start,
            partner=partner,
            region=partner.region,
            programmes=held,
            segment=segment,
            scale=own_scale,
            heads=self._heads(),
            until=until,
            line=line,
        )

    def _claims(self, line: int) -> FileClaim:
        for meaning in ("claim_ref", "participant_no"):
            if not self._cell(meaning):
                raise Refused(Refusal("missing_field", meaning, f"{meaning} is not given."))
        if not all(values.absent(self._cells[column].strip()) for column in self._health):
            raise Refused(Refusal("health_data", "health", "A claim's cause or diagnosis must not be sent."))
        occurred = ok(values.day(self._cell("occurred_on"), "occurred_on"))
        amount = ok(values.amount(self._cell("amount")))
        paid = self._cell("paid_on")
        held = ok(programmes.programmes([self._cell("programme")], self._sender.jkp, "programme"))
        status = vocabulary.STATUSES.get(self._cell("status").upper())
        if len(held) != 1:
            raise Refused(Refusal("missing_field", "programme", "A claim concerns one programme."))
        if status is None:
            raise Refused(Refusal("invalid_value", "status", "The status is PROSES, DIBAYAR or DITOLAK."))
        return FileClaim(
            claim_ref=self._cell("claim_ref"),
            participant_no=self._cell("participant_no"),
            programme=held[0],
            amount=amount,
            occurred_on=occurred,
            status=status,
            paid_on=ok(values.day(paid, "paid_on")) if paid else None,
            line=line,
        )

    def _targets(self, line: int) -> RecordStatement:
        region = self._area()
        start = ok(values.day(self._cell("from"), "from"))
        until = ok(values.day(self._cell("until"), "until"))
        source, measure = self._cell("source") or self._sender.list, self._cell("measure") or "enrolled"
        fields = {
            "region": region,
            "measure": measure,
            "value": self._number("value"),
            "start": start,
            "until": until,
            "source": source,
            "list": self._cell("list") or None,
        }
        return RecordStatement("target.set", reference.key(measure, region, start, source), fields, line=line)

    def _briefings(self, line: int) -> RecordStatement:
        region, batch = self._area(), self._cell("batch")
        held_on = ok(values.day(self._cell("held_on"), "held_on"))
        fields = {
            "region": region,
            "name": self._cell("name") or self._sender.list,
            "batch": batch,
            "held_on": held_on,
            "quota": self._number("quota") if self._cell("quota") else None,
            "present": self._number("present") if self._cell("present") else None,
        }
        return RecordStatement(
            "briefing.held", reference.key("briefing.held", region, held_on, batch), fields, line=line
        )

    def _attendance(self, line: int) -> RecordAttendance:
        name = self._cell("name") or self._cell("person")
        if not name:
            raise Refused(Refusal("missing_name", "name", "No name is given."))
        nik, nib = ok(values.nik(self._cell("nik"))), ok(values.nib(self._cell("nib")))
        region = self._place() if self._cell("region") else None
        partner, person = Reference(nib=nib, nik=nik, name=name), self._cell("person")
        return RecordAttendance(partner, region, self._sender.list_date, person, line=line)

    def _agreements(self, line: int) -> RecordStatement:
        title = self._cell("title")
        if not title:
            raise Refused(Refusal("missing_field", "title", "An agreement has a title."))
        region, signed = self._area(), ok(values.day(self._cell("date")))
        parties = [self._cell("party_1"), self._cell("party_2"), *re.split(r"[;/]", self._cell("parties"))]
        fields = {
            "title": title,
            "parties": tuple(party.strip() for party in parties if party.strip()),
            "date": signed,
            "region": region,
            "number": self._cell("number") or None,
        }
        source = self._cell("number") or title
        return RecordStatement(
            "agreement.signed", reference.key("agreement.signed", region, signed, source), fields, line=line
        )

    # --- cells ----------------------------------------------------------------------------------------------------

    def _cell(self, meaning: str) -> str:
        """What stands in the column of this meaning; `-` is nothing."""
        column = self._at.get(meaning)
        text = "" if column is None else self._cells[column].strip()
        return "" if values.absent(text) else text

    def _place(self) -> str:
        """The regency of the row, which the agency may speak for."""
        text = self._cell("region")
        if text not in self._places:
            self._places[text] = jurisdiction.place(self._regions, self._sender.regions, text)
        return ok(self._places[text])

    def _area(self) -> str:
        """A region of any level; empty means the agency's first."""
        return ok(
            jurisdiction.area(self._regions, self._sender.regions, self._cell("region") or self._sender.regions[0])
        )

    def _kind(self) -> Kind:
        text = self._cell("kind").upper()
        if self._individuals or text in vocabulary.INDIVIDUALS:
            return "individual"
        return "cooperative" if self._cooperatives or text.startswith(("KOPERASI", "COOPERATIVE")) else "business"

    def _segment(self) -> Segment:
        text = self._cell("segment").upper()
        if text not in ("PU", "BPU", ""):
            raise Refused(Refusal("invalid_value", "segment", "The segment is PU or BPU."))
        return "BPU" if text == "BPU" else "PU"

    def _heads(self) -> Heads:
        total, management, staff, labour = (
            ok(values.count(self._cell(meaning), meaning)) for meaning in ("workers", "management", "staff", "labour")
        )
        levels = [count for count in (management, staff, labour) if count is not None]
        return Heads(sum(levels) if total is None and levels else total, management, staff, labour)

    def _contact(self) -> tuple[ContactDetails, tuple[str, ...]]:
        phone, unusable = values.phone(self._cell("phone"))
        details = ContactDetails(
            person=self._cell("owner") or None,
            phone=phone,
            email=self._cell("email") or None,
            address=self._cell("address") or None,
        )
        return details, ("phone_unusable",) if unusable else ()

    def _partner(self) -> Reference:
        nik, nib = ok(values.nik(self._cell("nik"))), ok(values.nib(self._cell("nib")))
        return Reference(
            ref=self._cell("ref") or None,
            nib=nib,
            nik_koperasi=values.nik_koperasi(self._cell("nik_koperasi")),
            nik=nik,
            name=self._cell("name") or None,
            region=self._place(),
        )

    def _until(self, start: date) -> date | None:
        text = self._cell("until")
        if not text:
            return None
        until = ok(values.day(text, "until"))
        if until <= start:
            raise Refused(Refusal("invalid_date", "until", "The end is not after the start."))
        return until

    def _number(self, meaning: str) -> int:
        digits = self._cell(meaning).replace(".", "")
        if not digits.isdecimal() or len(digits) > 12:
            raise Refused(Refusal("invalid_value", meaning, f"{meaning} is not a whole number."))
        return int(digits)
