"""Names in PromQL: which metrics and labels an expression uses that no service has."""

import re
from collections.abc import Collection

from tests.registered_metrics import registered_metrics

OF_PROMETHEUS = {"up": frozenset[str](), "ALERTS": frozenset({"alertname", "alertstate", "severity"})}
OF_CLUSTERS = {
    "certmanager_certificate_expiration_timestamp_seconds": frozenset({"name", "namespace"}),
    "cnpg_collector_last_available_backup_timestamp": frozenset({"namespace"}),
    "kubelet_volume_stats_available_bytes": frozenset({"namespace", "persistentvolumeclaim"}),
    "kubelet_volume_stats_capacity_bytes": frozenset({"namespace", "persistentvolumeclaim"}),
}
"""What others measure in Kubernetes, as their documentation has it."""
OF_EVERY_TARGET = {"job", "instance"}

_SELECTOR = re.compile(r"([A-Za-z_:][A-Za-z0-9_:]*)?\s*\{([^}]*)\}")
_MATCHER = re.compile(r'([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
_BARE = re.compile(r"(?<![\w:])(payung[_:][\w:]*|up)(?![\w:{(])")
_GROUPED = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")


def unknown_names(expression: str, recorded: Collection[str] = ()) -> set[str]:
    """Metrics that no service registers, labels that a metric does not have (`metric: label`), and labels by which is
    grouped that none of the metrics has (`by label`). `recorded` are the names of recording rules."""
    known = registered_metrics() | OF_PROMETHEUS | OF_CLUSTERS | dict.fromkeys(recorded, frozenset[str]())
    problems, labels = set(), set(OF_EVERY_TARGET)
    rest = expression
    for name, inside in _SELECTOR.findall(expression):
        matchers = [match for match in _MATCHER.findall(inside) if match[0] != "__name__"]
        chosen = [name] if name else _by_pattern(inside, known)
        problems |= {each for each in chosen if each not in known}
        found = [known[each] for each in chosen if each in known]
        if not chosen:
            problems.add(inside)
        own = OF_EVERY_TARGET.union(*found) if found else set()
        problems |= {f"{name or inside}: {label}" for label, *_ in matchers if found and label not in own}
        labels |= own
    rest = _SELECTOR.sub(" ", expression)
    for name in _BARE.findall(re.sub(r'"[^"]*"', '""', rest)):
        problems |= set() if name in known else {name}
        labels |= known.get(name, frozenset())
    grouped = {each.strip() for found in _GROUPED.findall(rest) for each in found.split(",") if each.strip()}
    return problems | {f"by {label}" for label in grouped - labels}


def _by_pattern(inside: str, known: Collection[str]) -> list[str]:
    patterns = [
        value for label, operator, value in _MATCHER.findall(inside) if label == "__name__" and operator == "=~"
    ]
    return [name for name in known if patterns and all(re.fullmatch(each, name) for each in patterns)]
