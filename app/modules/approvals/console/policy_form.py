"""The editor of a policy as it is drawn: its rules as cards, each with its conditions, and only the fields that matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.console import forms
from app.console.decode import Raw
from app.console.filters import Option, Picked
from app.console.forms import Form, LineRow, Lines
from app.console.gate import Visit
from app.console.inputs import Input, Summary
from app.infra import listing
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.approvals import service
from app.modules.approvals.console import policy_checks, policy_sentences, policy_typed
from app.modules.approvals.console.policy_checks import Told
from app.modules.approvals.console.policy_sentences import Names, Sentence
from app.modules.approvals.console.policy_typed import Typed
from app.modules.approvals.domain.facts import FACTS, Fact, FactName, Kind, Operator, operators_of

NEW = "__n__"
_NEW_CONDITION = "__k__"
_BASE = "Base currency"
_HEAD = {"name": 4, "document": 2, "entity": 2, "currency": 2, "fallback_role": 2}
_MORE = {"same_person": 3, "reopen_from_stage": 3, "material_percent": 3, "material_amount": 3, "note": 6}
_SPANS = {
    "label": 4, "code": 2, "effect": 2, "resolver": 4, "person": 3, "role": 3, "levels": 2, "mode": 3, "quorum": 2, "stage": 2,
    "due_days": 2, "on_due": 2, "fallback": 4, "delegable": 2, "reason": 6,
}  # fmt: skip
#: When a field of a rule matters: every part has to hold, `*` is any value. Scripts and templates read the same words.
_ASKING = "effect=require,notify"
_SHARED = "resolver=role,owner_of_cost_centre,owner_of_category,owner_of_project,owner_of_supplier,budget_owner"
MATTERS: Mapping[str, str] = {
    "resolver": _ASKING,
    "person": f"{_ASKING};resolver=person",
    "role": f"{_ASKING};resolver=role",
    "levels": f"{_ASKING};resolver=manager",
    "mode": f"effect=require;{_SHARED}",
    "quorum": f"effect=require;{_SHARED};mode=quorum",
    "stage": "effect=require",
    "due_days": "effect=require",
    "on_due": "effect=require;due_days=*",
    "fallback": "effect=require",
    "delegable": "effect=require",
}
_BLANK_RULE: Mapping[str, Any] = {
    "effect": "require", "stage": "1", "levels": "1", "mode": "any", "on_due": "remind", "delegable": True, "fallback": "manager",
}  # fmt: skip
_WORDLESS = (Operator.EMPTY.value, Operator.FILLED.value)
_FLAGS = (Option("yes", "Yes"), Option("no", "No"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of a rule, when it matters, and whether it does not now."""

    input: Input
    matters: str
    is_off: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: the fact, how it is compared, and with what; `base` is its place in the form."""

    base: str
    fact: Input
    operator: Input
    value: Input
    alternative: int
    rule: str
    id: str = ""
    is_wordless: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """One rule with its conditions in groups, of which one has to hold as a whole."""

    base: str
    number: str
    id: str
    code: str
    sentence: Sentence
    fields: tuple[Shown, ...]
    groups: tuple[tuple[Clause, ...], ...]
    is_open: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The editor as its page shows it."""

    form: Form
    title: str
    fields: tuple[Input, ...]
    more: tuple[Input, ...]
    more_open: bool
    cards: tuple[Card, ...]
    problems: tuple[str, ...]
    fresh: Card
    facts: tuple[Clause, ...]
    told: Told
    check_url: str
    try_url: str
    documents: tuple[Option, ...]
    maximum: int


def of_new(visit: Visit, raw: Raw, sent: Typed | None = None, refusal: Refused | None = None) -> Sheet:
    """Draw the editor of a policy that nobody has saved yet; it begins with one open rule."""
    if not raw.get("rules"):
        raw = {**raw, "rules": [{**_BLANK_RULE, "code": "R1"}], "conditions": []}
    if len(service.kinds()) == 1:
        raw = {"document": service.kinds()[0], **raw}
    return _sheet(visit, forms.to_enter(visit, policy_typed.resource(), raw, refusal), raw, "", sent, refusal)


def of_row(visit: Visit, row: Any, sent: Typed | None = None, refusal: Refused | None = None) -> Sheet:
    """Draw the editor of a policy: as it is stored, or as it was typed when that was refused."""
    raw = sent.raw if sent else policy_typed.stored(visit.context, row, visit.zone)
    form = forms.to_edit(visit, policy_typed.resource(), row, sent.raw if sent else None, refusal)
    return _sheet(visit, form, raw, row.number, sent, refusal)


