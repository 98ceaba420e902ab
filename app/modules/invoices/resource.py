"""How invoices, their exceptions and tolerances are shown, written, searched and scoped."""

from __future__ import annotations

from app.infra import activity, release, taking
from app.kernel.resource import Children, Resource, Series, between, registry, within
from app.modules.approvals.service import declare_document
from app.modules.budgets.service import declare_holder
from app.modules.invoices import commands as do
from app.modules.invoices import service
from app.modules.invoices.domain import events
from app.modules.invoices.models import (
    Invoice,
    InvoiceAdjustment,
    InvoiceCheck,
    InvoiceException,
    InvoiceLine,
    InvoiceSplit,
    InvoiceTax,
    OpenItem,
    Tolerance,
)
from app.modules.orders.service import declare_tolerance

_FORM = (
    "kind", "supplier", "supplier_number", "stated_supplier", "entity", "cost_centre", "project", "currency", "order",
    "stated_order", "credits", "stated_preceding", "method", "issued_on", "delivered_on", "stated_due_on", "received_on",
    "payment_days", "discount_percent", "discount_days", "terms_text", "account", "payment_reference", "lines_total",
    "allowances", "charges", "net_total", "tax_total", "total", "prepaid", "rounding", "payable",
)  # fmt: skip
_LINE = (
    "text", "item", "quantity", "unit", "price", "price_base", "reduction", "amount", "tax_category", "tax_rate", "order",
    "order_line", "deposit", "amount_only", "category", "cost_centre", "project",
)  # fmt: skip

invoices = registry.add(
    Resource(
        name="invoice",
        model=Invoice,
        title=("Invoice", "Invoices"),
        menu="Paying",
        key="reference",
        number=Series("IN"),
        icon="file-invoice",
        order="-reference",
        help="What suppliers ask for, what it is held against, and what is still to be paid.",
        list=("reference", "supplier", "supplier_number", "issued_on", "order", "total", "state", "open_amount"),
        show=(
            (
                "Invoice",
                ("reference", "number", "kind", "supplier", "stated_supplier", "supplier_number", "issued_on", "received_on"),
            ),
            ("Bills", ("order", "stated_order", "credits", "stated_preceding", "method", "delivered_on")),
            ("Charged to", ("entity", "cost_centre", "project")),
            (
                "Amounts as stated",
                (
                    "lines_total",
                    "allowances",
                    "charges",
                    "net_total",
                    "tax_total",
                    "total",
                    "prepaid",
                    "rounding",
                    "payable",
                    "currency",
                ),
            ),
            ("In base currency", ("base_total", "rate", "rate_on", "rate_source")),
            (
                "To be paid",
                (
                    "open_amount",
                    "paid",
                    "blocked",
                    "held_because",
                    "held_until",
                    "stated_due_on",
                    "payment_days",
                    "discount_percent",
                    "discount_days",
                    "terms_text",
                    "masked_account",
                    "payment_reference",
                ),
            ),
            ("Original", ("channel", "format", "profile", "judged", "rules", "adds_up", "file_hash")),
            ("Course", ("posted_on", "voided_on", "state_reason")),
        ),
        form=_FORM,
        editable_in=("captured", "exception", "matched"),
        children=(
            Children("lines", InvoiceLine, _LINE),
            Children("splits", InvoiceSplit, ("line", "cost_centre", "project", "percent", "amount")),
            Children("adjustments", InvoiceAdjustment, ("text", "code", "amount", "tax_category", "tax_rate")),
            Children("taxes", InvoiceTax, ("category", "rate", "basis", "amount", "reason")),
            Children(
                "checks",
                InvoiceCheck,
                ("name", "verdict", "lines", "expected", "actual", "difference", "unit", "tolerance", "text"),
                fixed=True,
            ),
            Children("open_items", OpenItem, ("due_on", "amount", "settled", "discount_until", "discount"), fixed=True),
        ),
        filters=(
            "state", "kind", "supplier", "entity", "cost_centre", "order", "blocked", "paid", "judged", "format", "total",
            "issued_on", "received_on", "posted_on",
        ),
        search={
            "reference": "A",
            "number": "A",
            "supplier_number": "A",
            "supplier.name": "B",
            "stated_supplier": "B",
            "stated_order": "B",
            "lines.text": "C",
        },
        scope=between("entity", "cost_centre"),
        prepare=service.keep,
        check=service.why_not_invoice,
        commands=(
            do.approve,
            do.request_changes,
            do.reject,
            do.match,
            do.submit,
            do.post,
            do.withdraw,
            do.hold,
            do.release,
            do.turn_away,
            do.void,
        ),
    )
)  # fmt: skip

exceptions = registry.add(
    Resource(
        name="invoice_exception",
        model=InvoiceException,
        title=("Exception", "Exceptions"),
        menu="Paying",
        key="number",
        icon="alert-triangle",
        order="-number",
        help="Why invoices do not match, whose task it is, and what may be done about it.",
        list=("number", "invoice", "kind", "owner", "text", "due_on", "state"),
        show=(
            ("Exception", ("number", "invoice", "kind", "owner", "text", "lines", "due_on")),
            ("Settled", ("settled", "settled_at", "settled_by", "reason")),
        ),
        filters=("state", "kind", "owner", "due_on", "invoice"),
        search={"number": "A", "text": "C"},
        scope=within("invoice.entity", "invoice.cost_centre"),
        commands=(do.accept, do.ask_credit_note, do.assign, do.reopen),
        announces=(events.Raised, events.Overdue),
    )
)

tolerances = registry.add(
    Resource(
        name="tolerance",
        model=Tolerance,
        title=("Tolerance", "Tolerances"),
        menu="Master data",
        key="code",
        icon="ruler-2",
        order="code",
        help="How far invoices may differ from what was agreed before somebody is asked.",
        list=("code", "measure", "entity", "supplier", "category", "over_percent", "over_amount", "under_percent", "under_amount"),
        show=(
            ("Tolerance", ("code", "measure", "entity", "supplier", "category", "currency")),
            ("Line", ("over_percent", "over_amount", "under_percent", "under_amount")),
            ("Whole document", ("cap_percent", "cap_amount")),
        ),
        form=(
            "measure", "entity", "supplier", "category", "currency", "over_percent", "over_amount", "under_percent",
            "under_amount", "cap_percent", "cap_amount",
        ),
        filters=("measure", "entity", "supplier", "category"),
        search={"code": "A"},
        scope=within("entity"),
    )
)  # fmt: skip

declare_document(service.NAME, service.case_of, service.bound_of)
declare_holder(service.NAME, service.live)
declare_tolerance(service.over_receipt)
taking.declare(service.NAME, service.capture)
release.begin_with(service.enter_tolerances)
activity.let_last(service.NAME, service.is_original)
