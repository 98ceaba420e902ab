"""Proving once more who one is before a sensitive act: its own form asks for the password, and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import request

from app.console.gate import Visit
from app.console.inputs import Input
from app.infra import identity, proof, unit
from app.kernel.command import Command
from app.kernel.problem import Kind, Problem, Refused

FIELD = "own_password"


def inputs(visit: Visit, command: Command, problems: Sequence[str]) -> tuple[Input, ...]:
    """Ask for one's own password where the command demands it and it was not entered for a while."""
    return asked(visit, problems) if command.step_up else ()


def asked(visit: Visit, problems: Sequence[str] = ()) -> tuple[Input, ...]:
    """Ask for one's own password if it was not entered for a while."""
    if not _is_due(visit):
        return ()
    return (
        Input(
            FIELD,
            "Your password",
            "password",
            required=True,
            help=f"Asked again, as you entered it more than {proof.minutes()} minutes ago.",
            problems=tuple(problems),
            autocomplete="current-password",
            span=6,
        ),
    )


def prove(visit: Visit, command: Command) -> Visit:
    """Check the password that came with a sensitive command; give the visit of somebody who has just proved it."""
    return proved(visit) if command.step_up else visit


def proved(visit: Visit) -> Visit:
    """Check the password that came with a sensitive form, if it is due; give the visit of somebody who has just proved it."""
    if not _is_due(visit):
        return visit
    typed = request.form.get(FIELD, "")[:1000]
    if not typed:
        raise Refused(
            Kind.FORBIDDEN, Problem("step_up_required", "Your password is missing. Enter it to go on.", FIELD)
        )
    with unit.transaction(visit.context, "session.confirm") as bound:
        problem = identity.confirm(bound, visit.session_id, typed, address=request.remote_addr or "")
    if problem is not None:
        raise Refused(Kind.INVALID, replace(problem, field=FIELD))
    now = visit.context.now
    return replace(visit, context=replace(visit.context, fresh_at=now), fresh_at=now)


def _is_due(visit: Visit) -> bool:
    return visit.context.now - visit.fresh_at >= proof.FRESH
