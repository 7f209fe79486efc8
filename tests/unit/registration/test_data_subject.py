"""Whom a refused event or row is about is read from whatever is readable of it."""

import base64
from datetime import date

from services.registration.intake import data_subject
from services.registration.intake.contexts import UploadContext
from services.registration.intake.data_subject import DataSubject
from services.registration.intake.files.tables import Row
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.vault import Vault
from shared.regions import Regions

VAULT = Vault(base64.b64encode(bytes(32)).decode())
REGIONS = Regions.load()
ANYWHERE = Jurisdiction(REGIONS, ())


def test_an_event_is_about_the_name_in_its_region_however_that_is_written() -> None:
    data = {"name": "Pak Lupa", "region": "Kab. Wonogiri", "participant_no": "Z\x001"}
    assert data_subject.of_event(data, ANYWHERE) == DataSubject(None, None, None, "PAK LUPA", "33.12", "Z1")
    assert data_subject.of_event({"partner": data}, ANYWHERE).region == "33.12"
    assert data_subject.of_event({"name": "x", "region": "Solo"}, ANYWHERE).region is None


def test_a_name_in_an_unknown_region_is_hashed_alone() -> None:
    assert (
        DataSubject(name="A").hashed(VAULT).name
        == data_subject.hashed_name(VAULT, "A")
        != DataSubject(name="A", region="ID").hashed(VAULT).name
    )


def test_everybody_a_briefing_names_is_a_data_subject() -> None:
    attendees = [{"nik": "3312024908000000"}, {"name": "Pak Lupa"}, {"name": "Bu Lain", "region": "33.11"}, "nobody"]
    data = {"name": "Sosialisasi", "region": "33.12", "attendees": attendees}
    found = data_subject.all_of_event(data, REGIONS)[1:]
    assert [(each.nik, each.name, each.region) for each in found] == [
        ("3312024908000000", None, "33.12"),
        (None, "PAK LUPA", "33.12"),
        (None, "BU LAIN", "33.11"),
        (None, None, "33.12"),
    ]
    assert len(data_subject.all_of_event({"name": "x", "attendees": 7}, REGIONS)) == 1


def test_every_member_of_an_event_is_a_data_subject() -> None:
    members = [{"participant_no": "Z1", "partner": {"nik": "3312024908000000"}}, {"partner": 7}, "nobody"]
    found = data_subject.all_of_event({"region": "33.12", "members": members}, REGIONS)[1:]
    assert [(each.nik, each.participant_no, each.region) for each in found] == [
        ("3312024908000000", "Z1", "33.12"),
        (None, None, "33.12"),
    ]


def test_a_row_that_is_too_short_is_about_somebody_too() -> None:
    upload = UploadContext(Jurisdiction(REGIONS, ("33.12",)), "l", date(2021, 1, 31))
    reader = RowReader("partners", ("alamat", "nib", "nama", "kota"), upload)
    assert reader.data_subject(Row(2, ("x", "0000100006909", "Pak Lupa"), False)) == DataSubject(
        nib="0000100006909", name="PAK LUPA", region="33.12"
    )
