"""What is health data is told by its name, however it is spelled and wherever it stands."""

from datetime import date
from typing import Any

import pytest

from services.registration.intake import health
from services.registration.intake.row_reader import Reader
from services.registration.intake.senders import Sender
from services.registration.intake.tables import Row, Table
from services.registration.intake.values import Refusal
from shared.regions import Regions

NAMES = [
    *("diagnosis", "Diagnosa", "icd_10", "ICD-10", "Kode ICD", "icd10", "cause_of_death", "causeOfDeath"),
    *("sebab_kematian", "Sebab Kematian", "penyebab", "jenis penyakit", "diagnosis_code", "health", "deathCause"),
    *("cedera", "injury", "primaryDiagnosis"),
]
OTHERS = ["jenis_klaim", "no_klaim", "program", "nilai", "tgl_kejadian", "tgl_bayar", "status", "amount", "reason"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_tells_health_data(name: str) -> None:
    assert health.names_health(name)
    assert health.told({"details": [{name: "S06"}]})
    assert health.columns("claims", ("no_klaim", name)) == {1}


@pytest.mark.parametrize("name", OTHERS)
def test_other_names_do_not(name: str) -> None:
    assert not health.names_health(name)


@pytest.mark.parametrize("nothing", [None, "", "-"])
def test_an_empty_field_tells_nothing(nothing: Any) -> None:
    assert not health.told({"diagnosis": nothing})


def test_what_is_kept_is_without_it() -> None:
    sent = {"id": "1", "data": {"claim_ref": "K", "cause_of_death": "x", "more": [{"ICD-10": "S06", "note": "n"}]}}
    kept = {"id": "1", "data": {"claim_ref": "K", "cause_of_death": None, "more": [{"ICD-10": None, "note": "n"}]}}
    assert health.without(sent) == kept


CLAIMS = ("no_klaim", "no_peserta", "program", "tgl_kejadian", "nilai", "status", "jenis_klaim", "Kode ICD")


def reader() -> Reader:
    return Reader("claims", Table(CLAIMS, (), 0), Sender(("ID",), "klaim", date(2021, 1, 31)), Regions.load())


def test_a_claims_column_of_health_data_refuses_the_row_and_is_not_kept() -> None:
    cells = ("K1", "Z1", "JKK", "01/06/2020", "Rp1.000", "PROSES", "meninggal dunia", "S06")
    answer = reader().read(Row(2, cells, True))
    assert isinstance(answer, Refusal)
    assert answer.code == "health_data"
    assert reader().kept(Row(2, cells, True)) == [*cells[:-1], ""]
    assert not isinstance(reader().read(Row(2, (*cells[:-1], "-"), True)), Refusal)


def test_of_a_row_of_another_width_no_cell_is_kept() -> None:
    assert reader().kept(Row(2, ("K1", "S06"), False)) == ["", ""]
