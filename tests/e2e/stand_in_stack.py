"""`./payung up` with stand-ins for the three services: a real Kafka, a real PostgreSQL, a real supervisor."""

import sys
from pathlib import Path

from deploy.local import up
from deploy.local.failure import Failure


def argv(_name: str) -> list[str]:
    return [sys.executable, "-m", "tests.e2e.stand_in"]


if __name__ == "__main__":
    try:
        up.run(up.Options(Path(sys.argv[1]), empty=True, argv=argv))
    except Failure as failure:
        sys.exit(f"payung: {failure}")
