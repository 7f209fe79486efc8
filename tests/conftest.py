"""One embedded Kafka and one embedded PostgreSQL for the whole suite, started when the first test asks for them.

`kafka` its address · `postgres` the administrator's DSN · `database`, `unmigrated` a fresh database ·
`topics` a prefix of topics and groups · `mailbox` a mail server that receives
`own_kafka`, `own_postgres` make a broker or server that the test may kill. A whole stack: `tests.stack.Stack`.
"""

import io
import logging
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import structlog

from shared.observability import configure_logging
from tests import kafka_clients, stack

if TYPE_CHECKING:
    from tests.integration.notifications_world import Mailbox


# A busy machine is no fault of the code. What is generated is the same each time, but for `./payung test --long`.
hypothesis.settings.register_profile(
    "payung",
    deadline=None,
    derandomize="PAYUNG_TEST_LONG" not in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("payung")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are no part of a test's name: what compresses them writes the time."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the suite's broker and server keep their data."""
    return tmp_path_factory.mktemp("stack")


BROKER = pytest.StashKey[str]()
"""The address of the suite's broker, once it was started."""


@pytest.fixture(scope="session")
async def kafka(home: Path, pytestconfig: pytest.Config) -> AsyncIterator[str]:
    """host:port of the suite's broker; a test keeps to itself by its own `topics` prefix.

    It is open to everybody, as no user's is: tests/attacks/test_kafka.py has a closed one.
    """
    broker = stack.open_broker(home)
    await broker.start()
    pytestconfig.stash[BROKER] = broker.address
    yield broker.address
    broker.stop()


@pytest.fixture(scope="module", autouse=True)
def topics_go_with_their_file(pytestconfig: pytest.Config) -> Iterator[None]:
    """Every client is told of all topics: those of a hundred files make each later start take seconds."""
    yield
    if BROKER in pytestconfig.stash:
        kafka_clients.delete_all_topics(pytestconfig.stash[BROKER])


@pytest.fixture(scope="session")
async def postgres(home: Path) -> AsyncIterator[str]:
    """DSN of the suite's administrator (database `postgres`)."""
    server = stack.server(home, durable=False)
    await server.start()
    await stack.make_template(server.admin)
    await stack.migrate_template(server.admin)
    yield server.admin
    server.stop()


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[stack.Database]:
    """A fresh database with every service's role and empty tables: `.of("coverage")`, `.admin`."""
    fresh = await stack.clone(postgres)
    yield fresh
    await stack.drop(postgres, fresh)


@pytest.fixture
async def unmigrated(postgres: str) -> AsyncIterator[stack.Database]:
    """As `database`, without any table."""
    fresh = await stack.clone(postgres, stack.EMPTY)
    yield fresh
    await stack.drop(postgres, fresh)


@pytest.fixture
def service_log() -> Iterator[io.StringIO]:
    """What a service logs meanwhile, as JSON lines; afterwards logs go where they went before."""
    before, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    log = io.StringIO()
    configure_logging("test", stream=log)
    yield log
    structlog.configure(**before)
    logging.getLogger().handlers[:] = handlers


@pytest.fixture
def topics() -> str:
    """A prefix no other test has, for PAYUNG_TOPIC_PREFIX."""
    return f"t{uuid.uuid4().hex[:10]}."


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Callable[[], Awaitable[stack.Broker]]]:
    """Makes a started broker that the test may kill and start again."""
    made: list[stack.Broker] = []

    async def make() -> stack.Broker:
        made.append(stack.open_broker(tmp_path / f"broker-{len(made)}"))
        await made[-1].start()
        return made[-1]

    yield make
    for broker in made:
        broker.stop()


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Callable[[], Awaitable[stack.Server]]]:
    """Makes a started, durable server with the services' roles that the test may kill and start again."""
    made: list[stack.Server] = []

    async def make() -> stack.Server:
        made.append(stack.server(tmp_path / f"server-{len(made)}"))
        await made[-1].start()
        await stack.make_template(made[-1].admin)
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
async def mailbox() -> AsyncIterator["Mailbox"]:
    """A mail server that receives."""
    from tests.integration.notifications_world import Mailbox

    box = Mailbox()
    await box.start()
    yield box
    await box.stop()
