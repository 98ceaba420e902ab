"""Figures that lead pages: each opens the rows that make it, for everybody, and nobody is shown what they may not read."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask

from app.console import kept
from app.infra import figures, listing, unit
from app.kernel.actor import Context
from app.kernel.resource import registry
from tests.acting import system
from tests.console.test_statement_pages import Window
from tests.scenarios.paying import Paying
from tests.slices.test_reports_by_hand import company

__all__ = ["company"]
TILE = re.compile(r'<dt>([^<]+)</dt><dd class="o-kpi-n"><a href="([^"]+)">([^<]+?)(?: <small>([^<]*)</small>)?</a>')


def tiles(page: str) -> dict[str, tuple[str, str, str]]:
    return {label: (text.strip(), unit_ or "", html.unescape(url)) for label, url, text, unit_ in TILE.findall(page)}


@pytest.mark.parametrize(
    ("who", "labels"),
    [
        ("eva", ["Invoices to check", "Open exceptions", "To be paid", "Of it late"]),
        ("tomas", ["Runs to decide or release", "Statements to reconcile", "To be paid", "Of it late"]),
        ("nadia", ["Requests to order", "Orders to come", "Deliveries late", "Ordered, not invoiced"]),
        ("marta", ["Invoiced this year", "Ordered, not invoiced", "Late to be paid", "Time to decide"]),
        ("lena", ["Requests in approval", "Requests to be ordered", "Orders to come", "Deliveries late"]),
    ],
)
def test_the_first_page_leads_with_what_its_reader_does(
    app: Flask, company: Paying, who: str, labels: list[str]
) -> None:
    someone = getattr(company, who)
    window = Window(app, someone)
    found = tiles(window.get("/"))
    assert list(found) == labels
    for text, unit_, url in found.values():
        assert window.get(url)
        if not unit_ and not url.startswith("/reports"):
            with unit.reading(someone.context()) as bound:
                assert int(text) == len(rows_at(bound, url)), url


def rows_at(bound: Context, url: str) -> list[Any]:
    """Read the rows that an address shows to somebody."""
    path, _, args = url.partition("?")
    resource = registry.by_plural(path.strip("/"))
    assert resource is not None
    query, problems = listing.parse(bound, resource, parse_qs(args))
    assert problems == []
    return list(listing.every_row(bound, resource, query))


def test_the_card_of_a_supplier_says_what_its_documents_add_up_to(app: Flask, company: Paying) -> None:
    page = Window(app, company.marta).get("/suppliers/VEGA")
    found = tiles(page)
    assert list(found) == ["Invoiced this year", "To be paid", "Ordered, not invoiced", "Open exceptions"]
    text = page.replace("\u00a0", " ")
    assert "of it late" in text
    assert "orders in all" in text
    assert "6 invoices in all" in text
    assert 'aria-label="November 2026: ' in text
    assert tiles(Window(app, company.marta).get("/suppliers/KESTREL"))["To be paid"][0] == "0"
    with unit.reading(system()) as bound:
        total = figures.compute(bound, figures.report_at(bound, "open-items"), {"supplier": ["VEGA"]}).totals["EUR"][0]
    assert found["To be paid"][:2] == (f"{total:,.0f}".replace(",", "\u00a0"), "EUR")
    hers = tiles(Window(app, company.lena).get("/suppliers/VEGA"))
    assert "To be paid" not in hers
    assert "Ordered, not invoiced" in hers


def test_the_first_page_says_from_when_its_figures_are_where_they_are_kept(
    app: Flask, company: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_kept", {})
    monkeypatch.setattr(kept, "LONG", -1)
    window = Window(app, company.marta)
    said = [re.search(r"figures of \d\d:\d\d", window.get("/")) for _ in range(2)]
    assert [bool(each) for each in said] == [False, True]