def _sheet(visit: Visit, form: Form, raw: Raw, key: str, sent: Typed | None, refusal: Refused | None) -> Sheet:
    inputs = {each.name: each for section in form.sections for each in section.fields}
    rules, conditions = (next(each for each in form.children if each.name == name) for name in ("rules", "conditions"))
    drawing = _Drawing(visit, rules, conditions, raw, sent.opened if sent else frozenset())
    more = tuple(replace(inputs[name], span=span) for name, span in _MORE.items())
    address = form.action.removesuffix("/new").removesuffix("/edit")
    places = tuple(range(len(rules.rows))), tuple(range(len(conditions.rows)))
    drawn = Typed(raw, *places, frozenset())
    against = policy_checks.refused(refusal, drawn) if refusal else ()
    return Sheet(
        form=replace(form, problems=tuple(Summary(found.text, found.target) for found in against)),
        title=form.title if not key else f"Edit {raw.get('name') or key}",
        fields=tuple(_of_head(inputs[name], span, drawing.roles) for name, span in _HEAD.items()),
        more=more,
        more_open=any(each.problems for each in more),
        cards=drawing.cards(),
        problems=(*rules.problems, *conditions.problems),
        fresh=drawing.fresh(),
        facts=tuple(drawing.clause(_NEW_CONDITION, _blank(name)) for name in FACTS),
        told=policy_checks.of_typed(visit, key, drawn),
        check_url=f"{address}/check",
        try_url=f"{address}/try",
        documents=documents_of(visit, str(raw.get("document") or "")),
        maximum=rules.maximum,
    )


def documents_of(visit: Visit, kind: str) -> tuple[Option, ...]:
    """Offer the last documents of a kind that the reader sees, to try a policy on; a draft has no amounts yet."""
    if kind not in service.kinds():
        return ()
    target = registry[kind]
    page = listing.page(visit.context, target, listing.Query(sort=target.key, descending=True, size=25))
    return tuple(Option(target.key_of(row), str(row)) for row in page.rows if getattr(row, "state", "") != "draft")


def codes(visit: Visit, target: str, text: str) -> list[dict[str, str]]:
    """Offer rows whose codes a condition may name; what stands in a tree says under what."""
    if target not in {fact.target for fact in FACTS.values() if fact.target}:
        return []
    found = listing.lookup(visit.context, registry[target], text[:200])
    return [{"id": row.code, "text": str(row), **_under(row)} for row in found]


def _under(row: Any) -> dict[str, str]:
    parent = getattr(row, "parent", None)
    return {"hint": f"in {parent}"} if parent is not None else {}


def _of_head(each: Input, span: int, roles: Sequence[Option]) -> Input:
    """Turn names that have to be known into choices."""
    if each.name == "document":
        kinds = tuple(Option(kind, registry[kind].title[1]) for kind in service.kinds())
        return replace(each, span=span, kind="choice", entries=_with(kinds, each.value), help="")
    if each.name == "fallback_role":
        return replace(
            each, span=span, kind="choice", entries=_with(roles, each.value), help="Decides where nobody else can"
        )
    return replace(
        each,
        span=span,
        help="Empty: all of them" if each.name == "entity" else "" if each.name == "name" else each.help,
    )


def _with(entries: Iterable[Option], value: Any) -> tuple[Option, ...]:
    """Keep what is chosen among the choices, even where it is none any more."""
    listed = tuple(entries)
    return (
        listed if not value or value in [each.value for each in listed] else (*listed, Option(str(value), str(value)))
    )


