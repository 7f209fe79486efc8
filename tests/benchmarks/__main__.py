"""`python -m tests.benchmarks [NAME]`: run a benchmark, or name those there are."""

import runpy
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    known = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    if not arguments or arguments[0] in ("-h", "--help"):
        print("\n".join(known))
        return 0
    if arguments[0] not in known:
        print(f"there is no benchmark '{arguments[0]}', only: {', '.join(known)}", file=sys.stderr)
        return 2
    sys.argv = arguments
    runpy.run_module(f"tests.benchmarks.{arguments[0]}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
