"""Whether values and answers are what a service's description says."""

from typing import Any

import jsonschema_rs

_KNOWN: dict[tuple[int, int], tuple[Any, jsonschema_rs.Draft202012Validator]] = {}
"""Of a described operation (kept, so that its id stays its own) and a status, made once: thousands of answers are
compared."""


def faults(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value by a schema of this description."""
    return _faults(_validator(document, schema), value)


def answer_faults(document: dict[str, Any], described: dict[str, Any], status: int, value: Any) -> list[str]:
    """What is wrong with an answer in JSON. A member that is not described is wrong too: clients are to ignore such,
    we are to describe them, by another example of the route."""
    key = id(described), status
    if key not in _KNOWN:
        content = described["responses"][str(status)]["content"]
        schema = next(each["schema"] for media_type, each in content.items() if media_type.endswith("json"))
        _KNOWN[key] = described, _validator(document, closed(schema))
    return _faults(_KNOWN[key][1], value)


def closed(schema: Any) -> Any:
    """The schema without members that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(each) for name, each in schema.items()}
    return {"additionalProperties": False} | inner if isinstance(schema.get("properties"), dict) else inner


def is_local_time(text: str) -> bool:
    """pydantic calls a time of the day without a zone `time`, which JSON Schema asks to have one."""
    return len(text) in (5, 8)


def _validator(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    whole = schema | {"components": {"schemas": document["components"]["schemas"]}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, formats={"time": is_local_time})


def _faults(validator: jsonschema_rs.Draft202012Validator, value: Any) -> list[str]:
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message:.300}" for error in validator.iter_errors(value)
    ]
