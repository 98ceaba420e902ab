"""Payment runs in a storm: two people bring what is due to the bank, and every invoice is paid once."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from lxml import etree

from app.infra import identity
from app.infra.db import db
from bench.operations import Transport
from tests.acting import open_session

#: The treasurer by a token, who approves, and signed in at a page, as a release asks for the password.
APPROVER, RELEASER = "treasurer", "treasurer at a page"
RUNS = "/api/v1/payment-runs"


def at_a_page(application: Flask, login: str) -> dict[str, str]:
    """Let somebody sign in just now; gives what their page sends with a change."""
    with application.app_context():
        user = identity.find_user(db.session(), login)
        secret = open_session(user)
        db.session.remove()
        db.engine.dispose()
    token = secrets.token_hex(20)
    serializer = SecureCookieSessionInterface().get_signing_serializer(application)
    assert serializer is not None
    cookie = serializer.dumps({"sid": secret, "csrf_token": token})
    header = URLSafeTimedSerializer(application.secret_key, salt="wtf-csrf-token").dumps(token)
    return {"Cookie": f"{application.config['SESSION_COOKIE_NAME']}={cookie}", "X-CSRFToken": str(header)}


def pay(send: Transport) -> tuple[str, str] | None:
    """Pay what is due: the clerk proposes, the treasurer approves and releases; gives the run and the hash of its file.

    When others have taken everything that is due, the run is empty and is given up.
    """
    today = date.today()
    days = {"execute_on": str(today + timedelta(days=2)), "due_until": str(today + timedelta(days=60))}
    run = str(_told(send, RUNS, "clerk", {"paying_account": "MAIN", **days}, 201)["key"])
    status, answer = _sent(send, f"{RUNS}/{run}/submit", "clerk", {})
    if status != 200:
        assert {each["code"] for each in json.loads(answer)["problems"]} == {"no_items"}, (status, answer[:600])
        _told(send, f"{RUNS}/{run}/cancel", "clerk", {"reason": "Nothing is due"})
        return None
    _told(send, f"{RUNS}/{run}/approve", APPROVER, {})
    _told(send, f"{RUNS}/{run}/release", RELEASER, {})
    return run, hashlib.sha256(fetch(send, run)).hexdigest()


def fetch(send: Transport, run: str) -> bytes:
    """Get the file of a run; it is told once, so an answer that was lost is asked for anew."""
    while True:
        answer = _told(send, f"{RUNS}/{run}/fetch_file", APPROVER, {})
        if "told_once" in answer:
            return str(answer["told_once"]["content"]).encode()


def _told(send: Transport, path: str, who: str, form: dict[str, Any], expected: int = 200) -> dict[str, Any]:
    status, answer = _sent(send, path, who, form)
    assert status == expected, (path, status, answer[:600])
    found: dict[str, Any] = json.loads(answer)
    return found


def _sent(send: Transport, path: str, who: str, form: dict[str, Any]) -> tuple[int, bytes]:
    return send("POST", path, who, json.dumps(form).encode(), "application/json")


Ask = Callable[..., list[tuple[Any, ...]]]


def check_payments(ask: Ask, send: Transport, released: dict[str, str]) -> None:
    """See that nothing is paid twice, sums agree from item to file, and what was shown as released is, with its file."""
    assert ask("SELECT open_item_id FROM payment_part WHERE NOT undone GROUP BY 1 HAVING count(*) > 1") == []
    assert ask(
        "SELECT o.id FROM open_item o LEFT JOIN payment_part p ON p.open_item_id = o.id AND NOT p.undone"
        " GROUP BY o.id HAVING coalesce(sum(p.amount + p.discount), 0) <> o.settled"
    ) == []  # fmt: skip
    assert ask(
        "SELECT r.number FROM payment_run r LEFT JOIN payment p ON p.run_id = r.id GROUP BY r.id"
        " HAVING coalesce(sum(p.amount), 0) <> CASE WHEN r.state = 'released' THEN r.total ELSE 0 END"
    ) == []  # fmt: skip
    assert ask(
        "SELECT p.number FROM payment p JOIN payment_part t ON t.payment_id = p.id GROUP BY p.id HAVING sum(t.amount) <> p.amount"
    ) == []  # fmt: skip
    given = sorted(int(number.rpartition("-")[2]) for (number,) in ask("SELECT number FROM payment"))
    assert given == list(range(1, len(given) + 1))
    kept = {run: (digest, total) for run, digest, total in ask(
        "SELECT number, file_hash, total FROM payment_run WHERE state = 'released'")}  # fmt: skip
    for run, digest in released.items():
        assert kept[run][0] == digest, run
    for run, (digest, total) in kept.items():
        data = fetch(send, run)
        assert hashlib.sha256(data).hexdigest() == digest, run
        document = etree.fromstring(data)
        names = {"p": document.nsmap[None]}
        assert document.xpath("number(//p:GrpHdr/p:CtrlSum)", namespaces=names) == float(total), run
        paid = ask(
            "SELECT p.number FROM payment p JOIN payment_run r ON r.id = p.run_id WHERE r.number = %s ORDER BY 1", run
        )
        assert len(document.xpath("//p:EndToEndId", namespaces=names)) >= len(paid) > 0, run
