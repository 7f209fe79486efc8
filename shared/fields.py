"""What each field and parameter of the product means, in one place: for /openapi.json, docs/asyncapi.yaml and /docs.

One word has one meaning everywhere, so a field is described by its name; where a model or a route says more of its own
field, that stands. tests/contract/test_openapi.py names the fields that have no words.
"""

from collections.abc import Iterator
from typing import Any, Final

ENTITIES: Final = {
    "partner": "The partner: by any of these, or several; or its id",
    "partners": "Partners: their ids by the event's id, so many of them, or those that are meant",
    "partner_id": "The partner's id, under which all services know it; one merged into another answers as that one",
    "id": "The id, unique among its kind; of an event unique with its source",
    "ref": "The agency's own reference for the partner; the same ref replaces the row",
    "refs": "The agency's own references",
    "nib": "NIB, the business's number: 13 digits",
    "nik": "NIK, the person's number: 16 digits",
    "nik_koperasi": "NIK Koperasi, the cooperative's number: 10 to 16 digits",
    "name": "The name: of a partner, a contact, an agency, a region, a briefing",
    "kind": "What it is: a partner is a cooperative, business or individual; also the kind of a file, case or message",
    "scale": "micro, small, medium or large; unknown counts as micro",
    "region": "Code of a region (`33.11`; `ID` is the nation); lists and events may also write its official name",
    "regions": "Codes of regions; each covers all below it",
    "workers": "Head count: a number, or by job level",
    "management": "Workers in management",
    "staff": "Workers on the staff",
    "labour": "Other workers",
    "total": "Workers of all levels",
    "contact": "Whom to write to or call",
    "contact_person": "The contact person's name",
    "person": "The contact person's name",
    "phone": "An Indonesian mobile number: 0812-3456-7890 or +6281234567890",
    "email": "E-mail address",
    "language": "Language in which to write: `id` or `en`",
    "occupation": "What the individual does for a living",
    "cooperative": "The cooperative to which the partner belongs",
    "cooperative_id": "Partner id of the cooperative to which the partner belongs",
    "address": "Postal address",
    "agency": "Slug of the agency",
    "agencies": "Agencies",
    "agent": "Field agent",
    "agent_id": "Id of the field agent",
    "slug": "The agency's short name in addresses and topics: lower-case letters, digits, hyphens",
}
LISTS: Final = {
    "list": "Name of the list, unique within the agency; from the file's name if not given",
    "lists": "Lists that the partner is on, and since when",
    "list_date": "The day that the list is of (2026-01-31, 31/01/2026); today in Jakarta if not given",
    "listed_on": "The day from which the partner is on a list",
    "listed": "Partners on a list that day; of a whole list those that were on it before",
    "enrolled": "Partners of these that are enrolled that day",
    "unregistered": "Partners of these that are not enrolled that day",
    "rate": "Share from 0 to 1; null where there is nothing to divide by",
    "on_other_lists": "Of these, partners that are on another list of the agency as well",
    "registered": "Whether the partner is enrolled today",
    "delisted": "Partners that left the list",
    "delisting": "Of a whole list: how many were on it, how many of them are missing, and refused rows of nobody known",
    "missing": "Partners that are on the list and not in the file",
    "refused_unmatched": "Refused rows of which nobody can say whose they are",
}
MEMBERSHIP: Final = {
    "participant_no": "Participant number at BPJS (NPP or KPJ)",
    "programme": "JKK, JKM, JHT, JP or JKP",
    "programmes": "JKK, JKM, JHT, JP, JKP: those held",
    "segment": "PU (paid workers) or BPU (self-employed)",
    "effective_on": "First day of this state; of a lapse the first day without cover",
    "until": "The day before which it ends; null: open; of a plan or target the last day",
    "from": "First day",
    "start": "When it begins",
    "end": "When it ends",
    "periods": "The whole enrolment timeline: disjoint, half-open [from, until)",
    "reason": "Why",
    "claim_id": "The claim's id",
    "claim_ref": "The office's own number of the claim",
    "amount": "Whole rupiah",
    "occurred_on": "The day of what the claim is about",
    "paid_on": "The day of payment",
    "tenure_months": "Months of membership up to that day",
    "median_tenure": "Half of the participants were members for fewer months than this",
    "filed": "Claims that are filed and not decided",
    "paid": "Claims that are paid",
}
STATEMENTS: Final = {
    "measure": "What is counted: enrolled, partners, businesses, workers …",
    "value": "The figure",
    "source": "Who says so; of an event its CloudEvents source, one agency's alone",
    "status": "How it stands now",
    "progress": "How far the target is reached",
    "progress_known_at": "Up to when the progress is known",
    "held_on": "The day of the briefing",
    "batch": "Which of several briefings of the same name",
    "quota": "Places",
    "attendees": "Who came",
    "present": "Whether the guest came",
    "title": "Title; of an error its HTTP phrase",
    "parties": "Organisations that sign, never persons",
    "number": "Number of the agreement or entry",
    "date": "The day",
    "flags": "What is doubtful about the figure",
}
EVENTS: Final = {
    "specversion": "Version of CloudEvents: 1.0",
    "type": "Type of the event; of a refused row the kind of its file; of an error a URI of its code",
    "subject": "What it is about: the id of the entity",
    "time": "When the event happened at the sender; not needed",
    "datacontenttype": "application/json; not needed",
    "data": "The event's data, by its type",
    "data_base64": "The data as JSON in base 64, instead of `data`",
    "version": "Counts 1, 2, 3 … for each key of a topic: ignore what is not newer than what you have",
    "recorded_at": "registration's clock when it was accepted",
    "merged_into": "The partner that this one is now part of",
    "hash": "SHA-256: of the key; of an entry of the audit trail over it and the entry before",
    "revoked": "Whether it opens nothing any more",
    "ended": "Whether somebody signed out",
    "url": "Where to open it in a browser",
    "causation": "The id of the event that led to this",
    "outcome": "What came of it",
    "ce_specversion": "Version of CloudEvents: 1.0",
    "ce_id": "Id of the event; the same however often it is sent",
    "ce_type": "Type of the event",
    "ce_source": "Who sends it; with ce_id it identifies the event",
    "ce_time": "When it was recorded",
    "ce_subject": "The entity's id, as the record's key",
    "content-type": "application/json; in structured mode application/cloudevents+json",
    "traceparent": "W3C trace context, where a request is traced",
    "accepted": "Rows or events that were taken",
    "duplicates": "Events that were taken before: no error",
    "rejected": "Rows, events or claims that were refused: how many, or which and why",
    "index": "Position in the request, from 0",
    "code": "A stable code (docs/errors.md explains each); of a region its code",
    "field": "The field at fault, null if none is",
    "detail": "One sentence: what is wrong and what to do",
    "warnings": "What is odd about accepted rows or events, by code",
    "errors": "All faults, each with its field",
    "allowed": "What may be given instead",
}
UPLOADS: Final = {
    "file": "The file",
    "filename": "The file's name",
    "require": "`nik`: refuse rows without a NIK",
    "dry_run": "true: only a preview, nothing is taken",
    "replace": "Whether the file is the whole list",
    "state": "How far it is: queued, running, waiting, done, cancelled, failed; of a case open or closed; of reminders "
    "scheduled, waiting, stopped, escalated, opted_out, unreachable",
    "rows": "Rows: how many, or the rows themselves",
    "skipped": "Lines below the header that are no rows",
    "skipped_by": "The same by reason: blank, sum, column_numbers, repeated_header, section_title, note",
    "created": "Rows that made a partner or entry new to the agency",
    "merged": "Rows that joined a partner of the agency",
    "replaced": "Rows that took the place of an earlier one",
    "unchanged": "Rows that said nothing new",
    "rejected_by": "Refused rows by code",
    "columns": "Each column with its meaning, null: not read",
    "header": "The column as the file names it",
    "read_as": "Its meaning, null: not read",
    "reading": "How the file was read: format, encoding, separator, header_row, sheet …",
    "undo": "How far the upload is taken back, null: nobody asked",
    "undone_at": "When it was taken back",
    "removed": "Rows that went",
    "restored": "Rows that are again as before",
    "kept": "Rows of partners that others list as well",
    "created_at": "When it was sent",
    "finished_at": "When it was through",
    "refused_deleted_at": "When its refused rows were deleted",
    "refused_rows": "So many refused rows",
    "deleted": "What is gone",
    "preview": "Of a dry run: structure, columns and the first rows as understood",
    "confidence": "Share of the column's filled cells that can be read as its meaning",
    "counts": "Rows by outcome",
    "of_rows": "The preview is judged from so many rows",
    "is_whole": "Whether the preview shows the whole file",
    "fields": "The row by meaning",
    "refused": "Why the row is refused, null: it is not",
    "line": "Line in the file, from 1",
    "cells": "The row's cells as sent, or those to change by column",
    "event": "The event as sent",
    "length": "The file's bytes",
    "received": "Bytes that arrived",
    "expires_at": "From then on it is gone, or opens nothing",
    "import": "Id of the upload",
}
FIGURES: Final = {
    "as_of": "The day that the figures are of (2026-01-31); today in Jakarta if not given",
    "known_at": "By what was recorded up to this instant",
    "updated_at": "Time of the newest event",
    "freshness": "When each agency was last seen",
    "last_event": "Time of the agency's last event",
    "events_today": "Its events today in Jakarta",
    "silent_for": "Seconds since then",
    "by": "What the rows are split by",
    "job_level": "management, staff or labour",
    "month": "The month, as 2021-08",
    "by_level": "The same by job level",
    "level": "Level of the regions: kanwil, province, regency, self",
    "unknown": "Partners of whom the head count is not known",
    "denominators": "Published figures to compare with",
    "target": "A target for the region",
    "suppressed": "Whether figures are left out because they could disclose a count from 1 to 4",
    "count": "How many",
    "parent": "The region above",
    "kanwil": "Regional office of BPJS",
    "time_zone": "Time zone",
    "children": "Regions directly below",
}
REMINDERS: Final = {
    "why": "The reason in one sentence",
    "next": "The next message, null: none",
    "history": "What was sent and decided so far",
    "at": "When",
    "channel": "By what it is sent: email, whatsapp, sms, log",
    "template": "Name of the text",
    "step": "Which of the reminders, from 1",
    "attempts": "How often it was tried",
    "possibly_twice": "Whether a crash between sending and recording may have sent it twice",
    "message_id": "Id of the message",
    "counted_from": "Start of the episode that the steps are counted in",
    "reminders": "Reminders that are planned",
    "escalations": "Partners that would be given to a field agent",
    "days": "Days from the start of the episode; of a plan its counts by day",
    "policy": "The rules by which partners are reminded",
    "effective_from": "The first day of the policy",
    "upcoming": "Policies that begin later",
    "steps": "The reminders in their order",
    "escalate_after_days": "Days after the last reminder until a field agent is asked",
    "min_gap_days": "Days at least between two messages",
    "channels": "Channels in the order in which they are tried",
    "hours": "When messages may be sent",
    "weekdays": "Days of the week",
    "weekday": "Day of the week",
    "quiet": "Times at which nothing is sent",
    "spread_until": "Messages of a day are spread until then",
    "on_collective_leave": "Whether messages are sent on days of collective leave",
    "closed_days": "Further days on which nothing is sent",
    "contribution_from": "Lowest monthly contribution in rupiah, named in the texts",
}
ACCESS: Final = {
    "key": "The key, shown this once",
    "key_id": "Id of the key: its first part, no secret",
    "keys": "The agency's keys",
    "scopes": "What the key may do: publish, enroll, read, figures:detail",
    "since": "Since when",
    "kafka": "Access to Kafka: asked for, or user, password and topic, shown this once",
    "user": "User name (SASL/SCRAM-SHA-512)",
    "password": "Password, shown this once",
    "topic": "The topic that may be written",
    "action": "What was done, such as import.uploaded",
    "actor": "Who did it: agency or administrator",
    "subjects": "What it was about: ids, codes, counts",
    "intact": "Whether every hash fits",
    "entries": "So many entries",
    "head": "The last hash",
    "broken_at": "The first entry that does not fit",
    "sides": "The partners or regions between which to decide",
    "own": "Whether the agency lists it itself",
    "decision": "What was decided",
    "decisions": "What may be decided",
    "opened_at": "Since when it is open",
    "closed_at": "When it was closed",
    "decided_at": "When it was decided",
}
PLUMBING: Final = {
    "items": "The page's entries",
    "next_cursor": "Send it as `cursor` for the next page; null: this was the last",
    "cursor": "`next_cursor` of the page before",
    "limit": "Entries a page",
    "format": "`csv` is for a spreadsheet; of a file what it is",
    "encoding": "Encoding of the file",
    "separator": "Separator of the cells",
    "header_row": "Line of the header, from 1",
    "service": "Name of the service",
    "started_at": "When the process started, in seconds since 1970",
    "parts": "The parts of the service, each with `ok` and its detail",
    "ok": "Whether it is well",
    "import_id": "Id of an upload",
    "entry_id": "Id of an entry of the quarantine",
    "case_id": "Id of a case",
    "upload_id": "Id of a resumable upload",
    "tus-resumable": "Version of tus: 1.0.0",
}

