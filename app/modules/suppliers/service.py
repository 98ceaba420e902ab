"""What follows from a supplier's data whenever it is written, and how one supplier takes over another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.infra import crypto, settings, unit
from app.infra.intake import Reader
from app.infra.settings import Declared
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import registry
from app.modules.directory import domain as directory
from app.modules.directory import queries as parties
from app.modules.directory.models import Entity
from app.modules.suppliers import queries
from app.modules.suppliers.domain import banking, likeness
from app.modules.suppliers.models import BankAccount, Supplier, SupplierContact, SupplierTaxId

COOLING_OFF = settings.declare(
    Declared(
        "suppliers.cooling_off_days",
        3,
        "Cooling-off days of bank accounts",
        "A new or changed bank account of a supplier pays nothing for this many days after its confirmation.",
        0,
        60,
    )
)


def keep_names(context: Context, supplier: Supplier) -> None:
    """Derive what a supplier is found and compared by."""
    supplier.country = supplier.country.upper()
    supplier.normal_name = likeness.normal_name(supplier.name)
    supplier.name_keys = likeness.name_keys(f"{supplier.normal_name} {likeness.normal_name(supplier.legal_name or '')}")
    for tax_id in supplier.tax_ids:
        tax_id.country = tax_id.country.upper()
        tax_id.normal = directory.normal_tax_id(tax_id.value, tax_id.country, tax_id.kind.value)
    for contact in supplier.contacts:
        contact.email_domain = likeness.email_domain(contact.email)


def keep_account(context: Context, account: BankAccount) -> None:
    """Write an account in one way only, remember who had a hand in it, and make it findable without reading it."""
    account.country = account.country.upper() if account.country else None
    account.iban, account.bic = banking.compact(account.iban), banking.compact(account.bic)
    account.account_number, account.routing = banking.compact(account.account_number), banking.compact(account.routing)
    if account.iban and not account.country:
        account.country = account.iban[:2]
    account.makers = sorted({*(account.makers or ()), *context.actor.hands})
    name = banking.identify(account.country, account.iban, account.routing, account.account_number)
    account.fingerprint = crypto.keyring().blind_index(name, "bank_account")


def cooling_off_days(context: Context) -> int:
    """Tell how long a confirmed account still pays nothing."""
    return int(settings.get(context.session, COOLING_OFF.name))


def take_over(context: Context, supplier: Supplier, into: Supplier) -> int:
    """Bring contacts, tax ids and accounts of one supplier to another; give the number of accounts.

    Contacts and tax ids are copied, so that the merged supplier still shows what it was. Accounts move, and wait for
    a new confirmation: for the supplier they come to, each is a new account.
    """
    _copy_tax_ids(supplier, into)
    _copy_contacts(supplier, into)
    for earlier in queries.list_merged_into(context, supplier):
        earlier.merged_into = into
    present = {account.fingerprint for account in queries.list_accounts(context, into)}
    moved = 0
    for account in queries.list_accounts(context, supplier):
        if account.fingerprint in present:
            account.state, account.state_reason = "retired", f"{into.code} has the same account"
            continue
        account.supplier, account.state, account.replaces = into, "proposed", None
        account.confirmed_at = account.confirmed_by = account.usable_from = None
        account.makers = sorted({*account.makers, *context.actor.hands})
        present.add(account.fingerprint)
        moved += 1
    return moved


def _copy_tax_ids(supplier: Supplier, into: Supplier) -> None:
    known = {(tax_id.country, tax_id.normal) for tax_id in into.tax_ids}
    for tax_id in supplier.tax_ids:
        if (tax_id.country, tax_id.normal) not in known:
            copy = SupplierTaxId(kind=tax_id.kind, country=tax_id.country, value=tax_id.value, normal=tax_id.normal)
            copy.position = len(into.tax_ids)
            into.tax_ids.append(copy)


def _copy_contacts(supplier: Supplier, into: Supplier) -> None:
    known = {(contact.email or contact.name).lower() for contact in into.contacts}
    for contact in supplier.contacts:
        if (contact.email or contact.name).lower() not in known:
            copy = SupplierContact(name=contact.name, role=contact.role, email=contact.email, phone=contact.phone)
            copy.email_domain, copy.is_primary = contact.email_domain, False
            copy.position = len(into.contacts)
            into.contacts.append(copy)


@dataclass(frozen=True, slots=True)
class Named:
    """A supplier as somebody's file names it, for which entity, and what else is known of it."""

    name: str | None
    entity: Entity
    country: str
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """Whom a name in a file means, or why that cannot be told; nobody where nobody is named."""

    supplier: Supplier | None = None
    problems: tuple[Problem, ...] = ()


