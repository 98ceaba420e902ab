"""What does not match, with whoever settles it and what they may do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.console import addresses, words
from app.console.actions import Action
from app.console.cells import Sight
from app.console.gate import Visit
from app.infra import unit
from app.infra.reachable import Reachable
from app.kernel.actor import Actor
from app.kernel.resource import Resource, registry
from app.modules.invoices import queries, service
from app.modules.invoices.domain.exceptions import Owner
from app.modules.invoices.models import Invoice, InvoiceException

NAME = "invoice_exception"
_KEYS = {"accept": "a", "ask_credit_note": "c", "assign": "a"}
_ICONS = {"accept": "check", "ask_credit_note": "receipt-2", "assign": "building", "reopen": "arrow-back-up"}
_STATES = {"accepted": "Accepted", "waiting": "Waits for a credit note", "solved": "Solved", "dropped": "Dropped"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One exception as people read it."""

    number: str
    state: str
    kind: str
    owner: str
    text: str
    lines: str
    due: str
    is_late: bool
    url: str
    told: str
    actions: tuple[Action, ...]

    @property
    def is_standing(self) -> bool:
        """Say whether it still keeps the invoice from being paid."""
        return self.state in ("open", "waiting")


def differences(visit: Visit, row: Invoice, key: str) -> tuple[Difference, ...]:
    """List the exceptions of an invoice, the most urgent first, if the reader may see them."""
    if not visit.actor.may(f"{NAME}.read"):
        return ()
    found = queries.list_seen_exceptions(visit.context, row.id)
    sight = Sight(visit)
    then = addresses.of_row(row)
    return tuple(describe(visit, sight, each, then) for each in sorted(found, key=lambda each: (each.due_on, each.id)))


def describe(visit: Visit, sight: Sight, row: InvoiceException, then: str) -> Difference:
    """Describe an exception; what is decided about it leads back to `then`."""
    return Difference(
        number=row.number,
        state=row.state,
        kind=row.kind.label,
        owner=row.owner.label,
        text=row.text,
        lines=row.lines or "",
        due=words.day(row.due_on, visit.context.today),
        is_late=row.state == "open" and row.due_on < visit.context.today,
        url=addresses.of_row(row),
        told=_told(visit, sight, row),
        actions=actions_of(visit, row, then),
    )


def _told(visit: Visit, sight: Sight, row: InvoiceException) -> str:
    """Say how it was settled, by whom, when and why."""
    if row.state == "open":
        return ""
    by = f" by {sight.account(row.settled_by)}" if row.settled_by is not None else ""
    on = (
        f" on {words.day(words.local(row.settled_at, visit.zone).date(), visit.context.today)}"
        if row.settled_at
        else ""
    )
    return f"{_STATES[row.state]}{by}{on}." + (f" {row.reason}" if row.reason else "")


def actions_of(visit: Visit, row: InvoiceException, then: str) -> tuple[Action, ...]:
    """Offer what settles an exception, the most likely first: decided here, or put right where it is wrong."""
    resource = registry[NAME]
    own = {
        offer.command.name: _decided(row, offer, then)
        for offer in unit.offers(visit.context, resource, row)
        if offer.possible or offer.command.name != "reopen"
    }
    if row.state != "open":
        return tuple(own[name] for name in ("accept", "reopen") if name in own and not own[name].disabled)
    elsewhere = _elsewhere(visit, row)
    wanted = (own.get(name) or elsewhere.get(name) for name in row.actions)
    return tuple(each for each in wanted if each is not None)


def _decided(row: InvoiceException, offer: Any, then: str) -> Action:
    name = offer.command.name
    url = addresses.with_args(f"{addresses.of_row(row)}/{name}", {"next": [then]})
    against = " ".join(problem.message for problem in offer.problems)
    return Action(offer.command.label, "dialog", url, icon=_ICONS[name], key=_KEYS.get(name, ""), disabled=against)


def _elsewhere(visit: Visit, row: InvoiceException) -> dict[str, Action]:
    """Offer what is put right in another document, where the reader may."""
    invoice, may = row.invoice, visit.actor.may
    url, order = addresses.of_row(invoice), invoice.order
    seen = Reachable(visit.context, [each for each in (invoice, order) if each is not None])
    found = {}
    if row.code == "supplier_unknown" and invoice in seen and may("supplier.create"):
        found["link"] = Action("Enter the supplier", "link", _supplier(invoice), icon="building-store")
    if invoice in seen and may("invoice.edit"):
        found["link"] = Action("Link by hand", "link", f"{url}/edit#lines", icon="git-merge")
    if invoice in seen and may("invoice.turn_away"):
        found["reject"] = Action("Reject the invoice", "dialog", f"{url}/turn_away", icon="x")
    if order is not None and order in seen:
        if may("order.amend"):
            found["amend_order"] = Action("Amend the order", "link", addresses.of_row(order), icon="pencil")
        if may("receipt.create"):
            receive = _new(registry["receipt"], order)
            found["correct_receipt"] = Action("Correct the receipt", "link", receive, icon="truck-delivery")
    return found


def _supplier(invoice: Invoice) -> str:
    """Give the address of the form of a new supplier, with what the invoice says of them."""
    parsed = service.read_again(invoice)
    seller = parsed.seller if parsed else None
    said = {
        "name": invoice.stated_supplier,
        "street": ", ".join(seller.address.lines) if seller else "",
        "postcode": seller.address.postcode if seller else "",
        "town": seller.address.city if seller else "",
        "country": seller.address.country if seller else "",
        "currency": invoice.currency.code,
    }
    for at, number in enumerate(seller.tax_ids if seller else ()):
        country = number[:2] if number[:2].isalpha() else seller.address.country if seller else ""
        said |= {f"tax_ids-{at}-kind": "vat", f"tax_ids-{at}-country": country, f"tax_ids-{at}-value": number}
    args = {name: [text] for name, text in said.items() if text}
    return addresses.of_list(registry["supplier"], "new", args=args)


def _new(resource: Resource, order: Any) -> str:
    return addresses.of_list(resource, "new", args={"order": [order.number]})


def owners_of(actor: Actor) -> Sequence[Owner]:
    """Name the tasks that are somebody's, by the roles held."""
    held = {grant.role for grant in actor.grants}
    return [owner for owner in Owner if owner.label in held]
