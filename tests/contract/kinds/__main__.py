"""`python -m tests.contract.kinds FOLDER` writes schemas.json.gz from clones of the projects' repositories, which are
FOLDER/OWNER+NAME/repo. Each file that is read is in sources.json, with its commit and the digest that it must have."""

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
SOURCES: dict[str, dict[str, Any]] = json.loads((HERE / "sources.json").read_text())
SCHEMAS = HERE / "schemas.json.gz"
OF_EVERY_OBJECT = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}


def schema_of(crd: dict[str, Any], version: str) -> dict[str, Any]:
    """The JSON schema of this version."""
    (found,) = [each for each in crd["spec"]["versions"] if each["name"] == version]
    assert found["served"], f"{crd['metadata']['name']} {version} is not served any more"
    schema: dict[str, Any] = strict(found["schema"]["openAPIV3Schema"])
    schema["properties"] |= OF_EVERY_OBJECT
    return schema


def strict(node: dict[str, Any], *, is_part: bool = False) -> dict[str, Any]:
    """As an API server validates strictly: no field that is not described. Rules in CEL are left out, which only it can
    check. `is_part`: of a choice, whose fields are described beside it."""
    kept: dict[str, Any] = {key: node[key] for key in ("type", "required", "enum", "pattern", "format") if key in node}
    kept |= {key: value for key, value in node.items() if key.startswith(("min", "max", "multipleOf", "uniqueItems"))}
    kept |= {
        key: [strict(each, is_part=True) for each in node[key]] for key in ("oneOf", "anyOf", "allOf") if key in node
    }
    if "not" in node:
        kept["not"] = strict(node["not"], is_part=True)
    if "items" in node:
        kept["items"] = strict(node["items"], is_part=is_part)
    if isinstance(node.get("additionalProperties"), dict):
        kept["additionalProperties"] = strict(node["additionalProperties"])
    if "properties" in node:
        kept["properties"] = {name: strict(each, is_part=is_part) for name, each in node["properties"].items()}
        if not is_part and not node.get("x-kubernetes-preserve-unknown-fields"):
            kept.setdefault("additionalProperties", False)
    if node.get("x-kubernetes-int-or-string"):
        kept.pop("type", None)
        kept["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    return {"anyOf": [kept, {"type": "null"}]} if node.get("nullable") else kept


def main(folder: Path) -> None:
    schemas: dict[str, Any] = {}
    for kind, source in SOURCES.items():
        clone = folder / source["repository"].replace("/", "+") / "repo"
        text = subprocess.check_output(["git", f"--git-dir={clone}", "show", f"{source['commit']}:{source['path']}"])
        digest = hashlib.sha256(text).hexdigest()
        assert source.setdefault("sha256", digest) == digest, f"{source['path']}: {digest}"
        (crd,) = [each for each in yaml.safe_load_all(text) if each]
        schemas[kind] = schema_of(crd, kind.split("/")[1])
    SCHEMAS.write_bytes(gzip.compress(json.dumps(schemas, sort_keys=True, separators=(",", ":")).encode(), 9, mtime=0))
    (HERE / "sources.json").write_text(json.dumps(SOURCES, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
