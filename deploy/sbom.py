"""Writes docs/sbom.cdx.json, the bill of materials (CycloneDX 1.6) of what is installed, started or shown: each package
of requirements.lock, Kafka's jars and the pages' WebJars, with licences. `python -m deploy.sbom`

Nothing is fetched: versions and checksums are those of the locked lists (of a package, one for each system, in the lock
itself), licences those of the packages and of NOTICE.
"""

import importlib.metadata
import json
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import Any, cast

from deploy import notice
from deploy.local import jars
from deploy.local.directory import ROOT
from shared.web import assets

PATH = ROOT / "docs/sbom.cdx.json"
LOCK = ROOT / "requirements.lock"

Component = dict[str, Any]


def main() -> None:
    PATH.write_text(rendered(), encoding="utf-8")


def rendered() -> str:
    """The whole document, the same for the same lists."""
    about = {"type": "application", "name": "payung", "version": _version()}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": about},
        "components": [*_packages(), *_jars(), *_web_jars()],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _version() -> str:
    (version,) = re.findall(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    return str(version)


def _packages() -> Iterator[Component]:
    for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK.read_text(), re.MULTILINE):
        yield _component(name, version, f"pkg:pypi/{name}@{version}", _licence(name))


def _licence(package: str) -> str:
    """As NOTICE says it, else (of what only checks) as the package's metadata do; "" where they name none."""
    try:
        return notice.licence_of(cast(Message, importlib.metadata.metadata(package)))
    except importlib.metadata.PackageNotFoundError:  # for another system or Python
        return ""


def _jars() -> Iterator[Component]:
    licences = _in_notice()
    for jar in jars.listed():
        purl = f"pkg:maven/{jar.group}/{jar.artifact}@{jar.version}"
        licence = licences[f"{jar.group}:{jar.artifact}"]
        yield _component(jar.artifact, jar.version, purl, licence, jar.sha256, jar.group)


def _web_jars() -> Iterator[Component]:
    found = {(each.group, each.artifact, each.version, each.sha256, each.licence): None for each in assets.listed()}
    for group, artifact, version, checksum, licence in found:
        yield _component(artifact, version, f"pkg:maven/{group}/{artifact}@{version}", licence, checksum, group)


def _in_notice() -> Mapping[str, str]:
    """`group:artifact` → its licence."""
    return dict(re.findall(r"^([\w.-]+:[\w.-]+) \S+: (.+)$", notice.PATH.read_text(), re.MULTILINE))


def _component(
    name: str, version: str, purl: str, licence: str, checksum: str = "", group: str | None = None
) -> Component:
    component: Component = {"type": "library", "bom-ref": purl}
    if group is not None:
        component["group"] = group
    component |= {"name": name, "version": version, "purl": purl}
    if checksum:
        component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if licence:
        component["licenses"] = [{"license": {"name": licence}}]
    return component


if __name__ == "__main__":
    main()
