"""What is done with policies, rounds and delegations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.infra import audit, outbox, unit
from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event, told_once
from app.modules.approvals import queries
from app.modules.approvals.domain.events import Delegated, Reminded
from app.modules.approvals.models import Approval, ApprovalPolicy, Delegation
from app.modules.approvals.service import chasing, policies, reading
from app.modules.directory.models import Person

STAYING = ("draft -> draft", "published -> published", "retired -> retired")


@dataclass(frozen=True)
class Published(Event):
    """A version of a policy is in force; `replaces` are those that were before."""

    number: str
    hash: str
    replaces: tuple[str, ...]


@dataclass(frozen=True)
class Retired(Event):
    """A policy is not used for new documents any more."""

    number: str
    replaced_by: str | None


@dataclass(frozen=True)
class Copied(Event):
    """A new draft was made from a policy."""

    number: str
    draft: str


@dataclass(frozen=True)
class TriedOn(Event):
    """Somebody looked what a policy would say about a document; only they learn it."""

    number: str
    document: str
    verdict: str = told_once()


@dataclass(frozen=True)
class Ended(Event):
    """A deputy decides for nobody any more."""

    number: str
    person: str
    deputy: str


@command(
    "Publish",
    moves=["draft -> published"],
    guard=policies.why_not_publishable,
    confirm="Publish {name}? It decides about every new document from now on, and stays as it is.",
)
def publish(context: Context, policy: ApprovalPolicy) -> Published:
    """Put this version in force for new documents; the one before is retired. Documents in flight keep theirs."""
    before = queries.list_in_force(context, policy)
    for each in before:
        each.state = "retired"
        unit.announce(context, each, Retired(each.number, policy.number))
    context.session.flush()
    policy.hash = reading.policy_value(policy).hash()
    policy.published_at, policy.published_by = context.now, context.actor.id
    return Published(policy.number, policy.hash, tuple(each.number for each in before))


@command("Retire", moves=["published -> retired"], guard=policies.why_not_retirable, danger=True)
def retire(context: Context, policy: ApprovalPolicy) -> Retired:
    """Stop using it for new documents; nothing can be submitted until another one is in force."""
    return Retired(policy.number, None)


@command("New version", moves=STAYING)
def copy(context: Context, policy: ApprovalPolicy) -> Copied:
    """Make a draft with the same rules, to be changed and published in its place."""
    draft = policies.copied(context, policy)
    unit.announce(context, draft, outbox.Created(draft.number))
    told = {"draft": draft.number}
    audit.note(context, action="done", resource="approval_policy", row_id=policy.id, row_key=policy.number, after=told)
    return Copied(policy.number, draft.number)


@command("Try on a document", moves=STAYING)
def try_on(
    context: Context, policy: ApprovalPolicy, *, document: Annotated[str, Ask("Document", help="Its number")]
) -> TriedOn:
    """Tell what these rules would say about a document, and whom they would ask. Nobody is asked."""
    preview = policies.try_on(context, policy, document.strip())
    parts = [preview.sentence, *(f"Warning: {words}." for words in preview.warnings)]
    parts += [f"{step.label}: {step.reason}." for step in preview.steps]
    return TriedOn(policy.number, document.strip(), " ".join(parts))


@command("Reassign", moves=["open -> open"])
def reassign(
    context: Context,
    approval: Approval,
    *,
    step: Annotated[int | None, Ask("Step", help="Its number in the list of steps. Empty: where you are asked")] = None,
    to: Annotated[Person, Ask("To")],
    instead_of: Annotated[Person | None, Ask("Instead of", help="Empty: you, or the only one who is asked")] = None,
    reason: Annotated[str, Ask("Reason", long=True)],
) -> Delegated:
    """Ask somebody else in your place; whoever oversees approvals may do it for anyone. Both stay on record."""
    return chasing.reassign(context, approval, step, to, instead_of, reason)


@command("Remind", moves=["open -> open"])
def remind(context: Context, approval: Approval) -> Reminded:
    """Remind everybody who is asked now."""
    return chasing.remind(context, approval)


@command("End", moves=["active -> ended"])
def end(context: Context, delegation: Delegation) -> Ended:
    """End it before its last day; what waits is yours alone again."""
    chasing.end(context, delegation)
    person = delegation.person.code if delegation.person else ""
    return Ended(delegation.number, person, delegation.deputy.code)
