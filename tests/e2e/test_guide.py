"""The steps of /docs are run as the page shows them, one after the other, against a whole stack: with curl, in Python,
and on Kafka with two clients. Of the page only the placeholders are filled in."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.endpoints import Endpoints
from tests.otlp_collector import Collector, collecting
from tests.stack import Stack
from tests.waiting import eventually

STEPS = ("key", "event", "batch", "file", "refused", "mend", "coverage", "feed")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
async def here(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Endpoints]:
    stack = Stack(tmp_path_factory.mktemp("guide") / "data", options=("--empty",))
    await stack.start(180)
    yield stack.endpoints
    stack.stop()


async def ask(here: Endpoints, method: str, path: str, **more: Any) -> Any:
    headers = {"authorization": f"Bearer {here.admin_key}"} | more.pop("headers", {})
    async with httpx.AsyncClient(base_url=here.registration, headers=headers, timeout=60) as http:
        answer = await http.request(method, path, **more)
    assert answer.is_success, answer.text
    return answer


async def an_agency(here: Endpoints, slug: str) -> str:
    """Its key."""
    body = {"slug": slug, "name": slug.title(), "regions": ["33.11"], "scopes": ["publish", "read"]}
    return str((await ask(here, "POST", "/v1/agencies", json=body)).json()["key"])


async def snippets(here: Endpoints, path: str) -> dict[str, str]:
    """Step and tool (`event-curl`) → the text as the page shows it."""
    page = (await ask(here, "GET", path)).text
    return {name: unescape(text) for name, text in re.findall(r'<code class="([a-z-]+)">(.*?)</code>', page, re.DOTALL)}


async def run(argv: list[str], script: str, folder: Path) -> str:
    """What it prints; it must end well."""
    file = folder / "script"
    file.write_text(script)
    child = await asyncio.create_subprocess_exec(
        *argv, str(file), cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await child.communicate()
    assert child.returncode == 0, err.decode()
    return out.decode()


def made_ones_own(script: str, key: str, sources: str) -> str:
    """With one's own key and source, as every reader has; and nobody waits long for what does not come."""
    script = script.replace("wait=20", "wait=1").replace('"wait": 20', '"wait": 1')
    return script.replace("pyk_…", key).replace("urn:dinkop-contoh", f"urn:{sources}")


async def test_the_steps_with_curl(here: Endpoints, tmp_path: Path) -> None:
    shown = await snippets(here, "/docs")
    script = "set -eu\n" + "\necho\n".join(shown[f"{step}-curl"] for step in STEPS)
    printed = await run(["sh"], made_ones_own(script, await an_agency(here, "dinkop-curl"), "curl"), tmp_path)
    assert '"partners":{"contoh-1":"' in printed
    assert '"id":"contoh-3","code":"invalid_nib"' in printed
    assert '"preview":{' in printed
    assert "12,Toko Peraga" in printed or "12;Toko Peraga" in printed
    assert '{"accepted":1,"duplicates":0,"rejected":[],"partners":{}}' in printed
    assert '"region":"33.11"' in printed
    assert '"has_more":false' in printed
    assert "Konveksi Contoh Mulya" in printed


async def test_the_steps_in_python(here: Endpoints, tmp_path: Path) -> None:
    shown = await snippets(here, "/docs")
    script = "\n".join(shown[f"{step}-python"] for step in STEPS)
    printed = await run(
        [sys.executable], made_ones_own(script, await an_agency(here, "dinkop-python"), "python"), tmp_path
    )
    assert "'partners': {'contoh-1': '" in printed
    assert "contoh-3 invalid_nib nib A NIB has exactly 13 digits." in printed
    assert "done 1 {'invalid_nib': 1}" in printed
    assert "{'accepted': 1, 'duplicates': 0, 'rejected': [], 'partners': {}}" in printed
    assert "Konveksi Contoh Mulya" in printed
    assert "since then" in printed


@pytest.mark.parametrize("client", ["aiokafka", "confluent"])
async def test_events_are_sent_to_kafka(here: Endpoints, tmp_path: Path, client: str) -> None:
    slug = f"dinkop-{client}"
    key = await an_agency(here, slug)
    access = (await ask(here, "POST", f"/v1/agencies/{slug}/keys", json={"kafka": True})).json()["kafka"]
    shown = (await snippets(here, "/docs/kafka"))[f"intake-{client}"]
    script = shown.replace("kafka.example.go.id:9092", here.kafka).replace("…", access["password"])
    printed = await run([sys.executable], made_ones_own(script.replace("dinkop-contoh", slug), key, client), tmp_path)
    assert printed == f"intake.{slug} 0\n"
    bearer = {"authorization": f"Bearer {key}"}

    async def is_listed() -> bool:
        return bool((await ask(here, "GET", "/v1/partners", headers=bearer)).json()["items"])

    await eventually(is_listed, 60)


async def test_the_facts_are_read_from_kafka(here: Endpoints, tmp_path: Path) -> None:
    """As the administrator of this stack, who may read them. The reader of the page goes on for ever: here until it has
    printed a fact."""
    bearer = {"authorization": f"Bearer {await an_agency(here, 'dinkop-facts')}"}
    listed = {"partner": {"ref": "1"}, "name": "Toko Fakta", "kind": "business", "region": "33.11"}
    event = {"specversion": "1.0", "id": "1", "source": "urn:facts", "type": "partner.listed"}
    event["data"] = listed | {"listed_on": "2026-01-15"}
    await ask(here, "POST", "/v1/events", json=event, headers=bearer | {"content-type": "application/cloudevents+json"})
    shown = (await snippets(here, "/docs/kafka"))["facts-aiokafka"]
    user, password = str(here.kafka_user), str(here.kafka_password)
    script = shown.replace("kafka.example.go.id:9092", here.kafka).replace("…", password)
    script = script.replace('sasl_plain_username="my-system"', f'sasl_plain_username="{user}"')
    printed = await run([sys.executable], script.replace("fact)\n", "fact)\n                return\n"), tmp_path)
    assert printed.startswith("partner.listed {")


async def test_an_event_is_one_trace_from_the_request_to_its_effects(here: Endpoints, collector: Collector) -> None:
    key = await an_agency(here, "dinkop-trace")
    partner = {"partner": {"nib": "0000100099999"}, "name": "Warung Jejak", "kind": "business", "region": "33.11"}
    data = partner | {"scale": "micro", "list": "jejak", "listed_on": "2026-01-05"}
    about = {"specversion": "1.0", "id": "t-1", "source": "urn:trace", "type": "partner.listed", "data": data}
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/cloudevents+json",
        "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01",
    }
    await ask(here, "POST", "/v1/events", content=json.dumps(about), headers=headers)
    expected = {
        ("payung-registration", "POST /v1/events"),
        ("payung-registration", "accept"),
        ("payung-registration", "send partners"),
        ("payung-coverage", "process partners"),
        ("payung-notifications", "process partners"),
    }
    await eventually(lambda: expected <= collector.of(trace_id), 30)
