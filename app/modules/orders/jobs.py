"""Carrying orders to suppliers, one job for each letter and try; and large tables of orders, read by a worker."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from app.infra import files, jobs, mail
from app.infra.jobs import Job
from app.infra.mail import NotDelivered
from app.infra.taking import Sent, about_of
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.modules.orders import queries, service
from app.modules.orders.letters import BadAddress, composed
from app.modules.orders.models import OrderSending

#: A night without a mail server is bridged; after that somebody has to look.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480))


def deliver(context: Context, job: Job) -> dict[str, str]:
    """Try to hand in a letter that waits; a failure is no failure of the job, since it stands with the letter."""
    sending = queries.find_sending(context, int(job.arguments["sending"]))
    if sending is None or sending.state != "waiting":
        return {"state": "nothing to do"}
    server = mail.server()
    if server is None:
        sending.state, sending.due_at = "skipped", None
        sending.error = "No mail server is configured. Print the order, or ask an administrator."
        return {"state": sending.state}
    try:
        revision = queries.find_revision(context, sending.order_id, sending.revision)
        letter = composed(
            server, revision.content, sending.address, sending.message_id, revision.issued_at, revision.note
        )
        mail.send(server, letter, sending.address)
    except BadAddress as error:
        _failed(context, sending, str(error), is_final=True)
    except NotDelivered as error:
        _failed(context, sending, str(error), is_final=error.is_final)
    else:
        sending.attempts += 1
        sending.state, sending.sent_at, sending.error, sending.due_at = "sent", context.now, None, None
    return {"state": sending.state}


def _failed(context: Context, sending: OrderSending, reason: str, *, is_final: bool) -> None:
    """Put down why it did not go out, and line up the next try unless there is no sense in one."""
    sending.attempts += 1
    sending.error = reason[:500]
    if is_final or sending.attempts > len(PAUSES):
        sending.state, sending.due_at = "failed", None
        return
    pause = PAUSES[sending.attempts - 1]
    sending.due_at = context.now + pause
    jobs.enqueue(context, service.DELIVER, {"sending": sending.id}, after=pause)


jobs.declare(service.DELIVER, "Mail an order to its supplier", deliver, as_system=True)


def take_in(context: Context, job: Job) -> dict[str, Any]:
    """Take in a table that was sent before, and tell how many of its orders are in and why others are not."""
    told = job.arguments
    with files.store().open(told["digest"]) as content:
        sent = Sent(
            content.read(), told["name"], told["entity"], about=about_of(told["about"]), is_trial=told["is_trial"]
        )
    try:
        taken = service.take_in(context, sent)
    except Refused as refused:
        return {"refused": [problem.message for problem in refused.problems]}
    states = Counter(each.state for each in taken if each.state)
    reasons = [f"{each.name}: {each.problems[0].message}" for each in taken if each.problems]
    return {
        "tried_only": sent.is_trial,
        "orders": len(taken) - len(reasons),
        **states,
        "refused": len(reasons),
        "reasons": reasons[:50],
    }


jobs.declare(service.TAKE_IN, "Take in a table of orders", take_in, "heavy")
