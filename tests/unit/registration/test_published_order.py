"""A partner's contact is published before the partner: who reads both then decides about it once."""

import base64
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from services.registration.identity.partner_state import PartnerState
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import ContactDetails
from services.registration.records import facts
from services.registration.records.derivation import Derived, NewContact, NewFact
from services.registration.vault import Vault
from shared.events.partners import Partner

NOW, ID = datetime(2026, 1, 1, tzinfo=UTC), UUID(int=1)


def test_the_contact_goes_first():
    vault = Vault(base64.b64encode(bytes(32)).decode())
    work = UnitOfWork(cast(Any, None), vault, cast(Any, None), cast(Any, None), NOW)
    partner = Partner(partner_id=str(ID), version=1, status="active", region="33.11", kind="business", recorded_at=NOW)
    new = Derived("33.11", NewFact("partner.listed", partner, b"{}"), NewContact(("Toko", ContactDetails()), ID))
    facts._publish(work, PartnerState(ID, NOW), new, "person")
    assert [each.topic for each in work._outgoing] == ["contacts", "partners"]
