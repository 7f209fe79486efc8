"""Every event type has an example, every example is of a type, and each says exactly what its struct holds."""

import gzip
import json
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest

import shared.events
from shared.bus.records import Outgoing, cloudevent_headers
from shared.events import TOPICS, TYPES, asyncapi, intake, model
from shared.fields import undescribed
from tests.descriptions import faults

EXAMPLES = Path(shared.events.__file__).parent / "examples"
FILES = sorted(EXAMPLES.glob("*/*.json"))
FACTS = [path for path in FILES if path.parent.name != intake.TOPIC.name]

KEY_FIELDS = {"partners": "partner_id", "contacts": "partner_id", "enrollments": "partner_id", "claims": "claim_id",
              "outreach": "partner_id", "access": "key_id"}  # fmt: skip
PERSONAL = {"name", "nik", "nib", "phone", "email", "contact_person", "address", "participant_no", "npp", "kpj"}


def shown(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def event_type(path: Path) -> str:
    return path.stem.removesuffix(".tombstone")


def contains(whole, part) -> bool:
    """Whether `whole` says everything that `part` says; it may add defaults."""
    if isinstance(part, dict):
        return all(contains(whole.get(key), value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return whole == part


def test_every_type_has_an_example_and_every_example_a_type():
    assert {(path.parent.name, event_type(path)) for path in FILES} == set(TYPES)


@pytest.mark.parametrize("path", FACTS, ids=shown)
def test_a_fact_is_what_its_struct_says_neither_more_nor_less(path):
    example = json.loads(path.read_text())
    value = example["value"]
    if value is None:
        assert TOPICS[path.parent.name].compacted, "only a compacted topic has tombstones"
        return
    decoded = msgspec.json.decode(json.dumps(value), type=TYPES[path.parent.name, event_type(path)].value)
    assert json.loads(model.encode(decoded)) == value


@pytest.mark.parametrize("path", FACTS, ids=shown)
def test_a_fact_is_a_cloudevent_in_binary_mode(path):
    example = json.loads(path.read_text())
    headers = example["headers"]
    time = msgspec.convert(headers["ce_time"], type=model.datetime, strict=False)
    event = Outgoing(example["topic"], example["key"], headers["ce_type"], headers["ce_id"], time, b"")
    produced = {name: value.decode() for name, value in cloudevent_headers(event, headers["ce_source"])}
    assert produced | {"ce_time": headers["ce_time"]} == headers
    assert headers["ce_type"] == event_type(path)
    assert headers["ce_subject"] == example["key"]


@pytest.mark.parametrize("path", FACTS, ids=shown)
def test_the_key_is_the_entitys_id(path):
    example = json.loads(path.read_text())
    field = "hash" if event_type(path).startswith("session.") else KEY_FIELDS.get(path.parent.name)
    if example["value"] is not None and field is not None:
        assert example["key"] == example["value"][field]


@pytest.mark.parametrize("topic", ["partners", "enrollments", "claims", "outreach"])
def test_topics_that_keep_everything_hold_no_personal_data(topic):
    for (of, _), kind in TYPES.items():
        if of == topic:
            assert not PERSONAL & {field.encode_name for field in msgspec.structs.fields(kind.value)}
    assert TOPICS[topic].retention_ms == -1
    assert not TOPICS[topic].compacted


def test_policies_of_the_other_topics():
    assert TOPICS["contacts"].compacted
    assert TOPICS["access"].compacted
    assert TOPICS["intake"].retention_ms == 24 * 3600 * 1000


@pytest.mark.parametrize("path", [p for p in FILES if p not in FACTS], ids=shown)
def test_an_intake_example_is_what_its_struct_says(path):
    data = json.loads(path.read_text())
    kind = TYPES["intake", path.stem].value
    decoded = msgspec.json.decode(path.read_bytes(), type=kind)
    assert contains(json.loads(model.encode(decoded)), data)


DESCRIPTION = asyncapi.document()
MESSAGES = DESCRIPTION["components"]["messages"]


def test_the_description_is_asyncapi():
    """By https://github.com/asyncapi/spec-json-schemas, schemas/3.0.0.json (Apache-2.0)."""
    schema = json.loads(gzip.decompress((Path(__file__).parent / "asyncapi-3.0.0.schema.json.gz").read_bytes()))
    validator = jsonschema_rs.validator_for(schema)
    assert [error.message for error in validator.iter_errors(DESCRIPTION)] == []
    assert not validator.is_valid(DESCRIPTION | {"servers": {"kafka": {"protocol": "kafka"}}})


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_message_has_examples_that_are_valid(message):
    assert message["examples"]
    for example in message["examples"]:
        assert faults(DESCRIPTION, message["headers"], example["headers"]) == []
        assert faults(DESCRIPTION, message["payload"], example["payload"]) == []


def test_only_headers_that_are_needed_are_demanded():
    listed = MESSAGES["intake.partner.listed"]["headers"]
    assert set(listed["required"]) == {"ce_specversion", "ce_id", "ce_type", "ce_source"}
    assert {"ce_time", "ce_subject", "content-type", "traceparent"} <= listed["properties"].keys()


def test_every_topic_is_sent_to_or_received_from_on_a_server_that_asks_who_one_is():
    operations = DESCRIPTION["operations"].values()
    assert {each["channel"]["$ref"].rpartition("/")[2] for each in operations} == set(TOPICS)
    assert [each["channel"]["$ref"] for each in operations if each["action"] == "send"] == ["#/channels/intake"]
    assert all(server["security"] for server in DESCRIPTION["servers"].values())


def test_every_field_of_an_event_has_words():
    assert undescribed(DESCRIPTION) == set()


def test_the_published_description_is_the_current_one():
    assert asyncapi.PATH.read_text(encoding="utf-8") == asyncapi.rendered(), "run python -m shared.events.asyncapi"
