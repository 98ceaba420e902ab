"""How orders are shown, written, searched and scoped."""

from __future__ import annotations

from app.infra import taking
from app.kernel.resource import Children, Resource, Series, between, registry
from app.modules.approvals.service import declare_document
from app.modules.budgets.service import declare_holder
from app.modules.orders import commands as do
from app.modules.orders import service
from app.modules.orders.models import (
    Order,
    OrderCharge,
    OrderLine,
    OrderRevision,
    OrderSending,
    OrderSource,
    OrderSplit,
)

_FORM = (
    "supplier", "cost_centre", "project", "currency", "deliver_to", "promised_for", "buyer", "contact_email", "kind",
    "blanket", "ceiling", "valid_from", "valid_until", "payment_days", "discount_percent", "discount_days", "instalments",
    "deposit_percent", "deposit_amount", "terms", "note",
)  # fmt: skip
_LINE = (
    "item", "text", "supplier_item", "quantity", "unit", "unit_price", "discounts", "tax_code", "category", "cost_centre",
    "project", "promised_for", "received_by", "over_percent", "over_quantity",
)  # fmt: skip

orders = registry.add(
    Resource(
        name="order",
        model=Order,
        title=("Order", "Orders"),
        menu="Buying",
        key="number",
        number=Series("PO"),
        icon="shopping-cart",
        order="-number",
        help="What is bought from whom, at which price, and how far it has come.",
        list=("number", "supplier", "cost_centre", "total", "state", "received", "invoiced", "promised_for"),
        show=(
            ("Order", ("number", "kind", "supplier", "buyer", "deliver_to", "promised_for", "note", "terms")),
            ("Placed elsewhere", ("placed_as", "source_file", "source_line", "source_hash")),
            ("Charged to", ("entity", "cost_centre", "project", "blanket")),
            (
                "Amount",
                (
                    "charges_total",
                    "net_total",
                    "tax_total",
                    "total",
                    "currency",
                    "base_total",
                    "rate",
                    "rate_on",
                    "rate_source",
                ),
            ),
            (
                "Terms",
                (
                    "payment_days",
                    "discount_percent",
                    "discount_days",
                    "instalments",
                    "deposit_percent",
                    "deposit_amount",
                    "contact_email",
                ),
            ),
            ("Blanket order", ("ceiling", "called_off", "valid_from", "valid_until")),
            (
                "Progress",
                (
                    "received",
                    "received_not_invoiced",
                    "invoiced",
                    "open_commitment",
                    "charges_invoiced",
                    "deposit_invoiced",
                    "paid",
                    "amount_paid",
                ),
            ),
            (
                "Course",
                (
                    "revision",
                    "ordered_on",
                    "issued_at",
                    "acknowledged_on",
                    "acknowledged_as",
                    "supplier_reference",
                    "amend_reason",
                    "returned_reason",
                    "state_reason",
                ),
            ),
        ),
        form=_FORM,
        editable_in=("draft", "amending"),
        children=(
            Children("lines", OrderLine, _LINE),
            Children("extra_charges", OrderCharge, ("kind", "text", "amount", "tax_code")),
            Children("splits", OrderSplit, ("line", "cost_centre", "project", "percent", "amount")),
            Children("sources", OrderSource, ("line", "request", "request_line", "quantity")),
            Children(
                "revisions",
                OrderRevision,
                ("number", "reason", "issued_at", "issued_by", "channel", "note", "total", "hash", "changes"),
                fixed=True,
            ),
            Children(
                "sendings", OrderSending, ("revision", "address", "state", "attempts", "error", "sent_at"), fixed=True
            ),
        ),
        filters=(
            "state",
            "kind",
            "supplier",
            "entity",
            "cost_centre",
            "project",
            "buyer",
            "received",
            "invoiced",
            "paid",
            "total",
            "open_commitment",
            "received_not_invoiced",
            "promised_for",
            "ordered_on",
            "blanket",
            "placed_as",
            "source_file",
        ),
        search={
            "number": "A",
            "supplier.name": "A",
            "lines.text": "B",
            "supplier_reference": "B",
            "placed_as": "A",
            "note": "D",
        },
        scope=between("entity", "cost_centre"),
        personal=("buyer",),
        prepare=service.keep,
        check=service.why_not_order,
        commands=(
            do.approve,
            do.request_changes,
            do.reject,
            do.submit,
            do.issue,
            do.revise,
            do.acknowledge,
            do.amend,
            do.abandon,
            do.withdraw,
            do.add_request,
            do.short_close,
            do.send_again,
            do.close,
            do.cancel,
        ),
    )
)

declare_document(service.NAME, service.case_of, service.bound_of)
declare_holder(service.NAME, service.live)
taking.declare(service.NAME, service.take_in, "import", reads_tables=True)
