"""How paying accounts, payment runs and payments are shown, written, searched and scoped."""

from __future__ import annotations

from app.kernel.resource import Children, Resource, Series, registry, within
from app.modules.payments import commands as do
from app.modules.payments import service
from app.modules.payments.domain import events
from app.modules.payments.models import (
    BankAnswer,
    PayingAccount,
    Payment,
    PaymentItem,
    PaymentLeftOut,
    PaymentPart,
    PaymentRun,
)

paying_accounts = registry.add(
    Resource(
        name="paying_account",
        model=PayingAccount,
        title=("Paying account", "Paying accounts"),
        menu="Paying",
        key="code",
        icon="building-bank",
        order="code",
        help="Accounts of ours. One that is new or was changed pays nothing until a second person confirmed it.",
        list=("code", "name", "entity", "masked", "currency", "bank_name", "format", "state"),
        show=(
            ("Account", ("code", "name", "entity", "masked", "routing", "bic", "bank_name", "currency", "also_pays_in")),
            ("Holder", ("holder", "street", "postcode", "town", "country")),
            ("Files", ("format", "company_id", "destination", "destination_name", "origin")),
            ("Confirmation", ("confirmed_by", "confirmed_at", "state_reason")),
        ),
        form=(
            "code", "name", "entity", "currency", "also_pays_in", "holder", "street", "postcode", "town", "country", "bank_name",
            "iban", "account_number", "routing", "bic", "format", "company_id", "destination", "destination_name", "origin",
        ),
        editable_in=("proposed", "confirmed"),
        filters=("state", "entity", "currency", "format"),
        search={"code": "A", "name": "A", "holder": "B", "bank_name": "C", "bic": "C"},
        scope=within("entity"),
        prepare=service.keep_account,
        check=service.why_not_account,
        commands=(do.confirm, do.retire),
    )
)  # fmt: skip

payment_runs = registry.add(
    Resource(
        name="payment_run",
        model=PaymentRun,
        title=("Payment run", "Payment runs"),
        menu="Paying",
        key="number",
        number=Series("RUN"),
        icon="coins",
        order="-number",
        help="What is due is paid together: proposed by one person, approved by another, sent as one file.",
        list=("number", "paying_account", "execute_on", "items_count", "total", "discounts", "state"),
        show=(
            ("Run", ("number", "paying_account", "entity", "currency", "execute_on", "due_until", "take_discounts", "note")),
            ("Amount", ("items_count", "total", "discounts")),
            (
                "Course",
                (
                    "submitted_at", "submitted_by", "approved_at", "approved_by", "released_at", "released_by", "content_hash",
                    "state_reason",
                ),
            ),
            ("File", ("file_name", "file_size", "file_hash", "file_of_day")),
            ("Payments", ("payments",)),
        ),
        form=("paying_account", "currency", "execute_on", "due_until", "take_discounts", "note"),
        editable_in=("draft",),
        children=(
            Children(
                "items",
                PaymentItem,
                ("invoice", "supplier", "bank_account", "due_on", "open_amount", "amount", "discount", "discount_tax", "because"),
                fixed=True,
            ),
            Children("left_out", PaymentLeftOut, ("invoice", "supplier", "due_on", "amount", "code", "reason"), fixed=True),
            Children(
                "answers",
                BankAnswer,
                ("name", "format", "message", "taken_at", "taken_by", "settled", "failed", "summary"),
                fixed=True,
            ),
        ),
        filters=("state", "paying_account", "entity", "execute_on", "total"),
        search={"number": "A", "items.supplier.name": "B", "items.invoice.supplier_number": "B", "note": "D"},
        scope=within("entity"),
        prepare=service.keep_run,
        check=service.why_not_run,
        commands=(
            do.submit,
            do.approve,
            do.release,
            do.put_in,
            do.take_out,
            do.propose,
            do.withdraw,
            do.send_back,
            do.fetch_file,
            do.read_answer,
            do.cancel,
        ),
    )
)  # fmt: skip

payments = registry.add(
    Resource(
        name="payment",
        model=Payment,
        title=("Payment", "Payments"),
        menu="Paying",
        key="number",
        icon="credit-card",
        order="-number",
        help="Money that went to suppliers, what it pays, and what the bank says of it.",
        list=("number", "supplier", "amount", "execute_on", "run", "state", "settled_on"),
        show=(
            ("Payment", ("number", "supplier", "bank_account", "amount", "discount", "execute_on", "method")),
            ("Sent", ("run", "outside_because", "despite", "paying_account", "entity", "batch")),
            ("Bank", ("bank_says", "settled_on", "settled_amount", "bank_reference", "state_reason")),
            ("In base currency", ("base_amount", "booked", "rate_difference", "rate", "rate_on", "rate_source")),
        ),
        children=(
            Children("parts", PaymentPart, ("invoice", "amount", "discount", "discount_tax", "undone"), fixed=True),
        ),
        filters=("state", "method", "supplier", "paying_account", "entity", "run", "execute_on", "settled_on", "amount"),
        search={"number": "A", "supplier.name": "B", "parts.invoice.supplier_number": "B", "bank_reference": "C"},
        scope=within("entity"),
        commands=(do.evidence,),
        announces=(events.Sent, events.Settled, events.Failed, events.Returned, events.Undone),
    )
)  # fmt: skip
