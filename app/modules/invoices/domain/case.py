"""What matching looks at: the invoice, the orders it bills, what arrived, what was billed before, and what was agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from app.kernel.choice import Labelled
from app.modules.invoices.domain.duplicates import BLOCKS_FROM, Suspicion
from app.modules.invoices.domain.tolerances import Tolerances

Kind = Literal["invoice", "credit_note", "deposit", "final", "corrected"]
AccountState = Literal["confirmed", "cooling_off", "proposed", "retired", "unknown", "of_other_supplier"]
ZERO = Decimal(0)


class Method(Labelled):
    """What an invoice is held against."""

    TWO_WAY = "two_way", "Two-way: order and invoice"
    THREE_WAY = "three_way", "Three-way: order, receipt and invoice"
    CONTRACT = "contract", "Without order: approval by policy"


@dataclass(frozen=True, slots=True)
class Done:
    """A line of another document that counts for an order line: received or billed, below zero for what went back."""

    document: str
    quantity: Decimal = ZERO
    amount: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line as ordered: `quantity` without what was short-closed, `unit_price` net of discounts, per `price_base`.

    `billed` are live invoices and credit notes other than the one matched; amounts are in the order's currency.
    """

    id: int
    order: str
    position: int
    text: str = ""
    quantity: Decimal = ZERO
    unit: str = ""
    unit_price: Decimal = ZERO
    price_base: Decimal = Decimal(1)
    amount: Decimal = ZERO
    tax_category: str = ""
    tax_rate: Decimal | None = None
    by_amount: bool = False
    needs_receipt: bool = True
    categories: tuple[int, ...] = ()
    received: tuple[Done, ...] = ()
    billed: tuple[Done, ...] = ()

    @property
    def ordered(self) -> Decimal:
        """Tell how much was ordered, in pieces or in money for services."""
        return self.amount if self.by_amount else self.quantity

    @property
    def came(self) -> Decimal:
        """Tell how much arrived and stayed."""
        return _sum(self.received, by_amount=self.by_amount)

    @property
    def was_billed(self) -> Decimal:
        """Tell how much was billed before."""
        return _sum(self.billed, by_amount=self.by_amount)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as agreed; `rate` is the invoice's currency for one of the order's, where they differ.

    `charges` and `deposit` (net) are what was agreed of each, `charged` and `deposits` what other invoices bill of it.
    """

    number: str
    supplier: int
    supplier_name: str
    currency: str
    lines: tuple[OrderLine, ...] = ()
    is_open: bool = True
    rate: Decimal | None = None
    charges: Decimal = ZERO
    charged: tuple[Done, ...] = ()
    deposit: Decimal = ZERO
    deposits: tuple[Done, ...] = ()

    @property
    def charges_left(self) -> Decimal:
        """Tell what is still to be charged beside the lines."""
        return max(ZERO, self.charges - _sum(self.charged, by_amount=True))

    @property
    def deposit_left(self) -> Decimal:
        """Tell what may still be asked for before delivery."""
        return max(ZERO, self.deposit - _sum(self.deposits, by_amount=True))


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line as stated; `allowances` is what line allowances take off, less line charges.

    `order_line` is what it is linked to, `charge` the kind of charge it is, `deposit` the number of the deposit invoice
    it takes off. `amount_only` corrects money and no quantity, such as a price difference given back.
    """

    number: int
    text: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    price_base: Decimal = Decimal(1)
    net: Decimal = ZERO
    allowances: Decimal = ZERO
    tax_category: str = ""
    tax_rate: Decimal | None = None
    order_line: int | None = None
    charge: str = ""
    deposit: str = ""
    amount_only: bool = False


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A charge (above zero) or an allowance (below zero) on the whole document."""

    amount: Decimal
    kind: str = ""
    text: str = ""
    tax_category: str = ""
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TaxPart:
    """The tax of one category and rate, as stated."""

    category: str
    rate: Decimal
    basis: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice or credit note as stated; what is not stated is None.

    `net_total` is what it states to be billed net; it counts only where no lines are stated, as in the smallest profiles.
    """

    kind: Kind
    number: str
    currency: str
    supplier: int | None = None
    supplier_name: str = ""
    issued_on: date | None = None
    lines: tuple[BillLine, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[TaxPart, ...] = ()
    tax: Decimal | None = None
    gross: Decimal | None = None
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO
    payable: Decimal | None = None
    due_on: date | None = None
    net_total: Decimal | None = None

    @property
    def net(self) -> Decimal:
        """Add up lines, charges and allowances, or take what is stated where there are no lines to add up."""
        if not self.lines and self.net_total is not None:
            return self.net_total
        return sum((line.net for line in self.lines), ZERO) + sum((each.amount for each in self.adjustments), ZERO)

    @property
    def stated_tax(self) -> Decimal:
        """Give the tax as stated, by rate where it is."""
        return sum((part.amount for part in self.taxes), ZERO) if self.taxes else self.tax or ZERO


@dataclass(frozen=True, slots=True)
class Deposit:
    """A posted deposit invoice of an order, with what no later invoice has taken off yet."""

    number: str
    order: str
    net: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Credited:
    """The invoice a credit note is for, with what earlier credit notes gave back (above zero)."""

    number: str
    supplier: int
    currency: str
    gross: Decimal
    given_back: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Account:
    """The bank account an invoice wants to be paid to, masked, and how we know it."""

    shown: str
    state: AccountState
    usable_from: date | None = None


@dataclass(frozen=True, slots=True)
class Addressed:
    """To whom an invoice is addressed, and which of our companies that is; without one, which is nearest. `why` is of either."""

    name: str
    entity: str = ""
    why: str = ""
    nearest: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Case:
    """Everything that is known about an invoice when it is matched.

    `conversions` say how many of a second unit one of a first is: `{("BX", "C62"): Decimal(12)}`. `due_on` is the day
    by our terms. `charges` are the kinds that may be billed without being agreed, up to the tolerance for charges.
    """

    bill: Bill
    method: Method
    orders: tuple[Order, ...] = ()
    tolerances: Tolerances = field(default_factory=Tolerances)
    conversions: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    deposits: tuple[Deposit, ...] = ()
    credited: Credited | None = None
    is_payable_supplier: bool = True
    charges: frozenset[str] = frozenset({"freight"})
    account: Account | None = None
    entity: str = ""
    addressed: Addressed | None = None
    due_on: date | None = None
    duplicates: tuple[Suspicion, ...] = ()
    duplicate_from: int = BLOCKS_FROM

    def linked(self, line: BillLine) -> tuple[Order, OrderLine] | None:
        """Find what a line of the invoice bills."""
        return None if line.order_line is None else self._ordered.get(line.order_line)

    @cached_property
    def _ordered(self) -> dict[int, tuple[Order, OrderLine]]:
        return {ordered.id: (order, ordered) for order in self.orders for ordered in order.lines}


def signed(bill: Bill) -> Bill:
    """Write a credit note below zero, whichever sign its supplier uses, and the sign of a line in its quantity."""
    bill = replace(bill, lines=tuple(_with_positive_price(line) for line in bill.lines))
    stated = next((amount for amount in (bill.gross, bill.payable, bill.net) if amount), ZERO)
    return reversal(bill) if bill.kind == "credit_note" and stated > 0 else bill


def reversal(bill: Bill) -> Bill:
    """Turn every amount and quantity round, to the cent: the exact opposite of an invoice."""
    return replace(
        bill,
        lines=tuple(
            replace(
                line,
                quantity=None if line.quantity is None else -line.quantity,
                net=-line.net,
                allowances=-line.allowances,
            )
            for line in bill.lines
        ),
        adjustments=tuple(replace(each, amount=-each.amount) for each in bill.adjustments),
        taxes=tuple(replace(part, basis=-part.basis, amount=-part.amount) for part in bill.taxes),
        tax=None if bill.tax is None else -bill.tax,
        gross=None if bill.gross is None else -bill.gross,
        prepaid=-bill.prepaid,
        rounding=-bill.rounding,
        payable=None if bill.payable is None else -bill.payable,
        net_total=None if bill.net_total is None else -bill.net_total,
    )


def _with_positive_price(line: BillLine) -> BillLine:
    if line.price is None or line.price >= 0:
        return line
    quantity = None if line.quantity is None else -line.quantity
    return replace(line, price=-line.price, quantity=quantity)


def _sum(done: tuple[Done, ...], *, by_amount: bool) -> Decimal:
    return sum((each.amount if by_amount else each.quantity for each in done), ZERO)
