"""What a stack's parts share in secret is made once; what a new release needs is added."""

import json
import stat
from dataclasses import asdict
from pathlib import Path

import pytest
import typer

from deploy.local import credentials
from deploy.local.commands import secret
from deploy.local.directory import Directory
from deploy.local.failure import Failure
from deploy.local.postgres import SERVICES


def test_secrets_are_made_once_for_every_user(tmp_path: Path) -> None:
    made = credentials.of(Directory(tmp_path))
    assert credentials.of(Directory(tmp_path)) == made
    assert set(made.kafka) == {"admin", *SERVICES}
    assert len({*made.kafka.values(), *made.roles.values()}) == 7


def test_secrets_from_before_kafka_was_closed_are_kept_and_get_its_passwords(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    before = {"admin_key": "pyk_1", "secret": "s", "postgres": "p", "roles": dict.fromkeys(SERVICES, "x")}
    directory.write(credentials.FILE, before)
    made = credentials.of(directory)
    assert (made.admin_key, made.secret, made.roles) == ("pyk_1", "s", before["roles"])
    assert set(made.kafka) == {"admin", *SERVICES}
    assert credentials.of(directory) == made


CHANGED = {
    "admin-key": {"admin_key"},
    "personal-data": {"secret"},
    "databases": {"postgres", "roles", "former_postgres"},
    "kafka": {"kafka"},
}


@pytest.mark.parametrize("name", CHANGED)
def test_rotating_one_secret_replaces_it_and_nothing_else(tmp_path: Path, name: str) -> None:
    home = Directory(tmp_path)
    before, after = asdict(credentials.of(home)), asdict(credentials.rotate(home, [name]))
    assert {key for key in before if before[key] != after[key]} == CHANGED[name]
    assert asdict(credentials.of(home)) == after
    assert credentials.of(home).fingerprint != credentials.Credentials(**before).fingerprint
    assert stat.S_IMODE(home.file(credentials.FILE).stat().st_mode) == 0o600


def test_former_keys_and_the_password_that_the_server_knows_are_kept(tmp_path: Path) -> None:
    home = Directory(tmp_path)
    first, second, third = credentials.of(home), *(credentials.rotate(home, CHANGED) for _ in range(2))
    assert third.secret.split(",")[1:] == second.secret.split(",")
    assert second.secret.split(",")[1:] == [first.secret]
    assert third.former_postgres == (first.postgres, second.postgres)
    assert third.notifications_secret == first.notifications_secret


def test_the_command_says_what_it_does_and_a_dry_run_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Directory(tmp_path)
    before = credentials.of(home)
    secret.rotate(["kafka"], tmp_path, dry_run=True)
    shown = capsys.readouterr().out
    assert credentials.of(home) == before
    assert shown.startswith("kafka: ")
    assert "nothing was changed" in shown
    secret.rotate([], tmp_path, dry_run=False)
    shown = capsys.readouterr().out
    assert [line.partition(":")[0] for line in shown.splitlines()][:4] == list(CHANGED)
    after = json.dumps(asdict(credentials.of(home)))
    assert before.admin_key not in after
    assert not [text for text in (*before.kafka.values(), *before.roles.values()) if text in after]


def test_where_nothing_is_there_or_the_name_is_wrong_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="there is no stack"):
        secret.rotate([], tmp_path / "none", dry_run=False)
    credentials.of(Directory(tmp_path))
    with pytest.raises(typer.BadParameter, match="'key' is none of admin-key, personal-data"):
        secret.rotate(["key"], tmp_path, dry_run=False)
