"""Whom an invoice is from and to: who fits what it says of a side, how sure that is, and what contradicts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.modules.suppliers.domain.likeness import Reason, normal_name, similarity

SURE_FROM = 90
#: The doubt about the second has to be so many times the doubt about the first before the first is taken.
CLEAR_LEAD = 3
_CONTRADICTED = 50
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Seller:
    """What an invoice says of its seller, or of its buyer; everything normalised, accounts as fingerprints, endpoints as scheme:value.

    `tax_ids` begin with their country where they are VAT numbers. `codes` are our numbers of the supplier.
    """

    names: tuple[str, ...] = ()
    tax_ids: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    legal_ids: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """A supplier, or a company of ours, as it is on file, normalised in the same way; `domains` without those of mail providers."""

    id: int
    code: str
    name: str
    names: frozenset[str] = frozenset()
    tax_ids: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    legal_ids: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A supplier that may have sent the invoice, with its confidence in percent and the reasons."""

    supplier: Known
    reasons: tuple[Reason, ...]
    is_contradicted: bool = False

    @property
    def doubt(self) -> int:
        """Tell, in ten-thousandths, what is left of doubt when the reasons are taken as independent hints."""
        left = 10_000
        for reason in self.reasons:
            left = left * (_WHOLE - reason.weight) // _WHOLE
        return max(left, 10_000 - _CONTRADICTED * 100) if self.is_contradicted else left

    @property
    def confidence(self) -> int:
        """Tell in percent how sure it is."""
        return _WHOLE - -(-self.doubt // 100)

    @property
    def is_identified(self) -> bool:
        """Say whether something that belongs to one company alone speaks for it."""
        return any(reason.code in _IDENTIFYING for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Warned:
    """Evidence that contradicts itself, which honest invoices rarely show."""

    code: str
    text: str
    suppliers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recognition:
    """Who may have sent an invoice, the likeliest first; `chosen` only where nothing is left to ask."""

    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    warnings: tuple[Warned, ...]


_WEIGHTS = (
    ("tax_ids", Reason("tax_id", "tax id", 95)),
    ("endpoints", Reason("endpoint", "e-invoice address", 92)),
    ("legal_ids", Reason("legal_id", "registration number", 92)),
    ("accounts", Reason("account", "bank account", 85)),
)
_NAMES = frozenset({"same_name", "similar_name"})
_ASK = "ask the supplier on a number you know."
_IDENTIFYING = frozenset(reason.code for _, reason in _WEIGHTS)


def recognise(seller: Seller, suppliers: Iterable[Known]) -> Recognition:
    """Weigh all suppliers, take one only where it is sure and clearly ahead, and warn where evidence contradicts itself."""
    found = _weighed(seller, suppliers)
    warnings = (*_split_evidence(found), *_impostors(found))
    chosen = None if warnings else _chosen(found)
    return Recognition(tuple(found), chosen, warnings)


def addressed(buyer: Seller, ours: Iterable[Known]) -> Recognition:
    """Weigh which of our companies is meant: as with suppliers, or the only one of that very name, as we know them all."""
    found = _weighed(buyer, ours)
    warnings = (*_split_evidence(found), *_impostors(found))
    named = [each for each in found if any(reason.code == "same_name" for reason in each.reasons)]
    by_name = named[0] if len(named) == 1 and not any(each.is_identified for each in found) else None
    return Recognition(tuple(found), None if warnings else _chosen(found) or by_name, warnings)


def words(candidate: Candidate | None) -> str:
    """Say why somebody may be meant, and how sure that is."""
    if candidate is None:
        return ""
    return f"{', '.join(reason.words for reason in candidate.reasons)}; {candidate.confidence} % sure"


def _weighed(said: Seller, known: Iterable[Known]) -> list[Candidate]:
    """List who may be meant, the likeliest first."""
    found = [candidate for each in known if (candidate := _candidate(said, each)) is not None]
    return sorted(found, key=lambda each: (each.doubt, each.supplier.code, each.supplier.id))


def _chosen(found: list[Candidate]) -> Candidate | None:
    if not found or found[0].confidence < SURE_FROM or not found[0].is_identified:
        return None
    is_ahead = len(found) == 1 or found[1].doubt >= CLEAR_LEAD * max(found[0].doubt, 1)
    return found[0] if is_ahead else None


def _candidate(seller: Seller, supplier: Known) -> Candidate | None:
    reasons = (*_identifiers(seller, supplier), *_likeness(seller, supplier))
    return Candidate(supplier, reasons, _is_contradicted(seller, supplier)) if reasons else None


def _identifiers(seller: Seller, supplier: Known) -> Iterator[Reason]:
    for field, reason in _WEIGHTS:
        stated: frozenset[str] = getattr(seller, field)
        if stated & getattr(supplier, field):
            yield reason
    if supplier.code in seller.codes:
        yield Reason("code", f"our number {supplier.code}", 40)


def _likeness(seller: Seller, supplier: Known) -> Iterator[Reason]:
    stated = [normal_name(name) for name in seller.names if name.strip()]
    known = [normal_name(name) for name in (supplier.name, *sorted(supplier.names))]
    alike = max((similarity(one, other) for one in stated for other in known), default=0)
    if alike == _WHOLE:
        yield Reason("same_name", "same name", 75)
    elif alike >= 75:  # noqa: PLR2004
        yield Reason("similar_name", f"similar name, {alike} %", 45)
    elif alike >= 60:  # noqa: PLR2004
        yield Reason("similar_name", f"somewhat similar name, {alike} %", 20)
    shared = sorted(seller.domains & supplier.domains)
    if shared:
        yield Reason("domain", f"e-mail domain {shared[0]}", 25)


def _is_contradicted(seller: Seller, supplier: Known) -> bool:
    """Say whether the invoice bears a tax id of the same kind, in the same country, that is not this supplier's."""
    if seller.tax_ids & supplier.tax_ids:
        return False
    return bool({_shape(tax_id) for tax_id in seller.tax_ids} & {_shape(tax_id) for tax_id in supplier.tax_ids})


def _shape(tax_id: str) -> str:
    """Tell VAT numbers, local numbers and those of other countries apart by how they are written."""
    country = tax_id[:2] if tax_id[:2].isalpha() else ""
    rest = tax_id.removeprefix(country)
    return country + "".join("9" if char.isdecimal() else "A" if char.isalpha() else char for char in rest)


def _split_evidence(found: list[Candidate]) -> Iterator[Warned]:
    """Warn where one identifier leads to one supplier and another to a different one; a group may share one."""
    leads = {reason.code: [each for each in found if reason in each.reasons] for _, reason in _WEIGHTS}
    named = [(code, candidates) for code, candidates in leads.items() if candidates]
    for at, (code, candidates) in enumerate(named):
        for other_code, others in named[at + 1 :]:
            if not {each.supplier.id for each in candidates} & {each.supplier.id for each in others}:
                one, other = candidates[0].supplier, others[0].supplier
                words = f"The {_words(code)} is that of {_who(one)}, the {_words(other_code)} that of {_who(other)}"
                yield Warned("split_evidence", f"{words}: {_ASK}", (one.id, other.id))


def _words(code: str) -> str:
    return next(reason.words for _, reason in _WEIGHTS if reason.code == code)


def _who(supplier: Known) -> str:
    return f"{supplier.code} {supplier.name}"


def _impostors(found: list[Candidate]) -> Iterator[Warned]:
    """Warn where the name, the account or the address is one we know and the tax id another's of the same country."""
    holders = [each for each in found if any(reason.code == "tax_id" for reason in each.reasons)]
    if any(reason.code in _NAMES for each in holders for reason in each.reasons):
        return
    for candidate in found:
        codes = _IDENTIFYING if not holders else frozenset[str]()
        telling = [reason for reason in candidate.reasons if reason.code in codes or reason.code == "same_name"]
        if candidate not in holders and telling and (holders or candidate.is_contradicted):
            theirs = f"but the tax id of {_who(holders[0].supplier)}" if holders else "but not its tax id"
            words = f"It has the {telling[0].words.removeprefix('same ')} of {_who(candidate.supplier)}, {theirs}"
            yield Warned("other_tax_id", f"{words}: {_ASK}", (candidate.supplier.id,))
