"""Carrying notices to people: one job for each delivery and try, which puts down what came of it."""

from __future__ import annotations

from app.infra import jobs, live, mail, settings
from app.infra.jobs import Job
from app.infra.mail import NotDelivered, Server
from app.kernel.actor import Context
from app.modules.notifications import queries, service
from app.modules.notifications.domain import sending
from app.modules.notifications.domain.kinds import Channel
from app.modules.notifications.letters import BadAddress, Letter, composed
from app.modules.notifications.models import Delivery

CHOICES_PATH = "/me/notices"


def deliver(context: Context, job: Job) -> dict[str, str]:
    """Try a delivery that waits; a failure is no failure of the job, since it stands with the delivery."""
    delivery = queries.find_delivery(context, int(job.arguments["delivery"]))
    if delivery is None or delivery.state != "waiting":
        return {"state": "nothing to do"}
    reason = _why_not(context, delivery)
    if reason:
        delivery.state, delivery.error, delivery.due_at = "skipped", reason, None
    elif delivery.channel is Channel.EMAIL:
        _try(context, delivery)
    else:
        live.hint(live.account_topic(delivery.account_id), {"notice": delivery.notice_id})
        _succeeded(context, delivery)
    return {"state": delivery.state}


def _why_not(context: Context, delivery: Delivery) -> str:
    """Say why somebody is not told after all; much may have happened since the delivery was lined up."""
    user, state = queries.find_account(context, delivery.account_id)
    if not sending.is_told(state, is_active=user.active):
        return "The person has left or is suspended."
    return service.why_no_mail(delivery) if delivery.channel is Channel.EMAIL else ""


def _try(context: Context, delivery: Delivery) -> None:
    server = mail.server()
    assert server is not None  # or it would have been skipped
    try:
        letter = composed(_letter(context, delivery, server))
        mail.send(server, letter, delivery.address or "")
    except BadAddress as error:
        _failed(context, delivery, str(error), is_final=True)
    except NotDelivered as error:
        _failed(context, delivery, str(error), is_final=error.is_final)
    else:
        _succeeded(context, delivery)


def _succeeded(context: Context, delivery: Delivery) -> None:
    delivery.attempts += 1
    delivery.state, delivery.sent_at, delivery.error, delivery.due_at = "sent", context.now, None, None


def _failed(context: Context, delivery: Delivery, reason: str, *, is_final: bool) -> None:
    """Put down why it did not go out, and line up the next try unless there is no sense in one."""
    delivery.attempts += 1
    delivery.error = reason[:500]
    pause = None if is_final else sending.pause_after(delivery.attempts)
    if pause is None:
        delivery.state, delivery.due_at = "failed", None
        return
    delivery.due_at = context.now + pause
    service.send(context, delivery, after=pause)


def _letter(context: Context, delivery: Delivery, server: Server) -> Letter:
    user, _ = queries.find_account(context, delivery.account_id)
    notice = delivery.notice
    return Letter(
        sender=server.sender,
        sender_name=server.sender_name,
        recipient=delivery.address or "",
        recipient_name=user.get_full_name(),
        title=notice.title,
        text=notice.text,
        organisation=settings.get(context.session, "organisation.name"),
        url=f"{server.base_url}{notice.path}",
        choices_url=f"{server.base_url}{CHOICES_PATH}",
        message_id=delivery.message_id or "",
        at=delivery.created_at,
    )


jobs.declare(service.DELIVER, "Bring a notice to a person", deliver, as_system=True)
