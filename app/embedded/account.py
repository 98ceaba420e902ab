"""The unprivileged user that PostgreSQL needs when Outlay is started by root."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NAME = "outlay-postgres"
SYSTEM_HOME = Path("/var/lib")


class ServerError(SystemExit):
    """An embedded server cannot do its work; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """A user of this machine, as far as starting a process needs it."""

    name: str
    uid: int
    gid: int

    def can_enter(self, path: Path) -> bool:
        """Ask the kernel, as this user, whether a directory may be entered or a program be run."""
        return run(["test", "-x", path], self).returncode == 0


def run(command: Sequence[str | Path], account: Account | None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as a user, with an environment that no PG… variable of the caller reaches."""
    try:
        return subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except PermissionError as problem:
        raise _cannot_be(str(problem)) from problem


def for_data(data: Path) -> Account | None:
    """Choose who runs PostgreSQL: whoever starts it, or for root the data's owner, or else a system user of its own."""
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            owner = pwd.getpwuid(data.stat().st_uid).pw_name
            raise ServerError(
                f"{data} belongs to {owner}. Start Outlay as root, or choose OUTLAY_HOME=another/directory."
            )
        return None
    if data.exists() and data.stat().st_uid != 0:
        return _account(pwd.getpwuid(data.stat().st_uid))
    return _system_user()


def reachable(data: Path, account: Account | None) -> Path:
    """Keep the data where it is wanted, or below /var/lib when the user may not enter the directories above it.

    Opening those directories to everyone would be the other way, and not ours to decide.
    """
    if account is None or account.can_enter(data.parent):
        return data
    mark = hashlib.sha256(os.fsencode(data.parent)).hexdigest()[:8]
    place = SYSTEM_HOME / f"outlay-{mark}"
    place.mkdir(mode=0o755, exist_ok=True)
    return place / data.name


def runnable(binaries: Path, account: Account | None) -> Path:
    """Answer programs that the user may run: those given, or a copy below /var/lib when their place is closed to it."""
    if account is None or account.can_enter(binaries / "postgres"):
        return binaries
    root = binaries.parents[2]  # site-packages: the programs look for their libraries relative to it
    relative = binaries.relative_to(root)
    mark = hashlib.sha256(f"{binaries} {(binaries / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:8]
    place = SYSTEM_HOME / f"outlay-programs-{mark}"
    if not place.exists():
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.copytree(root / relative.parent, draft / relative.parent, symlinks=True)
        for libraries in root.glob(f"{relative.parts[0]}.libs"):
            shutil.copytree(libraries, draft / libraries.name)
        draft.chmod(0o755)
        draft.rename(place)
    return place / relative


def _system_user() -> Account:
    """Find the system user for PostgreSQL, or create it."""
    try:
        return _account(pwd.getpwnam(NAME))
    except KeyError:
        pass
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise _cannot_be("useradd is missing")
    options = ("--system", "--user-group", "--no-create-home", "--home-dir=/nonexistent", "--shell=/usr/sbin/nologin")
    outcome = run([program, *options, NAME], None)
    try:  # another start may have created it meanwhile, so the outcome alone does not decide
        return _account(pwd.getpwnam(NAME))
    except KeyError:
        raise _cannot_be(outcome.stderr.strip() or f"useradd ended with {outcome.returncode}") from None


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _cannot_be(reason: str) -> ServerError:
    return ServerError(
        f"PostgreSQL does not run as root, and the user {NAME} cannot be used: {reason}. "
        "Run the command as a normal user, or set DATABASE_URL to a PostgreSQL of yours."
    )