CHANGES: Final = {
    "what": "What became of the partner: registered, changed, lapsed, reinstated, merged, split, delisted, erased",
    "split_from": "The partner to which these rows belonged before",
    "has_more": "Whether more is there already",
    "wait": "So many seconds the answer waits if there is nothing new",
    "webhook_id": "Id of a webhook",
    "url": "Where changes are sent",
    "events": "Which changes are sent",
    "secret": "What signs the deliveries, shown once",
    "skip_waiting": "Whether what waited is left out",
    "missed": "Whether changes were deleted before they could be delivered",
    "waiting": "Changes that are not delivered yet, counted up to a thousand",
    "attempts": "How often the delivery that is due failed",
    "failing_since": "Since when deliveries fail",
    "last_error": "Why the last attempt failed",
    "next_attempt_at": "When it is tried again",
    "last_delivered_at": "When something was delivered last",
    "delivered": "Whether the receiver took it",
    "delivery": "Id of the delivery",
    "error": "Why it was not taken",
}
KEYS: Final = {
    "purpose": "What the key is for",
    "may": "What the key may do, in words",
    "en": "In English",
    "last_used_at": "When the key was last used at registration, some minutes late",
    "requests_per_minute": "How many requests a key may make; null: the service's default",
    "replaces": "The key whose place this one took",
    "is_this": "Whether the request was made with this key",
    "ends_at": "Until when the old key still opens; a day if not given",
    "old_ends_at": "Until when the old key still opens",
}
RETRIES: Final = {
    "retried_at": "When it was last sent again, by itself or with others, to another result",
    "retried": "Entries that were sent again",
    "skipped_entries": "Entries that this key may not send, or whose upload was taken back",
    "by_itself": "Whether it was sent again since what it missed had arrived",
}

