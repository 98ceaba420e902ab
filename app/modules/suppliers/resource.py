"""How suppliers and their bank accounts are shown, written, searched and scoped."""

from __future__ import annotations

from app.infra.transfer import batches
from app.kernel.resource import Children, Resource, Series, registry, within
from app.modules.suppliers import commands as do
from app.modules.suppliers import service
from app.modules.suppliers.domain import banking, standing
from app.modules.suppliers.models import BankAccount, Supplier, SupplierContact, SupplierTaxId

suppliers = registry.add(
    Resource(
        name="supplier",
        model=Supplier,
        title=("Supplier", "Suppliers"),
        menu="Buying",
        key="code",
        number=Series("S", yearly=False),
        icon="building-store",
        list=("code", "name", "country", "entity", "currency", "owner", "state"),
        show=(
            ("Supplier", ("code", "name", "legal_name", "entity", "owner", "language", "website")),
            ("Address", ("street", "postcode", "town", "country")),
            ("Terms", ("currency", "terms", "endpoint_scheme", "endpoint_id")),
            ("Standing", ("state_reason", "merged_into", "tax_id_waiver", "distinct_reason", "notes")),
            ("Bank", ("bank_accounts",)),
        ),
        form=(
            "code",
            "name",
            "legal_name",
            "street",
            "postcode",
            "town",
            "country",
            "entity",
            "owner",
            "currency",
            "payment_days",
            "discount_percent",
            "discount_days",
            "tax_id_waiver",
            "endpoint_scheme",
            "endpoint_id",
            "language",
            "website",
            "notes",
        ),
        editable_in=("prospect", "approved", "blocked"),
        children=(
            Children("tax_ids", SupplierTaxId, ("kind", "country", "value")),
            Children("contacts", SupplierContact, ("name", "role", "email", "phone", "is_primary")),
        ),
        filters=("state", "country", "entity", "currency", "owner", "payment_days"),
        search={
            "code": "A",
            "name": "A",
            "legal_name": "A",
            "tax_ids.value": "B",
            "tax_ids.normal": "B",
            "contacts.name": "C",
            "contacts.email": "C",
        },
        scope=within("entity"),
        personal=("contacts",),
        prepare=service.keep_names,
        check=standing.why_not_supplier,
        commands=(do.approve, do.block, do.unblock, do.acknowledge_duplicates, do.merge),
    )
)
batches.enter_together(suppliers)

bank_accounts = registry.add(
    Resource(
        name="bank_account",
        model=BankAccount,
        title=("Bank account", "Bank accounts"),
        menu="Paying",
        key="number",
        number=Series("BA", yearly=False),
        icon="wallet",
        list=("number", "supplier", "masked", "holder", "currency", "usable_from", "state"),
        show=(
            ("Account", ("supplier", "holder", "masked", "routing", "bic", "country", "currency")),
            ("Confirmation", ("replaces", "confirmed_by", "confirmed_at", "usable_from", "state_reason")),
        ),
        form=("supplier", "holder", "iban", "account_number", "routing", "country", "bic", "currency", "replaces"),
        editable_in=("proposed",),
        filters=("state", "supplier", "currency", "country", "usable_from"),
        search={"number": "A", "holder": "A", "supplier.name": "B", "supplier.code": "B", "bic": "C"},
        scope=within("supplier.entity"),
        personal=("holder",),
        prepare=service.keep_account,
        check=banking.why_not_account,
        commands=(do.confirm, do.reject, do.retire),
        help="A new account pays nothing until a second person confirmed it and its cooling-off days are over.",
    )
)
