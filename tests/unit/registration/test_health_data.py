"""Health data is recognised by its field's name, however that is spelled and wherever it occurs."""

from datetime import date
from typing import Any

import pytest

from services.registration.intake import health_data
from services.registration.intake.contexts import UploadContext
from services.registration.intake.files.tables import Row
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from shared.regions import Regions

NAMES = [
    *("diagnosis", "Diagnosa", "icd_10", "ICD-10", "Kode ICD", "icd10", "cause_of_death", "causeOfDeath"),
    *("sebab_kematian", "Sebab Kematian", "penyebab", "jenis penyakit", "diagnosis_code", "health", "deathCause"),
    *("cedera", "injury", "primaryDiagnosis"),
]
OTHERS = ["jenis_klaim", "no_klaim", "program", "nilai", "tgl_kejadian", "tgl_bayar", "status", "amount", "reason"]


@pytest.mark.parametrize("name", NAMES)
def test_a_field_is_recognised_by_its_name(name: str) -> None:
    assert health_data.is_field_name(name)
    assert health_data.is_in({"details": [{name: "S06"}]})
    assert health_data.columns("claims", ("no_klaim", name)) == {1}


@pytest.mark.parametrize("name", OTHERS)
def test_other_names_do_not(name: str) -> None:
    assert not health_data.is_field_name(name)


@pytest.mark.parametrize("nothing", [None, "", "-"])
def test_an_empty_field_holds_none(nothing: Any) -> None:
    assert not health_data.is_in({"diagnosis": nothing})


def test_what_is_kept_is_without_it() -> None:
    sent = {"id": "1", "data": {"claim_ref": "K", "cause_of_death": "x", "more": [{"ICD-10": "S06", "note": "n"}]}}
    kept = {"id": "1", "data": {"claim_ref": "K", "cause_of_death": None, "more": [{"ICD-10": None, "note": "n"}]}}
    assert health_data.without(sent) == kept


CLAIMS = ("no_klaim", "no_peserta", "program", "tgl_kejadian", "nilai", "status", "jenis_klaim", "Kode ICD")


def reader() -> RowReader:
    upload = UploadContext(Jurisdiction(Regions.load(), ("ID",)), "klaim", date(2021, 1, 31))
    return RowReader("claims", CLAIMS, upload)


def test_a_claims_column_of_health_data_refuses_the_row_and_is_not_kept() -> None:
    cells = ("K1", "Z1", "JKK", "01/06/2020", "Rp1.000", "PROSES", "meninggal dunia", "S06")
    answer = reader().read(Row(2, cells, True))
    assert isinstance(answer, Refusal)
    assert answer.code == "health_data"
    assert reader().cells_to_keep(Row(2, cells, True)) == [*cells[:-1], ""]
    assert not isinstance(reader().read(Row(2, (*cells[:-1], "-"), True)), Refusal)


def test_of_a_row_of_another_width_no_cell_is_kept() -> None:
    assert reader().cells_to_keep(Row(2, ("K1", "S06"), False)) == ["", ""]
