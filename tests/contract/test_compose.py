"""docker-compose.yml and its Dockerfile, held to what they promise; no container engine is needed for that."""

import importlib
import re
import subprocess
from typing import Any

import pytest
import yaml

from deploy.local.directory import ROOT
from deploy.local.postgres import SERVICES
from shared.bus.kafka_url import KafkaUrl

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()


def test_it_has_the_services_and_what_they_stand_on() -> None:
    assert set(PARTS) == {*SERVICES, "kafka", "kafka-users", "schemas", "postgres", "mail", "prometheus"}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_hardened(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    on_disk = [volume.partition(":")[2] for volume in part.get("volumes", [])]
    assert "/tmp" in [*(place.partition(":")[0] for place in part["tmpfs"]), *on_disk]
    assert re.fullmatch(r"\d+[mg]", part["mem_limit"])
    assert part["pids_limit"] <= 512
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert int(part["user"].partition(":")[0]) > 0


@pytest.mark.parametrize("name", PARTS)
def test_no_secret_stands_in_a_command_line(name: str) -> None:
    commands = [PARTS[name].get(key, []) for key in ("command", "entrypoint")]
    commands.append(PARTS[name].get("healthcheck", {}).get("test", []))
    assert "$" not in str(commands)


@pytest.mark.parametrize("name", sorted(set(PARTS) - {"kafka-users", "schemas"}))
def test_a_part_is_checked(name: str) -> None:
    assert PARTS[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", PARTS)
def test_an_image_is_pinned_to_a_full_version(name: str) -> None:
    assert re.search(r":v?\d+\.\d+(\.\d+)?$", PARTS[name]["image"])


@pytest.mark.parametrize("name", PARTS)
def test_ports_are_open_to_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in PARTS[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_given_settings_that_it_has(name: str) -> None:
    settings = importlib.import_module(f"services.{name}.settings").Settings.model_fields
    own = {key for key in PARTS[name]["environment"] if not key.startswith("OTEL_")}
    given = {key.removeprefix("PAYUNG_").lower() for key in own}
    assert given <= set(settings)
    assert {field for field, info in settings.items() if info.is_required()} <= given


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_when_what_it_needs_is_healthy(name: str) -> None:
    needs = {need: how["condition"] for need, how in PARTS[name]["depends_on"].items()}
    done = "service_completed_successfully"
    assert needs == {"kafka-users": done, "schemas": done, "postgres": "service_healthy"}
    assert PARTS[name]["command"] == ["python", "-m", f"services.{name}"]


def test_uploads_wait_on_disk_and_not_in_memory() -> None:
    assert PARTS["registration"]["tmpfs"] == []
    assert "uploads:/tmp" in PARTS["registration"]["volumes"]


def test_kafka_is_closed() -> None:
    kafka = PARTS["kafka"]["environment"]
    assert "PLAINTEXT" not in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].replace("SASL_PLAINTEXT", "")
    assert kafka["KAFKA_LISTENER_NAME_CLIENT_SASL_ENABLED_MECHANISMS"] == "SCRAM-SHA-512"
    assert kafka["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"
    assert kafka["KAFKA_SUPER_USERS"] == "User:admin"
    assert set(PARTS["kafka-users"]["environment"]) == {
        "PAYUNG_KAFKA",
        *(f"{name.upper()}_KAFKA_PASSWORD" for name in ("admin", *SERVICES)),
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_signs_in_to_kafka_as_itself(name: str) -> None:
    url = KafkaUrl.parse(re.sub(r"\$\{(\w+)\}", r"\1", PARTS[name]["environment"]["PAYUNG_KAFKA"]))
    assert (url.user, url.password) == (name, f"PAYUNG_{name.upper()}_KAFKA_PASSWORD")
    assert url.mechanism == "SCRAM-SHA-512"


def test_postgresqls_administrator_signs_in_by_its_socket_alone() -> None:
    assert "hba_file=/etc/postgresql/pg_hba.conf" in PARTS["postgres"]["command"]
    assert "./deploy/postgres/pg_hba.conf:/etc/postgresql/pg_hba.conf:ro" in PARTS["postgres"]["volumes"]
    rules = [line.split() for line in (ROOT / "deploy/postgres/pg_hba.conf").read_text().splitlines() if line[0] != "#"]
    assert [rule[:3] for rule in rules] == [
        ["local", "all", "postgres"],
        ["local", "replication", "postgres"],
        ["host", "all", ",".join(SERVICES)],
        ["host", "all", "migrator"],
    ]
    assert {rule[-1] for rule in rules} == {"scram-sha-256"}


def test_versions_are_those_of_the_embedded_stack() -> None:
    assert "org.apache.kafka:kafka_2.13:4.3.1 " in (ROOT / "deploy/local/kafka-jars.txt").read_text()
    assert PARTS["kafka"]["image"].endswith(":4.3.1")
    assert PARTS["postgres"]["image"].startswith("postgres:18.")


def test_every_variable_is_explained_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert wanted == set(re.findall(r"^(\w+)=", (ROOT / "deploy/compose.env").read_text(), re.MULTILINE))


def test_files_that_are_mounted_exist() -> None:
    mounts = [volume for part in PARTS.values() for volume in part.get("volumes", []) if volume.startswith("./")]
    assert mounts
    assert all((ROOT / mount.split(":")[0]).is_file() for mount in mounts)
    assert all(mount.endswith(":ro") for mount in mounts)


def test_prometheus_asks_every_service() -> None:
    asked = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    targets = {each["job_name"]: each["static_configs"][0]["targets"] for each in asked["scrape_configs"]}
    assert targets == {name: [f"{name}:8000"] for name in SERVICES}
    mounted = {volume.split(":")[1] for volume in PARTS["prometheus"]["volumes"]}
    assert {f"/etc/prometheus/{name}" for name in ("prometheus.yml", *asked["rule_files"])} <= mounted


def test_the_image_is_pinned_installs_by_hash_and_does_not_run_as_root() -> None:
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:3.11.14-slim-bookworm", "packages"}
    assert "--require-hashes" in DOCKERFILE
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_the_image_installs_the_packages_of_the_services_and_no_others() -> None:
    packages, assets, image = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert re.findall(r"-r (\S+)", packages) == ["/services.lock"]
    assert re.findall(r"-r (\S+)", assets) == ["/assets.lock"]
    assert "pip" not in image
    assert re.findall(r"^COPY --from=(\S+) (\S+)", image, re.MULTILINE) == [
        ("packages", "/venv"),
        ("assets", "/assets"),
    ]
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert {"!deploy/services.lock", "!deploy/assets.lock"} <= set(kept)


def test_the_image_fetches_the_pages_assets_as_the_embedded_stack_does() -> None:
    assert "-m deploy.local.jars /assets" in DOCKERFILE
    assert "PAYUNG_ASSETS=/app/assets" in DOCKERFILE


def test_the_roles_script_is_sound() -> None:
    script = ROOT / "deploy/postgres/roles.sh"
    subprocess.run(["bash", "-n", script], check=True)
    assert f"for role in {' '.join(SERVICES)}; do" in script.read_text()
