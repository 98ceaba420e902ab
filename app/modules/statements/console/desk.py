"""The desk: lines of a statement on the left, payments on the right, and between them what they differ by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.console import addresses, words
from app.console.cells import Cell, Sight, state_of
from app.console.gate import Visit
from app.console.lists import Empty, View
from app.infra import identity, unit
from app.infra.reachable import Reachable
from app.kernel.resource import registry
from app.modules.invoices.models import Invoice
from app.modules.payments.models import Payment
from app.modules.statements import queries, service
from app.modules.statements.models import BankStatement, StatementLine, StatementMatch

FIRST = "/bank-statements/next"
MOST = 200
SURE, LIKELY = 80, 60
_SHOWN = {"open": "Open", "done": "Done", "all": "All"}
_SIDES = {"out": "To be found", "back": "May have come back", "invoices": "Invoices"}
_NOTHING = {
    "open": Empty("done", "Nothing is open", "Every line of this statement is matched or explained."),
    "done": Empty("first", "Nothing is done yet", "What is matched or explained stands here, and can be undone."),
    "all": Empty("first", "Nothing was booked", "The statement has no lines."),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A payment or credit note, with the way to it for whoever may open it."""

    number: str
    url: str
    amount: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a line is proposed for, or matched with, and why."""

    payments: tuple[Named, ...]
    text: str
    confidence: str = ""
    tone: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the statement as it lies on the desk."""

    number: str
    title: str
    sub: str
    text: str
    amount: Cell
    plain: str
    currency: str
    is_open: bool
    is_return: bool
    state: Cell | None
    found: Found | None


