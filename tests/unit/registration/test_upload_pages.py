"""What the pages of uploads say and read of their forms, without a service."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from services.registration.intake.column_vocabulary import VOCABULARY
from services.registration.intake.columns import KINDS, FileKind
from services.registration.intake.contexts import UploadContext
from services.registration.intake.files import file_format, ndjson, table_reader, table_source, unpacking, workbooks
from services.registration.intake.files.line_kinds import SkipReason
from services.registration.intake.files.reading_options import AS_FOUND
from services.registration.intake.files.tables import Row
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from services.registration.web import entry_form, example_files, sent_files, uploads
from services.registration.web import upload_words as words
from services.registration.web.entry_form import Field
from services.registration.web.words import columns, kinds
from shared.jakarta import today
from shared.regions import Regions
from shared.web.language import load

LANGUAGES = load()
REGIONS = Regions.load()


def gettext(text: str) -> str:
    return text


def test_every_meaning_of_a_column_has_words() -> None:
    assert {meaning for named in VOCABULARY.values() for meaning in named} <= columns(LANGUAGES["id"]).keys()
    assert set(KINDS) <= kinds(LANGUAGES["id"]).keys()
    assert set(SkipReason.__args__) == words.skipped(gettext).keys()


OF_FILES = [
    each
    for module in (file_format, ndjson, table_reader, table_source, unpacking, workbooks)
    for each in vars(module).values()
    if isinstance(each, Refusal)
] + [file_format.not_a_table("a PDF document"), table_source.another_table(12)]


@pytest.mark.parametrize("refusal", OF_FILES, ids=lambda refusal: refusal.detail[:40])
def test_what_is_wrong_with_a_file_is_said_in_the_pages_language(refusal: Refusal) -> None:
    sentence = words.of_file(LANGUAGES["id"].gettext, refusal.detail)
    assert sentence != words.of_file(LANGUAGES["id"].gettext, "something else")
    assert sentence != words.of_file(LANGUAGES["en"].gettext, refusal.detail)


def test_a_reason_is_told_in_the_pages_language() -> None:
    detail = "A NIB has exactly 13 digits."
    english, indonesian = (words.reason(LANGUAGES[code], "invalid_nib", detail) for code in ("en", "id"))
    assert english.meaning == detail
    assert indonesian.meaning != detail
    assert indonesian.action != english.action


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_file_is_understood(kind: FileKind) -> None:
    header, *examples = example_files.rows(kind, "Kabupaten Sukoharjo")
    upload = UploadContext(Jurisdiction(REGIONS, ("33.11",)), "contoh", today(), False, False, AS_FOUND)
    reader = RowReader(kind, tuple(header), upload)
    rows = [Row(line, tuple(cells), True) for line, cells in enumerate(examples, 2)]
    reader.judge_columns(rows)
    for answer in map(reader.read, rows):
        assert not isinstance(answer, Refusal), answer
        assert not cast(Any, answer).warnings if hasattr(answer, "warnings") else True
    assert [column.header for column in reader.columns() if column.read_as is None] == []


SHOWN = [{"header": name, "read_as": meaning} for name, meaning in (("A", "name"), ("B", None), ("C", "region"))]


@pytest.mark.parametrize(
    ("chosen", "said", "columns"),
    [
        (("name", "", "region"), {}, {}),
        (("name", "address", "region"), {}, {"B": "address"}),
        (("", "name", "region"), {"A": "name"}, {"A": "", "B": "name"}),
        (("name", "name", "region"), {"A": "name"}, {"B": "name"}),
        (("name", "", ""), {"B": ""}, {"B": "", "C": ""}),
    ],
    ids=["nothing", "another", "swapped", "taken", "not read"],
)
def test_only_menus_that_were_changed_say_something(
    chosen: tuple[str, ...], said: dict[str, str], columns: dict[str, str]
) -> None:
    form = FormData({f"meaning-{at}": meaning for at, meaning in enumerate(chosen)})
    found = sent_files.changes(form, SHOWN, said)
    assert found.columns == columns
    assert sent_files.is_changed(found, {"columns": said}, "") == (columns != said)


def test_forgetting_is_a_change() -> None:
    found = sent_files.changes(FormData({"forget": "true"}), SHOWN, {})
    assert sent_files.is_changed(found, {}, "")
    assert found.columns_field == "{}"


COUNT = st.integers(0, 50)


@given(st.sampled_from(KINDS), COUNT, COUNT, COUNT, COUNT)
def test_what_became_of_accepted_rows_adds_up(
    kind: FileKind, accepted: int, created: int, unchanged: int, replaced: int
) -> None:
    upload = {
        "kind": kind,
        "accepted": accepted,
        "created": created,
        "unchanged": unchanged,
        "replaced": replaced,
    }
    said = words.accepted_as(gettext, upload)
    assert sum(rows for _, rows in said) == accepted
    assert all(rows > 0 for _, rows in said)


def test_rows_of_businesses_that_were_known_are_told_apart_from_new_ones() -> None:
    upload = {"kind": "partners", "accepted": 28, "created": 2, "unchanged": 0, "replaced": 0}
    assert words.accepted_as(gettext, upload) == [
        ("new businesses", 2),
        ("joined to a business that you had listed", 26),
    ]
    assert words.accepted_as(gettext, upload | {"kind": "claims"}) == [
        ("newly recorded", 2),
        ("changed or added to", 26),
    ]


def test_refused_rows_of_an_upload_that_was_taken_back_are_not_said_to_be_corrected() -> None:
    record = {"refused_deleted_at": None, "undo_asked_at": None, "dry_run": False, "rejected": 2}
    assert uploads.corrected(cast(Any, record), 0) == 2
    assert uploads.corrected(cast(Any, record | {"undo_asked_at": "2026-01-01"}), 0) == 0
    assert uploads.corrected(cast(Any, record | {"dry_run": True}), 0) == 0


def test_what_programs_are_told_is_not_said_of_rows() -> None:
    for code in ("invalid_worker_count", "invalid_amount"):
        for language, told in (("en", "event"), ("id", "kejadian")):
            action = words.reason(LANGUAGES[language], code, None).action
            assert action.endswith(".")
            assert told not in action


def test_a_row_without_a_name_is_not_called_by_its_nik() -> None:
    nik = Field("c0", "NIK", "3311014101900001", "nik")
    assert entry_form.title([nik]) == ""
    assert entry_form.title([nik, Field("c1", "Nama", "Contoh", "name")]) == "Contoh"
