"""Writes what follows from other files: Kafka's users from the principals, Prometheus' rules from deploy/prometheus."""

import re
from pathlib import Path

from shared.bus.principals import ADMIN, SERVICES, Grant, service_grants

BASE = Path(__file__).parent / "base"
RULES = Path(__file__).parents[1] / "prometheus"
MADE = "# Made by `python -m deploy.kubernetes`.\n"
NAMES = {"TOPIC": "topic", "GROUP": "group", "CLUSTER": "cluster"}


def kafka_users() -> str:
    users = [_user(ADMIN, [])] + [
        _user(name, [_acl(each) for each in sorted(service_grants(name))]) for name in SERVICES
    ]
    return MADE + "---\n".join(users)


def _user(name: str, acls: list[str]) -> str:
    head = (
        "apiVersion: kafka.strimzi.io/v1\nkind: KafkaUser\n"
        f"metadata:\n  name: {name}\n  labels: {{strimzi.io/cluster: payung}}\n"
        "spec:\n  authentication: {type: scram-sha-512}\n"
    )
    return head + ("  authorization:\n    type: simple\n    acls:\n" + "".join(acls) if acls else "")


def _acl(grant: Grant) -> str:
    pattern = "prefix" if grant.is_prefix else "literal"
    name = "" if grant.resource == "CLUSTER" else f", name: {grant.name}, patternType: {pattern}"
    resource = f"{{type: {NAMES[grant.resource]}{name}}}"
    return f"      - {{resource: {resource}, operations: [{grant.operation.capitalize()}]}}\n"


def prometheus_rules() -> str:
    groups = [
        _groups((RULES / name).read_text(encoding="utf-8")) for name in ("promises.yml", "alerts.yml", "cluster.yml")
    ]
    head = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: payung\nspec:\n  groups:\n"
    return MADE + head + "".join(groups)


def _groups(text: str) -> str:
    inside = text.split("groups:\n", 1)[1]
    return re.sub(r"^(?=.)", "  ", inside, flags=re.MULTILINE)


FILES = {"kafka-users.yaml": kafka_users, "prometheus-rules.yaml": prometheus_rules}

if __name__ == "__main__":
    for file, made in FILES.items():
        (BASE / file).write_text(made(), encoding="utf-8")
