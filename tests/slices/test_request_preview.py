"""What stands beside the form: total, what is missing, budgets and people, without anything being written."""

from __future__ import annotations

from typing import Any

from app.infra import unit
from app.infra.intake import find_row
from app.kernel.resource import registry
from app.modules.requests import service
from app.modules.requests.service import Rail
from tests.scenarios.office import Office
from tests.slices.doing import traces


def rail(office: Office, raw: dict[str, Any]) -> Rail:
    with unit.reading(office.lena.context()) as bound:
        return service.preview(bound, raw)


def people(found: Rail) -> list[tuple[str, list[str], str]]:
    assert found.approval is not None
    return [(step.label, [str(each.person) for each in step.people], step.reason) for step in found.approval.steps]


def test_a_form_is_told_who_decides_why_and_what_the_budget_has_left(office: Office) -> None:
    office.budget("LAB", "20000")
    before = traces()
    found = rail(office, office.form("12000"))
    assert traces() == before
    assert [(label, names) for label, names, _ in people(found)] == [
        ("Cost-centre owner", ["Sofia Rossi"]),
        ("Purchasing", ["Omar Haddad"]),
        ("CFO", ["Marta Keller"]),
    ]
    assert "Cost-centre owner" in found.sentence and found.problems == ()
    assert [(str(each.this.normalize()), f"{each.left_after:f}") for each in found.impacts] == [("1.2E+4", "8000.0000")]
    assert str(found.total) == "12000.00 EUR"
    assert found.approval is not None and found.approval.warnings == ("Attach two quotes above 3 000 EUR",)


def test_a_form_is_told_what_is_missing_and_still_shows_the_people(office: Office) -> None:
    found = rail(
        office, {"title": "", "cost_centre": "LAB", "currency": "EUR", "lines": [office.line("900", category=None)]}
    )
    assert {(each.code, each.field) for each in found.problems} >= {
        ("required", "deliver_to"),
        ("required", "lines.0.category"),
    }
    assert [names for _, names, _ in people(found)] == [["Sofia Rossi"]]


def test_a_form_without_a_cost_centre_is_told_so(office: Office) -> None:
    found = rail(office, {"title": "Lamp"})
    assert (found.total, found.approval) == (None, None)


def test_a_form_is_told_that_the_budget_has_less(office: Office) -> None:
    office.budget("LAB", "100")
    found = rail(office, office.form("900"))
    assert [(each.code, each.field) for each in found.problems] == [("over_budget", "lines.0")]


def test_lines_of_the_catalogue_show_the_price_they_will_have(office: Office) -> None:
    [line] = rail(office, office.form(lines=[{"item": "LAMP", "quantity": "12"}])).lines
    assert (line.text, int(line.unit_price or 0), line.supplier, line.from_catalogue) == (
        "Lamp 532 nm",
        80,
        "Vega Optics",
        True,
    )


def test_a_form_over_a_draft_shows_the_form_and_leaves_the_draft_alone(office: Office) -> None:
    key = office.ask("900")
    before = traces()
    with unit.reading(office.lena.context()) as bound:
        row = find_row(bound, registry["request"], key)
        changed = service.preview(bound, {"lines": [office.line("6000")]}, row)
        stored = service.preview(bound, row)
    assert [each.total and int(each.total.amount) for each in (changed, stored)] == [6000, 900]
    assert [len(people(each)) for each in (changed, stored)] == [2, 1]
    assert traces() == before


def test_a_request_on_its_way_shows_what_it_holds_already(office: Office) -> None:
    office.budget("LAB", "1000")
    key = office.submitted("900")
    with unit.reading(office.lena.context()) as bound:
        [impact] = service.preview(bound, find_row(bound, registry["request"], key)).impacts
    assert (int(impact.this), int(impact.reserved), int(impact.left_after)) == (900, 0, 100)
