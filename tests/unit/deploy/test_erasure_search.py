"""What the erasure drill searches for is found however it is written; nothing else is."""

import base64
import io
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.backup import container, saving
from deploy.local.erasure import searching
from deploy.local.erasure.canary import Canary
from deploy.local.erasure.searching import Found, Texts
from services.registration.intake.cells import identifiers, names
from services.registration.vault import Vault

CANARY = Canary("bdgjkmnprstw", 12345678)
VAULT = Vault(base64.b64encode(bytes(32)).decode())
TEXTS = Texts(CANARY.texts(), CANARY.hashes(VAULT))


@pytest.mark.parametrize(
    "written",
    [
        lambda: CANARY.name.encode(),
        lambda: CANARY.name.upper().encode(),
        lambda: names.name_key(CANARY.name).encode(),
        lambda: f'{{"phone": "+62{CANARY.phone[1:]}"}}'.encode(),
        lambda: CANARY.nik.encode(),
        lambda: str(VAULT.nik(CANARY.nik)).encode(),
        lambda: b"\x00" + VAULT.nik(CANARY.nik).bytes + b"\x01",  # type: ignore[union-attr]
    ],
    ids=["name", "capitals", "key of the name", "phone", "NIK", "hash", "bytes of a hash"],
)
def test_it_is_found_in_bytes_and_in_a_row_as_text(written: Callable[[], bytes]) -> None:
    content = written()
    assert TEXTS.are_in(b"before " + content + b" after")
    assert re.search(TEXTS.pattern, f"(1,{content.hex()})", re.IGNORECASE)


def test_others_are_not_found() -> None:
    other = Canary("wzwzwzwzwzwz", 87654321)
    for text in (*other.texts(), *other.hashes(VAULT)):
        assert not TEXTS.are_in(text.encode())
        assert not re.search(TEXTS.pattern, text.encode().hex())


def test_what_stands_across_two_pieces_of_a_backup_is_found() -> None:
    content = b"x" * (searching.PIECE_BYTES - 5) + CANARY.nik.encode() + b"x" * searching.PIECE_BYTES
    assert any(map(TEXTS.are_in, searching._pieces(io.BytesIO(content))))


def test_of_a_backup_the_databases_are_searched(tmp_path: Path) -> None:
    with (tmp_path / "backup").open("wb") as file:
        writer = container.Writer(file, None, {"made_at": "now"})
        with tarfile.open(fileobj=writer, mode="w|") as archive:  # type: ignore[call-overload]
            for name, content in (("postgres/0", CANARY.nik.encode()), ("postgres/1", b"1"), ("backup.json", b"{}")):
                archive.addfile(saving._member(name, len(content)), io.BytesIO(content))
        writer.finish()
    found = Found()
    searching.in_backup(tmp_path / "backup", TEXTS, found)
    assert (dict(found.places), found.searched["pieces of the backup"]) == ({"backup": 1}, 2)


def test_a_log_that_holds_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "registration.log").write_text(f"one\nrefused {CANARY.phone}\n{CANARY.word}\n")
    (tmp_path / "coverage.log").write_text("nothing\n")
    found = Found()
    searching.in_logs(tmp_path, TEXTS, found)
    assert dict(found.places) == {"log registration.log": 2}
    assert dict(found.searched) == {"log files": 2}


def test_the_person_can_be_read_and_is_nobodys() -> None:
    assert identifiers.nik(CANARY.nik) == CANARY.nik
    assert CANARY.nik.startswith("99"), "no province"
