"""The planted bugs fit the code as it is; with --long each is planted, and a test fails."""

import os
from pathlib import Path

import pytest

from deploy.local.directory import ROOT
from tests.planted.__main__ import copied, noticed_by, planted
from tests.planted.bugs import BUGS, Bug


def named(bug: Bug) -> str:
    return bug.name


def test_there_are_enough_and_each_has_its_name() -> None:
    assert len(BUGS) >= 25
    assert len({bug.name for bug in BUGS}) == len(BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=named)
def test_it_fits_the_code_and_its_tests_exist(bug: Bug) -> None:
    sound = (ROOT / bug.file).read_text()
    assert planted(bug, sound) != sound
    assert all((ROOT / test).is_file() for test in bug.tests)


@pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it")
@pytest.mark.timeout(3600)
def test_with_each_of_them_a_test_fails(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    assert [bug.name for bug in BUGS if not noticed_by(bug, copy)] == []
