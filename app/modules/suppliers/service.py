"""What follows from a supplier's data whenever it is written, and how one supplier takes over another."""

from __future__ import annotations

from app.infra import crypto, settings
from app.infra.settings import Declared
from app.kernel.actor import Context
from app.modules.directory import domain as directory
from app.modules.suppliers import queries
from app.modules.suppliers.domain import banking, likeness, standing
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
    account.makers = sorted({*(account.makers or ()), *standing.hands(context)})
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
        account.makers = sorted({*account.makers, *standing.hands(context)})
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
