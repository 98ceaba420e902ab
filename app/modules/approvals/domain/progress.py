"""How a round goes on: which steps are open, who is still asked, and how it ends. Plain values, no rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

WAITING, OPEN, APPROVED, REJECTED, VOID = "waiting", "open", "approved", "rejected", "void"
APPROVE, REJECT, RETURN = "approve", "reject", "return"
RETURNED, ENDED = "returned", "ended"


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who is asked in a step. Several may share a place, and one of them fills it."""

    person: int
    place: int
    state: str = WAITING


@dataclass(frozen=True, slots=True)
class Step:
    """A question to some people; it is settled when as many places as needed are filled by a yes.

    A no settles it as well, unless people vote: then it counts until as many as needed cannot agree any more.
    """

    stage: int
    needed: int
    seats: tuple[Seat, ...]
    state: str = WAITING
    voting: bool = False

    @property
    def filled(self) -> int:
        """Count the places with a yes."""
        return len({seat.place for seat in self.seats if seat.state == APPROVED})

    @property
    def reachable(self) -> int:
        """Count the places that have a yes or may still get one."""
        refused = {seat.place for seat in self.seats if seat.state == REJECTED} - {
            seat.place for seat in self.seats if seat.state == APPROVED
        }
        live = {seat.place for seat in self.seats if seat.state in (APPROVED, OPEN, WAITING)}
        return len(live - refused)


@dataclass(frozen=True, slots=True)
class Round:
    """All steps of one round. With `once`, somebody who said yes to a step has said it to all where they are asked.

    Only a round in which every step was settled by a yes is approved; one that was cut short has ended.
    """

    steps: tuple[Step, ...]
    once: bool = True
    returned: bool = False

    @property
    def state(self) -> str:
        """Tell where the round stands: open, approved, rejected, returned or ended."""
        if self.returned:
            return RETURNED
        if any(step.state == REJECTED for step in self.steps):
            return REJECTED
        if any(step.state in (OPEN, WAITING) for step in self.steps):
            return OPEN
        return APPROVED if all(step.state == APPROVED for step in self.steps) else ENDED


def begin(round_: Round) -> Round:
    """Open the first stage that has something to ask."""
    return _advance(round_)


def decide(round_: Round, step: int, person: int, verdict: str) -> Round:
    """Let a person say yes, no or back in a step where they are asked; raises ValueError where they are not."""
    asked = [seat for seat in round_.steps[step].seats if seat.person == person and seat.state == OPEN]
    if round_.state != OPEN or round_.steps[step].state != OPEN or not asked:
        raise ValueError(f"person {person} is not asked in step {step}")
    if verdict == RETURN:
        return _end(replace(round_, returned=True))
    state = APPROVED if verdict == APPROVE else REJECTED
    return _advance(_with(round_, step, _settle(_answered(round_.steps[step], person, state))))


def decide_nothing(round_: Round) -> Round:
    """End a round without a decision: what was open or waiting is asked no more."""
    return _end(round_)


def replace_seat(round_: Round, step: int, person: int, others: Iterable[int], *, keep: bool = False) -> Round:
    """Ask others in the place of a person who has not answered; with `keep` besides them, on the same place."""
    old = round_.steps[step]
    leaving = next((seat for seat in old.seats if seat.person == person and seat.state in (OPEN, WAITING)), None)
    if leaving is None:
        raise ValueError(f"person {person} is not asked in step {step}")
    present = {seat.person for seat in old.seats if seat.state != VOID}
    coming = [replace(leaving, person=other) for other in others if other not in present]
    stays = [seat if seat is not leaving or keep else replace(seat, state=VOID) for seat in old.seats]
    return _advance(_with(round_, step, replace(old, seats=(*stays, *coming))))


def _answered(step: Step, person: int, state: str) -> Step:
    seats = tuple(replace(seat, state=state) if _is_asked(seat, person) else seat for seat in step.seats)
    return replace(step, seats=seats)


def _is_asked(seat: Seat, person: int) -> bool:
    return seat.person == person and seat.state == OPEN


def _settle(step: Step) -> Step:
    """Close a step once enough places are filled, or once they cannot be any more; nobody is asked in it then."""
    if step.filled >= step.needed:
        return _close(step, APPROVED)
    refused = any(seat.state == REJECTED for seat in step.seats) and not step.voting
    return _close(step, REJECTED) if refused or step.reachable < step.needed else step


def _close(step: Step, state: str) -> Step:
    seats = tuple(replace(seat, state=VOID) if seat.state in (OPEN, WAITING) else seat for seat in step.seats)
    return replace(step, state=state, seats=seats)


def _advance(round_: Round) -> Round:
    """Open what comes next, settle what is answered already, until someone has to be asked or the round has ended."""
    while True:
        if round_.state != OPEN:
            return _end(round_)
        round_ = _open_next(round_)
        settled = _carry_over(round_) if round_.once else round_
        if settled == round_:
            return round_
        round_ = settled


def _open_next(round_: Round) -> Round:
    if any(step.state == OPEN for step in round_.steps):
        return round_
    stage = min(step.stage for step in round_.steps if step.state == WAITING)
    return replace(
        round_,
        steps=tuple(_open(step) if step.stage == stage and step.state == WAITING else step for step in round_.steps),
    )


def _open(step: Step) -> Step:
    seats = tuple(replace(seat, state=OPEN) if seat.state == WAITING else seat for seat in step.seats)
    return replace(step, state=OPEN, seats=seats)


def _carry_over(round_: Round) -> Round:
    """Count a yes that somebody gave in one step wherever else they are asked."""
    agreed = {seat.person for step in round_.steps for seat in step.seats if seat.state == APPROVED}
    for index, step in enumerate(round_.steps):
        repeated = [seat.person for seat in step.seats if seat.state == OPEN and seat.person in agreed]
        if step.state == OPEN and repeated:
            for person in repeated:
                step = _answered(step, person, APPROVED)
            return _with(round_, index, _settle(step))
    return round_


def _end(round_: Round) -> Round:
    """Ask nobody any more."""
    return replace(
        round_, steps=tuple(_close(step, VOID) if step.state in (OPEN, WAITING) else step for step in round_.steps)
    )


def _with(round_: Round, index: int, step: Step) -> Round:
    steps = list(round_.steps)
    steps[index] = step
    return replace(round_, steps=tuple(steps))
