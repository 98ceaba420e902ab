"""How a round of approval is told: who decides as what, who comes next, how long it has waited, and the chain of steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.console import words
from app.console.additions import Step
from app.console.gate import Visit
from app.modules.approvals.models import Approval, ApprovalDecision, ApprovalSeat, ApprovalStep
from app.modules.directory.models import Person

DAY = timedelta(days=1)
_STATES = {"waiting": "todo", "open": "now", "approved": "done", "rejected": "bad", "void": "todo"}
_OWNER = "Owner of "


@dataclass(frozen=True, slots=True)
class Age:
    """How long something has waited, of the time that was given for it."""

    text: str
    tone: str = ""


def age(now: datetime, since: datetime | None, due_at: datetime | None, opened_at: datetime | None = None) -> Age:
    """Write `2 of 3 days`; it is late when the time has passed, and nearly so in its last third."""
    if since is None:
        return Age("")
    elapsed = max(now - since, timedelta())
    if due_at is None:
        return Age(words.age(elapsed))
    given = max(due_at - (opened_at or since), timedelta(hours=1))
    days = max(round(given / DAY), 1)
    passed = str(elapsed.days) if elapsed >= DAY else words.age(elapsed)
    tone = "bad" if now > due_at else "warn" if (due_at - now) * 3 <= given else ""
    return Age(f"{passed} of {words.count(days, 'day', 'days')}", tone)


def age_of(visit: Visit, seat: ApprovalSeat) -> Age:
    """Tell how long somebody has been asked."""
    return age(visit.context.now, seat.since, seat.step.due_at, seat.step.opened_at)


def open_seats(approval: Approval) -> list[ApprovalSeat]:
    """List the places from which somebody can decide now."""
    return [seat for seat in approval.seats if seat.state == "open"]


def quality(seat: ApprovalSeat, stands_in: bool) -> str:
    """Say as what somebody decides: `as owner of cost centre IT-210`, `for Jana Novák, as CFO`."""
    role = seat.via if seat.via.startswith(_OWNER) else seat.step.label
    lent = f"for {seat.person}, " if stands_in else ""
    return f"{lent}as {words.lower_first(role.partition(',')[0])}"


def after(approval: Approval, step: ApprovalStep) -> str:
    """Name who decides after a step: `Purchasing, then CFO`."""
    stages: dict[int, list[str]] = {}
    for each in approval.steps:
        if each.stage > step.stage and each.state == "waiting":
            stages.setdefault(each.stage, []).append(each.label)
    return ", then ".join(words.joined(labels) for _, labels in sorted(stages.items()))


def next_sentence(approval: Approval, step: ApprovalStep) -> str:
    """Say who decides next, or that nobody does."""
    later = after(approval, step)
    beside = [each.label for each in approval.steps if each.state == "open" and each is not step]
    said = [f"At the same time: {words.joined(beside)}."] if beside else []
    return " ".join([*said, f"Next: {later}." if later else "Nobody decides after that."])


def waiting_sentence(visit: Visit, approval: Approval) -> str:
    """Say on whom a document waits and for how long: `Waiting on Jana Novák, 2 of 3 days`."""
    asked = open_seats(approval)
    if not asked:
        return "Waiting on nobody. A controller can reassign it."
    people = words.joined(names(asked), "or" if len({seat.step_id for seat in asked}) == 1 else "and")
    waited = age_of(visit, max(asked, key=lambda seat: visit.context.now - (seat.since or visit.context.now))).text
    return ", ".join(filter(None, (f"Waiting on {people}", waited)))


def names(seats: Iterable[ApprovalSeat]) -> list[str]:
    """Name the people of places, each once."""
    return list(dict.fromkeys(str(seat.person) for seat in seats))


def steps(visit: Visit, approval: Approval) -> tuple[Step, ...]:
    """Write the chain of a round: asked by, then every step with its people and reason."""
    moment = words.moment(approval.opened_at, visit.context.today, visit.zone)
    first = Step("Submitted", str(approval.requester), "done", when=moment)
    ordered = sorted(approval.steps, key=lambda step: (step.stage, step.position))
    numbers = {stage: str(number) for number, stage in enumerate(sorted({step.stage for step in ordered}), 1)}
    return (first, *(_step(visit, approval, step, numbers[step.stage]) for step in ordered))


def _step(visit: Visit, approval: Approval, step: ApprovalStep, number: str) -> Step:
    decided = [each for each in approval.decisions if each.step_id == step.id]
    when = ""
    if decided:
        when = words.moment(decided[-1].at, visit.context.today, visit.zone)
    elif step.state == "open":
        waited = age(visit.context.now, step.opened_at, step.due_at).text
        when = f"Waiting {waited}" if waited else ""
    return Step(
        title=step.label,
        who=_people(visit, approval, step),
        state=_STATES[step.state],
        why="Not needed any more"
        if step.state == "void"
        else ". ".join(filter(None, (step.reason.rstrip("."), step.note))),
        when=when,
        number=number,
    )


def _people(visit: Visit, approval: Approval, step: ApprovalStep) -> str:
    decided = [each for each in approval.decisions if each.step_id == step.id]
    if decided and step.state != "open":
        return words.joined([_decided(visit, each) for each in decided])
    seats = [seat for seat in approval.seats if seat.step_id == step.id and seat.state != "void"]
    one = step.needed == 1 and len({seat.place for seat in seats}) >= 1
    people = [_name(visit, seat.person) for seat in seats]
    said = words.joined(list(dict.fromkeys(people)), "or" if one else "and") or "Nobody"
    places = len({seat.place for seat in seats})
    return f"{said}: {step.needed} of {places} agree" if 1 < step.needed < places else said


def _decided(visit: Visit, each: ApprovalDecision) -> str:
    person, lent = each.person, each.for_person
    return f"{_name(visit, person)} for {lent}" if lent else _name(visit, person)


def _name(visit: Visit, person: Person) -> str:
    own = person.user_id == visit.actor.id
    return f"{person} (you)" if own else str(person)
