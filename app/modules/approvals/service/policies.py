"""Whether a policy may be saved and published, held against the people and codes there are; and trying it out."""

from __future__ import annotations

from collections.abc import Iterator

from app.infra import numbers
from app.infra.intake import find_row
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Series, registry
from app.modules.approvals import queries
from app.modules.approvals.domain import ladder, writing
from app.modules.approvals.domain.conditions import Condition, codes_of, why_not_condition
from app.modules.approvals.domain.facts import FACTS
from app.modules.approvals.domain.policy import Effect, Fallback, Resolver
from app.modules.approvals.models import ApprovalCondition, ApprovalPolicy, ApprovalRule
from app.modules.approvals.service import course, documents, reading
from app.modules.approvals.service.cases import Preview
from app.modules.directory.models import Entity, Person

SERIES = Series("AP", yearly=False)
_NAMED = 3
_RULE = (
    "code", "label", "effect", "reason", "stage", "resolver", "person_id", "role", "levels", "mode", "quorum", "due_days",
    "on_due", "delegable", "fallback",
)  # fmt: skip
_OWNED = {Resolver.COST_CENTRE: "cost_centre", Resolver.CATEGORY: "category", Resolver.PROJECT: "project"}


def why_not_policy(context: Context, policy: ApprovalPolicy) -> list[Problem]:
    """Say what is wrong with a policy as it is written: rows, roles, codes, and the kind of document."""
    problems = writing.why_not_written(policy)
    if policy.document not in documents.kinds():
        known = ", ".join(documents.kinds()) or "nothing yet"
        problems.append(Problem("unknown_choice", f"Document: use one of {known}.", "document"))
    if not queries.role_exists(context, policy.fallback_role):
        problems.append(_no_role("Fallback role", policy.fallback_role, "fallback_role"))
    for position, rule in enumerate(policy.rules):
        if rule.resolver is Resolver.ROLE and rule.role and not queries.role_exists(context, rule.role):
            problems.append(_no_role("Role", rule.role, f"rules.{position}.role"))
    for position, row in enumerate(policy.conditions):
        problems += _unknown(context, row, f"conditions.{position}.value")
    return problems


def why_not_publishable(context: Context, policy: ApprovalPolicy) -> list[Problem]:
    """Say what stands against publishing: rules that never apply, amounts and steps that nobody decides."""
    problems = _beyond_reach(context, policy, "publish")
    if not policy.rules:
        return [*problems, Problem("no_rules", "It has no rules. Add one that says who decides.", "rules")]
    value = reading.policy_value(policy)
    problems += ladder.why_not_publishable(value)
    for position, rule in enumerate(policy.rules):
        if rule.effect is Effect.REQUIRE:
            problems += [problem.at(f"rules.{position}") for problem in _why_not_staffed(context, policy, rule)]
    return problems


def why_not_retirable(context: Context, policy: ApprovalPolicy) -> list[Problem]:
    """Say whether a policy is beyond the actor's reach, because it is for more entities than theirs."""
    return _beyond_reach(context, policy, "retire")


def copied(context: Context, policy: ApprovalPolicy) -> ApprovalPolicy:
    """Make a new draft with the same rules, one version further."""
    copy = ApprovalPolicy(
        number=numbers.take(context, SERIES),
        replaces=policy,
        revision=policy.revision + 1,
        state="draft",
        **{name: getattr(policy, name) for name in _HEAD},
    )
    for rule in policy.rules:
        copy.rules.append(ApprovalRule(position=rule.position, **{name: getattr(rule, name) for name in _RULE}))
    for each in policy.conditions:
        names = ("position", "rule", "alternative", "fact", "operator", "value")
        copy.conditions.append(ApprovalCondition(**{name: getattr(each, name) for name in names}))
    context.session.add(copy)
    context.session.flush()
    return copy


def try_on(context: Context, policy: ApprovalPolicy, key: str) -> Preview:
    """Tell what a version of a policy would say about a document, without asking anybody."""
    case_of = documents.case_of(policy.document)
    row = find_row(context, registry[policy.document], key) if case_of else None
    if case_of is None or row is None:
        message = f"Document: {key[:80]} was not found among what you see."
        raise Refused(Kind.INVALID, Problem("unknown_reference", message, "document"))
    return course.preview(context, case_of(context, row), policy)