@dataclass(frozen=True, slots=True)
class Due:
    """What lines may be: a payment to be found or come back, or an open invoice that was in no run."""

    number: str
    title: str
    sub: str
    amount: Cell
    plain: str
    currency: str
    url: str
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk as its page shows it."""

    key: str
    url: str
    here: str
    title: str
    state: Cell
    facts: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    tabs: tuple[View, ...]
    lines: tuple[Line, ...]
    more_lines: str
    sides: tuple[View, ...]
    payments: tuple[Due, ...]
    more_payments: str
    search: str
    side: str
    shown: str
    nothing: Empty
    currency: str
    may_act: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """How the desk is looked at: which lines, which payments, and what is searched among these."""

    shown: str = "open"
    side: str = "out"
    text: str = ""

    @classmethod
    def of(cls, args: Any) -> Asking:
        """Read it from an address."""
        shown, side = args.get("show", "open"), args.get("side", "out")
        return cls(
            shown if shown in _SHOWN else "open", side if side in _SIDES else "out", args.get("q", "").strip()[:100]
        )

    def url(self, row: BankStatement, **changes: str) -> str:
        """Give the address of the desk looked at like this, or a little otherwise."""
        wanted = {"show": self.shown, "side": self.side, "q": self.text, **changes}
        usual = {"show": "open", "side": "out", "q": ""}
        args = {name: [value] for name, value in wanted.items() if value != usual[name]}
        return addresses.of_key(registry[service.NAME], row.number, "reconcile", args=args)


def may_work() -> bool:
    """Say whether the reader reconciles statements."""
    signed_in = identity.current()
    return signed_in is not None and signed_in.actor.may(f"{service.NAME}.{service.VERB}")


def count(visit: Visit) -> int:
    """Count the statements with open lines."""
    return queries.count_open(visit.context)


def build(visit: Visit, row: BankStatement, asking: Asking) -> Desk:
    """Lay a statement on the desk."""
    lines = [line for line in row.lines if asking.shown == "all" or (line.state == "open") is (asking.shown == "open")]
    found = _invoices(visit, row, asking) if asking.side == "invoices" else _payments(visit, row, asking)
    resource = registry[service.NAME]
    may = may_work() and unit.holds(visit.context, resource, row, service.VERB)
    sight = Sight(visit)
    reachable = Reachable(visit.context, [match.about for match in row.matches])
    done = len(row.lines) - row.open_lines
    counts = {"open": row.open_lines, "done": done, "all": len(row.lines)}
    return Desk(
        key=row.number,
        url=addresses.of_row(row),
        here=asking.url(row),
        title=f"{row.account.name}, {_period(visit, row)}",
        state=state_of(row, row.state.capitalize()),
        facts=_facts(row, done),
        notes=_notes(row),
        tabs=tuple(
            View(label, asking.url(row, show=name), name == asking.shown, counts[name], "")
            for name, label in _SHOWN.items()
        ),
        lines=tuple(_line(visit, sight, row, line, reachable) for line in lines[:MOST]),
        more_lines=f"and {len(lines) - MOST} more" if len(lines) > MOST else "",
        sides=tuple(
            View(label, asking.url(row, side=name, q=""), name == asking.side, None, "")
            for name, label in _SIDES.items()
        ),
        payments=tuple(found[:MOST]),
        more_payments="and more: search for a supplier or number" if len(found) > MOST else "",
        search=asking.text,
        side=asking.side,
        shown=asking.shown,
        nothing=_NOTHING[asking.shown],
        currency=row.currency.code,
        may_act=may,
        is_open=row.state == "open",
    )


def _period(visit: Visit, row: BankStatement) -> str:
    today = visit.context.today
    if row.to_on is None:
        return row.number
    to = words.day(row.to_on, today)
    return to if row.from_on in {None, row.to_on} else f"{words.day(row.from_on, today)} to {to}"


def _facts(row: BankStatement, done: int) -> tuple[tuple[str, str], ...]:
    code = row.currency.code
    balances = [("Opening", row.opening), ("Closing", row.closing)]
    return (
        *((label, words.money(amount, code)) for label, amount in balances if amount is not None),
        ("Done", f"{done} of {words.count(len(row.lines), 'line', 'lines')}"),
    )


def _notes(row: BankStatement) -> tuple[tuple[str, str], ...]:
    """Say what a person should know before they begin."""
    gap = (
        f"{words.money(row.gap, row.currency.code)} lie between this statement and the one before it: one is missing."
        if row.gap
        else ""
    )
    return tuple(("warn", text) for text in (gap, *row.remarks) if text)


def _line(visit: Visit, sight: Sight, row: BankStatement, line: StatementLine, reachable: Reachable) -> Line:
    said = [
        words.day(line.booked_on, visit.context.today),
        f"line {line.number}",
        line.end_to_end or line.bank_id or "",
    ]
    title = line.party or (line.text or "").split("\n")[0][:80] or "Without a name"
    return Line(
        number=line.number,
        title=title,
        sub=" · ".join(filter(None, said)),
        text=(line.text or "") if line.text != title else "",
        amount=_money(line.amount, row.currency.code),
        plain=f"{line.amount:f}",
        currency=row.currency.code,
        is_open=line.state == "open",
        is_return=line.is_return,
        state=Cell("state", line.kind.label if line.kind and not line.rest else "", key=line.state)
        if line.state != "open"
        else None,
        found=_found(visit, sight, row, line, reachable),
    )


def _found(visit: Visit, sight: Sight, row: BankStatement, line: StatementLine, reachable: Reachable) -> Found | None:
    live = "proposed" if line.state == "open" else "matched"
    matches = [match for match in row.matches if match.line_id == line.id and match.state == live]
    by = (
        f"{sight.account(line.settled_by)}, {sight.moment(line.settled_at)}"
        if line.settled_at and line.settled_by is not None
        else ""
    )
    if not matches:
        return Found((), line.reason or "", how=by) if line.state == "explained" else None
    first = matches[0]
    rest = f" {words.money(line.rest, row.currency.code)}: {line.reason}" if line.rest else ""
    sure = first.confidence
    return Found(
        payments=tuple(_named(match, reachable) for match in matches),
        text=first.reason + rest,
        confidence=f"{sure} %" if sure is not None else "",
        tone="" if sure is None else "ok" if sure >= SURE else "info" if sure >= LIKELY else "warn",
        how=f"{first.how.label}, {by}" if first.how else "",
    )


def _named(match: StatementMatch, reachable: Reachable) -> Named:
    about = match.about
    number = about.reference if isinstance(about, Invoice) else about.number
    url = addresses.of_row(about) if about in reachable else ""
    return Named(number, url, words.money(match.amount, match.currency.code))


def _payments(visit: Visit, row: BankStatement, asking: Asking) -> list[Due]:
    came_back = asking.side == "back"
    found = queries.list_on_desk(visit.context, row.account_id, text=asking.text, came_back=came_back, most=MOST + 1)
    return [_due(visit, payment, came_back=came_back) for payment in found]


def _invoices(visit: Visit, row: BankStatement, asking: Asking) -> list[Due]:
    """List what could have been paid in no run, or paid back, first what is as much as an open line."""
    likely = [-line.amount for line in row.lines if line.state == "open"]
    found, runs = queries.list_payable(visit.context, row.entity_id, text=asking.text, likely=likely, most=MOST + 1)
    return [_owed(visit, invoice, runs.get(invoice.id, "")) for invoice in found]


def _owed(visit: Visit, invoice: Invoice, run: str) -> Due:
    due_on = min(item.due_on for item in invoice.open_items if item.left)
    said = [invoice.supplier_number, invoice.reference, f"due {words.day(due_on, visit.context.today)}"]
    return Due(
        number=invoice.reference,
        title=invoice.supplier.name if invoice.supplier else invoice.stated_supplier or "",
        sub=" · ".join(filter(None, said)),
        amount=_money(-invoice.open_amount, invoice.currency.code),
        plain=f"{-invoice.open_amount:f}",
        currency=invoice.currency.code,
        url=addresses.of_row(invoice),
        tags=(
            *((("Credit note", "neutral"),) if invoice.open_amount < 0 else ()),
            *((("Blocked", "bad"),) if invoice.blocked else ()),
            *(((f"In {run}", "info"),) if run else ()),
        ),
    )


def _due(visit: Visit, payment: Payment, *, came_back: bool) -> Due:
    amount = payment.settled_amount if came_back else -payment.left
    documents: Sequence[str] = [part.invoice.supplier_number or part.invoice.reference for part in payment.parts[:3]]
    said = [payment.number, words.day(payment.execute_on, visit.context.today), ", ".join(documents)]
    return Due(
        number=payment.number,
        title=payment.supplier.name,
        sub=" · ".join(filter(None, said)),
        amount=_money(amount, payment.currency.code),
        plain=f"{amount:f}",
        currency=payment.currency.code,
        url=addresses.of_row(payment),
    )


def _money(amount: Decimal, currency: str) -> Cell:
    return Cell("money", words.amount(amount, currency), currency=currency)


def numbers_in(sent: Iterable[str]) -> list[str]:
    """Read numbers of lines as they are ticked, or typed with commas between them."""
    return [part.strip() for each in sent for part in each.split(",") if part.strip()]
