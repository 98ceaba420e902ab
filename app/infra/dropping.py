"""A folder in which others leave files: each is taken once it lies still, and put away with what became of it.

`OUTLAY_DROP_FOLDER` names it. A folder inside it stands for the entity of that code; `done` and `refused` are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import current_app

DONE, REFUSED = "done", "refused"
#: So long nobody may have written to a file before it is read.
QUIET = timedelta(seconds=10)
#: What programs call a file that they have not finished.
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that lies still, and the code of the entity it was left for."""

    path: Path
    entity: str | None

    @property
    def name(self) -> str:
        """Tell what the file is called."""
        return self.path.name


def folder() -> Path | None:
    """Give the folder, where one is set and there."""
    named = current_app.config.get("OUTLAY_DROP_FOLDER")
    found = Path(named) if named else None
    return found if found is not None and found.is_dir() else None


def waiting(now: datetime) -> list[Dropped]:
    """List the files that nobody writes any more, the oldest first."""
    root = folder()
    found = [] if root is None else [each for each in _everything(root) if _lies_still(each.path, now)]
    return sorted(found, key=lambda each: (each.path.stat().st_mtime, each.name))


def _everything(root: Path) -> Iterator[Dropped]:
    for path in root.iterdir():
        if path.is_dir() and not path.is_symlink() and path.name not in (DONE, REFUSED):
            yield from (Dropped(each, path.name) for each in path.iterdir())
        else:
            yield Dropped(path, None)


def _lies_still(path: Path, now: datetime) -> bool:
    """Say whether a file is whole: a plain one, not named as unfinished, and left alone for a while."""
    if path.is_symlink() or not path.is_file() or path.name.startswith((".", "~")):
        return False
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return not path.name.lower().endswith(_UNFINISHED) and changed <= now - QUIET


def put_away(dropped: Dropped, reason: str = "") -> None:
    """Move a file to those that are done, or with a reason beside it to those that were refused."""
    root = folder()
    assert root is not None
    place = root / (REFUSED if reason else DONE)
    place.mkdir(exist_ok=True)
    target = _free(place, dropped.name)
    with suppress(FileNotFoundError):  # somebody else has put it away
        dropped.path.replace(target)
        if reason:
            target.with_name(f"{target.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")


def _free(place: Path, name: str) -> Path:
    """Find a name that is not taken, so that nothing put away is ever overwritten."""
    target, number = place / name, 2
    while target.exists():
        target, number = place / f"{Path(name).stem} ({number}){Path(name).suffix}", number + 1
    return target
