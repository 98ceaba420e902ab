"""One condition of a rule: what it asks, whether it holds for a document, and what is wrong with how it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.kernel.money import Money, minor_units
from app.kernel.problem import Problem
from app.modules.approvals.domain.facts import FACTS, FactName, Kind, Operator, operators_of

_NUMBER = re.compile(r"-?\d{1,14}(\.\d{1,4})?")
_FLAGS = {"yes": True, "no": False}
_WORDLESS = (Operator.EMPTY, Operator.FILLED)


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact held against a value; several codes are separated by commas, and one of them is enough."""

    fact: FactName
    operator: Operator
    value: str = ""
    alternative: int = 1

    def describe(self) -> str:
        """Say the condition in words."""
        return " ".join(filter(None, (self.fact.label, self.operator.label, self.value)))


@dataclass(frozen=True, slots=True)
class Scale:
    """In which money amounts of a policy are written and those of a document counted, and the rate between them."""

    written_in: str
    counted_in: str
    rate: Decimal = Decimal(1)

    def counted(self, amount: Decimal) -> Decimal:
        """Bring an amount of the policy into the currency of the document's books, to the cent."""
        if self.written_in == self.counted_in:
            return amount
        return Money(amount, self.written_in).at(self.rate, self.counted_in).amount


@dataclass(frozen=True, slots=True)
class Answer:
    """A condition as it was answered for one document: asked, expected, found, and whether it holds."""

    condition: Condition
    expected: str
    actual: str
    held: bool


def answer(condition: Condition, facts: Mapping[str, Any], scale: Scale) -> Answer:
    """Hold one condition against the facts of a document."""
    actual = facts.get(condition.fact.value)
    kind = FACTS[condition.fact].kind
    held = _holds(condition, kind, actual, scale)
    return Answer(condition, _expected(condition, kind, scale), tell(kind, actual, scale.counted_in), held)


def why_not_condition(condition: Condition, currency: str | None = None) -> list[Problem]:
    """Say what is wrong with a condition: a comparison that makes no sense for its fact, a value of another kind."""
    allowed = operators_of(condition.fact)
    if condition.operator not in allowed:
        words = ", ".join(operator.label for operator in allowed)
        return [Problem("wrong_operator", f"{condition.fact.label}: use one of: {words}.", "operator")]
    value = condition.value.strip()
    if condition.operator in _WORDLESS:
        return [Problem("not_needed", f"{condition.describe()}: leave the value empty.", "value")] if value else []
    complaint = _complaint(condition.fact, value, currency)
    return [Problem("wrong_value", f"{condition.fact.label}: {complaint}.", "value")] if complaint else []


def codes_of(condition: Condition) -> tuple[str, ...]:
    """List the codes a condition names; none when it is about something else."""
    if FACTS[condition.fact].kind not in (Kind.CODE, Kind.TREE) or condition.operator in _WORDLESS:
        return ()
    return _several(condition.value)


def tell(kind: Kind, actual: Any, currency: str) -> str:
    """Put the value of a fact into words."""
    if actual is None or actual == []:
        return "nothing"
    if kind is Kind.MONEY:
        return f"{Decimal(actual):f} {currency}"
    if kind is Kind.FLAG:
        return "yes" if actual else "no"
    if kind is Kind.TREE:
        return ", ".join(path[-1] for path in actual)
    return str(actual)


def _holds(condition: Condition, kind: Kind, actual: Any, scale: Scale) -> bool:
    operator, missing = condition.operator, actual is None or actual == []
    if operator in _WORDLESS:
        return missing is (operator is Operator.EMPTY)
    if kind is Kind.TREE:
        return _within(operator, _several(condition.value), actual or [])
    if missing:
        return operator is Operator.IS_NOT
    if kind in (Kind.MONEY, Kind.NUMBER):
        value = Decimal(condition.value)
        return _compare(operator, Decimal(actual), scale.counted(value) if kind is Kind.MONEY else value)
    if kind is Kind.FLAG:
        return bool(actual) is _FLAGS[condition.value]
    return (actual in _several(condition.value)) is (operator is Operator.IS)


def _compare(operator: Operator, actual: Decimal, value: Decimal) -> bool:
    return {
        Operator.ABOVE: actual > value,
        Operator.AT_LEAST: actual >= value,
        Operator.BELOW: actual < value,
        Operator.AT_MOST: actual <= value,
        Operator.IS: actual == value,
    }[operator]


def _within(operator: Operator, codes: tuple[str, ...], paths: list[list[str]]) -> bool:
    """Say whether branches of a tree stand in or below one of the codes."""
    inside = [any(code in path for code in codes) for path in paths]
    if operator is Operator.NOT_WITHIN:
        return not any(inside)
    return bool(inside) and (all(inside) if operator is Operator.ALL_WITHIN else any(inside))


def _expected(condition: Condition, kind: Kind, scale: Scale) -> str:
    if kind is not Kind.MONEY or condition.operator in _WORDLESS:
        return f"{condition.operator.label} {condition.value}".strip()
    words = f"{condition.operator.label} {condition.value} {scale.written_in}"
    if scale.written_in == scale.counted_in:
        return words
    return f"{words} ({scale.counted(Decimal(condition.value)):f} {scale.counted_in})"


def _complaint(name: FactName, value: str, currency: str | None) -> str:
    fact = FACTS[name]
    if not value:
        return "enter a value"
    if fact.kind in (Kind.MONEY, Kind.NUMBER):
        return _why_not_number(fact.kind, value, currency)
    if fact.kind is Kind.FLAG:
        return "" if value in _FLAGS else "enter yes or no"
    if fact.kind is Kind.CHOICE:
        known = [code for code, _ in fact.choices]
        return "" if set(_several(value)) <= set(known) else f"use {', '.join(known)}"
    return "" if _several(value) else "enter a code, or several with commas between them"


def _why_not_number(kind: Kind, value: str, currency: str | None) -> str:
    if not _NUMBER.fullmatch(value):
        return "enter a number such as 5000.00"
    if kind is Kind.MONEY and currency:
        digits = minor_units(currency)
        if Decimal(value) != round(Decimal(value), digits):
            return f"use at most {digits} decimals, as {currency} has"
    return ""


def _several(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
