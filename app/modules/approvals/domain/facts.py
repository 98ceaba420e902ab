"""What a policy may ask about a document: a closed list, each with its kind and the comparisons that make sense."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from app.kernel.choice import Labelled


class Kind(enum.Enum):
    """What sort of thing a fact is, and so how it is compared and entered."""

    MONEY = "money"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    CODE = "code"
    TREE = "tree"


class Operator(Labelled):
    """How a fact is held against a value."""

    ABOVE = "above", "is above"
    AT_LEAST = "at_least", "is at least"
    BELOW = "below", "is below"
    AT_MOST = "at_most", "is at most"
    IS = "is", "is"
    IS_NOT = "is_not", "is not"
    WITHIN = "within", "is in or below"
    ALL_WITHIN = "all_within", "is in or below, all of it"
    NOT_WITHIN = "not_within", "is nowhere in or below"
    EMPTY = "empty", "is empty"
    FILLED = "filled", "is filled"


class FactName(Labelled):
    """Everything a condition may name."""

    AMOUNT = "amount", "Amount"
    HIGHEST_LINE = "highest_line", "Highest line"
    CURRENCY = "currency", "Currency"
    ENTITY = "entity", "Entity"
    COST_CENTRE = "cost_centre", "Cost centre"
    CATEGORY = "category", "Category"
    PROJECT = "project", "Project"
    SUPPLIER = "supplier", "Supplier"
    SUPPLIER_STATE = "supplier_state", "Supplier's state"
    SUPPLIER_NEW = "supplier_new", "New supplier"
    REQUESTER = "requester", "Requester"
    REQUESTER_COST_CENTRE = "requester_cost_centre", "Requester's cost centre"
    ON_BEHALF = "on_behalf", "On behalf of someone"
    LINES = "lines", "Number of lines"
    CATALOGUE_ONLY = "catalogue_only", "All from the catalogue"
    FREE_TEXT = "free_text", "Free text lines"
    FILES = "files", "Number of files"
    BUDGET = "budget", "Budget"
    BUDGET_LEFT_PERCENT = "budget_left_percent", "Budget left in percent"
    NEEDED_IN_DAYS = "needed_in_days", "Needed in days"
    FROM_REQUEST = "from_request", "All from approved requests"
    DEPOSIT = "deposit", "Deposit"
    DEPOSIT_PERCENT = "deposit_percent", "Deposit in percent"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its kind, the values it may have, and for codes the resource they name."""

    name: FactName
    kind: Kind
    choices: tuple[tuple[str, str], ...] = ()
    target: str = ""
    optional: bool = False


_SIZES = (Operator.ABOVE, Operator.AT_LEAST, Operator.BELOW, Operator.AT_MOST)
_EMPTINESS = (Operator.EMPTY, Operator.FILLED)
_BRANCHES = (Operator.WITHIN, Operator.ALL_WITHIN, Operator.NOT_WITHIN)
_OPERATORS = {
    Kind.MONEY: _SIZES,
    Kind.NUMBER: (*_SIZES, Operator.IS),
    Kind.FLAG: (Operator.IS,),
    Kind.CHOICE: (Operator.IS, Operator.IS_NOT),
    Kind.CODE: (Operator.IS, Operator.IS_NOT),
    Kind.TREE: _BRANCHES,
}
_STATES = (("prospect", "Prospect"), ("approved", "Approved"), ("blocked", "Blocked"), ("merged", "Merged"))
_BUDGETS = (("fits", "Fits"), ("over_soft", "Over a budget that may be overrun"), ("none", "No budget"))

FACTS: Mapping[FactName, Fact] = {
    fact.name: fact
    for fact in (
        Fact(FactName.AMOUNT, Kind.MONEY),
        Fact(FactName.HIGHEST_LINE, Kind.MONEY, optional=True),
        Fact(FactName.CURRENCY, Kind.CODE, target="currency"),
        Fact(FactName.ENTITY, Kind.CODE, target="entity"),
        Fact(FactName.COST_CENTRE, Kind.TREE, target="cost_centre", optional=True),
        Fact(FactName.CATEGORY, Kind.TREE, target="category", optional=True),
        Fact(FactName.PROJECT, Kind.TREE, target="project", optional=True),
        Fact(FactName.SUPPLIER, Kind.CODE, target="supplier", optional=True),
        Fact(FactName.SUPPLIER_STATE, Kind.CHOICE, _STATES, optional=True),
        Fact(FactName.SUPPLIER_NEW, Kind.FLAG, optional=True),
        Fact(FactName.REQUESTER, Kind.CODE, target="person"),
        Fact(FactName.REQUESTER_COST_CENTRE, Kind.TREE, target="cost_centre", optional=True),
        Fact(FactName.ON_BEHALF, Kind.FLAG),
        Fact(FactName.LINES, Kind.NUMBER),
        Fact(FactName.CATALOGUE_ONLY, Kind.FLAG),
        Fact(FactName.FREE_TEXT, Kind.FLAG),
        Fact(FactName.FILES, Kind.NUMBER),
        Fact(FactName.BUDGET, Kind.CHOICE, _BUDGETS, optional=True),
        Fact(FactName.BUDGET_LEFT_PERCENT, Kind.NUMBER, optional=True),
        Fact(FactName.NEEDED_IN_DAYS, Kind.NUMBER, optional=True),
        Fact(FactName.FROM_REQUEST, Kind.FLAG, optional=True),
        Fact(FactName.DEPOSIT, Kind.MONEY, optional=True),
        Fact(FactName.DEPOSIT_PERCENT, Kind.NUMBER, optional=True),
    )
}

KINDS: Mapping[str, Kind] = {name.value: fact.kind for name, fact in FACTS.items()}

# What whoever hands a document over has to say; the rest follows from who and what it refers to.
GIVEN = frozenset(
    name.value
    for name in (
        FactName.CURRENCY, FactName.ON_BEHALF, FactName.LINES, FactName.CATALOGUE_ONLY, FactName.FREE_TEXT,
        FactName.FILES, FactName.BUDGET, FactName.BUDGET_LEFT_PERCENT, FactName.NEEDED_IN_DAYS, FactName.HIGHEST_LINE,
        FactName.FROM_REQUEST, FactName.DEPOSIT, FactName.DEPOSIT_PERCENT,
    )
)  # fmt: skip


def operators_of(name: FactName) -> tuple[Operator, ...]:
    """List the comparisons that make sense for a fact."""
    fact = FACTS[name]
    return (*_OPERATORS[fact.kind], *(_EMPTINESS if fact.optional else ()))
