"""The one way in: bytes of a stranger, told by what they hold, read or refused, never an exception."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from lxml import etree

from app.infra.xml import parsing as xml
from app.modules.invoices.domain import arithmetic, peppol
from app.modules.invoices.domain.document import Enclosure, Parsed
from app.modules.invoices.domain.verdict import Finding, Verdict
from app.modules.invoices.einvoice import cii, pdf, table, ubl, zugferd1
from app.modules.invoices.einvoice.limits import STANDARD, Limits, Unreadable
from app.modules.invoices.einvoice.refusing import other_document, other_file
from app.modules.invoices.einvoice.validation import validate

Kind = Literal["ubl_invoice", "ubl_credit_note", "cii", "zugferd1", "pdf", "csv"]
_READERS: dict[str, tuple[Kind, Callable[[Any, Limits], Parsed]]] = {
    ubl.INVOICE: ("ubl_invoice", ubl.read),
    ubl.CREDIT_NOTE: ("ubl_credit_note", ubl.read),
    cii.CII: ("cii", cii.read),
    zugferd1.ZUGFERD1: ("zugferd1", zugferd1.read),
}
# Of two in one PDF the newer standard counts.
_PREFERRED = (cii.CII, ubl.INVOICE, ubl.CREDIT_NOTE, zugferd1.ZUGFERD1)
_ENVELOPE = "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}StandardBusinessDocument"


@dataclass(frozen=True, slots=True)
class Read:
    """One invoice in a file: what it says, and what the rules say about it."""

    parsed: Parsed
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file, or the data in it, cannot be read: a code for programs, a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a file.

    A PDF without data, or with data that cannot be read, is entered `by_hand` beside the picture of its pages; the
    refusal then says what is wrong with the data. Any other refusal means that nothing can be captured.
    """

    kind: Kind | None
    container: Literal["xml", "pdf", "csv", ""]
    documents: tuple[Read, ...] = ()
    refusal: Refusal | None = None
    by_hand: bool = False
    pages: int = 0
    text: str = ""
    xml: bytes | None = None

    @property
    def refused(self) -> bool:
        """Tell whether nothing can be captured."""
        return not self.documents and not self.by_hand


def read(data: bytes, name: str, limits: Limits = STANDARD) -> Reading:
    """Read a file whatever it is called; the name serves only to speak of it."""
    try:
        return _read(data, limits)
    except Unreadable as error:
        return Reading(None, "", refusal=Refusal(error.code, error.text))
    except (MemoryError, RecursionError):
        return Reading(None, "", refusal=Refusal("too_large", "The file is too large or too deeply nested to be read."))


def _read(data: bytes, limits: Limits) -> Reading:
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable("empty", "The file is empty.")
    if len(data) > limits.file:
        raise Unreadable("too_large", f"The file has more than {limits.file // 1024 // 1024} MB.")
    if pdf.looks_like_pdf(data):
        return _read_pdf(data, limits)
    if xml.looks_like_xml(data):
        kind, one = _read_xml(data, limits)
        return Reading(kind, "xml", (one,), xml=data)
    if table.looks_like_table(data):
        return Reading("csv", "csv", tuple(_unchecked(parsed) for parsed in table.read(data, limits)))
    raise other_file(data)


def _read_xml(data: bytes, limits: Limits) -> tuple[Kind, Read]:
    source = xml.parse(data, limits)
    root = _opened(source.root)
    if root.tag not in _READERS:
        raise other_document(root)
    kind, reader = _READERS[root.tag]
    parsed = reader(root, limits)
    verdict = replace(validate(kind, root, parsed.profile, limits), arithmetic=arithmetic.check(parsed))
    # Peppol's rules are known in part: what breaks one is invalid there, what breaks none may still be.
    if peppols := peppol.broken(parsed):
        verdict = replace(verdict, own_profile="invalid", own_findings=peppols)
    if source.recoded:
        text = "The file is not written in the encoding it says; it was read as what it is."
        verdict = replace(verdict, findings=(*verdict.findings, Finding("OUT-ENCODING", "warning", text)))
    return kind, Read(parsed, verdict)


def _opened(root: Any) -> Any:
    """Take a document out of the envelope the Peppol network puts around it."""
    if root.tag == _ENVELOPE:
        inside = [child for child in root if child.tag in _READERS]
        if len(inside) == 1:
            return copy.deepcopy(inside[0])
    return root


def _unchecked(parsed: Parsed) -> Read:
    """Judge what no standard has rules for by its arithmetic alone."""
    return Read(parsed, Verdict("unchecked", arithmetic=arithmetic.check(parsed)))


def _read_pdf(data: bytes, limits: Limits) -> Reading:
    opened = pdf.unpack(data, limits)
    text = pdf.words(data, limits)
    candidates = [found for found in opened.files if found.content and xml.looks_like_xml(found.content)]
    chosen, refusal = _chosen(candidates, limits)
    if chosen is None or chosen.content is None:
        return Reading("pdf", "pdf", refusal=refusal, by_hand=True, pages=opened.pages, text=text)
    try:
        kind, one = _read_xml(chosen.content, limits)
    except Unreadable as error:
        refusal = Refusal(error.code, error.text)
        return Reading("pdf", "pdf", refusal=refusal, by_hand=True, pages=opened.pages, text=text, xml=chosen.content)
    others = tuple(_kept(found, limits) for found in opened.files if found is not chosen)
    one = replace(one, parsed=replace(one.parsed, enclosures=one.parsed.enclosures + others))
    return Reading(kind, "pdf", (one,), pages=opened.pages, text=text, xml=chosen.content)


def _chosen(candidates: list[Enclosure], limits: Limits) -> tuple[Enclosure | None, Refusal | None]:
    """Find the invoice among the XML files of a PDF, whatever they are called; else say what is wrong with them."""
    ranked: list[tuple[int, Enclosure]] = []
    refusal = None
    for found in candidates:
        try:
            root = _opened(xml.parse(found.content or b"", limits).root)
            if root.tag not in _READERS:
                raise other_document(root)
            ranked.append((_PREFERRED.index(root.tag), found))
        except Unreadable as error:
            refusal = refusal or Refusal(error.code, error.text)
        except etree.LxmlError as error:
            refusal = refusal or Refusal("not_well_formed", str(error)[:200])
    return (min(ranked, key=lambda pair: pair[0])[1], None) if ranked else (None, refusal)


def _kept(found: Enclosure, limits: Limits) -> Enclosure:
    too_large = len(found.content or b"") > limits.enclosure
    return replace(found, content=None, too_large=True) if too_large else found
