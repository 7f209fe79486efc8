"""A refused event or row tells whose it is by whatever can be read of it."""

import base64
from datetime import date

from services.registration.intake import data_subject
from services.registration.intake.data_subject import Trace
from services.registration.intake.row_reader import Reader
from services.registration.intake.senders import Sender
from services.registration.intake.tables import Row, Table
from services.registration.vault import Vault
from shared.regions import Regions

VAULT = Vault(base64.b64encode(bytes(32)).decode())
REGIONS = Regions.load()


def test_an_event_is_traced_by_name_in_its_region_however_that_is_written() -> None:
    data = {"name": "Pak Lupa", "region": "Kab. Wonogiri", "participant_no": "Z\x001"}
    assert data_subject.of_event(data, REGIONS, None) == Trace(None, None, None, "PAK LUPA", "33.12", "Z1")
    assert data_subject.of_event({"partner": data}, REGIONS, None).region == "33.12"
    assert data_subject.of_event({"name": "x", "region": "Solo"}, REGIONS, None).region is None


def test_a_name_in_an_unknown_region_is_hashed_alone() -> None:
    assert (
        Trace(name="A").hashed(VAULT).name
        == data_subject.name_of(VAULT, "A")
        != Trace(name="A", region="ID").hashed(VAULT).name
    )


def test_everybody_a_briefing_names_is_traced() -> None:
    guests = [{"nik": "3312024908000000"}, {"name": "Pak Lupa"}, {"name": "Bu Lain", "region": "33.11"}, "nobody"]
    data = {"name": "Sosialisasi", "region": "33.12", "attendees": guests}
    found = data_subject.of_everybody(data, REGIONS)[1:]
    assert [(each.nik, each.name, each.region) for each in found] == [
        ("3312024908000000", None, "33.12"),
        (None, "PAK LUPA", "33.12"),
        (None, "BU LAIN", "33.11"),
        (None, None, "33.12"),
    ]
    assert len(data_subject.of_everybody({"name": "x", "attendees": 7}, REGIONS)) == 1


def test_a_row_is_traced_even_when_it_is_too_short() -> None:
    sender = Sender(("33.12",), "l", date(2021, 1, 31))
    reader = Reader("partners", Table(("alamat", "nib", "nama", "kota"), (), 0), sender, REGIONS)
    assert reader.trace(Row(2, ("x", "0000100006909", "Pak Lupa"), False)) == Trace(
        nib="0000100006909", name="PAK LUPA", region="33.12"
    )
