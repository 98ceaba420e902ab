"""Outlay's own sums over an invoice, because documents that pass every rule can still be wrong by pounds.

Stated figures are added up and compared. Below half of the smallest coin two figures are the same. Beyond that:
the tax of a rate may differ by one coin from the rate on its taxable amount (some round half to even), and every other
sum by nothing. A line that differs by more than one coin from quantity times price is a warning only: EN 16931 does not
tie the two together, prices are often cut to fewer digits than they were reckoned with, and matching looks at both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

from app.kernel.money import CURRENCIES, minor_units
from app.modules.invoices.domain.document import Adjustment, Line, Parsed, Totals
from app.modules.invoices.domain.verdict import Finding

_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_ZERO = Decimal(0)
_WHOLE = Decimal(100)
Rate = tuple[str, Decimal]


def check(parsed: Parsed) -> tuple[Finding, ...]:
    """Compare what the document states with what its own figures come to."""
    coin = _coin(parsed.currency)
    return (
        *_check_lines(parsed, coin),
        *_check_sums(parsed, coin),
        *_check_taxes(parsed, coin),
    )


def recompute(parsed: Parsed) -> Totals:
    """Add the document up from its lines: net per line as stated, tax per rate on the sum of that rate's lines."""
    coin = _coin(parsed.currency)
    lines = _added(line.net for line in counted(parsed))
    allowances, charges = _adjusted(parsed.adjustments, charge=False), _adjusted(parsed.adjustments, charge=True)
    net = lines - allowances + charges
    tax = _added(_rounded(_share(basis, rate), coin) for (_, rate), basis in bases(parsed).items())
    gross = net + tax
    prepaid, rounding = parsed.totals.prepaid or _ZERO, parsed.totals.rounding or _ZERO
    return Totals(
        lines=_rounded(lines, coin),
        allowances=_rounded(allowances, coin),
        charges=_rounded(charges, coin),
        net=_rounded(net, coin),
        tax=_rounded(tax, coin),
        gross=_rounded(gross, coin),
        prepaid=parsed.totals.prepaid,
        rounding=parsed.totals.rounding,
        payable=_rounded(gross - prepaid + rounding, coin),
    )


def counted(parsed: Parsed) -> tuple[Line, ...]:
    """Leave out headings and parts of other lines."""
    return tuple(line for line in parsed.lines if line.counts)


def bases(parsed: Parsed) -> dict[Rate, Decimal]:
    """Add up what each tax category and rate is charged on."""
    sums: defaultdict[Rate, Decimal] = defaultdict(Decimal)
    for line in counted(parsed):
        sums[_rate(line.tax_category, line.tax_rate)] += line.net or _ZERO
    for adjustment in parsed.adjustments:
        signed = (adjustment.amount or _ZERO) * (1 if adjustment.charge else -1)
        sums[_rate(adjustment.tax_category, adjustment.tax_rate)] += signed
    return dict(sums)


def _check_lines(parsed: Parsed, coin: Decimal) -> Iterator[Finding]:
    for line in counted(parsed):
        if line.net is None or line.price is None or line.quantity is None:
            continue
        base = line.base_quantity or Decimal(1)
        gross = _EXACT.divide(_EXACT.multiply(line.quantity, line.price), base)
        due = gross - _adjusted(line.adjustments, charge=False) + _adjusted(line.adjustments, charge=True)
        if abs(line.net - due) >= coin + coin / 2:
            text = f"states {_shown(line.net)}, but quantity times price comes to {_shown(_rounded(due, coin))}"
            yield Finding(
                "OUT-LINE", "warning", f"Line {line.id} {text}.", f"line {line.id}", ("BT-131",), _shown(line.net)
            )


