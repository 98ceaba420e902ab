"""The course of a round: seen ahead, started, decided, opened again, withdrawn, explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.infra import numbers, parties
from app.infra.audit import plain
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.kernel.resource import Series
from app.modules.approvals import queries
from app.modules.approvals.domain import content, progress
from app.modules.approvals.domain.content import Bound, Threshold, canonical
from app.modules.approvals.domain.policy import evaluate
from app.modules.approvals.models import Approval, ApprovalDecision, ApprovalPolicy, ApprovalSeat, ApprovalStep
from app.modules.approvals.service import documents, planning, reading, seats
from app.modules.approvals.service.cases import Case, Explained, Preview, Progress
from app.modules.approvals.service.planning import Plan
from app.modules.directory import queries as directory
from app.modules.directory.models import Person

SERIES = Series("AV", yearly=False)
_LIVE = ("open", "approved")


def preview(context: Context, case: Case, policy: ApprovalPolicy | None = None) -> Preview:
    """Tell what would follow if a document were submitted now, by the policy in force or by another one."""
    policy = policy or queries.find_published(context, case.resource, case.entity.id)
    if policy is None:
        return planning.blocked_preview((_no_policy(case),))
    try:
        seen = planning.plan(context, policy, case).preview()
        return replace(seen, usual_days=queries.usual_days(context, policy)) if seen.steps else seen
    except Refused as refusal:
        return planning.blocked_preview(refusal.problems, policy.number)


def start(context: Context, case: Case) -> Progress:
    """Begin a round about a document: ask whom the policy in force names, or approve it at once."""
    policy = queries.find_published(context, case.resource, case.entity.id)
    if policy is None:
        raise Refused(Kind.INVALID, _no_policy(case))
    earlier = queries.find_current(context, case.resource, case.row_id)
    if earlier is not None and earlier.state == "open":
        raise Refused(
            Kind.CONFLICT, Problem("already_asked", f"{case.key} waits for a decision already. Withdraw it first.")
        )
    return _begin(context, case, policy, earlier, kept={})


def reopen(context: Context, case: Case) -> Progress | None:
    """Hold a changed document against what was approved; ask again, by the same policy, when it changed materially."""
    earlier = seats.taken_current(context, case.resource, case.row_id)
    if earlier is None or earlier.state not in _LIVE:
        return None
    changed = changes_since(earlier, case.bound)
    if not changed:
        earlier.title = case.title[:300]  # what is asked about goes by the name it has now
        return None
    agreed = [step for step in earlier.steps if step.state == progress.APPROVED and step.rule != planning.DEMAND]
    seats.close(context, earlier, "superseded", f"Changed: {', '.join(changed)}")
    return _begin(context, case, earlier.policy, earlier, {step.rule: step for step in agreed})


def withdraw(context: Context, resource: str, row_id: int, reason: str = "") -> None:
    """End the round of a document that its requester takes back; what was approved before no longer holds."""
    found = seats.taken_current(context, resource, row_id)
    if found is not None and found.state in _LIVE:
        seats.close(context, found, "withdrawn", reason)


def decide(context: Context, resource: str, row: Any, verdict: str, comment: str = "") -> Progress:
    """Let the actor say yes, no or back about a document; one act settles one step."""
    if verdict not in (progress.APPROVE, progress.REJECT, progress.RETURN):
        raise ValueError(f"{verdict!r} is not a decision")
    approval = seats.taken_current(context, resource, row.id)
    acting = _acting(context)
    refuse_if(_why_not(context, approval, acting), Kind.CONFLICT)
    assert approval is not None
    person = acting[context.actor.id]
    seat = seats.seat_for(context, approval, person)
    assert seat is not None
    _check_content(context, approval, resource, row)
    before = seats.read(approval)
    after = progress.decide(before, approval.steps.index(seat.step), seat.person_id, verdict)
    _record(context, approval, seat, person, verdict, comment)
    seats.enter(context, approval, context.actor.id, "approver")
    seats.write(context, approval, after)
    seats.announce_decision(context, approval, seat, person, verdict, comment)
    return Progress(approval, approval.state)


def why_not_decidable(context: Context, resource: str, row: Any) -> list[Problem]:
    """Say why the actor cannot decide about a document now: nothing is asked, it is their own, or others are asked."""
    return _why_not(context, queries.find_current(context, resource, row.id), _acting(context))


def _why_not(context: Context, approval: Approval | None, acting: Mapping[int, Person]) -> list[Problem]:
    if approval is None or approval.state != "open":
        return [Problem("not_waiting", "It does not wait for a decision.")]
    own = {each.id for each in acting.values() if seats.is_excluded(approval, each)}
    if own:
        words = "You asked for it yourself" if approval.requester_id in own else "You take part in it yourself"
        return [Problem("own_request", f"{words}. Someone else decides.")]
    person = acting.get(context.actor.id)
    if person is None or seats.seat_for(context, approval, person) is None:
        return [_not_asked(approval)]
    return []


def _acting(context: Context) -> dict[int, Person]:
    """Find who acts, and whom they act for, by their accounts."""
    return {each.user_id: each for each in directory.list_by_account(context, context.actor.hands)}


def current(context: Context, resource: str, row_id: int) -> Approval | None:
    """Find the newest round of a document."""
    return queries.find_current(context, resource, row_id)


def rounds(context: Context, resource: str, row_id: int) -> list[Approval]:
    """List all rounds of a document, the oldest first."""
    return queries.list_rounds(context, resource, row_id)


def explain(context: Context, approval: Approval) -> Explained:
    """Ask the rules of a round once more with the facts of then, and say whether they give the same verdict."""
    policy = reading.policy_value(approval.policy)
    verdict = evaluate(policy, approval.facts["values"], reading.stored_scale(approval.facts))
    told = plain(verdict.told())
    return Explained(tuple(told), told == approval.explanation["rules"], policy.hash() == approval.policy_hash)


def changes_since(approval: Approval, now: Bound) -> list[str]:
    """Name the material changes between what a round was about and a document as it is now."""
    policy, scale = approval.policy, reading.stored_scale(approval.facts)
    most = None if policy.material_amount is None else scale.counted(policy.material_amount)
    agreed = Bound(approval.content, approval.amount, approval.currency.code)
    return content.material_changes(agreed, now, Threshold(policy.material_percent, most))


def _begin(
    context: Context, case: Case, policy: ApprovalPolicy, earlier: Approval | None, kept: dict[str, ApprovalStep]
) -> Progress:
    plan = planning.plan(context, policy, case)
    refuse_if(plan.problems)
    approval = _entered(context, case, policy, plan, earlier.revision + 1 if earlier else 1)
    # The last stage is always asked anew, so that no approval outlives a material change whatever the policy says.
    before = min(plan.policy.reopen_from_stage, max((step.stage for step in plan.steps), default=1))
    for step in plan.steps:
        _add_step(approval, step, kept.get(step.rule) if step.stage < before else None)
    context.session.add(approval)
    seats.write(context, approval, progress.begin(seats.read(approval)))
    parties.enter(context, [("approval", approval.id)], [(case.requester.user_id, "requester")])
    seats.announce_told(context, approval, plan)
    return Progress(approval, approval.state)


def _entered(context: Context, case: Case, policy: ApprovalPolicy, plan: Plan, revision: int) -> Approval:
    base = case.entity.base_currency
    return Approval(
        number=numbers.take(context, SERIES),
        resource=case.resource,
        row_id=case.row_id,
        document_key=case.key,
        title=case.title[:300],
        requester=case.requester,
        entity=case.entity,
        cost_centre_id=case.cost_centres[0] if case.cost_centres else None,
        amount=case.bound.amount,
        currency=base,
        policy=policy,
        policy_hash=plan.policy.hash(),
        content_hash=case.bound.hash(),
        content=canonical(dict(case.bound.content)),
        facts=plain({**plan.scale_told, "values": dict(plan.facts)}),
        explanation=plain({"rules": plan.verdict.told(), "demands": [each.reason for each in case.demands]}),
        excluded=sorted({case.requester.id, *case.excluded}),
        cost_centres=list(plan.setting.cost_centres),
        revision=revision,
        state="open",
        opened_at=context.now,
        steps=[],
        seats=[],
        decisions=[],
    )


def _add_step(approval: Approval, planned: planning.Step, kept: ApprovalStep | None) -> None:
    """Enter a step; one that was settled in the round before stays so, with the people who agreed."""
    notes = [f"Kept from round {approval.revision - 1}"] if kept else planned.found.notes
    step = ApprovalStep(
        position=len(approval.steps),
        stage=planned.stage,
        rule=planned.rule,
        label=planned.label[:80],
        reason=planned.reason[:500],
        resolver=planned.resolver,
        mode=planned.mode,
        needed=planned.found.needed,
        state=progress.APPROVED if kept else progress.WAITING,
        note="\n".join(notes) or None,
        due_days=planned.due_days,
        on_due=planned.on_due,
        delegable=planned.delegable,
        fallback=planned.fallback,
    )
    approval.steps.append(step)
    if kept is None:
        for chosen in planned.found.chosen:
            seats.add(approval, step, chosen.person, chosen.place, chosen.via)
        return
    for seat in seats.of_step(kept.approval, kept):
        if seat.state == progress.APPROVED:
            seats.add(approval, step, seat.person, seat.place, seat.via).state = progress.APPROVED


def _record(
    context: Context, approval: Approval, seat: ApprovalSeat, person: Person, verdict: str, comment: str
) -> None:
    approval.decisions.append(
        ApprovalDecision(
            position=len(approval.decisions),
            step=seat.step,
            person=person,
            for_person=None if seat.person_id == person.id else seat.person,
            verdict=verdict,
            comment=comment.strip() or None,
            at=context.now,
            channel=context.channel[:40],
            content_hash=approval.content_hash,
        )
    )


def _check_content(context: Context, approval: Approval, resource: str, row: Any) -> None:
    """Refuse to decide about something else than what people were asked about."""
    bound_of = documents.bound_of(resource)
    changed = changes_since(approval, bound_of(context, row)) if bound_of else []
    if changed:
        message = f"It was changed after it was submitted: {', '.join(changed)}. Ask for changes, or let it be submitted again."
        raise Refused(Kind.CONFLICT, Problem("changed_since", message))


def _no_policy(case: Case) -> Problem:
    kind = case.resource.replace("_", " ")
    message = (
        f"No approval policy for {kind} documents of {case.entity.name} is published. Ask a controller to publish one."
    )
    return Problem("no_policy", message)


def _not_asked(approval: Approval) -> Problem:
    asked = [seat.person for seat in approval.seats if seat.state == progress.OPEN]
    names = ", ".join(str(person) for person in asked) or "nobody yet"
    return Problem("not_asked", f"You are not asked. It waits for {names}.", None, {"asked": [p.code for p in asked]})
