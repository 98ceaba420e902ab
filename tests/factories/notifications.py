"""How notices and deliveries come about: nobody enters them in a form."""

from __future__ import annotations

from typing import Any

from app.infra import breaker, jobs, mail, unit
from app.infra.db import uuid7
from app.modules.notifications import jobs as carrying
from app.modules.notifications.domain.kinds import Channel, Kind
from app.modules.notifications.domain.sending import MOST_TRIES
from app.modules.notifications.models import Delivery, Notice
from app.modules.notifications.queries import find_delivery
from tests.acting import system

#: Nobody listens there.
NOWHERE = mail.Server("127.0.0.1", 9, "outlay@example.com", "http://127.0.0.1:8000", security="none")


def _notice(maker: Any, bound: Any) -> Notice:
    number = maker.next()
    notice = Notice(
        event=uuid7(),
        account_id=maker.owner,
        kind=Kind.APPROVAL_ASKED,
        title=f"REQ-2026-{number:05d} waits for your decision",
        text=f"Jana Novak asks you to decide on this request: Laptops {number}.",
        resource="request",
        row_key=f"REQ-2026-{number:05d}",
        amount="12.50 EUR",
        path=f"/requests/REQ-2026-{number:05d}",
        created_at=bound.now,
    )
    bound.session.add(notice)
    bound.session.flush()
    return notice


def notice(maker: Any) -> str:
    """Tell the owner something."""
    with unit.transaction(system(), "test.tell") as bound:
        return str(_notice(maker, bound).id)


def delivery(maker: Any) -> str:
    """Let a notice wait for the post."""
    with unit.transaction(system(), "test.line_up") as bound:
        told = _notice(maker, bound)
        made = Delivery(
            notice_id=told.id,
            account_id=told.account_id,
            channel=Channel.EMAIL,
            address=f"person.{maker.number}@example.com",
            message_id=f"<{maker.number}@example.com>",
            attempts=0,
            created_at=bound.now,
        )
        bound.session.add(made)
        bound.session.flush()
        return str(made.id)


def _carry(key: str, server: mail.Server | None = None, **before: Any) -> None:
    """Let the post try once, through some server or none."""
    known = mail.server()
    mail.use(server)
    try:
        with unit.transaction(system(), "test.carry") as bound:
            found: Any = find_delivery(bound, int(key))
            for name, value in before.items():
                setattr(found, name, value)
            bound.session.flush()
            carrying.deliver(bound, jobs.Job(arguments={"delivery": int(key)}))
    finally:
        mail.use(known)
        breaker.forget()


ROWS = {"notice": notice, "delivery": delivery}

ROUTES = {
    ("delivery", "sent"): lambda maker, key: _carry(key, channel=Channel.IN_APP),
    ("delivery", "failed"): lambda maker, key: _carry(key, NOWHERE, attempts=MOST_TRIES - 1),
    ("delivery", "skipped"): lambda maker, key: _carry(key),
}
