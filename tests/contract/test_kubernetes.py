"""The files for Kubernetes: what is made is current, every pod is closed, probed, bounded and reachable as promised."""

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema_rs import validator_for

from deploy.kubernetes.__main__ import BASE, FILES
from deploy.local.directory import ROOT
from services.coverage.settings import Settings as CoverageSettings
from services.notifications.settings import Settings as NotificationsSettings
from services.registration.settings import Settings as RegistrationSettings
from tests.contract.kinds import __main__ as kinds

SETTINGS: dict[str, Any] = {
    "registration": RegistrationSettings,
    "coverage": CoverageSettings,
    "notifications": NotificationsSettings,
}
RESOURCES = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]


def objects() -> Iterator[dict[str, Any]]:
    for name in RESOURCES:
        yield from yaml.safe_load_all((BASE / name).read_text())


ALL = list(objects())


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in ALL if each["kind"] == kind}


DEPLOYMENTS = of_kind("Deployment")
BOOTSTRAP = of_kind("Cluster")["payung-database"]["spec"]["bootstrap"]["initdb"]["postInitApplicationSQL"]
ROLES = {"migrator", *SETTINGS, *(f"{name}_owner" for name in SETTINGS)}


@pytest.mark.parametrize("name", FILES)
def test_what_is_made_is_current(name: str) -> None:
    assert (BASE / name).read_text() == FILES[name](), "python -m deploy.kubernetes"


def test_every_file_is_used_once() -> None:
    assert sorted(RESOURCES) == sorted({file.name for file in BASE.glob("*.yaml")} - {"kustomization.yaml"})
    places = [(each["kind"], each["metadata"]["name"]) for each in ALL]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_pod_is_restricted_and_bounded(name: str) -> None:
    pod = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["terminationGracePeriodSeconds"] > 10 + 5
    assert {each["topologyKey"] for each in pod["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }
    for container in (*pod["initContainers"], *pod["containers"]):
        closed = container["securityContext"]
        assert closed["capabilities"] == {"drop": ["ALL"]}
        assert (closed["allowPrivilegeEscalation"], closed["readOnlyRootFilesystem"]) == (False, True)
        assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_service_is_probed_reachable_and_kept_through_a_drain(name: str) -> None:
    (container,) = DEPLOYMENTS[name]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    selected = {"app.kubernetes.io/name": name}
    assert of_kind("Service")[name]["spec"]["selector"] == selected
    assert of_kind("PodDisruptionBudget")[name]["spec"]["selector"] == {"matchLabels": selected}
    scaler = of_kind("HorizontalPodAutoscaler")[name]["spec"]
    assert scaler["minReplicas"] >= 2
    assert scaler["scaleTargetRef"]["name"] == name
    metrics, all_else = of_kind("HTTPRoute")[name]["spec"]["rules"]
    assert metrics["matches"][0]["path"]["value"] == "/metrics"
    assert "backendRefs" not in metrics, "they are not for the public"
    assert all_else["backendRefs"] == [{"name": name, "port": 8000}]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_variable_is_a_setting_and_every_setting_without_a_value_is_given(name: str) -> None:
    settings = SETTINGS[name.removesuffix("-worker")]
    (container,) = DEPLOYMENTS[name]["spec"]["template"]["spec"]["containers"]
    given = {each["name"] for each in container["env"]} | set(of_kind("ConfigMap")["payung-settings"]["data"])
    own = {each for each in given if each.startswith("PAYUNG_")}
    known = {f"PAYUNG_{field.upper()}" for field in settings.model_fields}
    assert own <= known
    needed = {f"PAYUNG_{field.upper()}" for field, info in settings.model_fields.items() if info.is_required()}
    assert needed <= own
    module = container["command"][-1].replace(".", "/")
    assert (ROOT / f"{module}.py").is_file() or (ROOT / module / "__main__.py").is_file()


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_schema_is_brought_up_to_date_by_its_owner_before_the_service(name: str) -> None:
    pod = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    service = name.removesuffix("-worker")
    (schema,) = [each for each in pod["initContainers"] if each["name"] == "schema"]
    assert schema["command"] == ["python", "-m", "shared.schema_owners", service]
    (owned,) = [each for each in BOOTSTRAP if each.startswith(f"create schema {service} ")]
    assert owned.endswith(f"authorization {service}_owner")
    assert f"create role {service}_owner nologin" in BOOTSTRAP


def test_a_role_is_made_before_a_schema_or_right_names_it() -> None:
    made: set[str] = set()
    for statement in BOOTSTRAP:
        words = set(re.findall(r"\w+", statement))
        if statement.startswith("create role"):
            made.add(statement.split()[2])
        assert words & ROLES <= made | set(SETTINGS if statement.startswith("create schema") else ())


def test_every_secret_is_made_by_something() -> None:
    made = {each["spec"]["target"]["name"] for each in ALL if each["kind"] == "ExternalSecret"}
    made |= (
        set(of_kind("KafkaUser"))
        | {"payung-cluster-ca-cert"}
        | {c["spec"]["secretName"] for c in of_kind("Certificate").values()}
    )
    used = set(re.findall(r'"(?:secretName|passwordSecret|secretKeyRef)": (?:\{"name": )?"([^"]+)"', json.dumps(ALL)))
    assert used <= made
    assert of_kind("Secret") == {}


def test_nothing_may_talk_unless_it_is_said() -> None:
    closed = of_kind("NetworkPolicy")["nothing-by-default"]["spec"]
    assert (closed["podSelector"], closed["policyTypes"]) == ({}, ["Ingress", "Egress"])
    assert of_kind("Namespace")["payung"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


SCHEMAS = {
    kind: validator_for(schema) for kind, schema in json.loads(gzip.decompress(kinds.SCHEMAS.read_bytes())).items()
}


def problems_of(each: dict[str, Any]) -> list[str]:
    """What is wrong with this object by the schema of its kind, of kinds that operators add."""
    found = SCHEMAS[f"{each['apiVersion']}/{each['kind']}"].iter_errors(each)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in found]


def of_operator(each: dict[str, Any]) -> bool:
    """Whether the kind is none of Kubernetes' own."""
    return "." in each["apiVersion"] and each["kind"] != "NetworkPolicy"


@pytest.mark.parametrize(
    "each", [each for each in ALL if of_operator(each)], ids=lambda each: f"{each['kind']}-{each['metadata']['name']}"
)
def test_what_an_operator_reads_is_as_its_schema_says(each: dict[str, Any]) -> None:
    assert problems_of(each) == []


def test_a_field_that_an_operator_does_not_know_is_found() -> None:
    (kafka,) = of_kind("Kafka").values()
    assert problems_of(kafka | {"spec": kafka["spec"] | {"brokers": 3}}) != []
    assert problems_of(kafka | {"spec": kafka["spec"] | {"kafka": kafka["spec"]["kafka"] | {"listeners": "all"}}}) != []


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.parametrize("overlay", ["small", "nation"])
def test_an_overlay_renders(overlay: str) -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(ROOT / "deploy/kubernetes/overlays" / overlay)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = list(yaml.safe_load_all(done.stdout))
    assert len(found) == len(ALL)
    assert [problem for each in found if of_operator(each) for problem in problems_of(each)] == []
    assert {each["metadata"].get("namespace", "payung") for each in found} == {"payung"}
