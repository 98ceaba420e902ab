"""Reads of suppliers that have a name in the business."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import selectinload

from app.infra import scope
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.directory.models import Person
from app.modules.suppliers.domain import likeness
from app.modules.suppliers.domain.likeness import Duplicate, Profile
from app.modules.suppliers.models import BankAccount, Supplier, SupplierContact, SupplierTaxId

MOST_CANDIDATES = 300


def find_duplicates(context: Context, supplier: Supplier) -> list[Duplicate]:
    """List the suppliers that may be the same as this one, the likeliest first; one out of sight stays unnamed."""
    mine = profile(supplier)
    statement = (
        scope.everything(Supplier, why="a duplicate counts whether the actor may see it or not")
        .where(Supplier.id != supplier.id, Supplier.state != "merged", _has_something_of(supplier, mine))
        .options(selectinload(Supplier.tax_ids), selectinload(Supplier.contacts), _fingerprints())
        .order_by(Supplier.id)
        .limit(MOST_CANDIDATES)
    )
    compared = (likeness.compare(mine, profile(other)) for other in context.session.scalars(statement))
    found = [duplicate for duplicate in compared if duplicate]
    seen = _visible(context, [duplicate.profile.id for duplicate in found])
    marked = [Duplicate(each.profile, each.reasons, each.profile.id in seen) for each in found]
    return sorted(marked, key=lambda each: (-each.score, each.profile.id))


def profile(supplier: Supplier) -> Profile:
    """Gather what a supplier is compared by."""
    return Profile(
        id=supplier.id,
        code=supplier.code,
        name=supplier.name,
        names=frozenset(filter(None, (supplier.normal_name, likeness.normal_name(supplier.legal_name or "")))),
        country=supplier.country,
        tax_ids=frozenset(f"{tax_id.country}:{tax_id.normal}" for tax_id in supplier.tax_ids),
        accounts=frozenset(a.fingerprint for a in supplier.bank_accounts if a.state in ("proposed", "confirmed")),
        domains=frozenset(c.email_domain for c in supplier.contacts if c.email_domain),
    )


def is_in_reach(context: Context, supplier: Supplier, verb: str) -> bool:
    """Say whether the actor holds a right on this very supplier."""
    statement = scope.select_rows(context, registry["supplier"], verb).where(Supplier.id == supplier.id)
    return context.session.scalars(statement).first() is not None


def list_accounts(context: Context, supplier: Supplier) -> list[BankAccount]:
    """List the accounts of a supplier that still count, seen by the actor or not."""
    statement = scope.everything(BankAccount, why="a supplier takes all its accounts along")
    live = BankAccount.state.in_(("proposed", "confirmed"))
    return list(context.session.scalars(statement.where(BankAccount.supplier_id == supplier.id, live)))


def _has_something_of(supplier: Supplier, mine: Profile) -> ColumnElement[bool]:
    """Match suppliers that share a word of the name, a number, an account or a mail domain."""
    numbers = [tax_id.normal for tax_id in supplier.tax_ids]
    conditions: list[ColumnElement[bool]] = [Supplier.name_keys.overlap(supplier.name_keys)]
    if numbers:
        conditions.append(Supplier.id.in_(select(SupplierTaxId.supplier_id).where(SupplierTaxId.normal.in_(numbers))))
    if mine.accounts:
        conditions.append(
            Supplier.id.in_(select(BankAccount.supplier_id).where(BankAccount.fingerprint.in_(mine.accounts)))
        )
    if mine.domains:
        domains = SupplierContact.email_domain.in_(mine.domains)
        conditions.append(Supplier.id.in_(select(SupplierContact.supplier_id).where(domains)))
    return or_(*conditions)


def _fingerprints() -> Any:
    """Load of accounts what they are compared by, so that no account number is decrypted for it."""
    return selectinload(Supplier.bank_accounts).load_only(BankAccount.fingerprint, BankAccount.state)


def _visible(context: Context, ids: list[int]) -> set[int]:
    if not ids:
        return set()
    rows = scope.select_rows(context, registry["supplier"]).where(Supplier.id.in_(ids)).with_only_columns(Supplier.id)
    return set(context.session.scalars(rows))


def list_merged_into(context: Context, supplier: Supplier) -> list[Supplier]:
    """List the suppliers that were merged into this one before."""
    statement = scope.everything(Supplier, why="whoever follows a merged supplier ends at the one that stays")
    return list(context.session.scalars(statement.where(Supplier.merged_into_id == supplier.id)))


def list_looked_after(context: Context, person_code: str) -> list[Supplier]:
    """List the suppliers somebody owns."""
    statement = scope.everything(Supplier, why="whoever leaves hands over all they own").join(Supplier.owner)
    return list(context.session.scalars(statement.where(Person.code == person_code)))


def find_person(context: Context, code: str) -> Person | None:
    """Find a person by their code, whoever asks."""
    statement = scope.everything(Person, why="an event named them")
    found: Person | None = context.session.scalars(statement.where(Person.code == code)).first()
    return found


def list_named(context: Context, normal_names: Iterable[str]) -> dict[str, list[Supplier]]:
    """Find the suppliers the actor may see under each of some normal names; a merged one stands for the one that stays."""
    wanted = sorted(set(normal_names) - {""})
    if not wanted:
        return {}
    seen = scope.select_rows(context, registry["supplier"])
    named = list(context.session.scalars(seen.where(Supplier.normal_name.in_(wanted))))
    staying = {supplier.merged_into_id for supplier in named if supplier.merged_into_id}
    kept = {row.id: row for row in context.session.scalars(seen.where(Supplier.id.in_(staying)))} if staying else {}
    found: dict[str, list[Supplier]] = defaultdict(list)
    for supplier in named:
        if supplier.merged_into_id is None or supplier.merged_into_id in kept:
            found[supplier.normal_name].append(supplier)
    return found
