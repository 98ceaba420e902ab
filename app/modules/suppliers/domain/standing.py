"""When a supplier's data are in order, and when it may be approved or become part of another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from app.kernel.actor import Context
from app.kernel.choice import Labelled
from app.kernel.counting import counted
from app.kernel.problem import Problem
from app.modules.directory import domain as directory
from app.modules.suppliers.domain.likeness import Duplicate, why_not_distinct


class TaxIdKind(Labelled):
    """Which authority gave a number, and for what."""

    VAT = "vat", "VAT number"
    TAX = "tin", "Tax number"
    COMPANY = "businessid", "Company registration"


def describe_terms(days: int, percent: Decimal | None, discount_days: int | None) -> str:
    """Tell payment terms in words."""
    within = "at once" if days == 0 else counted(days, "day")
    if percent is None:
        return within
    return f"{within}, {percent.normalize():f} % off within {discount_days}"


def why_not_supplier(context: Context, supplier: Any) -> list[Problem]:
    """Say what is wrong with a supplier's data."""
    problems = [*directory.why_not_code(supplier.code), *directory.why_not_country(supplier.country)]
    problems += _why_not_terms(supplier)
    problems += directory.why_not_endpoint(supplier.endpoint_scheme, supplier.endpoint_id)
    if supplier.website and not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", supplier.website):
        words_ = "Website: begin with https://, such as https://example.com."
        problems.append(Problem("bad_website", words_, "website"))
    if supplier.language and not re.fullmatch("[a-z]{2}(-[A-Z]{2})?", supplier.language):
        problems.append(Problem("unknown_language", "Language: use a code such as en or de-AT.", "language"))
    for index, tax_id in enumerate(supplier.tax_ids):
        problems += [problem.at(f"tax_ids.{index}") for problem in _why_not_tax_id(tax_id)]
    for index, contact in enumerate(supplier.contacts):
        problems += [problem.at(f"contacts.{index}") for problem in directory.why_not_email(contact.email)]
    return [*problems, *_why_not_one_main_contact(supplier.contacts), *_repeated_tax_ids(supplier.tax_ids)]


def _why_not_terms(supplier: Any) -> list[Problem]:
    if (supplier.discount_percent is None) != (supplier.discount_days is None):
        field = "discount_days" if supplier.discount_days is None else "discount_percent"
        return [Problem("incomplete_discount", "A discount needs both: percent and days.", field)]
    return []


def _why_not_tax_id(tax_id: Any) -> list[Problem]:
    problems = directory.why_not_country(tax_id.country)
    return problems or directory.why_not_tax_id(tax_id.value, tax_id.country, tax_id.kind.value, "value")


def _why_not_one_main_contact(contacts: Iterable[Any]) -> list[Problem]:
    main = [index for index, contact in enumerate(contacts) if contact.is_primary]
    return [
        Problem(
            "second_main_contact", "Main contact: only one contact is the main one.", f"contacts.{index}.is_primary"
        )
        for index in main[1:]
    ]


def _repeated_tax_ids(tax_ids: Iterable[Any]) -> list[Problem]:
    seen: set[tuple[str, str]] = set()
    problems = []
    for index, tax_id in enumerate(tax_ids):
        key = (tax_id.country, tax_id.normal)
        if key in seen:
            words_ = f"{tax_id.value} stands here twice. Remove one."
            problems.append(Problem("repeated_tax_id", words_, f"tax_ids.{index}.value"))
        seen.add(key)
    return problems


def why_not_approvable(context: Context, supplier: Any, duplicates: Iterable[Duplicate]) -> list[Problem]:
    """Say what stands against buying from a supplier: who approves, what is missing, whom it may repeat."""
    problems = []
    if supplier.created_by in context.actor.hands:
        problems.append(Problem("own_supplier", "You entered this supplier. Someone else approves it."))
    if not supplier.tax_ids and not supplier.tax_id_waiver:
        words_ = "There is no tax id. Enter one, or say under “Why no tax id” why there is none."
        problems.append(Problem("tax_id_missing", words_, "tax_ids"))
    return [*problems, *why_not_distinct(duplicates, supplier.distinct_from)]


def why_not_acknowledgeable(supplier: Any, duplicates: Iterable[Duplicate]) -> list[Problem]:
    """Say that there is nothing to acknowledge."""
    if why_not_distinct(duplicates, supplier.distinct_from):
        return []
    return [Problem("no_duplicates", "No other supplier looks like this one.")]


def why_not_mergeable(supplier: Any, into: Any) -> list[Problem]:
    """Say why one supplier cannot become part of another."""
    if into is supplier:
        return [Problem("same_supplier", "Choose another supplier than this one.", "into")]
    if into.state == "merged":
        return [Problem("merged_already", f"{into} was merged into {into.merged_into}. Choose that one.", "into")]
    if into.entity is not None and into.entity is not supplier.entity:
        words_ = f"{into} serves {into.entity} only. Choose one that serves all entities this one serves."
        return [Problem("other_entity", words_, "into")]
    return []
