"""What people are told of when others announce something: who hears it, and with which words.

An act tells each person once. Whoever asked hears of decisions from the approval, which is the same for every kind of
document; whom a document is for, and did not ask themselves, hears of it from the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_appbuilder.security.sqla.models import User

from app.infra import outbox
from app.infra.activity import Comment
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.resource import registry
from app.modules.notifications import service
from app.modules.notifications.domain.kinds import Kind
from app.modules.notifications.service import Occasion

APPROVALS = {
    "approval.asked": Kind.APPROVAL_ASKED,
    "approval.decided": Kind.APPROVAL_DECIDED,
    "approval.returned": Kind.APPROVAL_RETURNED,
    "approval.reminded": Kind.APPROVAL_REMINDED,
    "approval.escalated": Kind.APPROVAL_ESCALATED,
    "approval.delegated": Kind.APPROVAL_DELEGATED,
    "approval.informed": Kind.APPROVAL_INFORMED,
}
REQUESTS = {
    "request.submitted": Kind.REQUEST_SUBMITTED,
    "request.approved": Kind.REQUEST_APPROVED,
    "request.rejected": Kind.REQUEST_REJECTED,
}
TASKS = {"invoice_exception.raised": Kind.EXCEPTION_RAISED, "invoice_exception.overdue": Kind.EXCEPTION_OVERDUE}
RUNS = {"payment_run.submitted": Kind.RUN_SUBMITTED, "payment_run.approved": Kind.RUN_APPROVED}
IMPORTS = {"job.imported": Kind.IMPORT_DONE, "job.import_failed": Kind.IMPORT_FAILED}
_VERDICTS = {"approve": "approved", "reject": "rejected"}
_OUTCOMES = {
    "open": "Others still have to decide.",
    "approved": "With that it is approved.",
    "rejected": "With that it is rejected.",
}


def tell_of_approval(context: Context, event: OutboxEvent) -> None:
    """Tell those whom a round of decisions concerns: who is asked, or who asked."""
    told, document = event.payload, event.payload["document"]
    values = {
        **_about(context, event, document["resource"], document["key"], document),
        "who": _decider(told) or document["requester"],
        "verdict": _VERDICTS.get(told.get("verdict", "")),
        "outcome": _OUTCOMES.get(told.get("outcome", "")),
        "instead_of": told.get("instead_of"),
        "reason": told.get("comment") or told.get("reason"),
    }
    occasion = _occasion(event, APPROVALS[event.name], document["resource"], document["key"], values)
    service.tell(context, occasion, told["accounts"])


def _decider(told: Mapping[str, Any]) -> str:
    """Name who decided, and for whom if they stood in for somebody."""
    by, lent = told.get("by") or "", told.get("on_behalf_of")
    return f"{by}, for {lent}," if lent else by


def tell_of_request(context: Context, event: OutboxEvent) -> None:
    """Tell whom a request is for what becomes of it, and whoever stands as requester that it was submitted for them."""
    told = event.payload
    kind = REQUESTS[event.name]
    accounts = {told["wanted_for"]} - {told["requester"], None}
    if kind is Kind.REQUEST_SUBMITTED:
        accounts.add(told["requester"])
    values = {
        **_about(context, event, event.resource, event.row_key, {**told, "amount": told.get("total")}),
        "reason": told.get("reason"),
    }
    service.tell(context, _occasion(event, kind, event.resource, event.row_key, values), accounts)


def tell_of_task(context: Context, event: OutboxEvent) -> None:
    """Tell those whose task it is what does not match."""
    told = event.payload
    values = {"key": event.row_key, "title": f"{told['invoice']}, {told['title']}", "reason": told["text"]}
    occasion = _occasion(event, TASKS[event.name], event.resource, event.row_key, values)
    service.tell(context, occasion, told["accounts"])


def tell_of_invoice(context: Context, event: OutboxEvent) -> None:
    """Tell whoever took an invoice in that it was turned away; whoever asked for a decision hears of that instead."""
    told = event.payload
    values = {
        **_about(context, event, event.resource, event.row_key, {**told, "amount": told.get("total")}),
        "reason": told.get("reason"),
    }
    occasion = _occasion(event, Kind.INVOICE_TURNED_AWAY, event.resource, event.row_key, values)
    service.tell(context, occasion, told["accounts"])


def tell_of_mention(context: Context, event: OutboxEvent) -> None:
    """Tell whom a comment names what was said."""
    said = context.session.get(Comment, event.payload["comment"])
    if said is None or not event.payload["mentions"]:
        return
    values = {**_about(context, event, event.resource, event.row_key, {}), "reason": said.text}
    occasion = _occasion(event, Kind.MENTIONED, event.resource, event.row_key, values)
    service.tell(context, occasion, event.payload["mentions"])


def tell_of_import(context: Context, event: OutboxEvent) -> None:
    """Tell whoever asked for an import how it ended."""
    told = event.payload
    values = {"title": told["file"], "key": event.row_key, "reason": told["outcome"]}
    occasion = _occasion(event, IMPORTS[event.name], event.resource, event.row_key, values)
    service.tell(context, occasion, [told["account"]])


def tell_of_run(context: Context, event: OutboxEvent) -> None:
    """Tell those who may approve or release a payment run that it waits for them."""
    told = event.payload
    values = _about(context, event, event.resource, event.row_key, {**told, "amount": told["total"]})
    service.tell(context, _occasion(event, RUNS[event.name], event.resource, event.row_key, values), told["asked"])


def tell_of_payment(context: Context, event: OutboxEvent) -> None:
    """Tell those who made and released a payment that it did not go through."""
    told = event.payload
    about = {**told, "title": f"{told['supplier']}, {', '.join(told['invoices'])}"}
    values = {**_about(context, event, event.resource, event.row_key, about), "reason": told["reason"]}
    occasion = _occasion(event, Kind.PAYMENT_FAILED, event.resource, event.row_key, values)
    service.tell(context, occasion, told["accounts"])


def tell_of_webhook(context: Context, event: OutboxEvent) -> None:
    """Tell those in charge of a webhook that events do not get through."""
    told = event.payload
    values = {"key": event.row_key, "reason": told["reason"]}
    occasion = _occasion(event, Kind.WEBHOOK_IN_TROUBLE, event.resource, event.row_key, values)
    service.tell(context, occasion, told["accounts"])


def _occasion(event: OutboxEvent, kind: Kind, resource: str, key: str, values: Mapping[str, Any]) -> Occasion:
    return Occasion(event.public_id, kind, registry[resource], key, event.actor_id, values)


def _about(context: Context, event: OutboxEvent, resource: str, key: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a notice is about, and who acted."""
    return {
        "who": _name_of(context, event.actor_id),
        "what": registry[resource].title[0].lower(),
        "key": key,
        "title": told.get("title"),
        "amount": _amount(told),
    }


