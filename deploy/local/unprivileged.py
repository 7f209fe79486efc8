"""PostgreSQL refuses to run as root: then it runs as a user without privileges, even below a closed directory.

Without a single capability such a user cannot walk through root's closed folders. Two things make that unnecessary: the
server starts *inside* its data directory and calls it `HERE`, and its programs are copied to a folder that all may read
where they lie in a closed one.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.local.failure import Failure

HERE = "/proc/self/cwd"
"""The directory a process was started in; the system resolves it without looking at the folders above."""
COPIES = (Path("/var/cache/payung"), Path(tempfile.gettempdir(), "payung-programs"))
"""Where programs are copied to, the first that can be written."""


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


def hand_over(path: Path, user: User | None) -> None:
    """Make the user (None: nobody else) the owner of a file or directory."""
    if user is not None:
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


@cache
def reachable(package: Path, program: str, user: User | None, version: str) -> Path:
    """The program `package/program` where the user can run it: in its place, or in a copy of the package.

    A package's own libraries lie beside it in `NAME.libs` and are copied with it.
    """
    if user is None or _runs(package / program, user):
        return package / program
    copied = _copy(package, version) / package.name / program
    if not _runs(copied, user):
        raise Failure(f"the user {user.name} can run neither {package / program} nor {copied}")
    return copied


def _runs(program: Path, user: User) -> bool:
    argv, who = [str(program), "--version"], (user.uid, user.gid)
    try:
        done = subprocess.run(
            argv, capture_output=True, check=False, cwd="/", user=who[0], group=who[1], extra_groups=[]
        )
    except OSError:
        return False
    return done.returncode == 0


def _copy(package: Path, version: str) -> Path:
    """The folder with a whole copy that root alone may change, made on first use."""
    for place in COPIES:
        try:
            return _made(place / f"{package.name}-{version}", [package, *package.parent.glob(f"{package.name}.libs")])
        except OSError as error:
            problem = error
    raise Failure(f"cannot copy {package} to where its user could run it: {problem}")


def _made(folder: Path, sources: list[Path]) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o755)
    for known in (folder.parent, folder):
        if known.exists() and known.lstat().st_uid != 0:
            raise OSError(f"{known} does not belong to root")
    if not folder.exists():
        making = Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
        for source in sources:
            shutil.copytree(source, making / source.name, symlinks=True)
        for path in (making, *making.rglob("*")):
            _open_to_readers(path)
        try:
            making.rename(folder)
        except OSError:  # another stack was quicker
            shutil.rmtree(making)
    return folder


def _open_to_readers(path: Path) -> None:
    if not path.is_symlink():
        mode = path.stat().st_mode
        path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
