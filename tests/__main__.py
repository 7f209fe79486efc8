"""`python -m tests [pytest arguments]`: pytest with the exit codes of ./payung: 0 passed, 1 not, 2 wrong usage."""

import sys

import pytest

if __name__ == "__main__":
    code = pytest.main(sys.argv[1:])
    sys.exit({pytest.ExitCode.OK: 0, pytest.ExitCode.USAGE_ERROR: 2}.get(pytest.ExitCode(code), 1))
