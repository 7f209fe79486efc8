"""What registration calls things on its pages: fields, kinds, reasons to decide, acts; in the page's language."""

from collections.abc import Mapping
from functools import cache

from shared.web.language import Language


@cache
def fields(language: Language) -> dict[str, str]:
    """A field, column or meaning by its name in the contract."""
    _ = language.gettext
    return {
        "address": _("Address"),
        "amount": _("Amount in rupiah"),
        "as_of": _("As of"),
        "attendees": _("Who attended"),
        "batch": _("Batch"),
        "claim_ref": _("Claim number"),
        "contact": _("Contact"),
        "contact.email": _("Contact: e-mail"),
        "contact.language": _("Contact: language"),
        "contact.name": _("Contact: name"),
        "contact.phone": _("Contact: phone"),
        "cooperative": _("Cooperative"),
        "cooperative.id": _("Cooperative: id in Payung"),
        "cooperative.name": _("Cooperative: name"),
        "cooperative.nib": _("Cooperative: NIB"),
        "cooperative.nik": _("Cooperative: NIK"),
        "cooperative.nik_koperasi": _("Cooperative: NIK Koperasi"),
        "cooperative.ref": _("Cooperative: your own number"),
        "cooperative.region": _("Cooperative: region"),
        "date": _("Date"),
        "effective_on": _("In force from"),
        "email": _("E-mail"),
        "from": _("From"),
        "held_on": _("Held on"),
        "id": _("Number of the message"),
        "kind": _("Kind"),
        "labour": _("Labourers"),
        "list": _("List"),
        "listed_on": _("Listed on"),
        "management": _("Management"),
        "measure": _("Measure"),
        "name": _("Name"),
        "nib": _("NIB"),
        "nik": _("NIK"),
        "nik_koperasi": _("NIK Koperasi"),
        "number": _("Number"),
        "occupation": _("Occupation"),
        "occurred_on": _("Day of the accident"),
        "owner": _("Owner"),
        "paid_on": _("Paid on"),
        "participant_no": _("Participant number"),
        "parties": _("Parties"),
        "partner": _("Business or person"),
        "partner.id": _("Business: id in Payung"),
        "partner.name": _("Business: name"),
        "partner.nib": _("Business: NIB"),
        "partner.nik": _("Business: NIK of the owner"),
        "partner.nik_koperasi": _("Business: NIK Koperasi"),
        "partner.ref": _("Business: your own number"),
        "partner.region": _("Business: region"),
        "person": _("Contact person"),
        "phone": _("Phone"),
        "present": _("Present"),
        "programme": _("Programme"),
        "programmes": _("Programmes"),
        "quota": _("Quota"),
        "reason": _("Reason"),
        "ref": _("Your own number"),
        "region": _("Region"),
        "region_code": _("Code of the region"),
        "scale": _("Scale"),
        "segment": _("Segment"),
        "source": _("Source"),
        "specversion": _("Version of CloudEvents"),
        "staff": _("Staff"),
        "status": _("Status"),
        "title": _("Title"),
        "type": _("Kind of message"),
        "until": _("Until"),
        "value": _("Value"),
        "workers": _("Workers"),
        "workers.labour": _("Workers: labourers"),
        "workers.management": _("Workers: management"),
        "workers.staff": _("Workers: staff"),
    }


@cache
def columns(language: Language) -> Mapping[str, str]:
    """A meaning of a file's column: mostly what the field is called, some more closely."""
    _ = language.gettext
    return fields(language) | {
        "basis": _("Legal basis"),
        "cooperative": _("Cooperative that they are members of"),
        "effective_on": _("Insured from"),
        "inactive": _("Mark of those who are not active"),
        "kind": _("Kind of business"),
        "labour": _("Workers: labour"),
        "management": _("Workers: management"),
        "men": _("Workers: men"),
        "name": _("Name of the business"),
        "occurred_on": _("Day of the event"),
        "owner": _("Name of the owner"),
        "partner_id": _("Payung's number of the partner"),
        "party_1": _("First party"),
        "party_2": _("Second party"),
        "person": _("Name of the person"),
        "quota": _("Seats"),
        "ref": _("Your own number of the row"),
        "region": _("Regency or city"),
        "region_code": _("Code of the regency or city"),
        "scale": _("Scale (micro, small, medium, large)"),
        "source": _("Campaign or source"),
        "staff": _("Workers: staff"),
        "unit": _("Unit"),
        "value": _("Target"),
        "women": _("Workers: women"),
        "worker": _("Worker"),
        "workers": _("Number of workers"),
    }


@cache
def kinds(language: Language) -> Mapping[str, str]:
    """Kinds of files and types of events, and what a partner is."""
    _ = language.gettext
    return {
        "agreement.signed": _("Agreement (message)"),
        "agreements": _("Agreements"),
        "attendance": _("Attendance at briefings"),
        "briefing.held": _("Briefing (message)"),
        "briefings": _("Briefings"),
        "business": _("Business"),
        "claim.filed": _("Claim filed (message)"),
        "claim.paid": _("Claim paid (message)"),
        "claim.rejected": _("Claim rejected (message)"),
        "claims": _("Claims"),
        "cooperative": _("Cooperative"),
        "denominator.set": _("Published figure (message)"),
        "enrollment.changed": _("Enrolment changed (message)"),
        "enrollment.lapsed": _("Enrolment ended (message)"),
        "enrollment.registered": _("Enrolment (message)"),
        "enrollments": _("Enrolments in programmes"),
        "individual": _("Individual"),
        "partner.delisted": _("Taken off a list (message)"),
        "partner.listed": _("Listing (message)"),
        "partners": _("List of businesses"),
        "persons": _("List of persons"),
        "target.set": _("Target (message)"),
        "targets": _("Targets"),
    }


@cache
def scales(language: Language) -> Mapping[str, str]:
    _ = language.gettext
    return {
        "micro": _("Micro"),
        "small": _("Small"),
        "medium": _("Medium"),
        "large": _("Large"),
        "unknown": _("unknown"),
    }


@cache
def acts(language: Language) -> Mapping[str, str]:
    """Of the audit trail."""
    _ = language.gettext
    return {
        "agency.added": _("Agency added"),
        "agency.changed": _("Agency changed"),
        "case.decided": _("Case decided"),
        "dead_letters.discarded": _("Records that could not be used discarded"),
        "import.cancelled": _("Upload cancelled"),
        "import.confirmed": _("Upload confirmed"),
        "import.refused_rows_deleted": _("Refused rows of an upload deleted"),
        "import.undone": _("Upload taken back"),
        "import.uploaded": _("File uploaded"),
        "key.issued": _("Key issued"),
        "key.revoked": _("Key revoked"),
        "key.rotated": _("Key replaced"),
        "partner.erased": _("Business erased or taken back"),
        "quarantine.corrected": _("Refused row corrected"),
        "quarantine.deleted": _("Refused row given up"),
        "quarantine.retried": _("Refused rows sent again"),
        "rejected.exported": _("Refused rows downloaded"),
        "session.ended": _("Signed out"),
        "session.started": _("Signed in"),
        "sign_in_link.issued": _("Sign-in link issued"),
        "source.released": _("Source released"),
        "statements.redacted": _("Text made unreadable"),
        "unregistered.exported": _("Who is not registered downloaded"),
        "webhook.added": _("Webhook added"),
        "webhook.deleted": _("Webhook deleted"),
        "webhook.resumed": _("Webhook resumed"),
    }
