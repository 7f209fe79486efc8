"""`python -m tests.chaos.linked_stack DIR BASE`: `./payung up --empty`, with services that reach Kafka and PostgreSQL
through the links of `tests/chaos/network.py`. `… SERVICE`: one of these services."""

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from aiokafka import conn

from deploy.local import up
from deploy.local.failure import Failure
from deploy.local.postgres import SERVICES
from services.registration.writer import writer

LINKS = "PAYUNG_CHAOS_LINKS"
"""Variable that holds, as JSON: service → port of a part → port of the link that leads there."""

CLOCK = "PAYUNG_CHAOS_CLOCK"
"""Variable that holds, as JSON, what the parts' environment needs to obey another clock. The supervisor keeps its own:
a process with threads that forks under libfaketime may wait for ever for a lock that another thread held."""

MOST_WAITING = "PAYUNG_CHAOS_MOST_WAITING"
"""Variable that holds how many events may wait to be published; hours of load lie between here and the real bound."""


def argv(service: str) -> list[str]:
    return [sys.executable, "-m", "tests.chaos.linked_stack", service]


def serve(service: str) -> None:
    """The service, each of whose connections goes to the link's port instead of the part's."""
    links = {int(port): link for port, link in json.loads(os.environ[LINKS])[service].items()}
    for port, link in links.items():
        os.environ["PAYUNG_DATABASE"] = os.environ["PAYUNG_DATABASE"].replace(f":{port}/", f":{link}/")

    class Linked(conn.AIOKafkaConnection):  # the broker itself names its own port to its clients
        def __init__(self, host: str, port: int, **more: Any) -> None:
            super().__init__(host, links.get(port, port), **more)

    conn.AIOKafkaConnection = Linked
    if bound := os.environ.get(MOST_WAITING):
        writer.MOST_WAITING = int(bound)
    sys.argv = [service]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)


def main(first: str, *more: str) -> None:
    if first in SERVICES:
        serve(first)
        return
    os.environ.update(json.loads(os.environ.pop(CLOCK, "{}")))
    try:
        up.run(up.Options(Path(first), empty=True, ports=int(more[0]), argv=argv))
    except Failure as failure:
        sys.exit(f"payung: {failure}")


if __name__ == "__main__":
    main(*sys.argv[1:])
