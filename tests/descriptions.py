"""Whether values are what a service's description says."""

from typing import Any

import jsonschema_rs


def faults(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value by a schema of this description."""
    whole = schema | {"components": {"schemas": document["components"]["schemas"]}}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True, formats={"time": is_local_time})
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message:.300}" for error in validator.iter_errors(value)
    ]


def is_local_time(text: str) -> bool:
    """pydantic calls a time of the day without a zone `time`, which JSON Schema asks to have one."""
    return len(text) in (5, 8)