def _name_of(context: Context, account_id: int) -> str:
    actor = context.session.get(User, account_id) if account_id else None
    return str(actor.get_full_name()) if actor else "Outlay"


def _amount(told: Mapping[str, Any]) -> str:
    """Spell an amount with its currency, to the coin; empty where none is known."""
    if not told.get("amount") or not told.get("currency"):
        return ""
    money = Money(Decimal(str(told["amount"])), str(told["currency"])).rounded()
    return f"{money.amount:,} {money.currency}".replace(",", "\N{NARROW NO-BREAK SPACE}")


outbox.subscribe("notices.approvals", "Notify of approvals", tuple(APPROVALS), tell_of_approval)
outbox.subscribe("notices.requests", "Notify of requests", tuple(REQUESTS), tell_of_request)
outbox.subscribe("notices.tasks", "Notify of tasks", tuple(TASKS), tell_of_task)
outbox.subscribe("notices.invoices", "Notify of invoices", ("invoice.rejected",), tell_of_invoice)
outbox.subscribe("notices.runs", "Notify of payment runs", tuple(RUNS), tell_of_run)
outbox.subscribe("notices.payments", "Notify of payments", ("payment.failed", "payment.returned"), tell_of_payment)
outbox.subscribe("notices.comments", "Notify of mentions in comments", ("*.commented",), tell_of_mention)
outbox.subscribe("notices.imports", "Notify of imports", tuple(IMPORTS), tell_of_import)
outbox.subscribe("notices.webhooks", "Notify of webhooks in trouble", ("webhook.in_trouble",), tell_of_webhook)
