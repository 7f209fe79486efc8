"""The real service as a process of its own, except that its clock always shows PAYUNG_TEST_NOW."""

import os
from datetime import datetime

from services.notifications import app
from services.notifications.settings import Settings
from shared.observability import configure_logging
from shared.service import run, serve


async def main() -> None:
    now = datetime.fromisoformat(os.environ["PAYUNG_TEST_NOW"])
    settings = Settings()
    configure_logging("notifications")
    await serve(await app.start(settings, clock=lambda: now), settings)


run(main)
