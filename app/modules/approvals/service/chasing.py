"""Nobody waits on somebody who does not answer: reminders, escalation, others instead, and deputies while away."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import inspect

from app.infra import parties
from app.kernel.actor import Context
from app.kernel.counting import counted
from app.kernel.problem import Kind, Problem, Refused
from app.modules.approvals import queries
from app.modules.approvals.domain import events, progress
from app.modules.approvals.domain.policy import Fallback, OnDue
from app.modules.approvals.models import Approval, ApprovalSeat, ApprovalStep, Delegation
from app.modules.approvals.service import seats
from app.modules.approvals.service.people import Candidate, Search, Setting
from app.modules.directory import queries as directory
from app.modules.directory.models import Person

_LIVE = (progress.OPEN, progress.WAITING)


def chase(context: Context) -> dict[str, int]:
    """Do everything whose time has come: remind, ask managers, ask others, begin and end delegations."""
    done = {"reminded": 0, "escalated": 0, "reassigned": 0, "delegations": settle_delegations(context)}
    for approval_id in queries.list_due(context, context.now):
        approval = seats.taken(context, approval_id)
        for step in approval.steps:
            if step.state == progress.OPEN and step.due_at is not None and step.due_at <= context.now:
                kind = _chase_step(context, approval, step)
                done[kind] = done.get(kind, 0) + 1
    return done


def remind(context: Context, approval: Approval) -> events.Reminded:
    """Remind everyone who is asked now; gives what is to be announced."""
    steps = [step for step in approval.steps if step.state == progress.OPEN]
    return _reminded(context, approval, steps)


def hand_over(context: Context, person: Person, successor: Person | None, why: str) -> int:
    """Ask others wherever somebody who is not there any more is asked or will be; gives the number of places."""
    moved = 0
    for found in queries.list_asked(context, [person.id], waiting=True):
        approval = seats.taken(context, found.id)
        for seat in [each for each in approval.seats if each.person_id == person.id and each.state in _LIVE]:
            search = _search(context, approval)
            if successor is not None and not search.why_unfit(successor):
                others: list[Candidate] = [(successor, f"Took over from {person}")]
            else:
                others = search.instead_of(person, seat.step.fallback, _taken(seat))
            _replace(context, approval, seat, others, why)
            moved += 1
    return moved


def reassign(
    context: Context, approval: Approval, step_number: int | None, to: Person, instead_of: Person | None, reason: str
) -> events.Delegated:
    """Put somebody else on a place of a round; gives what is to be announced."""
    approval = seats.taken(context, approval.id)
    seat = _seat_to_give(context, approval, step_number, instead_of)
    unfit = _search(context, approval).why_unfit(to)
    if unfit:
        raise Refused(Kind.INVALID, Problem("unfit", f"To: {unfit}. Choose someone else.", "to"))
    if to.id in _taken(seat):
        raise Refused(Kind.INVALID, Problem("asked_already", f"To: {to} is asked in this step already.", "to"))
    before, step = seat.person, seat.step
    _move(context, approval, seat, [(to, f"Instead of {before}: {reason}")])
    return events.Delegated((to.user_id,), seats.about(approval), step.label, str(before), reason)


def settle_delegations(context: Context) -> int:
    """End delegations that are over, and let deputies see what waits for those they stand in for."""
    ended = queries.list_over(context, context.today)
    for delegation in ended:
        end(context, delegation)
    begun = [each for each in queries.list_beginning(context, context.today) if each.told_at is None]
    for delegation in begun:
        _begin(context, delegation)
    return len(ended) + len(begun)


def end(context: Context, delegation: Delegation) -> None:
    """End a delegation: what waits is no longer the deputy's to see or decide."""
    delegation.state = "ended"
    _shut_out(context, delegation.person_id, delegation.deputy)


def keep_delegation(context: Context, delegation: Delegation) -> None:
    """Fill in whose delegation it is, and start again with a deputy who was changed."""
    if delegation.person is None and delegation.person_id is None:
        delegation.person = directory.find_by_account(context, context.actor.id)
    if delegation.person is not None:
        delegation.account_id = delegation.person.user_id
    history = inspect(delegation).attrs.deputy.history
    for before in history.deleted if delegation.id is not None else ():
        if before is not None:
            _shut_out(context, delegation.person_id, before)
    delegation.told_at = None


def why_not_delegation(context: Context, delegation: Delegation) -> list[Problem]:
    """Say what is wrong with a delegation: whose it is, whether the deputy can decide, and its document."""
    from app.modules.approvals.service import documents

    problems = []
    if delegation.person is None:
        problems.append(Problem("required", "Person is missing. Choose who is away.", "person"))
    if delegation.document is not None and delegation.document not in documents.kinds():
        known = ", ".join(documents.kinds()) or "nothing yet"
        problems.append(Problem("unknown_choice", f"Document: use one of {known}, or leave it empty.", "document"))
    if delegation.state != "ended" and delegation.deputy.state != "active":
        words = f"Deputy: {delegation.deputy} does not work with Outlay now. Choose someone else."
        problems.append(Problem("unfit", words, "deputy"))
    if delegation.most_amount is not None and (delegation.person is None or delegation.person.entity is None):
        words = "Up to: the person belongs to no entity, so the amount has no currency. Leave it empty."
        problems.append(Problem("no_currency", words, "most_amount"))
    return problems


