"""From a wish to a reconciled payment and its evidence, over REST: every step by whoever does it, with a token of their own."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask

from app.infra import clock, identity, unit
from tests.acting import NOW, PASSWORD, Someone, open_session, system
from tests.contract.house import Visitor
from tests.scenarios.banking import Banking, camt053, entry
from tests.scenarios.billing import ubl
from tests.scenarios.paying import pain002
from tests.servers import ROOT

LAMPS = {
    "text": "Lamp 532 nm", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT", "tax_code": "AT20",
}  # fmt: skip
WISH = {"title": "Lamps for microscope 2", "reason": "The old ones grow dim.", "cost_centre": "LAB", "currency": "EUR"}

#: Who did what, by document; what is done to one is written down with those it changes.
ON_RECORD = {
    "request": [
        "Lena request.create", "Lena request.submit", "Sofia request.approve", "Nadia order.add_request", "Nadia order.issue",
    ],
    "order": [
        "Nadia order.create", "Nadia order.add_request", "Nadia order.submit", "Nadia order.issue", "Rita receipt.post",
        "Eva invoice.post", "Jana payment_run.release",
    ],
    "receipt": ["Rita receipt.create", "Rita receipt.post"],
    "invoice": [
        "Eva invoice.create", "Nadia invoice_exception.accept", "Eva invoice.submit", "Eva invoice.post",
        "Jana payment_run.release",
    ],
    "run": [
        "Hanna payment_run.create", "Hanna payment_run.submit", "Tomas payment_run.approve", "Jana payment_run.release",
        "Jana payment_run.fetch_file", "Jana payment_run.attach", "Jana payment_run.read_answer", "Jana bank_statement.match",
    ],
    "payment": [
        "Jana payment_run.release", "Jana payment_run.read_answer", "Jana bank_statement.match", "Vera payment.evidence",
    ],
    "statement": ["Jana bank_statement.match", "Jana bank_statement.explain"],
}  # fmt: skip


class Story:
    """The company as scripts of its people see it, on days that pass; it keeps the keys of what came to be."""

    def __init__(self, app: Flask, company: Banking, time: clock.FrozenClock) -> None:
        self.app, self.company, self.time = app, company, time
        self._scripts: dict[str, Visitor] = {}
        let_sign_in(company.jana)
        self.request = self.order = self.receipt = self.invoice = self.run = self.payment = self.statement = ""

    def by(self, someone: Someone) -> Visitor:
        """Give the script of somebody; a minute passes."""
        self.time.advance(timedelta(minutes=1))
        return self._scripts.setdefault(someone.code, Visitor(self.app, someone))

    def enter(self, someone: Someone, resource: str, **values: Any) -> str:
        """Let somebody enter a row; give its address."""
        answer = self.by(someone).script("POST", f"/{resource}", json=values)
        assert answer.status_code == 201, answer.json
        return f"{resource}/{answer.json['key']}"

    def do(self, someone: Someone, row: str, command: str, **arguments: Any) -> str:
        """Let somebody run a command; give the state that follows."""
        return str(self.told(someone, row, command, **arguments)["state"])

    def told(self, someone: Someone, row: str, command: str, **arguments: Any) -> Any:
        """Let somebody run a command; give its whole outcome."""
        answer = self.by(someone).script("POST", f"/{row}/{command}", json=arguments)
        assert answer.status_code == 200, answer.json
        return answer.json

    def refused(self, someone: Someone, row: str, command: str, **arguments: Any) -> list[str]:
        """Let somebody try what they may not now; give the codes of the reasons."""
        answer = self.by(someone).script("POST", f"/{row}/{command}", json=arguments)
        assert answer.status_code in (403, 409), answer.json
        return [problem["code"] for problem in answer.json["problems"]]

    def see(self, someone: Someone, address: str) -> Any:
        """Let somebody look."""
        answer = self.by(someone).script("GET", f"/{address}")
        assert answer.status_code == 200, answer.json
        return answer.json

    def send(self, someone: Someone, address: str, data: bytes, name: str) -> Any:
        """Let somebody send a file."""
        form = {"file": (io.BytesIO(data), name)}
        answer = self.by(someone).script("POST", f"/{address}", data=form, content_type="multipart/form-data")
        assert answer.status_code == 201, answer.json
        return answer.json

    def rows(self) -> dict[str, str]:
        """Give the documents by their kind, in the order in which they came to be."""
        kinds = ("request", "order", "receipt", "invoice", "run", "payment", "statement")
        return {kind: getattr(self, kind) for kind in kinds}

    def key(self, row: str) -> str:
        """Give the key of a row."""
        return row.rpartition("/")[2]

    def signed_in(self) -> Visitor:
        """Let Jana sign in with her password; her page calls REST with the session this opens."""
        jana = self.company.jana
        return Visitor(self.app, Someone(jana.user, jana.code, open_session(jana.user)))


def let_sign_in(someone: Someone) -> None:
    """Give somebody a password; what moves money asks for it."""
    with unit.transaction(system(), "test.set_password") as bound:
        user = identity.find_user(bound.session, someone.code)
        assert user is not None
        identity.set_password(bound, user, PASSWORD)


@pytest.fixture
def story(app: Flask, banking: Banking, monkeypatch: pytest.MonkeyPatch) -> Story:
    time = clock.FrozenClock(NOW + timedelta(days=1))
    monkeypatch.setattr(clock, "system", time)
    return Story(app, banking, time)


def ask(story: Story) -> None:
    """Lena asks for ten lamps; the head of her laboratory agrees, and nobody else can."""
    people = story.company
    story.request = story.enter(people.lena, "requests", **WISH, deliver_to="WIEN", lines=[LAMPS])
    assert story.do(people.lena, story.request, "submit") == "submitted"
    assert story.refused(people.lena, story.request, "approve") == ["forbidden"]
    assert story.refused(people.jana, story.request, "approve") == ["forbidden"]
    assert story.do(people.sofia, story.request, "approve") == "approved"


def order(story: Story) -> None:
    """Nadia makes an order of it; the request was approved, so nobody is asked again, and the money is committed."""
    people = story.company
    head = {"supplier": "VEGA", "cost_centre": "LAB", "currency": "EUR", "deliver_to": "WIEN"}
    story.order = story.enter(people.nadia, "orders", **head)
    story.do(people.nadia, story.order, "add_request", request=story.key(story.request))
    assert story.do(people.nadia, story.order, "submit") == "approved"
    assert story.do(people.nadia, story.order, "issue", channel="print") == "issued"
    assert story.see(people.nadia, story.request)["ordered"] == "all"
    assert people.figures("LAB") == ("0", "900")


def receive(story: Story) -> None:
    """Rita counts ten lamps."""
    people = story.company
    lines = [{"line": "1", "quantity": "10"}]
    story.receipt = story.enter(people.rita, "receipts", order=story.key(story.order), lines=lines)
    assert story.do(people.rita, story.receipt, "post") == "posted"
    assert story.see(people.nadia, story.order)["received"] == "all"


def bill(story: Story) -> None:
    """Vega bills five euros more for each; Nadia, who agreed the price, accepts that, and Eva books the invoice."""
    people = story.company
    document = ubl("R-2026-77", ("Lamp 532 nm", "10", "95"), order=story.key(story.order), on="2026-11-23")
    [taken] = story.send(people.eva, "invoices/capture", document, "R-2026-77.xml")["data"]
    story.invoice = f"invoices/{taken['key']}"
    assert taken["state"] == "exception"
    assert story.refused(people.eva, story.invoice, "submit") == ["wrong_state"]
    [found] = story.see(people.nadia, f"exceptions?invoice={taken['key']}&state=open")["data"]
    assert (found["kind"], found["owner"]) == ("price", "buyer")
    exception = f"exceptions/{found['number']}"
    assert "own_invoice" in story.refused(people.eva, exception, "accept", reason="It is little")
    assert story.do(people.nadia, exception, "accept", reason="The list price rose in November") == "accepted"
    assert story.see(people.eva, story.invoice)["state"] == "matched"
    assert story.do(people.eva, story.invoice, "submit") == "approved"
    assert story.do(people.eva, story.invoice, "post") == "posted"
    assert people.spent("LAB") == ("0", "950")


def pay(story: Story) -> None:
    """Hanna proposes a run, Tomas approves it, and Jana releases it, who has just entered her password."""
    people, run = story.company, {"paying_account": "MAIN", "due_until": "2026-12-31"}
    early = story.see(people.hanna, story.enter(people.hanna, "payment-runs", **run))
    assert [left["code"] for left in early["left_out"]] == ["cooling_off"]
    story.time.advance(timedelta(days=2))
    morning = story.signed_in()
    story.run = story.enter(people.hanna, "payment-runs", **run)
    assert story.do(people.hanna, story.run, "submit") == "submitted"
    assert story.refused(people.hanna, story.run, "approve") == ["forbidden"]
    assert story.do(people.tomas, story.run, "approve") == "approved"
    story.time.advance(timedelta(minutes=20))
    address = f"/{story.run}/release"
    for answer in (story.by(people.jana).script("POST", address, json={}), morning.rest("POST", address, json={})):
        assert (answer.status_code, answer.json["problems"][0]["code"]) == (403, "step_up_required")
    answer = story.signed_in().rest("POST", address, json={})
    assert (answer.status_code, answer.json["state"]) == (200, "released")
    [payment] = story.see(people.jana, f"payments?run={story.key(story.run)}")["data"]
    story.payment = f"payments/{payment['number']}"
    file = story.told(people.jana, story.run, "fetch_file")["told_once"]["content"]
    assert payment["number"] in file
    assert '<InstdAmt Ccy="EUR">1140.00</InstdAmt>' in file


def reconcile(story: Story) -> None:
    """The bank says that it has paid, and its statement shows the payment and a fee, which Jana explains."""
    jana, number = story.company.jana, story.key(story.payment)
    answered = pain002(story.key(story.run), (number, "ACSP", ""))
    name = story.send(jana, f"{story.run}/attachments", answered, "answer.xml")["name"]
    story.do(jana, story.run, "read_answer", file=name)
    story.time.advance(timedelta(days=1))
    booked = entry("-1140.00", id=number, on="2026-11-26"), entry("-4.50", text="Fee", on="2026-11-26")
    day = camt053(*booked, on="2026-11-26")
    [taken] = story.send(jana, "bank-statements/capture", day, "day.xml")["data"]
    story.statement = f"bank-statements/{taken['key']}"
    shown = story.see(jana, story.statement)
    assert [(line["number"], line["state"]) for line in shown["lines"]] == [("1", "matched"), ("2", "open")]
    [match] = shown["matches"]
    assert (match["payment"]["key"], match["amount"], match["how"]) == (number, "-1140.00", "certain")
    said = {"lines": ["2"], "kind": "fee", "reason": "Monthly fee"}
    assert story.do(jana, story.statement, "explain", **said) == "reconciled"


def prove(story: Story, folder: Path) -> Any:
    """Vera from audit takes the evidence and checks it on a machine without Outlay; give what is in it."""
    told = story.told(story.company.vera, story.payment, "evidence")["told_once"]
    pack, key = folder / "pack.zip", folder / "key"
    pack.write_bytes(base64.b64decode(told["content"]))
    key.write_text(story.app.config["OUTLAY_AUDIT_KEY"])
    words = [sys.executable, "-I", str(ROOT / "deploy/verify_evidence.py"), str(pack), "--key-file", str(key)]
    alone = {"PATH": os.environ["PATH"]}
    checked = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=alone)
    assert (checked.returncode, checked.stderr) == (0, "")
    with ZipFile(pack) as files:
        assert json.loads(files.read("manifest.json"))["beyond"] == []
        return json.loads(files.read("record.json"))


def done_to(story: Story, row: str) -> list[str]:
    """Tell who did what with a document, the first act first, as an auditor reads it."""
    steps = story.see(story.company.vera, f"{row}/history?size=200")["data"]
    assert {step["channel"] for step in steps} == {"rest"}
    found = [f"{step['actor'].partition(' ')[0]} {step['command']}" for step in reversed(steps)]
    return list(dict.fromkeys(found))


def test_of_the_way_from_a_wish_to_a_reconciled_payment_everything_is_on_record(story: Story, tmp_path: Path) -> None:
    for chapter in (ask, order, receive, bill, pay, reconcile):
        chapter(story)
    see, vera = story.see, story.company.vera
    assert see(vera, story.order) | {"received": "all", "invoiced": "all", "paid": "all"} == see(vera, story.order)
    invoice, payment = see(vera, story.invoice), see(vera, story.payment)
    assert (invoice["state"], invoice["paid"], Decimal(invoice["open_amount"])) == ("posted", "all", 0)
    assert (payment["state"], payment["settled_amount"], payment["settled_on"]) == ("settled", "1140.00", "2026-11-26")
    assert [see(vera, row)["state"] for row in (story.run, story.statement)] == ["settled", "reconciled"]
    documents = {document["key"] for document in prove(story, tmp_path)}
    assert documents >= {story.key(row) for kind, row in story.rows().items() if kind != "statement"}
    assert {kind: done_to(story, row) for kind, row in story.rows().items()} == ON_RECORD
