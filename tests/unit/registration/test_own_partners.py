"""How many partners an import brought its agency, whatever other agencies list."""

from datetime import date

from services.registration.identity.own_partners import formed, with_partners
from services.registration.identity.profile import Row


def row(key: str, partner: str | None, import_id: str | None, agency: str = "dinas") -> Row:
    day = date(2021, 1, 1)
    return Row(
        key, 1, partner, agency, "list", None, None, None, "n", "33.11", "business", day, day, 1, import_id=import_id
    )


def counted(before: list[Row], after: list[Row]) -> dict[object, int]:
    return {import_id: count for import_id, count in formed(before, after).items() if count}


def test_a_partner_is_new_to_the_agency_though_others_list_it() -> None:
    others = row("o", "p", "other", agency="kemenkop")
    assert counted([others], [others, row("a", "p", "i")]) == counted([], [row("a", "p", "i")]) == {"i": 1}


def test_a_row_that_joins_an_earlier_own_one_brings_nothing() -> None:
    by_event, by_upload = row("a", "p", None), row("a", "p", "before")
    assert counted([by_event], [by_event, row("b", "p", "i")]) == {}
    assert "i" not in counted([by_upload], [by_upload, row("b", "p", "i")])


def test_rows_of_one_import_that_turn_out_to_be_one_partner_count_once() -> None:
    chunks = [row("a", "p", "i"), row("b", "q", "i")]
    assert counted([], chunks) == {"i": 2}
    assert counted(chunks, [row("a", "p", "i"), row("b", "p", "i"), row("c", "p", "i")]) == {"i": -1}


def test_rows_that_moved_count_where_they_are_now() -> None:
    rows = [row("a", "p", "i"), row("b", "q", "i")]
    assert [each.partner for each in with_partners(rows, {"b": row("b", "p", "i")})] == ["p", "p"]  # type: ignore[dict-item]
