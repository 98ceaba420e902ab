"""The page of a version of a policy: its rules in words, whether they fit together, what it changes, where it is in use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func

from app.console import addresses, shows, words
from app.console.actions import Action
from app.console.cells import Cell, Sight, called
from app.console.filters import Option
from app.console.gate import Visit
from app.console.shell import Flash
from app.console.shows import Document, Facts
from app.infra import scope
from app.infra.fields import field
from app.kernel.resource import registry
from app.modules.approvals import queries
from app.modules.approvals.console import (
    policy_checks,
    policy_form,
    policy_ladders,
    policy_sentences,
    policy_typed,
    waits,
)
from app.modules.approvals.console.policy_checks import Against, Told
from app.modules.approvals.console.policy_ladders import Ladder
from app.modules.approvals.console.policy_sentences import Sentence
from app.modules.approvals.models import Approval, ApprovalPolicy
from app.modules.approvals.service import reading

MOST_ROUNDS = 10
_VERSION = ("revision", "replaces", "published_at", "published_by", "hash")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One rule in words, at its place."""

    number: int
    code: str
    label: str
    effect: str
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Use:
    """A document that is being decided by this version."""

    text: str
    url: str
    asked: str


@dataclass(frozen=True, slots=True)
class InUse:
    """How many documents are being decided by this version, and some of them."""

    text: str
    documents: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A version as its page shows it."""

    document: Document
    rules: tuple[Spoken, ...]
    ladders: tuple[Ladder, ...]
    told: Told | None
    against: Against | None
    use: InUse | None
    trial_url: str
    documents: tuple[Option, ...]
    edit_url: str


def build(visit: Visit, key: str) -> Paper:
    """Describe the page of a version."""
    row: ApprovalPolicy = shows.load(visit, policy_typed.resource(), key)
    document, is_draft = shows.build(visit, policy_typed.resource(), row), row.state == "draft"
    value, other = reading.policy_value(row), policy_checks.predecessor(visit.context, row)
    names, url = policy_checks.known_names(visit, value, other), addresses.of_row(row)
    told = policy_checks.of_row(visit, row) if is_draft else None
    may_try = visit.actor.may("approval_policy.try_on")
    return Paper(
        document=replace(
            document,
            subs=_subs(visit, row),
            actions=tuple(each for each in document.actions if not each.url.endswith("/try_on")),
            more=(
                *(each for each in document.more if not each.url.endswith("/try_on")),
                Action("Print", "print", "", icon="printer"),
            ),
            notes=_notes(visit, row),
            sections=_sections(document),
            children=(),
            related=tuple(each for each in document.related if each.title != policy_typed.resource().title[1]),
        ),
        rules=tuple(
            Spoken(
                at,
                rule.code,
                rule.label,
                rule.effect.value,
                policy_sentences.sentence(rule, value.currency or "", names),
            )
            for at, rule in enumerate(value.rules, 1)
        ),
        ladders=told.ladders if told else policy_ladders.draw(value, names),
        told=told,
        against=policy_checks.compared(row, other, names, policy_checks.url_of(visit, other))
        if other is not None
        else None,
        use=None if is_draft else _in_use(visit, row),
        trial_url=f"{url}/trial" if may_try else "",
        documents=policy_form.documents_of(visit, row.document) if may_try else (),
        edit_url=f"{url}/edit" if any(each.label == "Edit" for each in document.actions) else "",
    )


def effects(visit: Visit, row: ApprovalPolicy, act: str) -> tuple[Flash, ...]:
    """Say what publishing or retiring changes for documents to come, and what stays as it is for those on their way."""
    kind = (
        words.lower_first(registry[row.document].title[0])
        if row.document in {each.name for each in registry}
        else row.document
    )
    place = f"in {called(Sight(visit), row.entity)}" if row.entity else "in every entity without a policy of its own"
    going = _count(visit, row, replaced=act == "publish")
    stays = words.count(
        going,
        f"{kind} on its way keeps the version it was submitted under.",
        f"{kind}s on their way keep the version they were submitted under.",
    )
    kept = [Flash(stays, "info")] if going else []
    if act == "retire":
        return (Flash(f"No new {kind} {place} can be submitted until another version is in force.", "warn"), *kept)
    told = [Flash(f"Every new {kind} {place} is decided by it.", "info")]
    other = policy_checks.predecessor(visit.context, row)
    if other is not None and other.state == "published":
        names = policy_checks.known_names(visit, reading.policy_value(row), other)
        found = policy_checks.compared(row, other, names, "").changes
        titles = [f"{each.title} {each.kind}" for each in found]
        said = words.joined(titles) if titles else "nothing but the version"
        told.append(Flash(f"{other.number}, version {other.revision}, is retired. What changes: {said}.", "info"))
    return (*told, *kept)


def _subs(visit: Visit, row: ApprovalPolicy) -> tuple[Cell, ...]:
    kind = registry[row.document].title[1] if row.document in {each.name for each in registry} else row.document
    place = Cell("text", called(Sight(visit), row.entity) if row.entity else "Every entity")
    version = Cell("text", f"Version {row.revision}")
    return (Cell("text", row.number, mono=True), version, Cell("text", kind), place)


def _sections(document: Document) -> tuple[Facts, ...]:
    """Put what stands in the head of the page nowhere else, and the terms of a version together."""
    facts = {fact.label: fact for section in document.sections for fact in section.facts}
    told = {field(ApprovalPolicy, name).label for name in ("number", "name", "document", "entity")}
    version = {field(ApprovalPolicy, name).label for name in _VERSION}
    terms = [fact for label, fact in facts.items() if label not in told | version]
    own = [replace(fact, wide=fact.label == "Hash") for label, fact in facts.items() if label in version and fact.value]
    return (Facts("Terms", tuple(terms)), Facts("Version", tuple(own)))


def _notes(visit: Visit, row: ApprovalPolicy) -> tuple[Flash, ...]:
    """Lead from a retired version to the one that is in force."""
    if row.state != "retired":
        return ()
    current = next(iter(queries.list_in_force(visit.context, row)), None)
    if current is None:
        return (Flash("It is retired, and no other version is in force.", "warn"),)
    url = policy_checks.url_of(visit, current)
    return (
        Flash(
            f"It is retired. {current.number}, version {current.revision}, is in force.",
            "info",
            url,
            "Open it" if url else "",
        ),
    )


def _in_use(visit: Visit, row: ApprovalPolicy) -> InUse:
    statement = (
        scope.everything(Approval, why="a version names the documents that it decides")
        .where(Approval.policy_id == row.id, Approval.state == "open")
        .order_by(Approval.opened_at.desc(), Approval.id.desc())
        .limit(MOST_ROUNDS)
    )
    rounds = list(visit.context.session.scalars(statement))
    papers = waits.documents(visit, ((each.resource, each.row_id) for each in rounds))
    listed = tuple(
        Use(
            f"{each.document_key} {each.title}",
            addresses.of_row(papers[each.resource, each.row_id].row),
            _asked_at(visit, each),
        )
        for each in rounds
        if (each.resource, each.row_id) in papers
    )
    total = _count(visit, row)
    hidden = total - len(listed)
    counted = (
        f"{words.count(total, 'document is', 'documents are')} being decided by it"
        if total
        else "Nothing is being decided by it now"
    )
    return InUse(f"{counted}, {hidden} not shown" if hidden and total else counted, listed)


def _asked_at(visit: Visit, approval: Approval) -> str:
    return words.moment(approval.opened_at, visit.context.today, visit.zone)


def _count(visit: Visit, row: ApprovalPolicy, *, replaced: bool = False) -> int:
    """Count the documents on their way by this version, or by the one that it replaces."""
    of: Any = policy_checks.predecessor(visit.context, row) if replaced else row
    if of is None:
        return 0
    statement = scope.columns(func.count(), why="how many documents keep their version").select_from(Approval)
    counted = statement.where(Approval.policy_id == of.id, Approval.state == "open")
    return int(visit.context.session.execute(counted).scalar_one())
