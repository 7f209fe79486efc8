"""What docs/ tells others to check with is right: signatures of deliveries, the audit trail elsewhere."""

import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.registration.audit import BEGINNING, Entry
from shared import signatures

BODY = b'{"type":"partners.changed"}'


def block(document: str, language: str, holding: str) -> str:
    """The block of code of a document that holds a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", Path(document).read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [each for each in blocks if holding in each]
    return str(found)


def test_a_delivery_is_verified_as_documented() -> None:
    code: dict[str, Any] = {}
    exec(block("docs/sending.md", "python", "def is_ours"), code)
    secret, now = signatures.new_secret(), int(time.time())
    headers = signatures.headers(secret, "msg_1", now, BODY)
    assert code["is_ours"](secret, headers, BODY)
    assert not code["is_ours"](secret, headers, BODY + b" ")
    assert not code["is_ours"](signatures.new_secret(), headers, BODY)
    assert not code["is_ours"](secret, signatures.headers(secret, "msg_1", now - 1000, BODY), BODY)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_a_delivery_is_verified_by_openssl_as_documented(tmp_path: Path) -> None:
    secret = signatures.new_secret()
    (tmp_path / "body.json").write_bytes(BODY)
    variables = {"SECRET": secret, "WEBHOOK_ID": "msg_1", "WEBHOOK_TIMESTAMP": "1772000000"}
    script = block("docs/sending.md", "sh", "openssl")
    environment = {"PATH": "/usr/bin:/bin"} | variables
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert done.stdout.decode().strip() == signatures.sign(secret, "msg_1", 1772000000, BODY)


def trail() -> list[Entry]:
    """Three entries that are a trail."""
    entries, before = [], BEGINNING
    for number, subjects in enumerate(({"key": "K"}, {}, {"z": 1, "a": True, "é": "ü"}), 1):
        entry = Entry(
            number, datetime(2026, 1, number, tzinfo=UTC), "agency", None, "dinas", "key.issued", subjects, ""
        )
        before = entry.hash_after(before)
        entries.append(Entry(*(getattr(entry, name) for name in Entry.__slots__[:-1]), before))
    return entries


@pytest.mark.parametrize("changed", [False, True])
def test_the_trail_is_verified_elsewhere_as_documented(changed: bool) -> None:
    entries = [entry.as_json() for entry in trail()]
    if changed:
        entries[1]["action"] = "key.revoked"
    lines = b"\n".join(map(msgspec.json.encode, entries))
    script = block("docs/rights.md", "python", "hashlib")
    done = subprocess.run([sys.executable, "-c", script], input=lines, capture_output=True, check=False)
    assert (done.returncode == 0) != changed
    assert (entries[-1]["hash"].encode() in done.stdout) != changed
    assert (b"entry 2 was changed" in done.stderr) == changed
