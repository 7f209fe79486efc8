"""Every package has a group, a reason and a pinned hash; services import only the packages of their own group."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from deploy.local.directory import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {
    "services": ROOT / "deploy/services.lock",
    "everything": ROOT / "requirements.lock",
    "assets": ROOT / "deploy/assets.lock",
}
OURS = {"services", "shared", "deploy", "tests"}
WITHOUT_IMPORT = {
    "httptools": "uvicorn parses HTTP with it when it is there",
    "opentelemetry-exporter-otlp-proto-http": "one of many below one name: see SEVERAL_BELOW",
    "opentelemetry-sdk": "the same",
}
SEVERAL_BELOW = {"opentelemetry"}
"""Names below which several packages live, so that an import does not say which."""
BROUGHT = {"requests": "by opentelemetry-exporter-otlp-proto-http", "pyyaml": "by apprise"}
"""What a test imports and a package of the services needs as well."""


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~!; ]", requirement)[0].lower())


GROUPS = {
    "services": {name_of(each) for each in PROJECT["project"]["dependencies"]},
    **{group: {name_of(each) for each in names} for group, names in PROJECT["dependency-groups"].items()},
}


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", lock.read_text(), re.MULTILINE))


def imported(folder: str) -> dict[str, str]:
    """Distribution → one of the files of this folder that import it."""
    distributions = packages_distributions()
    return {
        name_of(distributions[top][0]): str(path)
        for path in sorted((ROOT / folder).rglob("*.py"))
        for top in _top_level_imports(path)
        if top not in sys.stdlib_module_names and top not in OURS | SEVERAL_BELOW
    }


def _top_level_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize(("folder", "groups"), [
    ("services", ["services"]),
    ("shared", ["services"]),
    ("deploy", ["services", "stack"]),
    ("tests", ["services", "stack", "checks"]),
])  # fmt: skip
def test_a_folder_imports_only_the_packages_of_its_groups(folder: str, groups: list[str]) -> None:
    allowed = set().union(*(GROUPS[group] for group in groups))
    assert {name: path for name, path in imported(folder).items() if name not in allowed} == {}


def test_the_services_import_every_package_of_their_group() -> None:
    assert GROUPS["services"] - set(imported("services")) - set(imported("shared")) == set(WITHOUT_IMPORT)


def test_no_package_is_in_two_groups() -> None:
    names = [name for group in GROUPS.values() for name in group]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("part", ["services", "assets"])
def test_the_locks_have_the_same_versions(part: str) -> None:
    assert pinned(LOCKS[part]).items() < pinned(LOCKS["everything"]).items()


def test_the_locks_hold_what_they_are_made_of() -> None:
    assert GROUPS["services"] <= set(pinned(LOCKS["services"]))
    assert set().union(*GROUPS.values()) <= set(pinned(LOCKS["everything"]))


def test_the_lock_of_the_services_holds_nothing_of_the_other_groups() -> None:
    assert set(pinned(LOCKS["services"])) & (GROUPS["stack"] | GROUPS["checks"]) == set(BROUGHT)


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_lock_has_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "index-url" not in text
    for entry in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        assert re.match(r"[a-z0-9.-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_every_package_is_explained_in_its_group() -> None:
    sections = re.split(r"^## ", (ROOT / "docs/dependencies.md").read_text(), flags=re.MULTILINE)[1:]
    explained = {
        section.partition("\n")[0].split(":")[0].lower(): set(re.findall(r"^\| `([a-z0-9-]+)", section, re.MULTILINE))
        for section in sections
        if "\n| package" in section
    }
    assert explained == GROUPS
