"""An invoice as budgets and policy see it: what it has cost, what is left to come of its orders, and its case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from app.infra import activity
from app.kernel.actor import Context
from app.kernel.money import Money
from app.modules.approvals.domain.content import Bound
from app.modules.approvals.service import Case
from app.modules.budgets import service as budgets
from app.modules.budgets.domain import Bucket, Claim, Holding, Verdict, Weighed
from app.modules.directory import queries as directory
from app.modules.invoices import queries
from app.modules.invoices.domain import exceptions as rules
from app.modules.invoices.domain.exceptions import Mismatch
from app.modules.invoices.domain.kinds import InvoiceKind
from app.modules.invoices.domain.tolerances import figure
from app.modules.invoices.models import Invoice, InvoiceLine
from app.modules.invoices.service import splitting
from app.modules.invoices.service.beside import charge_of, deposit_order, sign_of
from app.modules.invoices.service.deriving import convert
from app.modules.orders.domain.charging import Payer
from app.modules.requests.domain import in_base

NAME = "invoice"
_ZERO = Decimal(0)


def holding(invoice: Invoice) -> Holding:
    """Say what an invoice has cost: its net amounts, with charges shared out over the lines they came with.

    Tax that is given back by the state is no cost; whether it is, the tax code of a line does not say, so net it is.
    A deposit for an order costs nothing yet: the order's commitment holds the money until the goods are billed.
    """
    parts = _parts(invoice) if deposit_order(invoice) is None else []
    currency, base = invoice.currency.code, invoice.entity.base_currency.code
    net = sum((part.amount for part in parts), _ZERO)
    rate = invoice.rate or Decimal(1)
    whole = Money(net, currency).rounded().at(rate, base)
    amounts = in_base((Money(part.amount, currency) for part in parts), whole)
    claims = tuple(_claim(invoice, part, share.amount) for part, share in zip(parts, amounts, strict=True))
    return Holding(NAME, invoice.id or 0, invoice.reference or "", Bucket.ACTUAL, claims)


def beyond(context: Context, invoice: Invoice) -> list[Mismatch]:
    """Say which hard budgets an invoice that was never ordered would overrun; what was ordered was weighed then."""
    if not any(line.amount for line in invoice.lines) or convert(context, invoice):
        return []
    over = [each for each in budgets.weigh(context, holding(invoice)).impacts if each.verdict is Verdict.OVER_HARD]
    if not over:
        return []
    words = " ".join(
        f"{each.label} has {figure(each.left, each.currency)} left, this takes {figure(each.this, each.currency)}."
        for each in over
    )
    seen = "|".join(f"{each.code}:{each.this}:{each.left}" for each in over)
    return [rules.over_budget(f"{words} Move budget there and match again.", seen, context.today)]


def live(context: Context, entity_id: int) -> list[Holding]:
    """Say what all invoices of an entity have cost."""
    return [holding(invoice) for invoice in queries.list_posted(context, entity_id)]


def nothing(invoice: Invoice) -> Holding:
    """Say that an invoice costs nothing any more."""
    return Holding(NAME, invoice.id, invoice.reference, Bucket.ACTUAL)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one cost centre and project pay of a line, with their part of what the whole document was charged."""

    line: InvoiceLine
    amount: Decimal
    payer: Payer | None


def _parts(invoice: Invoice) -> list[_Part]:
    """Share every line out over those who pay it."""
    found = []
    for line, amount in _amounts(invoice):
        payers = splitting.payers_of(invoice, line)
        if len(payers) <= 1:
            found.append(_Part(line, amount, payers[0] if payers else None))
            continue
        shares = Money(amount, invoice.currency.code).rounded().split([payer.weight for payer in payers])
        found += [_Part(line, share.amount, payer) for payer, share in zip(payers, shares, strict=True)]
    return found


def _amounts(invoice: Invoice) -> list[tuple[InvoiceLine, Decimal]]:
    """Give every line its amount and its part of what was charged or allowed beside the lines."""
    sign, currency = sign_of(invoice), invoice.currency.code
    stated = [line for line in invoice.lines if line.amount and not line.deposit]
    lines = [line for line in stated if not _is_shared(invoice, line)] or stated
    shared = [line.amount or _ZERO for line in stated if line not in lines]
    adjusted = Money(sum([*shared, *(each.amount for each in invoice.adjustments)], _ZERO), currency).rounded()
    shares = adjusted.split([abs(line.amount or _ZERO) for line in lines]) if lines and adjusted else None
    return [
        (line, sign * ((line.amount or _ZERO) + (shares[at].amount if shares else _ZERO)))
        for at, line in enumerate(lines)
    ]


def _is_shared(invoice: Invoice, line: InvoiceLine) -> bool:
    """Say whether a line is freight or the like of an order, and nobody said who pays it."""
    is_said = line.category or line.cost_centre or line.project
    return (
        invoice.order is not None
        and not is_said
        and all(split.line != invoice.lines.index(line) + 1 for split in invoice.splits)
        and bool(charge_of(invoice, line))
    )


