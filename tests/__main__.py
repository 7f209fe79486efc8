"""`python -m tests [pytest arguments]`: pytest with the exit codes of ./payung: 0 passed, 1 not, 2 wrong usage.

The whole suite runs in two processes, each with a broker and a server of its own: most tests rather wait than compute.
"""

import sys

import pytest

SIDE_BY_SIDE = ("-n2", "-ptests.side_by_side", "--no-loadscope-reorder")
"""tests/side_by_side.py says what goes together; the slowest kinds come first, unit tests fill the gaps at the end."""

if __name__ == "__main__":
    arguments = sys.argv[1:]
    chosen = any(not argument.startswith("-") for argument in arguments)
    code = pytest.main([*(() if chosen else SIDE_BY_SIDE), *arguments])
    sys.exit({pytest.ExitCode.OK: 0, pytest.ExitCode.USAGE_ERROR: 2}.get(pytest.ExitCode(code), 1))
