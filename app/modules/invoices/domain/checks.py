"""What a check says: what was expected, what was found, the difference, the tolerance used, the verdict, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from app.kernel.choice import Labelled
from app.kernel.money import Money
from app.modules.invoices.domain.tolerances import NOTHING, Limit, Tolerance, figure, plain

Value = Decimal | date | str | None


class CheckName(Labelled):
    """The checks, in the order in which they are made."""

    SUPPLIER = "supplier", "Supplier"
    ADDRESSEE = "addressee", "Addressed to"
    CURRENCY = "currency", "Currency"
    LINE_LINK = "line_link", "Line link"
    QUANTITY = "quantity", "Quantity"
    UNIT_PRICE = "unit_price", "Unit price"
    LINE_TOTAL = "line_total", "Line total"
    CHARGES = "charges", "Charges"
    TAX = "tax", "Tax"
    DOCUMENT_TOTAL = "document_total", "Document total"
    PAYABLE = "payable", "Payable amount"
    TERMS = "terms", "Payment terms"
    BANK_ACCOUNT = "bank_account", "Bank account"
    DUPLICATE = "duplicate", "Duplicate"


class Verdict(Labelled):
    """How a check ended."""

    OK = "ok", "As expected"
    WITHIN = "within", "Within tolerance"
    EXCEPTION = "exception", "Does not match"
    NOT_APPLICABLE = "not_applicable", "Not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one line, or of several or the whole document.

    `code` names for scripts what was found, `about` the order or rate it was found of where that is not a line; `unit` is a currency, a unit of measure, "days" or "%"; `effect` is what the
    difference costs (above zero) or spares us in the invoice's currency.
    """

    name: CheckName
    verdict: Verdict
    code: str
    text: str
    lines: tuple[int, ...] = ()
    expected: Value = None
    actual: Value = None
    difference: Decimal | None = None
    unit: str = ""
    effect: Decimal | None = None
    tolerance: str = ""
    tolerance_rows: tuple[int, ...] = ()
    about: str = ""

    @property
    def line(self) -> int | None:
        """Give the line it is about, where it is one."""
        return self.lines[0] if len(self.lines) == 1 else None


@dataclass(frozen=True, slots=True)
class Weighing:
    """Two numbers to be compared, what their difference comes to in money, and what a percent is of."""

    expected: Decimal | Fraction
    actual: Decimal | Fraction
    effect: Money
    base: Decimal | Fraction
    unit: str
    lines: tuple[int, ...] = ()
    about: str = ""


def ok(
    name: CheckName, text: str, *, lines: tuple[int, ...] = (), expected: Value = None, actual: Value = None
) -> Check:
    """Say that all is as expected."""
    return Check(name, Verdict.OK, "as_expected", text, lines, expected, actual)


def skipped(name: CheckName, text: str, *, lines: tuple[int, ...] = ()) -> Check:
    """Say why there was nothing to compare."""
    return Check(name, Verdict.NOT_APPLICABLE, "not_applicable", text, lines)


def failed(
    name: CheckName,
    code: str,
    text: str,
    *,
    lines: tuple[int, ...] = (),
    expected: Value = None,
    actual: Value = None,
    about: str = "",
) -> Check:
    """Say what does not match, where no tolerance could help."""
    return Check(name, Verdict.EXCEPTION, code, text, lines, expected, actual, about=about)


def weighed(name: CheckName, code: str, text: str, weighing: Weighing, tolerance: Tolerance) -> Check:
    """Judge a difference by the tolerance of its direction; what comes to no cent matters to nobody."""
    difference = Fraction(weighing.actual) - Fraction(weighing.expected)
    effect = weighing.effect.rounded().amount
    limit, rows, words = NOTHING, tuple[int, ...](), ""
    if not difference:
        verdict, code = Verdict.OK, "as_expected"
    elif not effect and weighing.effect:
        verdict, words = Verdict.WITHIN, "less than the smallest coin"
    else:
        limit = tolerance.towards(effect or difference)
        verdict = Verdict.WITHIN if limit.allows(difference, weighing.base, effect) else Verdict.EXCEPTION
        rows, words = limit.rows, _allowed(limit, weighing)
    return Check(
        name=name,
        verdict=verdict,
        code=code,
        text=text if not words else f"{text} Allowed: {words}.",
        lines=weighing.lines,
        expected=rounded(weighing.expected),
        actual=rounded(weighing.actual),
        difference=rounded(difference),
        unit=weighing.unit,
        effect=effect,
        tolerance=words,
        tolerance_rows=rows,
        about=weighing.about,
    )


def _allowed(limit: Limit, weighing: Weighing) -> str:
    return limit.words("days" if weighing.unit == "days" else weighing.effect.currency)


def capped(name: CheckName, tolerated: Iterable[tuple[Check, Tolerance]], net: Money) -> Iterator[Check]:
    """Raise an exception where differences tolerated line by line come to more than the document may differ.

    Each direction is counted on its own, so that one line's surplus never pays for another's; where lines have different
    caps, each of them has to hold for all. A percent is of the net amount without those differences.
    """
    counted = [(check, tolerance) for check, tolerance in tolerated if check.verdict is Verdict.WITHIN and check.effect]
    by_direction = sorted(counted, key=lambda each: (each[0].effect or 0) < 0)
    for is_under, group in groupby(by_direction, key=lambda each: (each[0].effect or 0) < 0):
        members = list(group)
        total = sum((check.effect or Decimal(0) for check, _ in members), Decimal(0))
        limits = [tolerance.cap_towards(total) for _, tolerance in members]
        expected = net.amount - total
        broken = next((each for each in limits if each.is_given and not each.allows(total, expected, total)), None)
        if broken is not None:
            way = "too little" if is_under else "too much"
            words = broken.words(net.currency)
            yield Check(
                name,
                Verdict.EXCEPTION,
                "over_cap",
                f"The tolerated differences of {_lines(members)} come to {figure(abs(total), net.currency)} {way} together. "
                f"Allowed for the document: {words}.",
                expected=Decimal(0),
                actual=total,
                difference=total,
                unit=net.currency,
                effect=total,
                tolerance=words,
                tolerance_rows=broken.rows,
                about="under" if is_under else "over",
            )


def _lines(members: list[tuple[Check, Tolerance]]) -> str:
    numbers = sorted({number for check, _ in members for number in check.lines})
    return named(tuple(numbers)) if numbers else "the document"


def named(lines: tuple[int, ...]) -> str:
    """Name lines in a sentence: line 2, or lines 2, 3 and 5."""
    texts = [str(number) for number in lines]
    return f"line {texts[0]}" if len(texts) == 1 else f"lines {', '.join(texts[:-1])} and {texts[-1]}"


def rounded(number: Decimal | Fraction) -> Decimal:
    """Write a number as a decimal; what has no end is cut after six places, for display only."""
    return Decimal(plain(number))
