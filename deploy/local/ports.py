"""Free TCP ports of 127.0.0.1, kept from one start of a stack to the next where that is possible."""

import random
import socket

from deploy.local.failure import Failure

NAMES = ("registration", "coverage", "notifications", "kafka", "postgres", "kafka_controller", "kafka_internal")
_LOWEST, _HIGHEST = 20000, 32000  # below the ports that systems hand out for outgoing connections


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def from_base(base: int) -> dict[str, int]:
    """The ports BASE, BASE+1, … or a Failure that names the one in use."""
    chosen = {name: base + i for i, name in enumerate(NAMES)}
    for name, port in chosen.items():
        if not 1024 <= port <= 65535:
            raise Failure(f"port {port} for {name} is not between 1024 and 65535: choose another --ports BASE")
        if not is_free(port):
            raise Failure(f"port {port} for {name} is in use: choose another --ports BASE")
    return chosen


def choose(previous: dict[str, int]) -> dict[str, int]:
    """The previous ports if all of them are free, else a free block at random. A name that is new since then gets the
    first free port behind them. Raises Failure when there is none."""
    if previous and set(previous) <= set(NAMES) and all(map(is_free, previous.values())):
        behind = (port for port in range(max(previous.values()) + 1, _HIGHEST + 1000) if is_free(port))
        return {name: previous.get(name) or next(behind) for name in NAMES}
    for _ in range(200):
        base = random.randrange(_LOWEST, _HIGHEST, 10)
        block = {name: base + i for i, name in enumerate(NAMES)}
        if all(map(is_free, block.values())):
            return block
    raise Failure(f"no free ports between {_LOWEST} and {_HIGHEST}")
