"""A row's versions without those of one upload: what is left, and what the row says again."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.identity.row_versions import Version, without

ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))
DAY = date(2021, 1, 31)


def version(number: int, import_id: UUID | None, has_state: bool = False, listed: bool = True) -> Version:
    day = DAY if listed else None
    return Version(number, import_id, day, day, number, has_state)


def test_the_row_says_again_what_it_said_before_the_newest() -> None:
    left = without([version(1, ONE, has_state=True), version(2, TWO)], TWO)
    assert (left.from_state, [each.version for each in left.kept]) == (1, [1])
    confirmed = without([version(1, ONE), version(2, TWO)], TWO)
    assert (confirmed.from_state, confirmed.newest) == (None, version(1, ONE))


def test_an_older_one_changes_nothing_of_what_the_row_says() -> None:
    left = without([version(1, ONE, has_state=True), version(2, TWO)], ONE)
    assert (left.from_state, left.newest) == (None, version(2, TWO))


def test_who_only_confirmed_inherits_what_the_dropped_one_knew() -> None:
    left = without([version(1, ONE), version(2, TWO, has_state=True), version(3, THREE)], TWO)
    assert (left.inherited, left.from_state) == ([(1, 2)], None)
    known = [version(1, ONE, has_state=True), version(3, THREE)]
    assert without(known, THREE).from_state == 1


def test_an_upload_may_mention_the_row_that_it_listed_as_well() -> None:
    versions = [version(1, ONE, has_state=True), version(2, TWO), version(3, TWO, listed=False)]
    assert without(versions, TWO).from_state == 1


def test_a_mention_alone_keeps_nothing() -> None:
    left = without([version(1, ONE), version(2, TWO, listed=False)], ONE)
    assert (left.newest, left.dropped) == (None, [version(1, ONE)])


@pytest.mark.parametrize("by", [ONE, TWO])
def test_a_row_that_a_whole_list_left_out_is_all_in_states(by: UUID) -> None:
    left = without([version(1, ONE), version(2, TWO, has_state=True)], by, is_gone=True)
    assert left.from_state == 2


CONTENTS = st.lists(st.tuples(st.sampled_from((ONE, TWO, THREE)), st.integers(0, 2)), min_size=1, max_size=7)


@given(CONTENTS, st.permutations((ONE, TWO, THREE)))
def test_taken_back_in_any_order_the_row_is_what_the_rest_made_of_it(
    sent: list[tuple[UUID, int]], order: list[UUID]
) -> None:
    """Each (upload, content) in turn; the state of a version is kept when the next content is another one."""
    versions: list[Version] = []
    states: dict[int, int] = {}
    current = sent[0][1]
    for number, (import_id, content) in enumerate(sent, 1):
        others = [each.version for each in versions if each.import_id != import_id]
        if others and content != current:
            states.setdefault(others[-1], current)
        if not versions or versions[-1].import_id != import_id:  # else the same upload again: its last row counts
            versions.append(version(number, import_id))
        current = content
    for import_id in order:
        left = without([version(v.version, v.import_id, v.version in states) for v in versions], import_id)
        states |= {to: states[dropped] for to, dropped in left.inherited}
        versions = left.kept
        if left.from_state is not None:
            current = states[left.from_state]
        last = _last_content(sent, {each.version for each in versions})
        assert (left.newest is None) == (last is None)
        assert last is None or current == last


def _last_content(sent: list[tuple[UUID, int]], kept: set[int]) -> int | None:
    """What the newest of these versions said, with what the same upload sent right after it."""
    if not kept:
        return None
    at = max(kept) - 1
    while at + 1 < len(sent) and sent[at + 1][0] == sent[at][0]:
        at += 1
    return sent[at][1]
