"""Each alert on a running stack, with the fault that it is for; a real Prometheus evaluates the rules, but faster.

`FactsHeldBack` needs facts that contradict each other within a transaction, which nothing from outside brings about;
alerts of clusters alone need a cluster. promtool evaluates these (tests/contract/test_alerts.py).
"""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import yaml
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from deploy.grafana.dashboards import DASHBOARDS, RATE
from deploy.local.directory import ROOT
from shared.bus.kafka_url import librdkafka_options
from tests.chaos.client import Client
from tests.chaos.machine import find_clock
from tests.chaos.quick_prometheus import QuickPrometheus
from tests.chaos.test_kill import payung
from tests.chaos.world import World
from tests.kafka_clients import open_producer
from tests.stack import Stack
from tests.waiting import eventually

PROMETHEUS = os.environ.get("PAYUNG_PROMETHEUS") or shutil.which("prometheus")
pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it"),
    pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed (Debian: prometheus)"),
]

NOBODY = "smtp://127.0.0.1:9"
WITHOUT_FAULT = {"FactsHeldBack"}
ALL = {
    rule["alert"]
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
DAY, SUNDAY = 86_400, 6
JAKARTA = timedelta(hours=7)
CONTACT_HOURS = range(9, 19)
"""In which reminders may be sent, less the hour in which the test ends."""


def seconds_to_contact_hours(now: datetime) -> int:
    """How far the stack's clocks are set back (negative), so that its reminders are due: to five in the afternoon of
    the last working day, Saturday included. A clock ahead of Kafka's is refused."""
    there = now.astimezone(UTC) + JAKARTA
    if there.weekday() != SUNDAY and there.hour in CONTACT_HOURS:
        return 0
    chosen = there.replace(hour=17, minute=0)
    while chosen > there or chosen.weekday() == SUNDAY:
        chosen -= timedelta(days=1)
    return int((chosen - there).total_seconds())


class Hours:
    """The stack's clocks, set so that its reminders are due: how many seconds they are `ahead` of ours, as yet and
    after `begin`. What admits users to Kafka waits by two clocks: it must have done so by then."""

    def __init__(self) -> None:
        self.ahead, self._begins = 0, seconds_to_contact_hours(datetime.now(UTC))
        self._clock = find_clock() if self._begins else None
        if self._begins and self._clock is None:
            pytest.skip("no reminder is due at this hour, and the clock cannot be set")
        self.environment = self._clock.environment() if self._clock else {}

    def begin(self) -> None:
        self._set(self._begins)

    def end(self) -> None:
        self._set(0)

    def close(self) -> None:
        if self._clock is not None:
            self._clock.close()

    def _set(self, ahead: int) -> None:
        self.ahead = ahead
        if self._clock is not None:
            self._clock.differ(ahead)


class Scene:
    """A stack with a Prometheus, and what fired so far."""

    def __init__(self, stack: Stack, prometheus: QuickPrometheus, hours: Hours) -> None:
        self.stack, self.prometheus, self.hours = stack, prometheus, hours
        self.client = Client(stack.endpoints)
        self.world = World(seed=3)
        self.fired: dict[str, float] = {}
        self.missing: set[str] = set()
        self.empty_panels: set[str] = set()

    def now(self) -> float:
        """The time by the stack's clocks, in seconds."""
        return time.time() + self.hours.ahead

    async def sql(self, *statements: str) -> None:
        db = await asyncpg.connect(self.stack.endpoints.database)
        for each in statements:
            await db.execute(each)
        await db.close()

    async def list_partners(self, count: int) -> None:
        for events in self.world.grow(count):
            await self.client.send([event for event in events if event["agency"] == events[0]["agency"]])

    async def list_unregistered(self, count: int) -> None:
        """Partners that nobody ever enrols; every second one has an e-mail address."""
        for number in range(count):
            event = self.world.grow(1)[0][0]
            if number % 2:
                event["data"]["contact"] = {"name": "Umi Contohwati", "email": f"umi{number}@contoh.example"}
            await self.client.send([event])

    @contextmanager
    def paused(self, part: str) -> Any:
        pid = self.stack.part(part)["pid"]
        os.killpg(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(pid, signal.SIGCONT)

    @asynccontextmanager
    async def locked(self, statement: str) -> AsyncIterator[None]:
        """The database keeps a lock that the service needs."""
        db = await asyncpg.connect(self.stack.endpoints.database)
        async with db.transaction():
            await db.execute(statement)
            yield
        await db.close()

    async def fires(self, *alerts: str, within: float = 60) -> None:
        """Whether they fire, and after how many seconds: the table that is printed at the end."""
        began = time.monotonic()

        def all_fire() -> bool:
            for each in self.prometheus.firing() & set(alerts) - self.fired.keys():
                self.fired[each] = time.monotonic() - began
            return self.fired.keys() >= set(alerts)

        with suppress(AssertionError):
            await eventually(all_fire, within, every=0.5)
        self.missing |= set(alerts) - self.fired.keys()

    async def is_over(self, *alerts: str, within: float = 90) -> None:
        await eventually(lambda: not self.prometheus.firing() & set(alerts), within, every=0.5)


async def test_each_alert_fires_on_its_fault(tmp_path: Any) -> None:
    assert PROMETHEUS is not None
    with small_disk(tmp_path / "disk") as disk, closing(Hours()) as hours:
        stack = Stack(disk / "data", options=("--empty", "--smtp", NOBODY), environment=hours.environment)
        starting = asyncio.create_task(stack.start())
        await eventually(lambda: stack.pid("registration"), 120)
        hours.begin()  # before anything was recorded: nothing is before what was
        await starting
        named = {name: getattr(stack.endpoints, name) for name in ("registration", "coverage", "notifications")}
        prometheus = QuickPrometheus(PROMETHEUS, tmp_path / "prometheus", named, hours.ahead)
        await prometheus.start()
        scene = Scene(stack, prometheus, hours)
        try:
            await scene.client.open_agencies()
            await scene.list_partners(12)
            await scene.fires("BackupMissing")
            assert prometheus.firing() == {"BackupMissing"}, "nothing else is the matter"
            for fault in FAULTS:
                await fault(scene)
                print(f"{fault.__name__}: {scene.fired}, missing {scene.missing}", flush=True)
        finally:
            print("fired after so many seconds:", {name: round(after, 1) for name, after in scene.fired.items()})
            print("panels without a series:", sorted(scene.empty_panels))
            prometheus.stop()
            await scene.client.close()
            stack.stop()
    assert scene.missing == set()
    assert scene.fired.keys() == ALL - WITHOUT_FAULT


@contextmanager
def small_disk(folder: Any) -> Any:
    """A disk of its own where that can be had, so that it can be filled."""
    folder.mkdir()
    os.chmod(folder, 0o755)
    if os.system(f"mount -t tmpfs -o size=3g tmpfs {folder} 2>/dev/null") == 0:
        try:
            yield folder
        finally:
            os.system(f"umount -l {folder}")
    else:
        pytest.skip("only root can make a disk that may be filled")


async def killed_services(scene: Scene) -> None:
    """Agencies that were there until March, a backup of the day before yesterday, a dead letter of last week; then the
    services are killed, and see all that when they are back."""
    month = "select generate_series(date '2026-02-01', date '2026-03-01', '1 day')"
    await scene.sql(
        f"insert into coverage.agency_days select 'dinas-lama', day from ({month}) days (day)",
        "insert into coverage.last_seen (agency, topic, partition, last, day, events)"
        " values ('dinas-lama', 'partners', 0, extract(epoch from date '2026-03-01')::bigint, '2026-03-01', 1)",
        "insert into registration.backups values (now() - interval '50 hours')",
    )
    async with open_producer(scene.stack.endpoints.kafka_url) as producer:
        old = int((scene.now() - 5.2 * DAY) * 1000)  # by Kafka's clock, less than the seven days that it keeps them
        headers = [("reason", b"malformed: value"), ("origin_topic", b"claims")]
        await producer.send_and_wait("claims.dlq", b"{}", key=b"k", headers=headers, timestamp_ms=old)
    for name in ("registration", "coverage", "notifications"):
        os.kill(scene.stack.part(name)["pid"], signal.SIGKILL)
    await scene.fires("ServiceDown", within=20)
    await scene.fires("BackupOld", "DeadLettersOld", "AgenciesSilent", within=90)
    await scene.is_over("ServiceDown")


async def wrong_figures(scene: Scene) -> None:
    """A sum is wrong on the day that the figures are compared; then it is right again."""
    for change in (1, -1):
        await scene.sql(
            f"update coverage.current_totals set partners = partners + {change}"
            " where cell = (select min(cell) from coverage.current_totals)",
            "delete from coverage.self_checks",
        )
        os.kill(scene.stack.part("coverage")["pid"], signal.SIGKILL)  # it compares when it begins
        if change > 0:
            await scene.fires("FiguresDiffer", within=60)
    await scene.is_over("FiguresDiffer", "ServiceDown")


async def paused_kafka(scene: Scene) -> None:
    with scene.paused("kafka"):
        await scene.list_partners(1)
        await scene.fires("OutboxOld", within=60)  # what a relay has tried to publish for 30 s is counted then
    await scene.is_over("OutboxOld")


async def paused_database(scene: Scene) -> None:
    headers = {"authorization": f"Bearer {scene.stack.endpoints.admin_key}"}
    url = f"{scene.stack.endpoints.registration}/v1/agencies"

    async def ask(http: httpx.AsyncClient) -> None:
        with suppress(httpx.HTTPError):
            await http.get(url, headers=headers)

    killed = scene.stack.part("postgres")["pid"]
    os.kill(killed, signal.SIGKILL)
    async with httpx.AsyncClient(timeout=10, trust_env=False) as http, scene_of_failure(scene, killed):
        await asyncio.gather(*(ask(http) for _ in range(40)))
        await scene.fires("RequestsFail", "RequestsFailSlowly", "PartNotReady", within=30)
    await eventually(lambda: scene.stack.status()["ready"], 60, every=0.5)
    await scene.is_over("RequestsFail", "PartNotReady")


@asynccontextmanager
async def scene_of_failure(scene: Scene, killed: int) -> AsyncIterator[None]:
    """The database does not answer, also when its supervisor started it again."""

    def started_again() -> int | None:
        pid = scene.stack.pid("postgres")
        return pid if pid != killed else None

    pid = await eventually(started_again, 20)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def stuck_consumer(scene: Scene) -> None:
    async with scene.locked("lock table coverage.consumer_offsets in access exclusive mode"):
        await scene.list_partners(15)
        await scene.fires("ConsumerLags", within=30)
        await asyncio.sleep(62)  # the promise is sixty seconds
    await scene.fires("FactsLate", "FactsLateSlowly", within=30)
    await scene.is_over("ConsumerLags")


async def stuck_rollup(scene: Scene) -> None:
    async with scene.locked("select pg_advisory_xact_lock(hashtext('coverage/rollup'))"):
        for _ in range(8):
            await scene.list_partners(1)
            await asyncio.sleep(0.3)
        await scene.fires("RollupBehind", within=60)
    await scene.is_over("RollupBehind")


async def poison(scene: Scene) -> None:
    """Some garbage is set aside, much of it halts a topic; reminders wait for it, and are late when it goes on; no mail
    server answers."""
    await scene.list_unregistered(40)
    for alert, count in (("DeadLettersCome", 20), ("ConsumerHalted", 600)):
        async with open_producer(scene.stack.endpoints.kafka_url) as producer:
            for number in range(count):
                await producer.send("enrollments", b"{garbage", key=f"k{number}".encode(), headers=[("ce_type", b"x")])
        await scene.fires(alert, within=40)
    await late_reminders(scene)
    await scene.is_over("ConsumerHalted")


async def late_reminders(scene: Scene) -> None:
    await scene.sql("update notifications.partners set listed_known_at = listed_known_at - interval '10 days'")
    hours = {"start": "08:00", "end": "20:00", "spread_until": "08:10", "quiet": []}
    policy = {"steps": [{"template": "first", "days": 1}], "hours": hours, "channels": ["email", "log"]}
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"authorization": f"Bearer {scene.stack.endpoints.admin_key}"}
        body = {
            "policy": policy,
            "effective_from": time.strftime("%Y-%m-%d", time.gmtime(scene.now() + JAKARTA.total_seconds())),
        }
        answer = await http.put(f"{scene.stack.endpoints.notifications}/v1/policy", json=body, headers=headers)
        assert answer.is_success, answer.text
    await scene.fires("RemindersWait", within=120)
    await scene.sql("update notifications.schedule set due_at = due_at - interval '10 minutes'")
    await payung("consumer", "resume", "enrollments", "--dead-letter-all", "--data", str(scene.stack.data))
    await scene.fires("RemindersLate", within=90)
    await scene.fires("ChannelDown", within=60)
    await scene.is_over("RemindersWait")


async def refusing_kafka(scene: Scene) -> None:
    admin = AdminClient(librdkafka_options(scene.stack.endpoints.kafka_url))

    def limit(size: int) -> None:
        entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, "partners", incremental_configs=[entry])
        for done in admin.incremental_alter_configs([resource]).values():
            done.result(20)

    limit(20)
    await scene.list_partners(1)
    await scene.fires("EventsSetAside", within=40)
    limit(1_048_588)


