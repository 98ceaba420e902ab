"""Who does something sensitive has proved lately who they are, by their own password; a token never proves it."""

from __future__ import annotations

from datetime import timedelta

from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, refuse_if

FRESH = timedelta(minutes=15)


def why_not_fresh(context: Context, act: str) -> list[Problem]:
    """Say whether a sensitive act needs its actor to prove once more who they are."""
    if context.actor.is_system:
        return []
    if context.actor.token is not None:
        words = f"{act}: an API token cannot do this, as it needs a person's own password. Do it in the console."
        return [Problem("step_up_required", words)]
    if context.fresh_at is not None and context.now - context.fresh_at < FRESH:
        return []
    words = f"{act} needs your password once more: it was entered more than {minutes()} minutes ago. Sign in again, and repeat it."
    return [Problem("step_up_required", words)]


def check_fresh(context: Context, act: str) -> None:
    """Refuse a sensitive act to somebody who has not proved lately who they are."""
    refuse_if(why_not_fresh(context, act), Kind.FORBIDDEN)


def minutes() -> int:
    """Say for how many minutes a proof holds."""
    return int(FRESH.total_seconds() // 60)
