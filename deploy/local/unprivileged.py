"""PostgreSQL refuses to run as root: then it runs as a user without privileges, even below a closed directory."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.local.failure import Failure


@dataclass(frozen=True)
class User:
    name: str
    uid: int
    gid: int


def user_for(data: Path) -> User | None:
    """Who runs the server whose data these are: None = whoever we are, else the owner or a user without privileges."""
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    for entry in [e for e in pwd.getpwall() if e.pw_uid == owner != 0] + [_known("postgres"), _known("nobody")]:
        if entry:
            return User(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise Failure("PostgreSQL cannot run as root and there is no user 'postgres' or 'nobody' to run it as")


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def wrap(argv: list[str], data: Path) -> list[str]:
    """The same command, run by `user_for(data)`, able to reach its program and its data."""
    user = user_for(data)
    return argv if user is None else [*_prefix(user, argv[0], str(data.parent)), *argv]


@cache
def _prefix(user: User, program: str, directory: str) -> list[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Failure("as root PostgreSQL needs the command 'setpriv' (package util-linux); or run as an ordinary user")
    plain = [setpriv, f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups", "--pdeathsig=INT"]
    # the capability to enter closed directories, also for access(2), which PostgreSQL asks about its own program
    reading = [
        *plain,
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--securebits=+no_setuid_fixup",
    ]
    for prefix in (plain, reading):
        if _runs([*prefix, "test", "-x", directory]) and _runs([*prefix, program, "--version"]):
            return prefix
    raise Failure(f"the user {user.name} cannot reach {program} and {directory}: use a directory others may enter")


def _runs(argv: list[str]) -> bool:
    return subprocess.run(argv, capture_output=True, check=False, cwd="/").returncode == 0
