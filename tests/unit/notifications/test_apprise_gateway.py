"""Providers that apprise knows: which URLs are taken, what their answers mean, and that nothing of them is logged."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from services.notifications.channels import Message, Recipient
from services.notifications.channels.apprise_gateway import AppriseChannel, AppriseGateway, gateway_of
from services.notifications.channels.gateway import Gateway
from services.notifications.settings import Gateways
from tests.integration.gateway_server import GatewayServer

SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
TWILIO = f"twilio://{SID}:{{token}}@+15551234567/{{to}}"
MESSAGE = Message(
    id="reminder-1",
    template="first",
    region="33.11",
    step=1,
    recipient=Recipient(name="Warung Sari", phone="0812-3456-7890"),
    contribution_from=16_800,
    written_at=datetime(2026, 11, 24, 3, tzinfo=UTC),
)


@pytest.fixture
async def server() -> AsyncIterator[GatewayServer]:
    running = GatewayServer()
    await running.start()
    yield running
    await running.stop()


def channel_to(server: GatewayServer, more: str = "", timeout: float = 20) -> AppriseChannel:
    return AppriseChannel(
        "sms", AppriseGateway(f"json://me:{TOKEN}@127.0.0.1:{server.port}/{{to}}{more}"), timeout=timeout
    )


def test_a_provider_gets_the_number_and_the_token_in_their_places() -> None:
    found = Gateways(sms=TWILIO, sms_token=TOKEN).gateways()["sms"]
    assert isinstance(found, AppriseGateway)
    assert found.of("6281234567890") == f"twilio://{SID}:{TOKEN}@+15551234567/6281234567890"
    assert TOKEN not in repr(found)
    assert SID not in repr(found)


def test_http_is_our_own_gateway_and_all_else_a_provider() -> None:
    assert isinstance(gateway_of("https://gate.example/send", "t"), Gateway)
    assert isinstance(gateway_of("HTTP://127.0.0.1/send", None), Gateway)
    assert isinstance(gateway_of("clickatell://KEY/{to}", None), AppriseGateway)
    with pytest.raises(ValueError, match="https://host/path"):
        gateway_of("gate.example/{to}", None)


@pytest.mark.parametrize(
    ("url", "token", "why"),
    [
        ("clickatell://KEY/6281234567890", None, r"\{to\}"),  # all messages would go to one number
        ("clickatell://KEY/{to}", "s3cr3t", r"\{token\}"),  # the token would not be used
        ("clickatell://{token}/{to}", None, r"\{token\}"),
        ("nobody-knows://KEY/{to}", None, "knows no provider"),
        (f"twilio://{SID}:s3cr3t!@+1555/{{to}}", None, "knows no provider"),
        ("whapi://KEY@{to}", None, "writes to a number"),  # the sender's place: it would write to itself
        ("json://gate.example/{to}", None, "TLS"),
        ("jsons://gate.example/{to}?verify=no", None, "TLS"),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_start(
    url: str, token: str | None, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match=why) as refused:
        gateway_of(url, token)
    for secret in ("KEY", "s3cr3t", SID):
        assert secret not in str(refused.value)
        assert secret not in caplog.text


async def test_taken_is_sent_and_the_number_is_the_providers(server: GatewayServer) -> None:
    channel = channel_to(server)
    outcome = await channel.send(MESSAGE)
    await channel.close()
    assert (outcome.result, outcome.may_have_left, outcome.is_server_down) == ("sent", False, False)
    assert server.paths == ["6281234567890"]
    (body,) = server.received
    assert "STOP" in body["message"]
    assert len(body["message"]) <= 160
    assert not body["title"]


@pytest.mark.parametrize(
    "answer",
    [
        (400, {}, b"no such number"),
        (401, {}, b""),
        (410, {}, b""),
        (429, {"Retry-After": "600"}, b""),
        (500, {}, b"oops"),
        (302, {"Location": "/elsewhere"}, b""),
        "drop",
        "hang",
    ],
)
async def test_whatever_else_is_answered_is_passing_and_may_have_left(server: GatewayServer, answer: object) -> None:
    """It says only that it was not taken: neither is a number given up for that, nor is it called delivered."""
    server.answers["6281234567890"] = [answer]  # type: ignore[list-item]
    channel = channel_to(server, "?rto=0.2")
    outcome = await channel.send(MESSAGE)
    await channel.close()
    assert (outcome.result, outcome.may_have_left, outcome.is_server_down) == ("delayed", True, True)
    assert len(server.received) == 1, "neither repeated nor sent wherever the answer points"


async def test_a_provider_that_never_answers_is_not_waited_for(server: GatewayServer) -> None:
    server.answers["6281234567890"] = ["hang"]
    channel = channel_to(server, "?rto=2", timeout=0.1)
    outcome = await channel.send(MESSAGE)
    await channel.close()
    assert (outcome.result, outcome.detail, outcome.may_have_left) == ("delayed", "apprise: TimeoutError", True)


async def test_an_unusable_number_is_no_message(server: GatewayServer) -> None:
    channel = channel_to(server)
    nobody = Message(**{name: getattr(MESSAGE, name) for name in MESSAGE.__slots__} | {"recipient": Recipient()})
    assert (await channel.send(nobody)).detail == "address_unusable"
    await channel.close()
    assert server.received == []


async def test_neither_numbers_nor_texts_nor_credentials_are_logged(
    server: GatewayServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["6281234567890"] = [(500, {}, b"6281234567890 is unknown"), "drop", (200, {}, b"{}")]
    channel = channel_to(server)
    with caplog.at_level(logging.DEBUG):
        results = [(await channel.send(MESSAGE)).result for _ in range(3)]
    await channel.close()
    assert results == ["delayed", "delayed", "sent"]
    for personal in ("81234567890", "Sari", TOKEN):
        assert personal not in caplog.text


async def test_messages_are_handed_over_side_by_side(server: GatewayServer) -> None:
    """A slow provider holds up no others, and the loop goes on meanwhile."""
    channel = channel_to(server)
    outcomes = await asyncio.gather(*(channel.send(MESSAGE) for _ in range(20)))
    assert {each.result for each in outcomes} == {"sent"}
    assert len(server.received) == 20
    assert sum(each.name.startswith("apprise-sms") for each in threading.enumerate()) > 1
    await channel.close()