def meet(context: Context, named: Sequence[Named], label: str, field: str) -> list[Met]:
    """Find suppliers by the names that files give them; those not known yet are entered as prospects, each once."""
    keys = [likeness.name_key(each.name) for each in named]
    known = queries.list_named(context, {likeness.normal_name(each.name or "") for each in named if each.name})
    met: list[Met | None] = []
    new: dict[tuple[int, str], Named] = {}
    for each, key in zip(named, keys, strict=True):
        fits: dict[int, Supplier] = {}
        for supplier in known.get(likeness.normal_name(each.name or ""), ()) if key else ():
            if supplier.entity_id in (None, each.entity.id) and likeness.name_key(supplier.name) == key:
                staying = supplier.merged_into or supplier
                fits[staying.id] = staying
        met.append(None if key and not fits else _one_of(list(fits.values()), label, field))
        if met[-1] is None:
            new.setdefault((each.entity.id, key), each)
    entered = dict(zip(new, _enter(context, list(new.values()), label, field), strict=True))
    return [found or entered[each.entity.id, key] for found, each, key in zip(met, named, keys, strict=True)]


def _one_of(fits: Sequence[Supplier], label: str, field: str) -> Met:
    if len(fits) < 2:  # noqa: PLR2004
        return Met(next(iter(fits), None))
    codes = " and ".join(sorted(supplier.code for supplier in fits)[:4])
    words = f"{label}: {codes} have this name. Merge them, or say which in a column with the code."
    return Met(None, (Problem("ambiguous_supplier", words, field),))


def _enter(context: Context, named: Sequence[Named], label: str, field: str) -> list[Met]:
    """Enter suppliers that nobody knows yet."""
    if not named:
        return []
    resource = registry["supplier"]
    if not context.actor.may(resource.permission("create")):
        words = f"{label}: this supplier is not known, and your roles do not allow you to enter it. Ask a buyer."
        return [Met(None, (Problem("forbidden", words, field),)) for _ in named]
    made: list[Supplier] = []

    def body(bound: Context) -> unit.Outcome:
        made.extend(unit.create_several_within(bound, resource, [_prospect(each) for each in named], Reader(bound)))
        return unit.Outcome(resource.name, "", None, None)

    outcome = unit.attempt(context, body)
    if isinstance(outcome, Refused):
        return [Met(None, tuple(outcome.problems)) for _ in named]
    return [Met(supplier) for supplier in made]


def _prospect(named: Named) -> dict[str, Any]:
    """Write what is known of a supplier from the file that names it."""
    return {
        "name": " ".join((named.name or "").split()),
        "country": named.country,
        "entity": named.entity.code,
        "currency": named.entity.base_currency.code,
        "notes": named.notes,
    }


def our_entity(
    context: Context, wanted: str | None, names: Iterable[str | None] = (), tax_ids: Iterable[str] = ()
) -> Entity:
    """Find whose a document is: as said, else by the tax id or name it is addressed to, else the company of the actor."""
    known = parties.list_open_entities(context)
    if wanted:
        found = next((each for each in known if each.code == wanted), None)
    else:
        found = _addressed(known, names, tax_ids) or home_entity(context) or (known[0] if len(known) == 1 else None)
    if found is None:
        codes = ", ".join(each.code for each in known)
        words = f"Entity: say which one it is for. The entities are: {codes}."
        raise Refused(Kind.INVALID, Problem("unknown_entity", words, "entity"))
    return found


def home_entity(context: Context) -> Entity | None:
    """Find the company that the actor works for."""
    person = parties.find_by_account(context, context.actor.id)
    return person.cost_centre.entity if person is not None and person.cost_centre is not None else None


def _addressed(known: Sequence[Entity], names: Iterable[str | None], tax_ids: Iterable[str]) -> Entity | None:
    stated = {banking.compact(number) for number in tax_ids} - {None}
    normal = {likeness.normal_name(name) for name in names if name}
    by_number = [each for each in known if each.tax_id and banking.compact(each.tax_id) in stated]
    by_name = [
        each
        for each in known
        if {likeness.normal_name(name) for name in (each.name, each.legal_name or "") if name} & normal
    ]
    return next(iter(by_number), by_name[0] if len(by_name) == 1 else None)