WORDS: Final[dict[str, str]] = (
    ENTITIES | LISTS | MEMBERSHIP | STATEMENTS | EVENTS | UPLOADS | FIGURES | REMINDERS | ACCESS | PLUMBING
) | (CHANGES | KEYS | RETRIES)

EXAMPLES: Final[dict[str, str | int]] = {
    "import_id": "01a21e8b-5ee6-7019-a37b-4eb7e0968601",
    "entry_id": "01a21e8b-5efe-7016-a4a8-4e543f0e6b6b",
    "case_id": "01a21e8b-1ef5-702c-bd85-f0e8228cf652",
    "upload_id": "01a21e8b-7831-70db-a43a-b2d5dbcf1300",
    "partner_id": "b6b97f3d-e514-474b-a69c-d94f528276a4",
    "webhook_id": "c2f5d0a8-7f7b-4a3e-9b61-3f2a1d4e5b6c",
    "slug": "dinkop-contoh",
    "key_id": "SzhCrjwY",
    "code": "33.11",
    "source": "urn:dinkop-contoh:sibakul",
    "agency": "dinkop-contoh",
    "region": "33.11",
    "as_of": "2026-01-31",
    "nib": "0000100099999",
    "phone": "0812-3456-7890",
    "action": "import.uploaded",
}
"""Examples of parameters, by name: of each that has to be given."""

MAPS: Final = frozenset(
    {"skipped_by", "rejected_by", "warnings", "partners", "parts", "reading", "subjects", "fields", "counts", "cells"}
)
"""Members that are objects with names of their own: codes, ids, columns."""


def with_words(node: Any) -> None:
    """Describe every parameter and property below this node of a description that says nothing of itself, in place."""
    for name, described in _named(node):
        if "description" not in described and name in WORDS:
            described["description"] = WORDS[name]


def undescribed(node: Any) -> set[str]:
    """The parameters and properties without words."""
    return {name for name, described in _named(node) if not described.get("description")}


def _named(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if isinstance(node.get("in"), str) and isinstance(node.get("name"), str):
            yield node["name"], node
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from ((name, each) for name, each in properties.items() if isinstance(each, dict))
        for name, each in node.items():
            if name not in ("example", "examples"):
                yield from _named(each)
    elif isinstance(node, list):
        for each in node:
            yield from _named(each)
