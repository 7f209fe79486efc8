"""The planted bugs fit the code as it is; with --long each is planted, and a test fails."""

import os
from pathlib import Path

import pytest

from deploy.local.directory import ROOT
from tests.planted.__main__ import copied, noticed_by, planted
from tests.planted.bug import Bug
from tests.planted.bugs import BUGS


def fits(bug: Bug) -> bool:
    try:
        return planted(bug, (ROOT / bug.file).read_text()) != (ROOT / bug.file).read_text()
    except ValueError:
        return False


def test_each_fits_the_code_and_its_tests_exist() -> None:
    """Code moves on, and they with it."""
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    assert [bug.name for bug in BUGS if not fits(bug)] == []
    assert all((ROOT / test).is_file() for bug in BUGS for test in bug.tests)


@pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it")
@pytest.mark.timeout(3600)
def test_with_each_of_them_a_test_fails(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    assert [bug.name for bug in BUGS if not noticed_by(bug, copy)] == []