def _check_sums(parsed: Parsed, coin: Decimal) -> Iterator[Finding]:
    stated, lines = parsed.totals, counted(parsed)
    allowances, charges = _adjusted(parsed.adjustments, charge=False), _adjusted(parsed.adjustments, charge=True)
    if lines and all(line.net is not None for line in lines):
        total = _added(line.net for line in lines)
        yield from _compare("OUT-LINES", "BT-106", "the lines come to", stated.lines, total, coin)
        # An allowance or charge that is left out says nought.
        yield from _compare(
            "OUT-ALLOWANCES", "BT-107", "the allowances come to", stated.allowances or _ZERO, allowances, coin
        )
        yield from _compare("OUT-CHARGES", "BT-108", "the charges come to", stated.charges or _ZERO, charges, coin)
    if stated.lines is not None:
        net = stated.lines - (stated.allowances or _ZERO) + (stated.charges or _ZERO)
        yield from _compare("OUT-NET", "BT-109", "lines less allowances plus charges come to", stated.net, net, coin)
    if parsed.taxes and all(part.amount is not None for part in parsed.taxes):
        taxes = _added(part.amount for part in parsed.taxes)
        yield from _compare("OUT-TAX-TOTAL", "BT-110", "the tax of all rates comes to", stated.tax, taxes, coin)
    if stated.net is not None:
        # Where no total of tax is stated, the tax per rate still is.
        tax = stated.tax if stated.tax is not None else _added(part.amount for part in parsed.taxes)
        gross = stated.net + tax
        yield from _compare("OUT-GROSS", "BT-112", "net plus tax comes to", stated.gross, gross, coin)
    # The smallest profile of Factur-X has no place to say what was paid before.
    if stated.gross is not None and (stated.prepaid is not None or not parsed.profile.lower().endswith(":minimum")):
        due = stated.gross - (stated.prepaid or _ZERO) + (stated.rounding or _ZERO)
        yield from _compare("OUT-PAYABLE", "BT-115", "the total less what was paid comes to", stated.payable, due, coin)


def _check_taxes(parsed: Parsed, coin: Decimal) -> Iterator[Finding]:
    lines = counted(parsed)
    known = bool(lines) and all(line.net is not None and line.tax_category for line in lines)
    sums = bases(parsed) if known else {}
    for part in parsed.taxes:
        rate = _rate(part.category, part.rate)
        name = f"{part.category} {_shown(rate[1])} %".strip()
        if part.basis is None or part.amount is None:
            continue
        if known and abs(part.basis - sums.get(rate, _ZERO)) >= coin / 2:
            comes = _shown(_rounded(sums.get(rate, _ZERO), coin))
            text = f"The taxable amount of {name} is stated as {_shown(part.basis)}, but its lines come to {comes}."
            yield Finding("OUT-BASIS", "error", text, f"tax {name}", ("BT-116",), _shown(part.basis))
        due = _share(part.basis, rate[1])
        if abs(part.amount - due) >= coin + coin / 2:
            text = f"The tax of {name} is stated as {_shown(part.amount)}, but the rate on {_shown(part.basis)} gives"
            found = _shown(part.amount)
            yield Finding(
                "OUT-TAX", "error", f"{text} {_shown(_rounded(due, coin))}.", f"tax {name}", ("BT-117",), found
            )


def _compare(
    rule: str, term: str, comes_to: str, stated: Decimal | None, due: Decimal, coin: Decimal
) -> Iterator[Finding]:
    """Find a difference to a figure that is stated; one that is not is for the rules to miss."""
    if stated is not None and abs(stated - due) >= coin / 2:
        text = f"The document states {_shown(stated)}, but {comes_to} {_shown(_rounded(due, coin))}."
        yield Finding(rule, "error", text, "totals", (term,), _shown(stated))


def _adjusted(adjustments: Iterable[Adjustment], *, charge: bool) -> Decimal:
    return _added(each.amount for each in adjustments if each.charge is charge)


def _added(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), _ZERO)


def _share(basis: Decimal, percent: Decimal) -> Decimal:
    return _EXACT.divide(_EXACT.multiply(basis, percent), _WHOLE)


def _rate(category: str, rate: Decimal | None) -> Rate:
    """Name a rate so that 19 and 19.00, none and nought are the same."""
    return category, (rate or _ZERO).normalize() + 0


def _coin(currency: str) -> Decimal:
    return Decimal(1).scaleb(-minor_units(currency)) if currency in CURRENCIES else Decimal("0.01")


def _rounded(amount: Decimal, coin: Decimal) -> Decimal:
    return amount.quantize(coin, context=_EXACT)


def _shown(amount: Decimal) -> str:
    return f"{amount:f}"