def _claim(invoice: Invoice, part: _Part, base: Decimal) -> Claim:
    line, payer = part.line, part.payer
    claim = Claim(
        entity_id=invoice.entity.id,
        cost_centre_id=payer.cost_centre_id if payer else None,
        category_id=line.category.id if line.category else None,
        project_id=payer.project_id if payer else None,
        on=_day(invoice),
        amount=base,
        field=f"lines.{invoice.lines.index(line)}",
    )
    if invoice.currency is invoice.entity.base_currency:
        return claim
    return replace(
        claim,
        original_amount=part.amount,
        original_currency=invoice.currency.code,
        rate=invoice.rate,
        rate_on=invoice.rate_on,
        rate_source=invoice.rate_source,
    )


def _day(invoice: Invoice) -> Any:
    return invoice.delivered_on or invoice.issued_on or invoice.received_on


def billed(invoice: Invoice) -> dict[int, dict[int, tuple[Decimal, Decimal]]]:
    """Tell by order and by order line what an invoice bills: a quantity and an amount, below zero for a credit note."""
    sign = sign_of(invoice)
    found: defaultdict[int, defaultdict[int, list[Decimal]]] = defaultdict(lambda: defaultdict(lambda: [_ZERO, _ZERO]))
    for line in invoice.lines:
        if line.ordered is None or invoice.kind is InvoiceKind.DEPOSIT:
            continue
        sums = found[line.ordered.order_id][line.ordered.id]
        sums[0] += sign * (_ZERO if line.amount_only else line.quantity or _ZERO)
        sums[1] += sign * (line.amount or _ZERO)
    return {order: {line: (sums[0], sums[1]) for line, sums in lines.items()} for order, lines in found.items()}


def case_of(context: Context, invoice: Invoice, weighed: Weighed | None = None) -> Case:
    """Lay an invoice without order out for policy: who took it in, from whom, how much, where it is charged."""
    weighed = weighed or budgets.weigh(context, holding(invoice))
    makers = directory.list_by_account(context, invoice.makers or ())
    requester = directory.find_by_account(context, context.actor.id) or next(iter(makers), None)
    assert requester is not None
    centres = [line.cost_centre or invoice.cost_centre for line in invoice.lines] or [invoice.cost_centre]
    return Case(
        resource=NAME,
        row_id=invoice.id or 0,
        key=invoice.reference or "",
        title=invoice.summary,
        requester=requester,
        entity=invoice.entity,
        bound=bound_of(context, invoice),
        excluded=frozenset(person.id for person in makers),
        cost_centres=_ids([*centres, *(split.cost_centre for split in invoice.splits)]),
        categories=_ids(line.category for line in invoice.lines),
        projects=_ids(
            [*(line.project or invoice.project for line in invoice.lines), *(each.project for each in invoice.splits)]
        ),
        supplier=invoice.supplier.id if invoice.supplier else None,
        facts=_facts(context, invoice, weighed),
    )


def _facts(context: Context, invoice: Invoice, weighed: Weighed) -> dict[str, Any]:
    base, rate = invoice.entity.base_currency.code, invoice.rate or Decimal(1)
    highest = max((abs(line.amount or _ZERO) for line in invoice.lines), default=_ZERO)
    return {
        "currency": invoice.currency.code,
        "on_behalf": False,
        "lines": len(invoice.lines),
        "catalogue_only": False,
        "free_text": True,
        "files": activity.count_files(context, NAME, invoice.id),
        "budget": _standing(weighed),
        "budget_left_percent": min((impact.percent_left for impact in weighed.impacts), default=None),
        "needed_in_days": None,
        "highest_line": Money(highest, invoice.currency.code).at(rate, base).amount,
        "from_request": False,
    }


def _standing(weighed: Weighed) -> str | None:
    if any(impact.verdict is not Verdict.FITS for impact in weighed.impacts):
        return "over_soft"
    return "none" if weighed.unbudgeted else "fits"


def bound_of(context: Context, invoice: Invoice) -> Bound:
    """Tell what an approval is bound to: the content, and the total in the base currency."""
    return Bound(content_of(invoice), abs(invoice.base_total or _ZERO), invoice.entity.base_currency.code)


def content_of(invoice: Invoice) -> dict[str, Any]:
    """Give what an approval is bound to: whose invoice it is, how much, to which account, and who pays what."""
    return {
        "supplier": _code(invoice.supplier),
        "supplier_number": invoice.supplier_number,
        "currency": invoice.currency.code,
        "total": _plain(invoice.total),
        "account": invoice.account_fingerprint,
        "cost_centre": _code(invoice.cost_centre),
        "project": _code(invoice.project),
        "lines": [
            {
                "amount": _plain(line.amount),
                "category": _code(line.category),
                "cost_centre": _code(line.cost_centre),
                "project": _code(line.project),
            }
            for line in invoice.lines
        ],
        **_splits_of(invoice),
    }


def _splits_of(invoice: Invoice) -> dict[str, Any]:
    found = [
        {
            "line": split.line,
            "cost_centre": _code(split.cost_centre),
            "project": _code(split.project),
            "percent": _plain(split.percent),
            "amount": _plain(split.amount),
        }
        for split in invoice.splits
    ]
    return {"splits": found} if found else {}


def _ids(rows: Iterable[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(row.id for row in rows if row is not None))


def _code(row: Any) -> str | None:
    return None if row is None else str(row.code)


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
