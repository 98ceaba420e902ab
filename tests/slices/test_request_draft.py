"""Drafting a request: what it takes from the person, the cost centre and the catalogue, and what it comes to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.infra import unit
from app.modules.requests import service
from app.modules.requests.models import Request
from tests.acting import acting, system
from tests.scenarios.office import Office
from tests.slices.doing import audited, events, reading, refused, sees


def told(office: Office, key: str, *names: str) -> tuple[Any, ...]:
    return tuple(office.look(key, lambda row: [getattr(row, name) for name in names]))


def lines(office: Office, key: str, *names: str) -> list[tuple[str, ...]]:
    def read(row: Request) -> list[tuple[str, ...]]:
        return [tuple(_plain(getattr(line, name)) for name in names) for line in row.lines]

    found: list[tuple[str, ...]] = office.look(key, read)
    return found


def _plain(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(getattr(value, "code", value))


def test_whoever_enters_it_is_the_requester_and_the_cost_centre_says_which_company_pays(office: Office) -> None:
    key = office.ask()
    requester, entity, state, revision = told(office, key, "requester", "entity", "state", "revision")
    assert (requester.code, entity.code, state, revision) == ("lena.fischer", "HAL", "draft", 1)
    assert key.startswith("REQ-2026-")
    assert audited("request", key)[0] == ("request.create", "created")
    assert events("request.created") == [{"number": key}] or events("request.created")


def test_a_script_asks_in_the_name_of_a_person(office: Office) -> None:
    with refused(("no_requester", "wanted_for")):
        office.enter("request", acting("Requester", id=970), **office.form())
    key = office.enter("request", acting("Requester", id=970), **office.form(wanted_for="lena.fischer"))
    assert told(office, key, "requester")[0].code == "lena.fischer"
    assert sees(office.lena.context(), "request", key)


def test_a_line_in_words_comes_to_quantity_times_price_and_the_account_of_its_category(office: Office) -> None:
    key = office.ask(
        lines=[office.line("11.80", quantity="2"), office.line("95", unit="HUR", quantity="7.5", category="HW-NB")]
    )
    assert lines(office, key, "amount", "account", "from_catalogue") == [
        ("23.6", "5012", "False"),
        ("712.5", "6410", "False"),
    ]
    assert told(office, key, "total") == (Decimal("736.10"),)


def test_a_line_of_the_catalogue_takes_text_unit_category_tax_supplier_and_price_from_it(office: Office) -> None:
    key = office.ask(lines=[{"item": "LAMP", "quantity": "3"}])
    names = ("text", "unit", "category", "tax_code", "supplier", "unit_price", "amount", "account", "from_catalogue")
    assert lines(office, key, *names) == [("Lamp 532 nm", "C62", "OPT", "AT20", "VEGA", "90", "270", "5012", "True")]


def test_the_catalogue_price_is_that_of_the_quantity_whatever_was_typed(office: Office) -> None:
    key = office.ask(lines=[{"item": "LAMP", "quantity": "10", "unit_price": "1", "text": "Ten lamps"}])
    assert lines(office, key, "text", "unit_price", "amount") == [("Ten lamps", "80", "800")]
    office.edit(office.lena.context(), "request", key, lines=[{"item": "LAMP", "quantity": "9"}])
    assert lines(office, key, "text", "unit_price") == [("Lamp 532 nm", "90")]


def test_a_price_in_another_currency_is_converted(office: Office) -> None:
    key = office.ask(lines=[{"item": "NB14", "quantity": "1"}])
    assert lines(office, key, "unit_price", "supplier", "from_catalogue") == [("100", "KESTREL", "True")]


def test_a_supplier_who_does_not_offer_the_item_leaves_the_price_to_be_typed(office: Office) -> None:
    key = office.ask(supplier="KESTREL", lines=[{"item": "LAMP", "quantity": "1", "unit_price": "70"}])
    assert lines(office, key, "unit_price", "from_catalogue") == [("70", "False")]


def test_a_price_that_has_ended_does_not_count(office: Office) -> None:
    price = {
        "supplier": "VEGA",
        "currency": "EUR",
        "unit_price": "5",
        "valid_from": "2026-01-01",
        "valid_to": "2026-11-21",
    }
    office.enter("item", code="OLD", name="Old filter", category="OPT", unit="C62", prices=[price])
    key = office.ask(lines=[{"item": "OLD", "quantity": "1"}])
    assert lines(office, key, "unit_price", "from_catalogue") == [("None", "False")]


def test_a_draft_is_saved_half_finished(office: Office) -> None:
    form = {"title": "Lamp", "cost_centre": "LAB", "currency": "EUR", "lines": [{"text": "Lamp"}, {"quantity": "2"}]}
    key = office.enter("request", office.lena.context(), **form)
    assert told(office, key, "total", "base_total") == (Decimal(0), None)
    assert lines(office, key, "text", "quantity", "amount") == [("Lamp", "None", "0"), ("None", "2", "0")]


def test_whom_it_is_for_sees_it_until_it_is_for_someone_else(office: Office) -> None:
    ana = office.person("ana.kovac", "Requester")
    key = office.ask()
    assert not sees(ana.context(), "request", key)
    office.edit(office.lena.context(), "request", key, wanted_for="ana.kovac")
    assert sees(ana.context(), "request", key)
    office.edit(office.lena.context(), "request", key, wanted_for=None)
    assert not sees(ana.context(), "request", key)


def test_nobody_asks_for_somebody_who_has_left(office: Office) -> None:
    office.person("gone.person", "Requester")
    office.do(system(), "person", "gone.person", "leave")
    with refused(("left", "wanted_for")):
        office.ask(wanted_for="gone.person")


def test_a_draft_is_seen_by_nobody_who_takes_no_part(office: Office) -> None:
    key = office.ask()
    assert [sees(each.context(), "request", key) for each in (office.lena, office.sofia, office.marta)] == [
        True,
        False,
        True,
    ]


def test_cost_centres_and_projects_are_of_the_company_that_pays(office: Office) -> None:
    with refused(("other_entity", "lines.0.cost_centre"), ("other_entity", "splits.0.cost_centre")):
        split = {"line": 1, "cost_centre": "FAR", "percent": "100"}
        office.enter(
            "request",
            system(id=5),
            **office.form(wanted_for="lena.fischer", lines=[office.line(cost_centre="FAR")], splits=[split]),
        )


def test_a_request_beyond_all_measure_is_refused_at_its_lines(office: Office) -> None:
    with refused(("too_large", "lines")):
        office.ask(lines=[office.line("99999999999999", quantity="999999999999")])


def test_a_copy_asks_for_the_same_again_without_days_and_decisions(office: Office) -> None:
    split = {"line": 1, "cost_centre": "IT", "percent": "100"}
    key = office.submitted(needed_by="2026-12-18", project="NX", splits=[split])
    with reading("request", key) as row, unit.reading(office.jana.context()) as bound:
        copied = service.copy_of(bound, row)
    again = office.enter("request", office.jana.context(), **copied)
    assert told(office, again, "title", "state", "needed_by", "total") == (
        "Filter set for microscope 2",
        "draft",
        None,
        Decimal(900),
    )
    assert told(office, again, "requester")[0].code == "jana.novak"
    assert office.look(again, lambda row: [(each.line, each.cost_centre.code) for each in row.splits]) == [(1, "IT")]


def test_the_form_begins_with_ones_own_cost_centre_and_its_currency(office: Office) -> None:
    with unit.reading(office.lena.context()) as bound:
        assert service.blank(bound) == {"cost_centre": "LAB", "currency": "EUR"}
    with unit.reading(acting("Requester", id=970)) as bound:
        assert service.blank(bound) == {}
