"""What the editor of a policy sends, as the raw values of a policy; what was not finished stays as it was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from app.console import decode, forms, words
from app.console.decode import Form, Raw
from app.console.inputs import plain
from app.infra.fields import Field
from app.infra.intake import Reader
from app.kernel.actor import Context
from app.kernel.resource import Resource, registry
from app.modules.approvals.domain.conditions import Condition
from app.modules.approvals.domain.facts import FACTS, FactName, Kind, Operator
from app.modules.approvals.domain.policy import Effect, Fallback, Mode, OnDue, Resolver, Rule

_CELL = re.compile(r"(rules|conditions)-(\d{1,4})-(\w+)")
#: What a rule says of itself in the form alone: its code as it was drawn, and whether it is open.
_OWN = ("known", "open")
TRIED = "document_to_try"
_FIGURES = (Kind.MONEY, Kind.NUMBER)
_NUMBER = Field("value", "Value", "decimal", digits=18, scale=4)


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it came: its values, where its rows stand in the page, and which rules are open in it."""

    raw: Raw
    rules: tuple[int, ...]
    conditions: tuple[int, ...]
    opened: frozenset[int]


def resource() -> Resource:
    """Give the declaration of policies."""
    return registry["approval_policy"]


def read(context: Context, form: Form, zone: str, *, new: bool) -> Typed:
    """Read the form: conditions follow their rule to its present code, and go where it goes."""
    cells = _cells(form)
    rules = {at: row for at, row in cells["rules"].items() if not row.get("removed")}
    places = {(row.get("known") or row.get("code", "")): at for at, row in rules.items()}
    conditions = {
        at: row
        for at, row in cells["conditions"].items()
        if not row.get("removed") and _of(row, places, cells["rules"])
    }
    codes = {known: rules[at].get("code", "") for known, at in places.items()}
    flat: Form = MultiDict(pair for pair in form.items(multi=True) if pair[0] != TRIED and not _CELL.fullmatch(pair[0]))
    for at, row in rules.items():
        _put(flat, "rules", at, {name: value for name, value in row.items() if name not in _OWN})
    for at, row in conditions.items():
        rule = row.get("rule", "")
        _put(flat, "conditions", at, {**row, "rule": codes.get(rule, rule), "value": _value(context, row)})
    fields = forms.fields_to_enter(resource()) if new else forms.fields_to_edit(resource())
    raw = decode.row(flat, resource(), fields, zone)
    opened = frozenset(number for number, at in enumerate(sorted(rules)) if rules[at].get("open"))
    return Typed(raw, tuple(sorted(rules)), tuple(sorted(conditions)), opened)


def stored(context: Context, row: Any, zone: str) -> Raw:
    """Give what a policy holds as the form would send it."""
    raw: Raw = {name: plain(each, each.of(row), zone) for name, each in forms.fields_to_edit(resource()).items()}
    return raw | {children.name: forms.stored_rows(children, row, zone) for children in decode.editable(resource())}


def rules_of(raw: Raw) -> tuple[Rule, ...]:
    """Understand rules as far as they can be, to say them in words while they are being written."""
    conditions = [(str(each.get("rule", "")), _condition(each)) for each in raw.get("conditions", ())]
    return tuple(
        _rule(each, tuple(found for code, found in conditions if found and code == str(each.get("code", ""))))
        for each in raw.get("rules", ())
    )


def _cells(form: Form) -> dict[str, dict[int, dict[str, str]]]:
    """Sort what was sent by row; several values of one condition become one, with commas between them."""
    found: dict[str, dict[int, dict[str, str]]] = {"rules": {}, "conditions": {}}
    for name in form:
        cell = _CELL.fullmatch(name)
        if cell:
            sent = [value for value in form.getlist(name) if value] or [""]
            found[cell[1]].setdefault(int(cell[2]), {})[cell[3]] = ",".join(sent) if cell[3] == "value" else sent[-1]
    return found


def _of(row: Mapping[str, str], places: Mapping[str, int], rules: Mapping[int, Mapping[str, str]]) -> bool:
    """Say whether a condition stays: it goes with a rule that was taken out."""
    gone = {(rule.get("known") or rule.get("code", "")) for rule in rules.values() if rule.get("removed")}
    return row.get("rule", "") in places or row.get("rule", "") not in gone


def _put(form: Form, name: str, at: int, row: Mapping[str, str]) -> None:
    for cell, value in row.items():
        form.add(f"{name}-{at}-{cell}", value)


def _value(context: Context, row: Mapping[str, str]) -> str:
    """Write a figure plainly, however people group its digits; what is no figure stays as typed."""
    value = row.get("value", "")
    known = FactName.__members__.get(row.get("fact", "").upper())
    if known is None or FACTS[known].kind not in _FIGURES:
        return value
    figure, problem = Reader(context).read_value(_NUMBER, value)
    return value if problem or figure is None else words.plain_number(figure)


def _condition(raw: Mapping[str, Any]) -> Condition | None:
    fact = _choice(FactName, raw.get("fact"), None)
    operator = _choice(Operator, raw.get("operator"), None)
    if fact is None or operator is None:
        return None
    return Condition(fact, operator, str(raw.get("value") or "").strip(), _number(raw.get("alternative"), 1))


def _rule(raw: Mapping[str, Any], conditions: tuple[Condition, ...]) -> Rule:
    due = str(raw.get("due_days") or "")
    return Rule(
        code=str(raw.get("code", "")),
        label=str(raw.get("label", "")),
        effect=_choice(Effect, raw.get("effect"), Effect.REQUIRE),
        conditions=conditions,
        reason=str(raw.get("reason") or ""),
        stage=_number(raw.get("stage"), 1),
        resolver=_choice(Resolver, raw.get("resolver"), None),
        person=str(raw.get("person") or ""),
        role=str(raw.get("role") or ""),
        levels=_number(raw.get("levels"), 1),
        mode=_choice(Mode, raw.get("mode"), Mode.ANY),
        quorum=_number(raw.get("quorum"), 0) or None,
        due_days=_number(due, 0) or None,
        on_due=_choice(OnDue, raw.get("on_due"), OnDue.REMIND),
        delegable=str(raw.get("delegable", "yes")).lower() not in ("no", "false"),
        fallback=_choice(Fallback, raw.get("fallback"), Fallback.MANAGER),
    )


def _choice(kind: Any, raw: Any, otherwise: Any) -> Any:
    return next((member for member in kind if member.value == raw), otherwise)


def _number(raw: Any, otherwise: int) -> int:
    text = str(raw or "")
    return int(text) if text.isdecimal() and len(text) < 6 else otherwise  # noqa: PLR2004 - more digits are no count
