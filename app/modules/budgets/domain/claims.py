"""Which cells a claim is charged to, what is left in them, and what stands against asking for more."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any, Protocol, Self

from app.kernel.money import Money, Percent, minor_units
from app.kernel.problem import Problem

ZERO = Decimal(0)


class Control(enum.StrEnum):
    """What happens when a cell is used up: nothing more goes through, or its owner is asked."""

    HARD = "hard"
    SOFT = "soft"


class Bucket(enum.StrEnum):
    """The figures of a cell; the first three make the budget, the others use it up."""

    PLANNED = "planned"
    TRANSFERRED = "transferred"
    CARRIED = "carried"
    ACTUAL = "actual"
    COMMITTED = "committed"
    RESERVED = "reserved"


class Kind(enum.StrEnum):
    """Why a figure moved."""

    PLAN = "plan"
    RESERVE = "reserve"
    COMMIT = "commit"
    ACTUAL = "actual"
    RELEASE = "release"
    TRANSFER = "transfer"
    CARRY = "carry"
    ADJUST = "adjust"


class Adjustable(enum.StrEnum):
    """What an adjustment corrects."""

    PLAN = "planned", "The budget"
    SPENT = "actual", "What was spent outside Outlay"

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """Keep what people read beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Verdict(enum.StrEnum):
    """How a claim stands to a cell."""

    FITS = "fits"
    OVER_SOFT = "over_soft"
    OVER_HARD = "over_hard"


BUDGET = (Bucket.PLANNED, Bucket.TRANSFERRED, Bucket.CARRIED)
USE = (Bucket.ACTUAL, Bucket.COMMITTED, Bucket.RESERVED)
_RISES = {Bucket.RESERVED: Kind.RESERVE, Bucket.COMMITTED: Kind.COMMIT, Bucket.ACTUAL: Kind.ACTUAL}


@dataclass(frozen=True, slots=True)
class Claim:
    """What one line of a document asks of the budget, in the entity's base currency; what was agreed stands beside it.

    `field` is where the document shows it, such as `lines.2`.
    """

    entity_id: int
    cost_centre_id: int | None
    category_id: int | None
    project_id: int | None
    on: date
    amount: Decimal
    field: str = ""
    original_amount: Decimal | None = None
    original_currency: str | None = None
    rate: Decimal | None = None
    rate_on: date | None = None
    rate_source: str | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """All that a document holds in one bucket (`reserved`, `committed`, `actual`) from now on; no claims: nothing."""

    source_resource: str
    source_id: int
    source_key: str
    bucket: Bucket
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a bucket that no document holds."""
        object.__setattr__(self, "bucket", Bucket(self.bucket))
        object.__setattr__(self, "claims", tuple(self.claims))
        if self.bucket not in USE:
            raise ValueError(f"documents hold nothing in {self.bucket}")

    @property
    def source(self) -> Source:
        """Name the document."""
        return Source(self.source_resource, self.source_id, self.source_key)


@dataclass(frozen=True, slots=True)
class Source:
    """The document a move comes from."""

    resource: str
    id: int
    key: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What documents do to a cell: its figures without them, what they take, and what is left after that."""

    cell_id: int
    code: str
    label: str
    control: Control
    currency: str
    planned: Decimal
    actual: Decimal
    committed: Decimal
    reserved: Decimal
    this: Decimal
    left_after: Decimal
    percent_left: Decimal
    tolerance: Decimal
    verdict: Verdict
    fields: tuple[str, ...] = ()

    @property
    def left(self) -> Decimal:
        """Tell what was left before."""
        return self.left_after + self.this

    @property
    def is_over(self) -> bool:
        """Say whether it is more than the cell has."""
        return self.verdict is not Verdict.FITS


