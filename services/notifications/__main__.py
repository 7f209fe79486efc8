"""`python -m services.notifications`: the reminders, configured by the environment."""

from services.notifications import app
from services.notifications.settings import Settings
from shared.observability import configure_logging
from shared.service import run, serve


async def main() -> None:
    """Serve until SIGTERM."""
    settings = Settings()
    configure_logging("notifications")
    await serve(await app.start(settings), settings)


if __name__ == "__main__":
    run(main)
