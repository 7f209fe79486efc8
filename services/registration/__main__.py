"""`python -m services.registration`"""

from services.registration.app import create
from services.registration.settings import Settings
from shared.observability import configure_logging
from shared.service import run, serve


async def main() -> None:
    configure_logging("registration")
    settings = Settings()  # read from the environment
    await serve(await create(settings), settings)


if __name__ == "__main__":
    run(main)