@dataclass(frozen=True, slots=True)
class Weighed:
    """What documents would do to the budget: cell by cell, what no cell covers, and what stands against it."""

    impacts: tuple[Impact, ...] = ()
    unbudgeted: tuple[Claim, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def verdicts(self) -> dict[int, Verdict]:
        """Tell how each cell stands, which is what a policy asks; the figures move with every other document."""
        return {impact.cell_id: impact.verdict for impact in self.impacts}


@dataclass(frozen=True, slots=True)
class Change:
    """One move to be written."""

    cell_id: int
    kind: Kind
    bucket: Bucket
    amount: Decimal
    on: date
    source: Source
    line: str | None = None
    reason: str | None = None
    original_amount: Decimal | None = None
    original_currency: str | None = None
    rate: Decimal | None = None
    rate_on: date | None = None
    rate_source: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a cell."""

    planned: Decimal = ZERO
    transferred: Decimal = ZERO
    carried: Decimal = ZERO
    actual: Decimal = ZERO
    committed: Decimal = ZERO
    reserved: Decimal = ZERO

    @property
    def budget(self) -> Decimal:
        """Tell what may be spent in all."""
        return self.planned + self.transferred + self.carried

    @property
    def used(self) -> Decimal:
        """Tell what is spent or spoken for."""
        return self.actual + self.committed + self.reserved

    @property
    def available(self) -> Decimal:
        """Tell what is left."""
        return self.budget - self.used

    def moved(self, bucket: str, amount: Decimal) -> Figures:
        """Add to one figure."""
        return replace(self, **{str(bucket): getattr(self, bucket) + amount})

    def without(self, other: Figures) -> Figures:
        """Leave out what some documents use."""
        return Figures(
            self.planned,
            self.transferred,
            self.carried,
            self.actual - other.actual,
            self.committed - other.committed,
            self.reserved - other.reserved,
        )


class Covering(Protocol):
    """What has to be known of a cell to tell what is charged to it."""

    id: Any
    entity_id: Any
    cost_centre_id: Any
    category_id: Any
    project_id: Any
    first_on: Any
    last_on: Any


@dataclass(frozen=True, slots=True)
class Above:
    """Every cost centre, category and project with all that stand above it, itself included."""

    cost_centres: Mapping[int, frozenset[int]] = field(default_factory=dict)
    categories: Mapping[int, frozenset[int]] = field(default_factory=dict)
    projects: Mapping[int, frozenset[int]] = field(default_factory=dict)


def covers(cell: Covering, claim: Claim, above: Above) -> bool:
    """Say whether a claim is charged to a cell: same entity, its day inside, each dimension equal, below or open."""
    return (
        cell.entity_id == claim.entity_id
        and cell.first_on <= claim.on <= cell.last_on
        and _within(cell.cost_centre_id, claim.cost_centre_id, above.cost_centres)
        and _within(cell.category_id, claim.category_id, above.categories)
        and _within(cell.project_id, claim.project_id, above.projects)
    )


def _within(limit: int | None, claimed: int | None, above: Mapping[int, frozenset[int]]) -> bool:
    if limit is None:
        return True
    return claimed is not None and limit in above.get(claimed, frozenset({claimed}))


@dataclass(frozen=True, slots=True)
class Held:
    """What a document holds in one bucket of one cell, agreed in one currency."""

    amount: Decimal = ZERO
    original: Decimal | None = None
    claim: Claim | None = None
    fields: tuple[str, ...] = ()

    def with_claim(self, claim: Claim) -> Held:
        """Add a claim."""
        original = None if claim.original_amount is None else (self.original or ZERO) + claim.original_amount
        fields = (*self.fields, claim.field) if claim.field and claim.field not in self.fields else self.fields
        return Held(self.amount + claim.amount, original, claim, fields)

    def with_other(self, other: Held) -> Held:
        """Add what is held there in another currency or bucket, leaving aside what was agreed."""
        fields = tuple(dict.fromkeys((*self.fields, *other.fields)))
        return Held(self.amount + other.amount, fields=fields)


HeldIn = tuple[int, str | None]


def target_of(claims: Iterable[Claim], cells: Iterable[Covering], above: Above) -> dict[HeldIn, Held]:
    """Charge claims to every cell that covers them, by cell and currency of the agreement."""
    cells = list(cells)
    target: dict[HeldIn, Held] = defaultdict(Held)
    for claim in claims:
        for cell in cells:
            if covers(cell, claim, above):
                where = (cell.id, claim.original_currency)
                target[where] = target[where].with_claim(claim)
    return dict(target)


def changes_to(
    holding: Holding, present: Mapping[HeldIn, Held], target: Mapping[HeldIn, Held], today: date
) -> list[Change]:
    """List the moves that lead from what a document holds to what it shall hold."""
    changes = []
    for where in sorted({*present, *target}, key=lambda each: (each[0], each[1] or "")):
        before, after = present.get(where, Held()), target.get(where, Held())
        difference = after.amount - before.amount
        if not difference:
            continue
        claim = after.claim
        has_original = before.original is not None or after.original is not None
        changes.append(
            Change(
                cell_id=where[0],
                kind=_RISES[holding.bucket] if difference > 0 else Kind.RELEASE,
                bucket=holding.bucket,
                amount=difference,
                on=claim.on if claim else today,
                source=holding.source,
                line=", ".join(after.fields)[:200] or None,
                original_amount=(after.original or ZERO) - (before.original or ZERO) if has_original else None,
                original_currency=where[1],
                rate=claim.rate if claim else None,
                rate_on=claim.rate_on if claim else None,
                rate_source=claim.rate_source if claim else None,
            )
        )
    return changes


def floor_of(
    control: Control, percent: Decimal | None, amount: Decimal | None, budget: Decimal, currency: str
) -> Decimal | None:
    """Tell how low a hard cell may go: minus its tolerance, the smaller where there are two; a soft cell has no floor."""
    if control is Control.SOFT:
        return None
    return -tolerance_of(percent, amount, budget, currency)


def tolerance_of(percent: Decimal | None, amount: Decimal | None, budget: Decimal, currency: str) -> Decimal:
    """Tell by how much a budget may be overrun before that counts; in doubt a cent less."""
    limits = [] if amount is None else [amount]
    if percent is not None:
        step = Decimal(1).scaleb(-minor_units(currency))
        share = Percent(percent).of(Money(max(budget, ZERO), currency)).amount
        limits.append(share.quantize(step, rounding=ROUND_DOWN))
    return min(limits, default=ZERO)


def percent_left(left: Decimal, budget: Decimal) -> Decimal:
    """Tell what share of a budget is left, to a tenth of a percent; of nothing, nothing is left."""
    return (left / budget * 100).quantize(Decimal("0.1")) if budget > 0 else ZERO


def verdict_of(control: Control, this: Decimal, rise: Decimal, left_after: Decimal, tolerance: Decimal) -> Verdict:
    """Judge what documents do to a cell: a hard one minds being asked for more, a soft one whatever is in it."""
    if left_after >= -tolerance:
        return Verdict.FITS
    if control is Control.SOFT:
        return Verdict.OVER_SOFT if this > 0 else Verdict.FITS
    return Verdict.OVER_HARD if rise > 0 else Verdict.FITS


def figure(amount: Decimal, currency: str) -> str:
    """Write an amount as people read it: 15 810.00 EUR."""
    return f"{amount:,.{minor_units(currency)}f} {currency}".replace(",", "\u00a0")


def over_budget(impact: Impact) -> Problem:
    """Say that a hard cell has less than is asked."""
    has = f"{figure(impact.left, impact.currency)} left"
    if impact.tolerance:
        has += f" and {figure(impact.tolerance, impact.currency)} tolerance"
    words = f"{impact.label}: {has}, this needs {figure(impact.this, impact.currency)}."
    return Problem("over_budget", words, _first(impact.fields), _values(impact))


def budget_closed(impact: Impact) -> Problem:
    """Say that nothing more is charged to a cell."""
    words = f"{impact.label}: this budget is closed. Choose another cost centre, category or day."
    return Problem("budget_closed", words, _first(impact.fields), _values(impact))


def unbudgeted(claim: Claim) -> Problem:
    """Say that no budget covers a claim, where one is needed."""
    words = "No budget covers this. Choose another cost centre or category, or ask a controller to plan one."
    return Problem("unbudgeted", words, claim.field or None)


def _first(fields: tuple[str, ...]) -> str | None:
    return next(iter(fields), None)


def _values(impact: Impact) -> dict[str, Any]:
    return {
        "cell": impact.code,
        "left": f"{impact.left:f}",
        "needed": f"{impact.this:f}",
        "currency": impact.currency,
    }
