"""What is done with settings, sessions and API tokens."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from typing import Annotated

from app.infra import audit, settings
from app.infra.identity import ApiToken, LoginSession
from app.infra.settings import Setting
from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.kernel.problem import Problem, refuse_if

TIME_ZONE = "organisation.time_zone"
Revocable = LoginSession | ApiToken


@dataclass(frozen=True)
class Changed(Event):
    """A setting has a new value from now on."""

    setting: str
    value: str


@dataclass(frozen=True)
class Revoked(Event):
    """Somebody's sign-in or token does not work any more."""

    account: int


@command("Change", step_up=True)
def change(context: Context, setting: Setting, *, value: Annotated[str, Ask("Value")]) -> Changed:
    """Set another value; it holds from the next request on."""
    read, problem = settings.read(setting.name, value)
    refuse_if([problem] if problem else _why_not_value(setting.name, value))
    before, setting.value = setting.value, read
    settings.forget(context.session)
    audit.note(
        context,
        action="changed",
        resource="setting",
        row_id=setting.id,
        row_key=setting.name,
        before={"value": before},
        after={"value": read},
    )
    return Changed(setting.name, str(read))


def why_not_live(context: Context, row: Revocable) -> list[Problem]:
    """Say that something has ended already."""
    return [Problem("ended", "This was revoked already.")] if row.revoked_at else []


@command(
    "Revoke",
    guard=why_not_live,
    danger=True,
    confirm="Whatever uses it is refused from now on, and has to sign in again. It does not come back.",
)
def revoke(context: Context, row: Revocable) -> Revoked:
    """End it now and for good."""
    row.revoked_at = context.now
    return Revoked(row.user_id)


def _why_not_value(name: str, value: str) -> list[Problem]:
    if name == TIME_ZONE and value not in zoneinfo.available_timezones():
        return [Problem("unknown_choice", "Value: use the name of a time zone, such as Europe/Prague.", "value")]
    if not value.strip():
        return [Problem("required", "Value is missing. Enter it.", "value")]
    return []
