"""What a recovery takes back from the log, and what it publishes again: newest versions, each once."""

import base64
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import pytest
from aiokafka import ConsumerRecord

from services.registration.intake.cells import names
from services.registration.recovery import from_log, to_log
from services.registration.recovery.from_log import Newer
from services.registration.recovery.to_log import InLog, partner_type
from services.registration.vault import Vault
from shared.events.access import Key
from shared.events.claims import Claim
from shared.events.contacts import Contact
from shared.events.enrollments import Enrollment
from shared.events.model import encode
from shared.events.partners import Listing, Partner

ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
VAULT = Vault(base64.b64encode(bytes(32)).decode())


def partner(key, version, **more):
    lists = (Listing("dinas", "daftar", date(2026, 1, 1)),)
    return Partner(key, version, "active", "33.11", "business", NOW, **{"lists": lists} | more)


def record(topic, key, version, fact, kind=""):
    headers = (("ce_id", f"{topic}/{key}/{version}".encode()), ("ce_type", kind.encode()))
    value = None if fact is None else encode(fact)
    return ConsumerRecord(topic, 0, 0, 0, 0, key.encode(), value, None, 1, 2, headers)


def newer(*records, **known):
    found = Newer(
        {topic: known.get(topic, {}) for topic in ("partners", "enrollments", "contacts", "claims", "access")}
    )
    for each in records:
        found.see(each.topic, each)
    return found


def test_a_partner_that_only_the_log_knows_is_taken_whole_and_named_by_what_its_contact_tells():
    contact = Contact(ONE, 4, "Warung Ibu Sri", NOW, "Budi Santoso", "+628123456789", None)
    timeline = Enrollment(ONE, 2, "business", (), NOW)
    found = newer(
        record("partners", ONE, 1, partner(ONE, 1)),
        record("partners", ONE, 3, partner(ONE, 3, listed_on=date(2026, 1, 1))),
        record("partners", ONE, 2, partner(ONE, 2)),
        record("enrollments", ONE, 2, timeline),
        record("contacts", ONE, 4, contact),
    )
    key, first, status, merged, region, listed_on, version, fact, enrolled, stored, contacted = from_log._partner(
        UUID(ONE), found
    )
    assert (str(key), first, status, merged, region, listed_on) == (ONE, NOW, "active", None, "33.11", date(2026, 1, 1))
    assert (version, enrolled, contacted) == (3, 2, 4)
    assert msgspec.json.decode(fact, type=Partner).version == 0
    assert msgspec.json.decode(stored, type=Enrollment).recorded_at.year == 1970
    ((_, *nothing, name, phone, email, owner),) = from_log._identifiers(found, VAULT)
    assert nothing == [None, None, None, None]
    assert name == VAULT.name(names.name_key("Warung Ibu Sri"), "33.11")
    assert phone is not None
    assert (email, owner is None) == (None, False)


def test_of_a_known_partner_only_newer_versions_count_and_it_is_named_by_its_own_rows():
    known = {"partners": {ONE: 2, OTHER: 5}, "enrollments": {ONE: 1}, "contacts": {ONE: 1}}
    contact = Contact(ONE, 2, "Warung", NOW)
    found = newer(
        record("partners", ONE, 2, partner(ONE, 2)),
        record("partners", OTHER, 6, partner(OTHER, 6)),
        record("contacts", ONE, 2, contact),
        **known,
    )
    assert set(found.found["partners"]) == {OTHER}
    assert from_log._partner(UUID(ONE), found)[6:] == (0, None, 0, None, 2)
    assert from_log._identifiers(found, VAULT) == []


def test_a_partner_of_which_the_log_has_but_an_erased_contact_is_left_out():
    found = newer(record("contacts", ONE, 3, None))
    assert from_log._partner(UUID(ONE), found) is None


def test_the_last_event_of_a_key_holds_and_sessions_are_none():
    issued, revoked = (Key("k1", "h", NOW, "dinas", revoked=gone) for gone in (False, True))
    found = newer(
        record("access", "k1", "a", issued, "key.issued"),
        record("access", "k1", "b", revoked, "key.revoked"),
        record("access", "s1", "c", issued, "session.started"),
    )
    assert {key: fact.revoked for key, (_, fact) in found.found["access"].items()} == {"k1": True}


def test_the_log_lacks_what_is_newer_than_its_newest_version():
    log = InLog()
    for version in (2, 1):
        log.see("partners", record("partners", ONE, version, partner(ONE, version)))
    assert not log.lacks("partners", UUID(ONE), 2)
    assert log.lacks("partners", UUID(ONE), 3)
    assert log.lacks("partners", UUID(OTHER), 1)
    assert not log.lacks("partners", UUID(OTHER), 0)


@pytest.mark.parametrize(
    ("fact", "version", "kind"),
    [
        (partner(ONE, 1), 1, "partner.listed"),
        (partner(ONE, 2), 2, "partner.updated"),
        (partner(ONE, 2, lists=()), 2, "partner.delisted"),
        (msgspec.structs.replace(partner(ONE, 2), status="merged", merged_into=OTHER), 2, "partner.merged"),
        (msgspec.structs.replace(partner(ONE, 2), status="erased"), 2, "partner.erased"),
    ],
)
def test_a_fact_published_again_has_the_type_of_what_it_says(fact, version, kind):
    assert partner_type(fact, version) == kind


def test_what_is_published_again_keeps_its_version_and_id():
    claim = Claim(ONE, 0, OTHER, "33.11", "JKK", "PU", 10, "paid", date(2025, 1, 1), 3, NOW, "bpjs")
    event = to_log.event_of("claims", UUID(ONE), "claim.paid", claim, 7, NOW)
    assert (event.topic, event.key, event.id) == ("claims", ONE, f"claims/{ONE}/7")
    assert msgspec.json.decode(event.value, type=Claim).version == 7
