"""Settings an administrator may change: declared with a default, kept in the database, changed on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.infra.db import Row
from app.kernel.problem import Problem

Value = int | str | bool


@dataclass(frozen=True, slots=True)
class Declared:
    """A setting that exists: its name, default, words, and for numbers the bounds."""

    name: str
    default: Value
    label: str
    help: str
    least: int = 0
    most: int = 1_000_000


class Setting(Row):
    """The value of a setting where it differs from, or repeats, the default."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(Text, unique=True, info={"label": "Name"})
    value: Mapped[Any] = mapped_column(JSONB, info={"label": "Stored value", "hidden": True})

    @property
    def label(self) -> str:
        """What it is about."""
        return _declared[self.name].label if self.name in _declared else self.name

    @property
    def set_to(self) -> str:
        """What it is set to."""
        return _in_words(self.value)

    @property
    def standard(self) -> str:
        """What it is without anyone's doing."""
        return _in_words(_declared[self.name].default) if self.name in _declared else ""

    @property
    def explanation(self) -> str:
        """What follows from it."""
        return _declared[self.name].help if self.name in _declared else ""

    def __str__(self) -> str:
        return self.label


def _in_words(value: Value) -> str:
    """Write a value as it is entered."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


_declared: dict[str, Declared] = {}


def declare(setting: Declared) -> Declared:
    """Enter a setting; its row is made by `flask outlay permissions` at release."""
    if setting.name in _declared:
        raise ValueError(f"two settings are called {setting.name}")
    _declared[setting.name] = setting
    return setting


def declared() -> list[Declared]:
    """List every setting there is."""
    return list(_declared.values())


def get(session: Session, name: str) -> Any:
    """Read a setting, once per transaction of the session."""
    known = session.info.setdefault("settings", {})
    if name not in known:
        known.update({row.name: row.value for row in session.execute(text("SELECT name, value FROM setting"))})
        known.setdefault(name, _declared[name].default)
    return known[name]


def know(session: Session, values: dict[str, Value]) -> None:
    """Take the settings from who has just read them, so that they are not read once more."""
    session.info["settings"] = values


def forget(session: Session) -> None:
    """Read the settings anew, after a change or in a new request."""
    session.info.pop("settings", None)


def read(name: str, raw: str) -> tuple[Value | None, Problem | None]:
    """Read what was entered for a setting, in the kind of its default."""
    setting = _declared[name]
    if isinstance(setting.default, bool):
        if raw.lower() in ("true", "yes", "false", "no"):
            return raw.lower() in ("true", "yes"), None
        return None, Problem("not_yes_or_no", "Value: enter yes or no.", "value")
    if isinstance(setting.default, int):
        if raw.lstrip("-").isdigit() and setting.least <= int(raw) <= setting.most:
            return int(raw), None
        words = f"Value: enter a whole number from {setting.least} to {setting.most}."
        return None, Problem("out_of_range", words, "value")
    return raw, None


declare(Declared("identity.session_hours", 12, "Session length in hours", "After this, people sign in again.", 1, 720))
declare(Declared("identity.idle_minutes", 120, "Idle minutes", "A session unused this long ends.", 5, 10_080))
declare(Declared("identity.failures_allowed", 10, "Wrong passwords allowed", "Then the account is locked.", 3, 100))
declare(Declared("identity.lock_minutes", 15, "Lock minutes", "How long a locked account stays locked.", 1, 10_080))
declare(Declared("identity.invitation_days", 7, "Invitation days", "How long an invitation holds.", 1, 90))
declare(Declared("identity.token_days", 366, "Longest token in days", "The longest life of an API token.", 1, 1826))
declare(Declared("organisation.name", "Outlay", "Name of the organisation", "Shown in the side bar and in mail."))
declare(Declared("organisation.time_zone", "Europe/Prague", "Time zone", "Decides which day it is for deadlines."))
declare(Declared("api.requests_per_minute", 600, "API requests per minute", "For each token or signed-in person.", 1))
declare(
    Declared(
        "api.requests_per_minute_address",
        3000,
        "API requests per minute and address",
        "For each network address, whatever tokens it shows.",
        1,
    )
)
