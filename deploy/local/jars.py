"""Kafka's jars and the pages' WebJars: fetched by coordinate, accepted by SHA-256, kept for every stack of this user.

`python -m deploy.local.jars FOLDER` fetches the WebJars into a folder: the image's build does it.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.local.directory import ROOT
from deploy.local.failure import Failure
from shared.web import assets

LIST = Path(__file__).with_name("kafka-jars.txt")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def listed(path: Path = LIST) -> list[Jar]:
    """The jars of the list, in its order (which is the class path's)."""
    return list(_read(path.read_text().splitlines()))


def _read(lines: list[str]) -> Iterator[Jar]:
    for line in lines:
        coordinate, _, digest = line.partition(" sha256:")
        group, artifact, version = coordinate.split(":")
        yield Jar(group, artifact, version, digest.strip())


def web_listed() -> list[Jar]:
    """The WebJars of shared/web/assets.txt, each once."""
    sources = assets.listed()
    return list(dict.fromkeys(Jar(each.group, each.artifact, each.version, each.sha256) for each in sources))


def cache(name: str = "kafka") -> Path:
    """Where jars are kept: PAYUNG_CACHE, else the user's cache directory, else (no home) beside the packages."""
    for candidate in _caches():
        try:
            (candidate / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        return candidate / name
    raise Failure(f"cannot keep jars in any of {', '.join(map(str, _caches()))}")


def _caches() -> Iterator[Path]:
    if chosen := os.environ.get("PAYUNG_CACHE"):
        yield Path(chosen)
    home = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    if home.is_absolute():
        yield home / "payung"
    yield ROOT / ".venv/cache"


def kafka_jars(on_progress: Progress | None = None) -> list[Path]:
    """Paths of Kafka's jars, fetching those that are missing or damaged."""
    return _kept(listed(), cache(), on_progress)


def web_jars(on_progress: Progress | None = None, folder: Path | None = None) -> Path:
    """The folder with the pages' WebJars, fetching those that are missing or damaged."""
    home = folder or cache("web")
    _kept(web_listed(), home, on_progress)
    return home


def _kept(jars: list[Jar], home: Path, on_progress: Progress | None) -> list[Path]:
    """Each jar appears under its final name only when it is whole, so calls at the same moment cannot harm each
    other."""
    missing = [jar for jar in jars if not _whole(home / jar.filename, jar)]
    if missing:
        _fetch_all(missing, home, on_progress or (lambda done, total: None))
    return [home / jar.filename for jar in jars]


def _whole(path: Path, jar: Jar) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256


def _fetch_all(jars: list[Jar], home: Path, on_progress: Progress) -> None:
    with tempfile.TemporaryDirectory(dir=home, prefix="fetch-") as workplace, ThreadPoolExecutor(6) as pool:
        _import_jgo()
        fetched = [pool.submit(_fetch, jar, home, Path(workplace)) for jar in jars]
        for done, future in enumerate(fetched, 1):
            future.result()
            on_progress(done, len(jars))


def _import_jgo() -> None:
    """Import it here, in one thread, without its warning about the run-time directory (which is not used)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jgo.maven  # noqa: F401 - half a second, needed on first use alone


def _fetch(jar: Jar, home: Path, workplace: Path) -> None:
    from jgo.maven import MavenContext

    try:
        context = MavenContext(repo_cache=workplace, timeout=60)
        found = Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
    except (RuntimeError, OSError) as error:
        raise Failure(f"cannot fetch {jar.filename}: {error}") from error
    if not _whole(found, jar):
        raise Failure(f"{jar.filename} does not have the SHA-256 of its list; it was not used")
    part = workplace / f"{jar.filename}.part"
    shutil.copyfile(found, part)
    part.replace(home / jar.filename)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    web_jars(folder=place)
