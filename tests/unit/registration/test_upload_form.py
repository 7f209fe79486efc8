"""The fields of an upload are judged before its file is read."""

from datetime import timedelta

import pytest

from services.registration.api import upload_form
from shared.jakarta import today
from shared.problems import Problem


def test_the_day_of_a_list_is_one_that_its_rows_may_have() -> None:
    assert upload_form.day_of_list(None) == today()
    assert upload_form.day_of_list("1945-01-01").year == 1945
    for text in ("1944-12-31", "2099-01-01", (today() + timedelta(days=367)).isoformat()):
        with pytest.raises(Problem) as refused:
            upload_form.day_of_list(text)
        assert (refused.value.code, refused.value.extra["field"]) == ("invalid_date", "list_date")
