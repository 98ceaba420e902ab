"""Proving once more who one is before a sensitive command: its own dialog asks for the password, and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import request

from app.console.gate import Visit
from app.console.inputs import Input
from app.infra import identity, unit
from app.kernel.command import Command
from app.kernel.problem import Kind, Problem, Refused

FIELD = "own_password"


def inputs(visit: Visit, command: Command, problems: Sequence[str]) -> tuple[Input, ...]:
    """Ask for one's own password where the command demands it and it was not entered for a while."""
    if not _is_due(visit, command):
        return ()
    minutes = int(unit.FRESH.total_seconds() // 60)
    return (
        Input(
            FIELD,
            "Your password",
            "password",
            required=True,
            help=f"Asked again, as you entered it more than {minutes} minutes ago.",
            problems=tuple(problems),
            autocomplete="current-password",
            span=6,
        ),
    )


def prove(visit: Visit, command: Command) -> Visit:
    """Check the password that came with a sensitive command; give the visit of somebody who has just proved it."""
    if not _is_due(visit, command):
        return visit
    typed = request.form.get(FIELD, "")[:1000]
    if not typed:
        raise Refused(Kind.FORBIDDEN, Problem("step_up", "Your password is missing. Enter it to go on.", FIELD))
    with unit.transaction(visit.context, "session.confirm") as bound:
        problem = identity.confirm(bound, visit.session_id, typed, address=request.remote_addr or "")
    if problem is not None:
        raise Refused(Kind.INVALID, replace(problem, field=FIELD))
    now = visit.context.now
    return replace(visit, context=replace(visit.context, fresh_at=now), fresh_at=now)


def _is_due(visit: Visit, command: Command) -> bool:
    return command.step_up and visit.context.now - visit.fresh_at >= unit.FRESH
