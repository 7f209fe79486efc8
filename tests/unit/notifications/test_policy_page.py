"""The policy's form: what it changes, and what it refuses."""

from dataclasses import replace
from datetime import time

import pytest

from services.notifications.policy import Caps, Group, Price, Step, Wording
from services.notifications.web.policy import changed
from shared.problems import Problem
from tests.unit.notifications.builders import MAIL, STEPS

OWN = replace(MAIL, groups=(Group("g", regions=("36.71",)),), prices=(Price("email", 1),))


def test_a_form_changes_its_fields_alone() -> None:
    form = {"csrf": "x", "does": "try", "days_1": "2", "per_month": "3", "end": "19:00", "channels": "sms, Email"}
    hours = replace(OWN.hours, end=time(19))
    assert changed(OWN, form) == replace(
        OWN,
        steps=(Step("first", 2), *STEPS[1:]),
        caps=Caps(per_day=1, per_month=3),
        hours=hours,
        channels=("sms", "email"),
    )
    assert changed(OWN, {}) == OWN


def test_a_text_takes_the_place_of_its_own_variant_alone_and_an_empty_one_takes_it_away() -> None:
    a, b = (Wording("first", "sms", "id", f"{{name}}: {each}. STOP", each) for each in "AB")
    form = {"text_template": "first", "text_channel": "sms", "text_language": "id", "text_variant": "B"}
    with_b = changed(replace(OWN, wordings=(a,)), form | {"text": " {name}: B. STOP\r\n"})
    assert with_b.wordings == (a, b)
    newer = changed(with_b, form | {"text": "{name}:\r\nSTOP"})
    assert newer.wordings == (a, replace(b, text="{name}:\nSTOP"))
    assert changed(newer, form | {"text": ""}).wordings == (a,)
    assert changed(newer, form | {"text": "x", "text_template": ""}).wordings == newer.wordings


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"text_template": "first", "text": "STOP", "text_channel": "fax"}, "wordings.0.channel"),
        ({"days_4": "1"}, "days_4"),
        ({"days_1": "soon"}, "steps.0.days"),
        ({"channels": "fax"}, "channels.0"),
        ({"end": "late"}, "hours.end"),
        ({"per_day": ""}, "caps.per_day"),
    ],
)
def test_what_is_no_value_is_refused_by_its_name(form: dict[str, str], field: str) -> None:
    with pytest.raises(Problem) as refused:
        changed(OWN, form)
    assert (refused.value.status, refused.value.extra["field"]) == (422, field)