_HEAD = (
    "name", "document", "entity", "currency", "same_person", "fallback_role", "reopen_from_stage", "material_percent",
    "material_amount", "note",
)  # fmt: skip


def _no_role(label: str, name: str, field: str) -> Problem:
    return Problem("unknown_role", f"{label}: there is no role {name}. See the page Roles.", field)


def _unknown(context: Context, row: ApprovalCondition, field: str) -> list[Problem]:
    """Name the codes of a condition that no row has."""
    condition = Condition(row.fact, row.operator, row.value or "")
    target = FACTS[row.fact].target
    codes = codes_of(condition)
    if not target or not codes or why_not_condition(condition):
        return []
    unknown = queries.unknown_codes(context, target, codes)
    title = registry[target].title[0].lower()
    return (
        [Problem("unknown_reference", f"{row.fact.label}: there is no {title} {', '.join(unknown)}.", field)]
        if unknown
        else []
    )


def _beyond_reach(context: Context, policy: ApprovalPolicy, verb: str) -> list[Problem]:
    """A policy for every entity is published by somebody who may do so everywhere."""
    if policy.entity_id is not None or policy.entity is not None or context.actor.is_system:
        return []
    if context.actor.reach(f"approval_policy.{verb}").everywhere:
        return []
    message = "It is for every entity, and your role is not. Choose an entity of yours."
    return [Problem("out_of_reach", message, "entity")]


def _why_not_staffed(context: Context, policy: ApprovalPolicy, rule: ApprovalRule) -> Iterator[Problem]:
    """Say where a step would find nobody, or nobody but the one person who may have asked."""
    entities = queries.list_entities(context, policy.entity_id)
    for entity in entities:
        backing = {} if rule.fallback is Fallback.NOBODY else _holders(context, policy, policy.fallback_role, entity)
        for names, what in _candidates(context, policy, rule, entity):
            everyone = {**names, **backing}
            if not everyone:
                yield Problem("nobody", f"Rule {rule.code} can find nobody{what} in {entity.code}. {_CURE}", "resolver")
                return
            if len(everyone) == 1 and rule.resolver is not Resolver.BUDGET:
                [name] = everyone.values()
                message = f"Rule {rule.code}{what} has only {name} in {entity.code}, who cannot decide what they ask for. {_CURE}"
                yield Problem("only_requester", message, "resolver")
                return


_CURE = "Name an owner, or let a second person hold the fallback role."


def _candidates(
    context: Context, policy: ApprovalPolicy, rule: ApprovalRule, entity: Entity
) -> Iterator[tuple[dict[int, str], str]]:
    """Give the sets of people a step may come down to, each with the place where it does."""
    resolver = rule.resolver
    if resolver is Resolver.PERSON and rule.person is not None:
        yield _able(context, policy, [rule.person]), f" ({rule.person})"
    elif resolver is Resolver.ROLE:
        yield _holders(context, policy, rule.role or "", entity), f" (role {rule.role})"
    elif resolver in _OWNED:
        model = queries.TREES[_OWNED[resolver]]
        unowned = queries.list_unowned(context, model)
        if unowned:
            more = f" and {len(unowned) - _NAMED} more" if len(unowned) > _NAMED else ""
            yield {}, f" for {', '.join(unowned[:_NAMED])}{more}"
        owners = queries.list_owners(context, model)
        people = queries.list_people(context, owners)
        able = _able(context, policy, people.values())
        for owner, code in sorted(owners.items(), key=lambda each: each[1]):
            yield ({owner: able[owner]} if owner in able else {}), f" for {code}"
    else:
        yield {}, ""


def _holders(context: Context, policy: ApprovalPolicy, role: str, entity: Entity) -> dict[int, str]:
    """Give those who hold a role everywhere in an entity and may approve."""
    return _able(context, policy, queries.list_holders(context, role, entity.id, ()))


def _able(context: Context, policy: ApprovalPolicy, people: object) -> dict[int, str]:
    known: list[Person] = [person for person in people if person.state == "active"]  # type: ignore[attr-defined]
    able = queries.list_able(context, policy.document, [person.user_id for person in known])
    return {person.id: str(person) for person in known if person.user_id in able}
