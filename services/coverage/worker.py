"""`python -m services.coverage.worker`: consumes only. Start as many as there are free cores; they share the
partitions with each other and with the service, and take larger batches since they have no web routes to answer. Each
holds two consumers: while one waits for Kafka or PostgreSQL, the other computes."""

import asyncio
import gc
import os
import signal
from collections.abc import Sequence

from services.coverage import app
from services.coverage.settings import Settings
from shared.bus.consumer import Consumer
from shared.key_consumer import key_consumer
from shared.observability import configure_logging, get_logger
from shared.span_export import exporting

log = get_logger(__name__)

MAX_RECORDS = 20_000
CONSUMERS = 2


async def main() -> None:
    configure_logging("coverage")
    os.environ.setdefault("PAYUNG_MAX_RECORDS", str(MAX_RECORDS))
    os.environ.setdefault("PAYUNG_PORT", "0")
    os.environ.setdefault("PAYUNG_ADMIN_KEY", "")
    settings = Settings()
    pool = await app.prepare(settings)
    consumers = [app.consumer(pool, settings) for _ in range(CONSUMERS)]
    consumers.append(key_consumer(pool, settings, app.GROUP))
    _stop_on_signals(consumers)
    gc.freeze()
    gc.set_threshold(2_000_000, 50, 100)  # a batch makes many small objects and no cycles
    with exporting("coverage"):
        await asyncio.gather(*(consumer.run() for consumer in consumers))
    await pool.close()


def _stop_on_signals(consumers: Sequence[Consumer]) -> None:
    loop = asyncio.get_running_loop()
    stopping: set[asyncio.Task[None]] = set()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, lambda: stopping.update(asyncio.create_task(one.stop()) for one in consumers))


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
