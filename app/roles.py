"""The roles of PRODUCT.md as they are on the first day; administrators change them in the console afterwards.

A pattern names permissions as `resource.verb`. No role holds all of request, approve, receive and pay.
"""

from __future__ import annotations

_MASTER_DATA = (
    "entity.read", "currency.read", "exchange_rate.read", "tax_code.read", "unit.read", "location.read",
    "cost_centre.read", "category.read", "project.read", "item.read", "person.read",
)  # fmt: skip
# Everyone may ask for something, and whoever is asked may answer.
_ASKING = (
    "request.read", "request.create", "request.edit", "request.submit", "request.withdraw", "request.cancel",
    "request.close", "request.discard", "order.read",
    # What one asked for, one may say has come: the slice looks who asked.
    "receipt.read", "receipt.create", "receipt.edit", "receipt.post",
)  # fmt: skip
_DECIDING = (
    "request.read", "request.approve", "request.reject", "request.request_changes", "approval.reassign",
    "order.read", "order.approve", "order.reject", "order.request_changes",
    "invoice.read", "invoice.approve", "invoice.reject", "invoice.request_changes",
)  # fmt: skip
# Whoever buys does not decide about it as well.
_BUYING = (
    "order.submit", "order.withdraw", "order.issue", "order.acknowledge", "order.amend", "order.revise", "order.abandon",
    "order.short_close", "order.close", "order.cancel", "order.add_request", "order.send_again",
)  # fmt: skip
_SEEING = ("approval_policy.read", "approval.read", "delegation.read", "delegation.create", "delegation.end")
_BUDGETS = ("budget_plan.read", "budget_cell.read", "budget_move.read", "budget_transfer.read")
_OWN = (
    "token.read", "token.revoke", "session.read", "session.revoke", "job.read", "*.comment", "*.attach",
    "notice.read", "notice.mark_read", "delivery.read",
)  # fmt: skip
_BILLING = (
    "invoice.read", "invoice.oversee", "invoice.create", "invoice.edit", "invoice.export", "invoice.import", "invoice.match",
    "invoice.submit", "invoice.post", "invoice.withdraw", "invoice.turn_away", "invoice.hold", "invoice.release", "invoice.void",
    "invoice_exception.*", "tolerance.read",
)  # fmt: skip
# Who makes a run neither approves nor releases it.
_PROPOSING = (
    "payment_run.read", "payment_run.create", "payment_run.edit", "payment_run.export", "payment_run.propose", "payment_run.put_in",
    "payment_run.take_out", "payment_run.submit", "payment_run.withdraw", "payment_run.cancel", "paying_account.read",
    "payment.read", "payment.export",
)  # fmt: skip
_PAYING = (
    "payment_run.read", "payment_run.export", "payment_run.approve", "payment_run.send_back", "payment_run.release",
    "payment_run.cancel", "payment_run.fetch_file", "payment_run.read_answer", "paying_account.*", "payment.*",
    "bank_statement.*",
)  # fmt: skip

ROLES: dict[str, tuple[str, ...]] = {
    "Requester": (*_MASTER_DATA, *_OWN, *_ASKING, *_SEEING, "supplier.read"),
    "Approver": (*_MASTER_DATA, *_OWN, *_DECIDING, *_SEEING, *_BUDGETS, "supplier.read"),
    "Controller": (
        *_MASTER_DATA, *_OWN, *_DECIDING, *_SEEING, "supplier.read", "*.export",
        "budget_plan.*", "budget_cell.*", "budget_move.*", "budget_transfer.*", "approval_policy.*", "approval.*",
        "delegation.*", "request.oversee", "order.oversee", "receipt.read",
        "receipt.oversee", "invoice.oversee", "invoice_exception.read", "invoice_exception.accept", "tolerance.*",
        "cost_centre.*", "category.*", "project.*", "exchange_rate.*", "tax_code.*",
        "paying_account.read", "paying_account.create", "paying_account.edit", "payment_run.read", "payment.read", "payment.evidence", "bank_statement.read",
        "spend_record.*",
    ),
    "Buyer": (
        *_MASTER_DATA, *_OWN, *_SEEING, *_BUDGETS, "request.read", "request.oversee", "request.close", "supplier.*", "item.*",
        "bank_account.read", "order.read", "order.oversee", "order.export", "order.import", "order.create", "order.edit", *_BUYING,
        "receipt.read", "receipt.oversee", "invoice.read", "invoice.oversee", "invoice_exception.*", "tolerance.read",
    ),
    "Receiver": (*_MASTER_DATA, *_OWN, "supplier.read", "order.read", "order.oversee", "receipt.*",
                 "invoice_exception.read", "invoice_exception.accept", "invoice_exception.ask_credit_note"),
    "AP clerk": (
        *_MASTER_DATA, *_OWN, *_BILLING, *_PROPOSING, "order.read", "order.oversee", "receipt.read", "receipt.oversee",
        "supplier.read", "supplier.create", "supplier.edit", "supplier.export", "supplier.import",
        "bank_account.read", "bank_account.create", "bank_account.edit", "bank_account.export", "bank_account.import",
        "spend_record.*",
    ),
    "Treasurer": (
        *_MASTER_DATA, *_OWN, *_PAYING, "supplier.read", "invoice.read", "invoice.oversee", "invoice.hold", "invoice.release",
        "invoice_exception.read",
        "bank_account.read", "bank_account.confirm", "bank_account.reject", "bank_account.retire", "bank_account.export",
    ),
    "Auditor": (
        "*.read", "*.export", "*.oversee", "payment.evidence", "session.revoke", "token.revoke",
    ),
    "Administrator": (
        *_MASTER_DATA, *_OWN, "person.*", "role.*", "setting.*", "token.*", "session.*", "job.*", "event.*", "delivery.*",
        "webhook.*", "webhook_delivery.*",
        "schedule_run.*", "entity.*", "currency.*", "unit.*", "location.*", "tax_code.*", "exchange_rate.*",
        "cost_centre.*", "category.*", "project.*", "audit_entry.read",
    ),
    "Integration": (*_MASTER_DATA, "supplier.read", "supplier.create", "supplier.edit", "item.create", "item.edit"),
}  # fmt: skip