async def refused_rows(scene: Scene) -> None:
    wrong = [
        {"specversion": "1.0", "id": f"w{n}", "source": "urn:w", "type": "partner.listed", "data": {}}
        for n in range(150)
    ]
    headers = {
        "content-type": "application/cloudevents-batch+json",
        "authorization": f"Bearer {scene.client._keys['dinas']}",
    }
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        for _ in range(3):
            await http.post(f"{scene.stack.endpoints.registration}/v1/events", json=wrong, headers=headers)
    await scene.fires("RefusalsJumped", within=40)


async def full_disk(scene: Scene) -> None:
    free = shutil.disk_usage(scene.stack.data).free
    filler = scene.stack.data.parent / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - 200_000_000)
    await scene.fires("DiskFills", within=40)
    filler.unlink()
    await scene.is_over("DiskFills")


async def dashboards(scene: Scene) -> None:
    """Each panel's question is asked of the Prometheus that saw all this."""
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for query in panel.queries.values() if not panel.is_sql else ():
                if not scene.prometheus.query(query.replace(RATE, "[2m]")):
                    scene.empty_panels.add(f"{dashboard.title}: {panel.title}")


async def another_log(scene: Scene) -> None:
    scene.stack.stop()
    scene.hours.end()
    shutil.rmtree(scene.stack.data / "kafka/data")
    with suppress(AssertionError):
        await scene.stack.start(30)
    await scene.fires("RelayHalted", within=60)


FAULTS: tuple[Callable[[Scene], Any], ...] = (
    poison,
    refused_rows,
    paused_kafka,
    stuck_consumer,
    dashboards,
    stuck_rollup,
    refusing_kafka,
    full_disk,
    wrong_figures,
    killed_services,
    paused_database,
    another_log,
)
