"""The names people use for the long identifiers of profiles."""

from __future__ import annotations

import re

_NAMES = (
    (re.compile(r"extended-ctc-fr", re.IGNORECASE), "EXTENDED-CTC-FR"),
    (re.compile(r"(?:factur-x|zugferd)\.\w+:\d+p\d+:minimum"), "Factur-X MINIMUM"),
    (re.compile(r"(?:factur-x|zugferd)\.\w+:\d+p\d+:basicwl"), "Factur-X BASIC WL"),
    (re.compile(r"(?:factur-x|zugferd)\.\w+:\d+p\d+:basic"), "Factur-X BASIC"),
    (re.compile(r"(?:factur-x|zugferd)\.\w+:\d+p\d+:extended"), "Factur-X EXTENDED"),
    (re.compile(r"kosit:extension:xrechnung_(\d+\.\d+)"), "XRechnung Extension {}"),
    (re.compile(r"xrechnung_(\d+\.\d+)"), "XRechnung {}"),
    (re.compile(r"peppol\.eu:2017:poacc:billing:(\d)"), "Peppol BIS Billing {}"),
    (re.compile(r"peppol:pint:billing-?(\d)?"), "Peppol PINT"),
    (re.compile(r"peppol\.eu:2017:poacc:selfbilling:(\d)"), "Peppol BIS Self-Billing {}"),
    (re.compile(r"fdc:nen\.nl:nlcius"), "NLCIUS"),
    (re.compile(r"CrossIndustryDocument:invoice:1p0:(\w+)"), "ZUGFeRD 1.0 {}"),
    (re.compile(r"^urn:cen\.eu:en16931:2017$"), "EN 16931"),
)


def profile_name(identifier: str, kind: str) -> str:
    """Name a profile; one without a name keeps its identifier, as far as it can be shown."""
    for pattern, name in _NAMES:
        if match := pattern.search(identifier):
            return name.format(*match.groups()) if match.groups() and match[1] else name.replace(" {}", "")
    return identifier[:120] or ("UBL 2.1" if kind.startswith("ubl") else "")
