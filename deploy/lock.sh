#!/bin/sh
# Writes both lock files from pyproject.toml: requirements.lock (all groups, what ./payung installs) and
# deploy/services.lock (the services alone, for the image). Versions stay as they are; `deploy/lock.sh --upgrade` raises
# them, `--upgrade-package NAME` raises one.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
lock() { uv pip compile -q pyproject.toml --generate-hashes --no-emit-index-url --no-header --python-version 3.11 "$@"; }
lock --group stack --group checks -o requirements.lock "$@"
lock -c requirements.lock -o deploy/services.lock
