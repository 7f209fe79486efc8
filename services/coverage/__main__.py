"""`python -m services.coverage`: the figures, configured by the environment."""

import sys

from services.coverage.app import create
from services.coverage.settings import Settings
from shared.observability import configure_logging
from shared.service import run, serve

SWITCH_SECONDS = 0.0005
"""After so long a thread that computes lets another one on, a tenth of Python's own: a batch makes a dozen steps in the
event loop, each of which would wait for every thread that works out a large answer."""


async def main() -> None:
    configure_logging("coverage")
    sys.setswitchinterval(SWITCH_SECONDS)
    settings = Settings()
    await serve(await create(settings), settings)


if __name__ == "__main__":
    run(main)
