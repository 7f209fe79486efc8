"""A service of one part, run as a process by test_service.py: `python -m tests.integration.tiny_service PORT MODE`."""

import asyncio
import sys

from shared.observability import configure_logging
from shared.part import Part
from shared.service import ServiceSettings, build_app, run, serve


class Ticking(Part):
    """Ticks until it is stopped; it breaks, does not stop in time or waits for a database, as its mode says."""

    def __init__(self, mode: str) -> None:
        super().__init__("ticking")
        self.mode = mode

    def detail(self) -> dict[str, str]:
        return {"mode": self.mode}

    async def step(self) -> None:
        if self.mode == "fails":
            raise ZeroDivisionError("3571010101010001")
        if self.mode == "stubborn":
            await asyncio.Event().wait()
        if self.mode == "waits":
            raise ConnectionRefusedError

    async def close(self) -> None:
        print("ticking finished", flush=True)


async def main() -> None:
    port, mode = int(sys.argv[1]), sys.argv[2]
    settings = ServiceSettings(database="-", kafka="-:1", port=port, admin_key="-")
    await serve(build_app("tiny", parts=[Ticking(mode)]), settings)
    print("closed", flush=True)


if __name__ == "__main__":
    configure_logging("tiny")
    run(main)
