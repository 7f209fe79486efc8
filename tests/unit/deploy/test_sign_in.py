"""The lines about signing in that a start ends with."""

from pathlib import Path

import pytest

from deploy.local import directory, sign_in
from deploy.local.endpoints import Endpoints

ADDRESSES = Endpoints("r", "c", "n", "k", "d", "a")


@pytest.mark.parametrize(
    ("data", "command"),
    [(directory.DEFAULT, "./payung sign-in"), (Path("/srv/my data"), "./payung sign-in --data '/srv/my data'")],
    ids=["default", "other"],
)
def test_the_command_for_later_is_about_the_same_stack(
    data: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "new_link", lambda addresses: "http://here/sign-in/x")
    lines = [line.strip() for line in sign_in.lines(ADDRESSES, data)]
    assert f"later: {command}" in lines
