"""Kafka's jars: only what has the listed SHA-256 is ever used."""

import hashlib
from pathlib import Path

import pytest

from deploy.local import jars, up
from deploy.local.console import Console
from deploy.local.failure import Failure
from deploy.local.jars import Jar

GOOD = b"a jar"
JAR = Jar("org.example", "tool", "1.0", hashlib.sha256(GOOD).hexdigest())


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A list of one jar and a registry that answers with its bytes; gives what was asked for."""
    asked: list[str] = []

    class Registry:
        content = GOOD

        def __init__(self, repo_cache: Path, timeout: int) -> None:
            self.place = repo_cache / "downloaded"

        def project(self, group: str, artifact: str) -> "Registry":
            asked.append(f"{group}:{artifact}")
            return self

        def at_version(self, version: str) -> "Registry":
            asked[-1] += f":{version}"
            return self

        def artifact(self) -> "Registry":
            return self

        def resolve(self) -> Path:
            self.place.write_bytes(self.content)
            return self.place

    monkeypatch.setattr("jgo.maven.MavenContext", Registry)
    monkeypatch.setattr(jars, "listed", lambda: [JAR])
    monkeypatch.setenv("PAYUNG_CACHE", str(tmp_path))
    monkeypatch.setattr(jars, "_import_jgo", lambda: None)
    return asked


def test_the_list_holds_kafka_4_3_1_with_digests() -> None:
    known = jars.listed()
    assert len(known) == 46
    assert "kafka_2.13-4.3.1.jar" in {jar.filename for jar in known}
    assert all(len(jar.sha256) == 64 for jar in known)


@pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")
def test_a_jar_is_fetched_once(fetched: list[str]) -> None:
    assert jars.kafka_jars()[0].read_bytes() == GOOD
    assert jars.kafka_jars()[0].read_bytes() == GOOD
    assert fetched == ["org.example:tool:1.0"]


def test_a_damaged_jar_is_fetched_again(fetched: list[str]) -> None:
    path = jars.kafka_jars()[0]
    path.write_bytes(b"half")
    assert jars.kafka_jars()[0].read_bytes() == GOOD
    assert len(fetched) == 2


def test_a_jar_with_another_digest_is_not_used(fetched: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jgo.maven.MavenContext.content", b"something else")
    with pytest.raises(Failure, match=r"tool-1.0.jar does not have the SHA-256"):
        jars.kafka_jars()
    assert not list((jars.cache()).glob("*.jar"))


def test_progress_is_told(fetched: list[str]) -> None:
    progress: list[tuple[int, int]] = []
    jars.kafka_jars(lambda done, total: progress.append((done, total)))
    assert progress == [(1, 1)]


def test_a_stack_starts_without_the_pages_styles_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise Failure("cannot fetch htmx.org-2.0.8.jar: no network")

    monkeypatch.setenv("PAYUNG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(jars, "_fetch_all", unreachable)
    console = Console(tmp_path / "stack.log", silent=True)
    assert up.web_assets(console).is_dir()
    assert "no network" in (tmp_path / "stack.log").read_text()