def _chase_step(context: Context, approval: Approval, step: ApprovalStep) -> str:
    """Do once what a rule says is to be done, and remind from then on."""
    if step.on_due is OnDue.REMIND or step.escalated_at is not None:
        return _remind_step(context, approval, step)
    step.escalated_at = context.now
    keep = step.on_due is OnDue.ESCALATE
    why = f"no answer in {counted(step.due_days or 0, 'day')}"
    for seat in [each for each in step.seats if each.state == progress.OPEN]:
        fallback = Fallback.MANAGER if keep else step.fallback
        others = _search(context, approval).instead_of(seat.person, fallback, _taken(seat))
        _replace(context, approval, seat, others, why, keep=keep)
    return "escalated" if keep else "reassigned"


def _remind_step(context: Context, approval: Approval, step: ApprovalStep) -> str:
    """Remind again once as much time has passed since the last time as was given at first."""
    last = step.reminded_at or step.opened_at
    if last is not None and context.now - last < timedelta(days=step.due_days or 0):
        return "left"
    seats.announce(context, approval, _reminded(context, approval, [step]))
    return "reminded"


def _reminded(context: Context, approval: Approval, steps: list[ApprovalStep]) -> events.Reminded:
    asked = [seat for step in steps for seat in step.seats if seat.state == progress.OPEN]
    for step in steps:
        step.reminded_at = context.now
    labels = tuple(dict.fromkeys(step.label for step in steps))
    return events.Reminded(seats.accounts_of(context, approval, asked), seats.about(approval), labels)


def _replace(
    context: Context, approval: Approval, seat: ApprovalSeat, others: list[Candidate], why: str, *, keep: bool = False
) -> None:
    """Ask others for a seat, put on record why, and tell them; where there is nobody, the step says so."""
    person, step = seat.person, seat.step
    if not others:
        _note(step, f"{person}: {why}. Nobody can be asked instead; a controller may reassign it.")
        return
    names = ", ".join(str(each) for each, _ in others)
    _note(step, f"{person}: {why}. {'Also asked' if keep else 'Asked instead'}: {names}.")
    opened = _move(context, approval, seat, [(each, f"{via}: {why}") for each, via in others], keep=keep)
    accounts = tuple(each.person.user_id for each in opened)
    if accounts:
        seats.announce(
            context, approval, events.Escalated(accounts, seats.about(approval), step.label, str(person), why)
        )


def _move(
    context: Context, approval: Approval, seat: ApprovalSeat, others: list[Candidate], *, keep: bool = False
) -> list[ApprovalSeat]:
    coming = {person.id: (person, via) for person, via in others}
    index = approval.steps.index(seat.step)
    value = progress.replace_seat(seats.read(approval), index, seat.person_id, list(coming), keep=keep)
    return seats.write(context, approval, value, coming, ask=False)


def _seat_to_give(
    context: Context, approval: Approval, step_number: int | None, instead_of: Person | None
) -> ApprovalSeat:
    """Find the place somebody may give away: their own, or with the right to oversee that of anyone who is asked."""
    live = [seat for seat in approval.seats if seat.state == progress.OPEN]
    if step_number is not None:
        live = [seat for seat in live if seat.step.position == step_number - 1]
        if not live:
            message = f"Step: nobody is asked in step {step_number} now. Leave it empty for yours."
            raise Refused(Kind.INVALID, Problem("not_open", message, "step"))
    me = directory.find_by_account(context, context.actor.id)
    own = [seat for seat in live if me is not None and seat.person_id == me.id]
    if not context.actor.may("approval.oversee"):
        live = own
    wanted = [seat for seat in live if instead_of is None or seat.person_id == instead_of.id]
    if instead_of is None and own:
        wanted = own
    if not wanted:
        message = "Instead of: they are not asked, or it is not yours to give away. Leave it empty for your own place."
        raise Refused(Kind.INVALID, Problem("not_asked", message, "instead_of"))
    if instead_of is None and not own and len(wanted) > 1:
        names = ", ".join(str(seat.person) for seat in wanted)
        raise Refused(Kind.INVALID, Problem("several_asked", f"Instead of: choose one of {names}.", "instead_of"))
    return wanted[0]


def _search(context: Context, approval: Approval) -> Search:
    setting = Setting(
        resource=approval.resource,
        requester=approval.requester,
        excluded=frozenset(approval.excluded),
        entity=approval.entity,
        cost_centres=tuple(approval.cost_centres),
        amount=Decimal(approval.amount),
        fallback_role=approval.policy.fallback_role,
    )
    return Search(context, setting)


def _taken(seat: ApprovalSeat) -> set[int]:
    return {each.person_id for each in seat.step.seats if each.state != progress.VOID}


def _note(step: ApprovalStep, words: str) -> None:
    step.note = f"{step.note}\n{words}" if step.note else words


def _begin(context: Context, delegation: Delegation) -> None:
    """Let a deputy in wherever the person is asked now, and tell them."""
    delegation.told_at = context.now
    for approval in queries.list_asked(context, [delegation.person_id or 0]):
        lent = [
            seat for seat in approval.seats if seat.person_id == delegation.person_id and seat.state == progress.OPEN
        ]
        covered = not seats.is_excluded(approval, delegation.deputy) and seats.covers(context, delegation, approval)
        for seat in [each for each in lent if covered and each.step.delegable][:1]:
            seats.enter(context, approval, delegation.deputy.user_id, "deputy")
            told = (delegation.deputy.user_id,)
            words = delegation.reason or "away"
            about = seats.about(approval)
            seats.announce(
                context, approval, events.Delegated(told, about, seat.step.label, str(delegation.person), words)
            )


def _shut_out(context: Context, person_id: int | None, deputy: Person) -> None:
    for approval in queries.list_asked(context, [person_id or 0]):
        for resource, row_id in ((approval.resource, approval.row_id), ("approval", approval.id)):
            parties.leave(context, resource, row_id, deputy.user_id, "deputy")
