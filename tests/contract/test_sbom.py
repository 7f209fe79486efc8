"""The bill of materials is what the locked lists say, and names licences."""

import importlib.metadata
import json
from typing import Any

from deploy import sbom

COMPONENTS: list[dict[str, Any]] = json.loads(sbom.PATH.read_text())["components"]


def test_it_is_current() -> None:
    """After a change of a lock file: `python -m deploy.sbom`. Of a package that this system lacks the licence stays."""
    fresh = json.loads(sbom.rendered())
    known = {each["bom-ref"]: each.get("licenses") for each in COMPONENTS}
    for each in fresh["components"]:
        if "licenses" not in each and known.get(each["bom-ref"]):
            each["licenses"] = known[each["bom-ref"]]
    assert fresh["components"] == COMPONENTS


def test_every_component_is_there_once_with_a_version_and_a_licence() -> None:
    assert len({each["bom-ref"] for each in COMPONENTS}) == len(COMPONENTS) > 100
    assert all(each["version"] and each["purl"].startswith("pkg:") for each in COMPONENTS)
    lacking = [each["name"] for each in COMPONENTS if "licenses" not in each]
    assert lacking == ["axe-playwright-python"], "its metadata name none; it only checks"


def test_whatever_is_installed_here_is_in_it() -> None:
    named = {each["name"] for each in COMPONENTS}
    installed = {each.name.lower().replace("_", "-").replace(".", "-") for each in importlib.metadata.distributions()}
    assert installed - named <= {"payung"}
