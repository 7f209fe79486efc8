#!/bin/sh
# Writes the lock files from pyproject.toml: requirements.lock (all groups, what ./payung installs),
# deploy/services.lock (the services alone, for the image) and deploy/assets.lock (what fetches the pages' WebJars in
# the image's build). Versions stay as they are; `deploy/lock.sh --upgrade` raises them, `--upgrade-package NAME` one.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
lock() { uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.11 "$@"; }
lock pyproject.toml --group stack --group checks -o requirements.lock "$@"
lock pyproject.toml -c requirements.lock -o deploy/services.lock
echo jgo | lock - -c requirements.lock -o deploy/assets.lock
