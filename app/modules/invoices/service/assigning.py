"""For which of our companies an invoice is, where that was asked: somebody says it, and it is held against what is theirs."""

from __future__ import annotations

from app.infra import unit
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import registry
from app.modules.directory.models import Entity
from app.modules.invoices import queries
from app.modules.invoices.domain.exceptions import Action
from app.modules.invoices.models import Invoice, InvoiceException
from app.modules.invoices.service import disputing, linking, matching, stating


def assign(context: Context, exception: InvoiceException, entity: Entity, reason: str) -> None:
    """Put an invoice to the company somebody names, match it there, and keep who said so and why."""
    [invoice] = queries.lock_invoices(context, [exception.invoice_id])
    if entity.state != "open":
        raise Refused(Kind.INVALID, Problem("closed", f"Entity: {entity} is closed. Choose an open one.", "entity"))
    if invoice.entity is not entity:
        _hand_over(context, invoice, entity)
    matching.match(context, invoice)
    # What was found out by itself at the new place is solved; what still differs is accepted as it is seen there.
    state = "accepted" if exception.state == "open" else exception.state
    disputing.settle_exception(context, exception, state, Action.ASSIGN, reason)


def _hand_over(context: Context, invoice: Invoice, entity: Entity) -> None:
    """Let go of what is of the company before, and look for orders of the other."""
    invoice.entity = entity
    invoice.cost_centre = invoice.project = invoice.order = invoice.credits = None
    invoice.splits = []
    for line in invoice.lines:
        line.order = line.order_line = line.ordered = line.cost_centre = line.project = line.proposed = None
        line.confidence = line.link_reason = None
    context.session.flush()
    if not unit.holds(context, registry["invoice"], invoice, "edit"):
        words = f"Entity: your roles do not reach {entity}. Choose one of yours, or ask somebody of it."
        raise Refused(Kind.FORBIDDEN, Problem("out_of_reach", words, "entity"))
    parsed = stating.read_again(invoice)
    if parsed is not None:
        linking.propose(context, invoice, parsed)
