"""The page of an invoice: where it stands, what does not match and who settles it, its lines beside order and receipt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask import render_template
from markupsafe import Markup

from app.console import addresses, cells, previews, shows, stages, words
from app.console.cells import Sight
from app.console.gate import Visit
from app.console.shows import Document
from app.infra.activity import Attachment
from app.infra.reachable import Reachable
from app.kernel.resource import registry
from app.modules.directory.domain.units import unit_words
from app.modules.invoices import queries, service
from app.modules.invoices.console import papers
from app.modules.invoices.console.papers import Judgement
from app.modules.invoices.console.settling import Difference, differences
from app.modules.invoices.domain.checks import Verdict
from app.modules.invoices.domain.facts import Section
from app.modules.invoices.domain.kinds import InvoiceKind, Share
from app.modules.invoices.models import Invoice, InvoiceCheck, InvoiceLine
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import ReceivedBy

_SECTIONS = ("Bills", "Charged to", "Amounts as stated", "To be paid", "In base currency", "Course")
_BESIDE = ("Charged to", "Amounts as stated")
_TABLES = ("Splits", "Adjustments", "Taxes", "Open items")
_TONES = {Verdict.OK: "ok", Verdict.WITHIN: "warn", Verdict.EXCEPTION: "bad", Verdict.NOT_APPLICABLE: "neutral"}


@dataclass(frozen=True, slots=True)
class Checked:
    """One check as people read it."""

    name: str
    text: str
    lines: str
    expected: str
    actual: str
    difference: str
    allowed: str
    verdict: str
    tone: str


@dataclass(frozen=True, slots=True)
class Other:
    """What stands beside a line of an invoice: an order line, or what came of it."""

    text: str
    url: str = ""
    quantity: str = ""
    price: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as stated, the order line it bills, and what arrived of that."""

    number: int
    text: str
    notes: tuple[str, ...]
    quantity: str
    price: str
    amount: str
    ordered: Other | None
    received: str
    link: str
    tone: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an invoice stands, in a sentence, and what comes next."""

    tone: str
    lead: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """An invoice as its page shows it."""

    row: Invoice
    document: Document
    standing: Standing
    open: tuple[Difference, ...]
    settled: tuple[Difference, ...]
    failing: tuple[Checked, ...]
    fine: tuple[Checked, ...]
    lines: tuple[Line, ...]
    currency: str
    steps: tuple[stages.Step, ...]
    stated: tuple[Section, ...]
    judgement: Judgement | None
    original: Attachment | None
    original_url: str
    pages: int
    entered_url: str = ""


def build(visit: Visit, key: str) -> Paper:
    """Describe the page of an invoice."""
    resource = registry[service.NAME]
    row: Invoice = shows.load(visit, resource, key)
    document = shows.build(visit, resource, row)
    original = service.original(visit.context, row)
    found = differences(visit, row, key)
    may_edit = any(each.url.endswith("/edit") for each in (*document.actions, *document.more))
    return Paper(
        row=row,
        document=_drawn(visit, row, document),
        standing=standing(visit, row, found),
        open=tuple(each for each in found if each.is_standing),
        settled=tuple(each for each in found if not each.is_standing),
        failing=tuple(checked(each) for each in row.checks if each.verdict is Verdict.EXCEPTION),
        fine=tuple(checked(each) for each in row.checks if each.verdict is not Verdict.EXCEPTION),
        lines=lines_of(visit, row),
        currency=row.currency.code,
        steps=stages.steps(visit, resource, row),
        stated=service.stated(row),
        judgement=papers.judgement(row),
        original=original,
        original_url=f"{addresses.of_row(row)}/files/{original.id}" if original else "",
        pages=service.count_pages(original.digest) if original and service.has_pages(original) else 0,
        entered_url=f"{addresses.of_row(row)}/edit" if papers.is_to_enter(row) and may_edit else "",
    )


def preview(visit: Visit, row: Invoice) -> Markup:
    """Draw what the inbox shows of an invoice: its lines beside the order, what differs, and who is charged."""
    resource = registry[service.NAME]
    drawn = render_template(
        "_invoice_preview.html",
        lines=lines_of(visit, row),
        currency=row.currency.code,
        failing=[checked(each) for each in row.checks if each.verdict in (Verdict.EXCEPTION, Verdict.WITHIN)],
        sections=[previews.filled(each) for each in shows.sections(visit, resource, row) if each.title in _BESIDE],
        children=[each for each in shows.children(visit, resource, row) if each.title == "Splits" and each.rows],
    )
    return Markup(drawn)  # noqa: S704


def _drawn(visit: Visit, row: Invoice, document: Document) -> Document:
    """Leave to the page what it shows in its own way, and call the invoice by whose it is."""
    currency = row.currency.code
    number = (cells.text(row.number, mono=True),) if row.number else ()
    total = (
        (cells.Cell("money", words.amount(row.total, currency), currency=currency),) if row.total is not None else ()
    )
    return replace(
        document,
        title=papers.title(visit, row),
        subs=(cells.text(row.kind.label), cells.text(row.reference, mono=True), *number, *total),
        actions=(*stages.actions_of(visit, registry[service.NAME], row), *document.actions),
        sections=tuple(each for each in document.sections if each.title in _SECTIONS),
        children=tuple(each for each in document.children if each.title in _TABLES and each.rows),
        related=tuple(each for each in document.related if not each.title.startswith("Exceptions")),
    )


def standing(visit: Visit, row: Invoice, found: Sequence[Difference]) -> Standing:
    """Say in a sentence how the match came out and what comes next."""
    left = [each for each in found if each.state == "open"]
    say = {"exception": _disputed, "matched": _matched, "posted": _posted}.get(row.state)
    if say is not None:
        return say(visit, row, left)
    if row.state == "captured":
        entered = "Enter what stands on the page, then match it." if papers.is_to_enter(row) else "Match it."
        return Standing("info", "Not held against anything yet.", entered)
    if row.state == "approved":
        return Standing("ok", "Agreed.", "Post it: it takes the next number and is to be paid.")
    lead = "Turned away: it is never paid." if row.state == "rejected" else "Void: it is off the books."
    return Standing("neutral", lead, row.state_reason or "")


def _disputed(visit: Visit, row: Invoice, left: Sequence[Difference]) -> Standing:
    if not left:
        return Standing("bad", "It does not match.", "Somebody else settles why. Nothing is paid until then.")
    who = words.joined(list(dict.fromkeys(words.lower_first(each.owner) for each in left)))
    # A budget may stand in the way of what agrees with its order in everything.
    differs = any(each.verdict is Verdict.EXCEPTION for each in row.checks)
    noun = ("difference has", "differences have") if differs else ("matter has", "matters have")
    lead = f"{words.count(len(left), *noun)} to be settled before it can go on."
    return Standing("bad", lead, f"It waits for the {who}. Nothing is paid until then.")


def _matched(visit: Visit, row: Invoice, left: Sequence[Difference]) -> Standing:
    tolerated = sum(each.verdict is Verdict.WITHIN for each in row.checks)
    lead = (
        "It matches."
        if not tolerated
        else f"It matches; {words.count(tolerated, 'difference is', 'differences are')} within tolerance."
    )
    agreed = (
        "Submit it: its order was agreed before."
        if row.order is not None
        else "Without an order, policy says who agrees to it."
    )
    return Standing("ok", lead, agreed)


def _posted(visit: Visit, row: Invoice, left: Sequence[Difference]) -> Standing:
    if row.paid is Share.ALL:
        return Standing("ok", "Settled." if row.kind is InvoiceKind.CREDIT_NOTE else "Paid.")
    due = min((item.due_on for item in row.open_items if item.left), default=None)
    to_pay = words.money(row.open_amount, row.currency.code)
    by = f" by {words.day(due, visit.context.today)}" if due else ""
    if row.held_because:
        until = f" until {words.day(row.held_until, visit.context.today)}" if row.held_until else ""
        return Standing("warn", f"On hold{until}: nothing is paid.", row.held_because)
    if row.blocked:
        return Standing(
            "warn", "Booked, and blocked: nothing is paid yet.", "An exception waits for the supplier's credit note."
        )
    if row.open_amount < 0:
        owed = words.money(-row.open_amount, row.currency.code)
        later = "The next payment run sets it off, or it is booked from the statement once the supplier pays it back."
        return Standing("ok", f"Booked. The supplier owes {owed}.", later)
    return Standing("ok", f"Booked. {to_pay} to be paid{by}.")


def checked(each: InvoiceCheck) -> Checked:
    """Write what a check expected and found."""
    unit = each.unit or ""
    return Checked(
        name=each.name.label,
        text=each.text,
        lines=_named(each.lines),
        expected=figure(each.expected, unit),
        actual=figure(each.actual, unit),
        difference=figure(each.difference, unit, signed=True),
        allowed=each.tolerance or "",
        verdict=each.verdict.label,
        tone=_TONES[each.verdict],
    )


def _named(lines: str | None) -> str:
    if not lines:
        return ""
    return f"Line {lines}" if lines.isdecimal() else f"Lines {lines}"


def figure(value: str | None, unit: str, *, signed: bool = False) -> str:
    """Write what a check compared: an amount with its currency, a number with its unit, anything else as it is."""
    if value is None:
        return words.NOTHING
    try:
        number = Decimal(value)
    except ArithmeticError:
        return value
    text = words.money(number, unit) if len(unit) == 3 and unit.isupper() and unit.isalpha() else words.number(number)  # noqa: PLR2004
    plus = "+" if signed and number > 0 else ""
    return f"{plus}{text}" if text.endswith(unit) else f"{plus}{text}{words.SPACE}{unit}"


def lines_of(visit: Visit, row: Invoice) -> tuple[Line, ...]:
    """Write each line beside the order line it bills and what arrived of that."""
    ids = [line.ordered_id for line in row.lines if line.ordered_id]
    ordered = queries.list_ordered(visit.context, ids) if ids else {}
    orders = {line.order.id: line.order for line in ordered.values()}
    seen = Reachable(visit.context, orders.values())
    failing = {number for each in row.checks if each.verdict is Verdict.EXCEPTION for number in _numbers(each.lines)}
    sight = Sight(visit)
    return tuple(_line(sight, seen, row, at, line, ordered.get(line.ordered_id or 0), at in failing)
                 for at, line in enumerate(row.lines, 1))  # fmt: skip


def _numbers(lines: str | None) -> Iterable[int]:
    return (int(part) for part in (lines or "").split(", ") if part.isdecimal())


def _line(
    sight: Sight, seen: Reachable, row: Invoice, at: int, line: InvoiceLine, other: Any, is_failing: bool
) -> Line:
    currency = row.currency.code
    return Line(
        number=at,
        text=line.text or words.NOTHING,
        notes=_notes(sight, line),
        quantity=_quantity(line.quantity, line.unit or ""),
        price=_price(line, currency),
        amount=words.amount(line.amount, currency) if line.amount is not None else words.NOTHING,
        ordered=_ordered(seen, other) if other is not None else None,
        received=_received(other) if other is not None else "",
        link=_link(line),
        tone="bad" if is_failing else "",
    )


def _notes(sight: Sight, line: InvoiceLine) -> tuple[str, ...]:
    rate = f"Tax {words.number(line.tax_rate)}{words.SPACE}%" if line.tax_rate is not None else ""
    charged = [
        f"{label}: {cells.called(sight, value)}"
        for label, value in (("Category", line.category), ("Cost centre", line.cost_centre), ("Project", line.project))
        if value is not None
    ]
    number = f"Item {line.item}" if line.item else ""
    return tuple(filter(None, (number, rate, *charged)))


def _price(line: InvoiceLine, currency: str) -> str:
    if line.price is None:
        return words.NOTHING
    base = f" per {words.number(line.price_base)}" if line.price_base != 1 else ""
    less = f" less {words.amount(line.reduction, currency)}" if line.reduction else ""
    return f"{words.amount(line.price, currency)}{base}{less}"


def _ordered(seen: Reachable, other: Any) -> Other:
    order = other.order
    place = order.lines.index(other) + 1
    return Other(
        text=f"{order.number} line {place}",
        url=addresses.of_row(order) if order in seen else "",
        quantity=_quantity(other.issued_quantity - other.short_closed_quantity, other.unit.code if other.unit else ""),
        price=words.amount(amounts.net_price(other.unit_price or Decimal(0), other.discounts), order.currency.code),
        amount=words.money(other.amount, order.currency.code),
    )


def _received(other: Any) -> str:
    if other.received_by is ReceivedBy.NOTHING:
        return "Not received"
    if other.received_by is ReceivedBy.AMOUNT:
        return words.money(other.amount_received, other.order.currency.code)
    return _quantity(other.quantity_received, other.unit.code if other.unit else "")


def _link(line: InvoiceLine) -> str:
    """Say how sure it is which order line is billed, and why, or which deposit is taken off."""
    if line.deposit:
        return f"Takes off deposit {line.deposit}"
    if line.ordered_id is not None:
        sure = f"{line.confidence}{words.SPACE}% sure" if line.confidence is not None and line.confidence < 100 else ""  # noqa: PLR2004
        return ": ".join(filter(None, (sure, line.link_reason or "")))
    return f"May bill {line.proposed}, {line.confidence}{words.SPACE}% sure. Link it by hand." if line.proposed else ""


def _quantity(value: Decimal | None, unit: str) -> str:
    return words.measured(value, unit_words(unit, value))


previews.add(service.NAME, preview)
