"""`python -m services.coverage`: the figures, configured by the environment."""

from services.coverage.app import create
from services.coverage.settings import Settings
from shared.observability import configure_logging
from shared.service import run, serve


async def main() -> None:
    configure_logging("coverage")
    settings = Settings()
    await serve(await create(settings), settings)


if __name__ == "__main__":
    run(main)
