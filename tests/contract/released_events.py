"""Whether the events of two releases may be on one log while both run: `python -m tests.contract.released_events` keeps
today's schemas as those of the release.

Both directions count, since an earlier service reads what a later one writes, and a later one all that was ever
written: types and fields that may be left out may come; nothing may go, change or become needed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from shared.events import TYPES, intake

FILE = Path(__file__).with_suffix(".json")
WORDS = ("title", "description")


def today() -> dict[str, Any]:
    """`topic/type` → the struct of its value, and the schemas of all structs. What agencies send is not among them: it
    is refused by name, not misread."""
    facts = {place: kind.value for place, kind in TYPES.items() if place[0] != intake.TOPIC.name and kind.value}
    references, structs = msgspec.json.schema_components(list(facts.values()), ref_template="{name}")
    types = {"/".join(place): reference["$ref"] for place, reference in zip(facts, references, strict=True)}
    found: dict[str, Any] = json.loads(json.dumps({"types": types, "structs": _without_words(structs)}))
    return found


def breaks(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What one of the two releases could not read of the other's."""
    found = []
    for kind in ("types", "structs"):
        found += [f"{name} is gone" for name in before[kind].keys() - now[kind].keys()]
    shared = before["types"].keys() & now["types"].keys()
    found += [f"{name} has another struct" for name in shared if before["types"][name] != now["types"][name]]
    for name in before["structs"].keys() & now["structs"].keys():
        found += _of_struct(name, before["structs"][name], now["structs"][name])
    return sorted(found)


def _of_struct(name: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    had, has = before.get("properties", {}), now.get("properties", {})
    needed, needs = set(before.get("required", ())), set(now.get("required", ()))
    yield from (f"{name}.{field} is gone" for field in had.keys() - has.keys())
    yield from (f"{name}.{field} is needed, which older records lack" for field in needs - needed)
    yield from (f"{name}.{field} may be left out, which the earlier release needs" for field in needed - needs)
    for field in had.keys() & has.keys():
        if had[field] != has[field]:
            yield f"{name}.{field} is of another type or has other values"


def _without_words(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _without_words(value) for key, value in node.items() if key not in WORDS or isinstance(value, dict)
        }
    return [_without_words(each) for each in node] if isinstance(node, list) else node


if __name__ == "__main__":
    FILE.write_text(json.dumps(today(), indent=1, sort_keys=True) + "\n")
