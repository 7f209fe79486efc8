"""Notifications on an agent's phone, by a push service that really receives, and that the browser can read."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.notifications.agents.web_push import CURVE, _derived, point
from tests.integration.notifications_world import DAY, KNOWN, a_world, partner_id
from tests.integration.test_notifications_agents import TANGERANG, Office, an_office
from tests.integration.webhook_receiver import Receiver, receiver
from tests.stack import Database

AUTH = b"sixteen bytes ok"


@pytest.fixture
async def office(database: Database, kafka: str, topics: str) -> AsyncIterator[Office]:
    async with a_world(database, kafka, topics, push_allows_local=True) as world, an_office(world) as made:
        yield made


class Phone:
    """A browser with its subscription at a push service."""

    def __init__(self, service: Receiver) -> None:
        self.service, self.key = service, ec.generate_private_key(CURVE)

    @property
    def subscription(self) -> dict[str, Any]:
        keys = {"p256dh": _text(point(self.key)), "auth": _text(AUTH)}
        return {"endpoint": self.service.url, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> dict[str, Any]:
        """The text of a message, as RFC 8291 has the browser read it."""
        salt, theirs, sealed = body[:16], body[21 : 21 + body[20]], body[21 + body[20] :]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
        secret = _derived(shared, AUTH, b"WebPush: info\0" + point(self.key) + theirs, 32)
        nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        text = AESGCM(_derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)).decrypt(nonce, sealed, None)
        found: dict[str, Any] = json.loads(text.rstrip(b"\x02"))
        return found


def _text(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).decode().rstrip("=")


async def test_digest_and_alerts_come_to_the_phone_and_name_no_business(office: Office) -> None:
    world = office.world
    siti = await office.agent("Siti", TANGERANG)
    await world.publish(world.partner(1), world.contact(1))
    await world.open_task(1)
    await office.give()
    async with receiver() as service:
        phone = Phone(service)
        subscribe = ("POST", "/v1/push-subscriptions", siti["key"])
        for _ in range(2):
            assert (await office.ask(*subscribe, json=phone.subscription)).status_code == 204
        world.now = (KNOWN + DAY).replace(hour=1)  # Tuesday 08:00 in Jakarta
        assert await world.engine.digest.send_due() == 1
        assert await world.engine.digest.send_due() == 0, "once a morning"
        await world.pool.execute("update tasks set priority = 1")
        assert await world.engine.alerts.send_due() == 1
        digest, alert = service.received
        assert phone.read(digest.body) == {"title": "Payung", "body": "1 kunjungan menunggu", "tag": "digest"}
        assert phone.read(alert.body) == {"title": "Payung", "body": "Kunjungan mendesak: 1", "tag": "alerts"}
        assert (digest.headers["content-encoding"], alert.headers["urgency"]) == ("aes128gcm", "high")
        assert digest.headers["authorization"].startswith("vapid t=")
        service.head = "410 Gone"
        world.now += DAY
        assert await world.engine.digest.send_due() == 0
        assert await world.pool.fetchval("select count(*) from push_subscriptions") == 0, (
            "the phone takes none any more"
        )
        assert (await office.ask(*subscribe, json=phone.subscription)).status_code == 204
        await office.ask("DELETE", f"/v1/agents/{siti['id']}/sessions")
        assert await world.pool.fetchval("select count(*) from push_subscriptions") == 0, "signed out by the operator"
        world.now += timedelta(days=1)
        assert await world.engine.digest.send_due() == 0
    assert partner_id(1) not in str(service.received)


async def test_no_phone_leads_into_our_own_network(database: Database, kafka: str, topics: str) -> None:
    async with a_world(database, kafka, topics) as world, an_office(world) as office:
        siti, fine = await office.agent("Siti", TANGERANG), Phone(Receiver(port=1)).subscription
        for changed, field in (
            ({"endpoint": "https://127.0.0.1/x"}, "endpoint"),
            ({"endpoint": "http://push.example/x"}, "endpoint"),
            ({"endpoint": "https://[::ffff:10.0.0.1]/x"}, "endpoint"),
            ({"endpoint": "https://push.example/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}, "keys"),
        ):
            refused = await office.ask("POST", "/v1/push-subscriptions", siti["key"], json=fine | changed)
            assert (refused.status_code, refused.json()["field"]) == (422, field), changed