class _Drawing:
    """Draws the cards of one form, with the names of what conditions refer to looked up once."""

    def __init__(self, visit: Visit, rules: Lines, conditions: Lines, raw: Raw, opened: frozenset[int]) -> None:
        self.rules, self.conditions, self.opened = rules, conditions, opened
        self.columns = {each.name: each for each in rules.columns}
        self.understood = policy_typed.rules_of(raw)
        self.names: Names = policy_sentences.names_of(visit, self.understood)
        self.currency = str(raw.get("currency") or "")
        found = visit.context.session.scalars(select(Role.name).order_by(Role.name))
        self.roles = tuple(Option(name, name) for name in found)

    def cards(self) -> tuple[Card, ...]:
        """Draw every rule, with the conditions that name it."""
        by_rule: dict[str, list[tuple[int, LineRow]]] = {}
        for at, row in enumerate(self.conditions.rows):
            by_rule.setdefault(str(row.cells["rule"].value), []).append((at, row))
        seen: set[str] = set()
        cards = []
        for at, row in enumerate(self.rules.rows):
            code = str(row.cells["code"].value or "")
            own = [] if code in seen else by_rule.get(code, [])  # two of one code: the first keeps the conditions
            seen.add(code)
            cards.append(self._card(at, row, code, own))
        return tuple(cards)

    def fresh(self) -> Card:
        """Draw the rule that a script adds."""
        return Card(
            base=f"rules-{NEW}",
            number="__number__",
            id="",
            code="",
            sentence=Sentence("Always", f"ask {policy_sentences.UNFINISHED}", "stage 1"),
            fields=tuple(
                self._shown(f"rules-{NEW}", name, _BLANK_RULE.get(name, ""), (), (), _BLANK_RULE) for name in _SPANS
            ),
            groups=((),),
            is_open=True,
        )

    def clause(self, at: int | str, row: LineRow) -> Clause:
        """Draw one condition, with the comparisons and the input that make sense for its fact."""
        base = f"conditions-{at}"
        cells = row.cells
        fact = FACTS[_fact_of(cells["fact"].value)]
        operator = str(cells["operator"].value or operators_of(fact.name)[0].value)
        operators = tuple(Option(each.value, each.label) for each in operators_of(fact.name))
        facts = tuple(Option(each.name.value, each.name.label) for each in FACTS.values())
        value = str(cells["value"].value or "")
        return Clause(
            base=base,
            fact=_input(base, "fact", "Fact", "choice", fact.name.value, facts, cells["fact"].problems),
            operator=_input(
                base,
                "operator",
                "Comparison",
                "choice",
                operator,
                _with(operators, operator),
                cells["operator"].problems,
            ),
            value=self._value(base, fact, value, cells["value"].problems),
            alternative=int(str(cells["alternative"].value or 1))
            if str(cells["alternative"].value or 1).isdecimal()
            else 1,
            rule=str(cells["rule"].value or ""),
            id=row.id,
            is_wordless=operator in _WORDLESS,
            problems=(*row.problems, *cells["rule"].problems, *cells["alternative"].problems),
        )

    def _card(self, at: int, row: LineRow, code: str, own: Sequence[tuple[int, LineRow]]) -> Card:
        base, rule = f"rules-{at}", self.understood[at]
        values = {name: cell.value for name, cell in row.cells.items()}
        clauses = [self.clause(place, each) for place, each in own]
        groups = tuple(
            tuple(each for each in clauses if each.alternative == number)
            for number in sorted({each.alternative for each in clauses})
        )
        wrong = (
            any(cell.problems for cell in row.cells.values())
            or any(_is_wrong(each) for each in clauses)
            or row.problems
        )
        return Card(
            base=base,
            number=str(at + 1),
            id=row.id,
            code=code,
            sentence=policy_sentences.sentence(rule, self.currency, self.names),
            fields=tuple(
                self._shown(base, name, cell.value, cell.chosen, cell.problems, values)
                for name, cell in ((name, row.cells[name]) for name in _SPANS)
            ),
            groups=groups or ((),),
            is_open=bool(wrong) or at in self.opened or not values.get("label"),
            problems=row.problems,
        )

    def _shown(
        self,
        base: str,
        name: str,
        value: Any,
        chosen: Sequence[Any],
        problems: Sequence[str],
        values: Mapping[str, Any],
    ) -> Shown:
        column, matters = self.columns[name], MATTERS.get(name, "")
        drawn = replace(
            column, name=f"{base}-{name}", id=f"{base}-{name}", value=value, chosen=tuple(chosen), problems=tuple(problems),
            span=_SPANS[name], autofocus=False, required=column.required or name in ("effect", "stage", "resolver", "mode", "on_due", "fallback"),
        )  # fmt: skip
        if name == "role":
            drawn = replace(drawn, kind="choice", entries=_with(self.roles, value), required=True)
        if name == "person":
            drawn = replace(drawn, required=True)
        if name == "code":
            drawn = replace(drawn, help="")
        return Shown(drawn, matters, is_off=bool(matters) and not _holds(matters, values))

    def _value(self, base: str, fact: Fact, value: str, problems: tuple[str, ...]) -> Input:
        if fact.kind is Kind.FLAG:
            return _input(base, "value", "Value", "choice", value or "yes", _FLAGS, problems)
        if fact.kind is Kind.CHOICE:
            entries = tuple(Option(code, label) for code, label in fact.choices)
            return replace(_input(base, "value", "Value", "choices", "", entries, problems), value=_parts(value))
        if fact.target:
            chosen = tuple(Picked(code, self.names.get((fact.target, code), code)) for code in _parts(value))
            drawn = _input(base, "value", "Value", "references", value, (), problems)
            return replace(drawn, chosen=chosen, url=f"/approval-policies/codes/{fact.target}")
        kind = "money" if fact.kind is Kind.MONEY else "decimal"
        unit = self.currency or _BASE if fact.kind is Kind.MONEY else ""
        return replace(_input(base, "value", "Value", kind, value, (), problems), currency=unit)


def _input(
    base: str, name: str, label: str, kind: str, value: Any, entries: tuple[Option, ...], problems: Iterable[str]
) -> Input:
    own = f"{base}-{name}"
    return Input(own, label, kind, value, required=True, entries=entries, problems=tuple(problems), id=own)


def _is_wrong(clause: Clause) -> bool:
    return bool(clause.problems or clause.fact.problems or clause.operator.problems or clause.value.problems)


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _fact_of(value: Any) -> FactName:
    return next((name for name in FACTS if name.value == value), FactName.AMOUNT)


def _blank(name: FactName) -> LineRow:
    cells = {"rule": "", "alternative": "1", "fact": name.value, "operator": "", "value": ""}
    return LineRow({cell: forms.LineCell(value) for cell, value in cells.items()})


def _holds(matters: str, values: Mapping[str, Any]) -> bool:
    """Say whether a field matters: `effect=require;due_days=*`."""
    for part in matters.split(";"):
        name, _, wanted = part.partition("=")
        value = str(values.get(name) or "")
        if not (bool(value) if wanted == "*" else value in wanted.split(",")):
            return False
    return True
