"""Styles and scripts: others' from WebJars, checked by SHA-256, and our own; held in memory, compressed once.

All have one address, `/assets/HASH/NAME`, whose hash is over all of them: it changes with any, so browsers keep what
they have for good, and our modules import each other by their plain names.
"""

import gzip
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from shared.observability import get_logger

log = get_logger(__name__)

LIST: Final = Path(__file__).with_name("assets.txt")
OWN: Final = Path(__file__).with_name("static")
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
WORKER: Final = "worker.js"
"""How the names of service workers end: each may serve all pages of its service."""
FOR_GOOD: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a WebJar: where it comes from, what the jar's SHA-256 is, and the file's licence."""

    group: str
    artifact: str
    version: str
    sha256: str
    member: str
    licence: str

    @property
    def jar(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def name(self) -> str:
        return PurePosixPath(self.member).name

    def read(self, folder: Path) -> bytes:
        """The file out of its jar. Raises ValueError when the jar is not the listed one, OSError when it is missing."""
        path = folder / self.jar
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            raise ValueError(f"{self.jar} does not have the SHA-256 of {LIST.name}")
        with zipfile.ZipFile(path) as jar:
            return jar.read(f"META-INF/resources/webjars/{self.artifact}/{self.version}/{self.member}")


def listed() -> list[Source]:
    """The files of others, in the order of the list."""
    lines = (line.split() for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [Source(*coordinate.split(":"), *rest) for coordinate, *rest in lines]


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    compressed: bytes
    media_type: str


class Assets:
    """All styles and scripts of a service by their names."""

    def __init__(self, contents: dict[str, bytes], missing: list[str]) -> None:
        self.missing = missing
        """Names of others' files that the service was started without."""
        self._assets = {name: _asset(name, content) for name, content in contents.items()}
        digest = hashlib.sha256()
        for name, content in sorted(contents.items()):
            digest.update(name.encode() + hashlib.sha256(content).digest())
        self.hash = digest.hexdigest()[:16]

    @classmethod
    def load(cls, folder: Path | None) -> "Assets":
        """Our own files, and others' from the WebJars in `folder`; what is not there is logged and left out."""
        contents = {path.name: path.read_bytes() for path in sorted(OWN.iterdir())}
        missing = []
        for source in listed():
            try:
                if folder is None:
                    raise FileNotFoundError
                contents[source.name] = source.read(folder)
            except (OSError, ValueError, zipfile.BadZipFile) as problem:
                missing.append(source.name)
                log.warning("a style or script is missing", name=source.name, problem=type(problem).__name__)
        return cls(contents, missing)

    def __iter__(self) -> Iterator[str]:
        return iter(self._assets)

    def __getitem__(self, name: str) -> Asset:
        return self._assets[name]

    def url(self, name: str) -> str:
        """The address of an asset; raises KeyError for one that there is none of, unless it is one that is missing."""
        if name not in self._assets and name not in self.missing:
            raise KeyError(name)
        return f"/assets/{self.hash}/{name}"

    async def serve(self, request: Request) -> Response:
        """`/assets/{hash}/{name}`; an address of an earlier release is answered with today's file, not to be kept."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return Response("There is no such file.\n", status_code=404, media_type="text/plain")
        is_current = request.path_params["hash"] == self.hash
        headers = {"Cache-Control": FOR_GOOD if is_current else "no-cache", "Vary": "Accept-Encoding"}
        if request.path_params["name"].endswith(WORKER):
            headers["Service-Worker-Allowed"] = "/"
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.compressed, headers=headers, media_type=asset.media_type)
        return Response(asset.content, headers=headers, media_type=asset.media_type)


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, gzip.compress(content, 9, mtime=0), TYPES[PurePosixPath(name).suffix])
