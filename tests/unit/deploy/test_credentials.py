"""What a stack's parts share in secret is made once; what a new release needs is added."""

from pathlib import Path

from deploy.local import credentials
from deploy.local.directory import Directory
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
