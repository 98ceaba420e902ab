"""Whom an invoice is from and to: what it says of a side, compared with suppliers and with our own companies on file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.kernel.actor import Context
from app.modules.directory import queries as directory
from app.modules.directory.domain import normal_tax_id
from app.modules.directory.models import Entity
from app.modules.invoices import queries
from app.modules.invoices.domain import recognition
from app.modules.invoices.domain.case import Addressed
from app.modules.invoices.domain.document import Parsed, Party
from app.modules.invoices.domain.recognition import Known, Recognition, Seller
from app.modules.invoices.models import Invoice
from app.modules.invoices.service import stating
from app.modules.invoices.service.deriving import fingerprint
from app.modules.suppliers.domain import banking, likeness
from app.modules.suppliers.models import Supplier


@dataclass(frozen=True, slots=True)
class Meant:
    """Which of our companies an invoice that names its buyer means, where that is clear, and what tells so."""

    entity: Entity | None
    told: Recognition


def sender(context: Context, parsed: Parsed) -> Recognition:
    """Recognise which supplier sent an e-invoice."""
    party, seller = parsed.seller, seller_of(parsed)
    candidates = queries.list_candidates(
        context,
        names=likeness.name_keys(" ".join(likeness.normal_name(name) for name in seller.names)),
        tax_ids={number.partition(":")[2] for number in seller.tax_ids},
        fingerprints=seller.accounts,
        endpoints=[(party.endpoint.scheme, party.endpoint.value)] if party.endpoint else [],
        codes=seller.codes,
        domains=seller.domains,
    )
    return recognition.recognise(seller, map(known_of, candidates))


def addressed(context: Context, parsed: Parsed, *more: Entity) -> Meant | None:
    """Recognise to which of our open companies, and `more`, an e-invoice is addressed; nothing where it names no buyer."""
    buyer = parsed.buyer
    if not _called(buyer):
        return None
    ours = {each.id: each for each in (*directory.list_open_entities(context), *more)}
    told = recognition.addressed(_said_of(buyer), map(_known_as, ours.values()))
    return Meant(ours[told.chosen.supplier.id] if told.chosen else None, told)


def addressee(context: Context, invoice: Invoice) -> Addressed | None:
    """Say to whom an e-invoice is addressed and which of our companies that is, as its check compares it."""
    parsed = stating.read_again(invoice)
    meant = addressed(context, parsed, invoice.entity) if parsed else None
    if parsed is None or meant is None:
        return None
    likeliest = next(iter(meant.told.candidates), None)
    return Addressed(
        name=_called(parsed.buyer),
        entity=str(meant.entity) if meant.entity else "",
        why=recognition.words(meant.told.chosen or likeliest),
        nearest=f"{likeliest.supplier.code} {likeliest.supplier.name}" if likeliest and not meant.entity else "",
        warning=" ".join(each.text for each in meant.told.warnings),
    )


def _called(party: Party) -> str:
    """Call a side by its name, else by whatever it is named with; empty where the document says nothing of it."""
    other = next((each.value for each in (party.legal_id, party.endpoint) if each and each.value), "")
    return next(filter(None, (party.name, party.trading_name, *party.tax_ids, *party.tax_numbers)), other)[:200]


def seller_of(parsed: Parsed) -> Seller:
    """Read what an invoice says of its seller, written as suppliers are kept."""
    accounts = {means.account for means in parsed.payment_means if means.account}
    marks = frozenset(mark for account in accounts if (mark := fingerprint(account)))
    return replace(_said_of(parsed.seller), accounts=marks)


def _said_of(party: Party) -> Seller:
    country = (party.address.country or next(iter(party.tax_ids), "")[:2]).upper()
    numbers = {number for stated in (*party.tax_ids, *party.tax_numbers) if (number := _tax_id(stated, country))}
    return Seller(
        names=tuple(name for name in (party.name, party.trading_name) if name),
        tax_ids=frozenset(numbers),
        endpoints=frozenset({f"{party.endpoint.scheme}:{party.endpoint.value}"} if party.endpoint else ()),
        legal_ids=frozenset({f"{country}:{party.legal_id.value}"} if party.legal_id else ()),
        codes=frozenset(each.value for each in party.ids),
        domains=frozenset(filter(None, (likeness.email_domain(party.contact.email or None),))),
    )


def known_of(supplier: Supplier) -> Known:
    """Read what is on file of a supplier in the same way."""
    live = (account for account in supplier.bank_accounts if account.state in ("proposed", "confirmed"))
    numbers = frozenset(f"{tax_id.country}:{tax_id.normal}" for tax_id in supplier.tax_ids)
    return Known(
        id=supplier.id,
        code=supplier.code,
        name=supplier.name,
        names=frozenset(filter(None, (supplier.legal_name,))),
        tax_ids=numbers,
        accounts=frozenset(account.fingerprint for account in live),
        endpoints=frozenset({f"{supplier.endpoint_scheme}:{supplier.endpoint_id}"} if supplier.endpoint_id else ()),
        legal_ids=numbers,
        domains=frozenset(contact.email_domain for contact in supplier.contacts if contact.email_domain),
    )


def _known_as(entity: Entity) -> Known:
    """Read what is on file of a company of ours in the same way."""
    number = _tax_id(entity.tax_id or "", entity.country)
    registered = banking.compact(entity.registration_number)
    return Known(
        id=entity.id,
        code=entity.code,
        name=entity.name,
        names=frozenset(filter(None, (entity.legal_name,))),
        tax_ids=frozenset({number} if number else ()),
        endpoints=frozenset({f"{entity.endpoint_scheme}:{entity.endpoint_id}"} if entity.endpoint_id else ()),
        legal_ids=frozenset(filter(None, (number, registered and f"{entity.country}:{registered}"))),
    )


def _tax_id(stated: str, country: str) -> str | None:
    compact = banking.compact(stated)
    if not compact:
        return None
    of = compact[:2] if compact[:2].isalpha() else country
    of = "GR" if of == "EL" else of
    return f"{of}:{normal_tax_id(compact, of, 'vat')}" if of else None


def kept(found: Recognition) -> dict[str, Any]:
    """Write down how the supplier was recognised, for whoever asks later."""
    return {
        "chosen": found.chosen.supplier.code if found.chosen else None,
        "candidates": [
            {
                "supplier": each.supplier.code,
                "confidence": each.confidence,
                "reasons": [reason.words for reason in each.reasons],
            }
            for each in found.candidates[:5]
        ],
        "warnings": [each.text for each in found.warnings],
    }
