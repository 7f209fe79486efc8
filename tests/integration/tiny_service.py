"""A service of one part, run as a process by test_service.py: `python -m tests.integration.tiny_service PORT MODE`."""

import asyncio
import sys

from shared.observability import configure_logging
from shared.service import PartStatus, ServiceSettings, build_app, run, serve


class Ticking:
    """Ticks until it is stopped; in mode `fails` it breaks soon, in mode `stubborn` it does not stop in time."""

    name = "ticking"

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        if self.mode == "fails":
            raise ZeroDivisionError("3571010101010001")
        if self.mode == "stubborn":
            await asyncio.Event().wait()
        await self.stopping.wait()
        print("ticking finished", flush=True)

    async def stop(self) -> None:
        self.stopping.set()

    def status(self) -> PartStatus:
        return PartStatus(live=True, ready=self.mode != "waits", detail={"mode": self.mode})


async def main() -> None:
    port, mode = int(sys.argv[1]), sys.argv[2]
    settings = ServiceSettings(database="-", kafka="-", port=port, admin_key="-")
    await serve(build_app("tiny", parts=[Ticking(mode)]), settings)
    print("closed", flush=True)


if __name__ == "__main__":
    configure_logging("tiny")
    run(main)
