"""Two acts that no one person does both: for each pair, who did the first is refused the second at every door.

The person who tries may do everything, which no seeded role may: what refuses is not a missing permission.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import combinations_with_replacement
from typing import Any

import pytest
from flask import Flask

from app.infra import clock, identity, unit
from app.infra.taking import Sent
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.directory.domain import DUTIES, Held, why_not_role
from app.roles import ROLES
from tests.acting import PASSWORD, Someone, open_session, system
from tests.contract.doors import COMMAND_DOORS, Answer, at_unit
from tests.contract.house import EVERYTHING, Visitor, holds, make_role, traces
from tests.factories.suppliers import iban
from tests.scenarios.banking import camt053, entry
from tests.scenarios.billing import ubl
from tests.scenarios.paying import THEN, Paying

LAMP = {"text": "Lamp", "quantity": "1", "unit": "C62", "unit_price": "100", "category": "OPT"}
BOOKED = {"lines": ["1"], "invoices": ["IN-2026-00001"], "how": "direct_debit", "reason": "Collected"}
NO = {"reason": "Somebody else's idea"}
DECIDING: dict[str, dict[str, Any]] = {"approve": {}, "reject": NO, "request_changes": NO}


@dataclass
class Hands(Visitor):
    """Somebody at all doors, at the time that the company has come to."""

    acting_for: int | None = None
    company: Paying = field(kw_only=True)

    def context(self) -> Context:
        context = self.company.at(self.someone)
        return replace(context, actor=replace(context.actor, acting_for=self.acting_for))


First = Callable[[Paying, Someone], str]


@dataclass(frozen=True)
class Pair:
    """Two acts: how somebody does the first, what the second is, the code that refuses it, and who does it instead."""

    first: First
    resource: str
    second: dict[str, dict[str, Any]]
    code: str
    instead: str


# --- requests --------------------------------------------------------------------------------------------------------


def ask(company: Paying, ada: Someone) -> str:
    return company.submitted(by=ada)


def have_it_asked_for_oneself(company: Paying, ada: Someone) -> str:
    return company.submitted(wanted_for=ada.code)


def write_in_a_request(company: Paying, ada: Someone) -> str:
    key = company.ask()
    company.edit(ada.context(), "request", key, title="Filter set, better described")
    company.act(company.lena, key, "submit")
    return key


# --- orders ----------------------------------------------------------------------------------------------------------


def order(company: Paying, ada: Someone) -> str:
    company.order_policy()
    key = company.order(by=ada)
    company.act(ada, key, "submit")
    return key


def write_in_an_order(company: Paying, ada: Someone) -> str:
    company.order_policy()
    key = company.order()
    company.edit(ada.context(), "order", key, note="Ring twice")
    company.act(company.nadia, key, "submit")
    return key


def ask_for_what_is_ordered_dearer(company: Paying, ada: Someone) -> str:
    company.order_policy("marta.keller")
    key = company.from_requests(company.approved(by=ada))
    company.change(key, unit_price="2000")
    company.act(company.nadia, key, "submit")
    return key


# --- suppliers and accounts ------------------------------------------------------------------------------------------


def enter_a_supplier(company: Paying, ada: Someone) -> str:
    form = {"code": "NOVA", "name": "Nova Glass", "country": "AT", "currency": "EUR", "tax_id_waiver": "None was given"}
    return company.enter("supplier", ada.context(), **form, tax_ids=[], contacts=[])


def account_of(company: Paying, supplier: str = "VEGA", context: Context | None = None, **more: Any) -> str:
    form = {"supplier": supplier, "holder": "Vega Optics", "iban": iban(4711), "currency": "EUR"}
    return company.enter("bank_account", context, **{**form, **more})


def enter_a_bank_account(company: Paying, ada: Someone) -> str:
    return account_of(company, context=ada.context())


def change_a_bank_account(company: Paying, ada: Someone) -> str:
    key = account_of(company)
    company.edit(ada.context(), "bank_account", key, iban=iban(4712))
    return key


def replace_a_bank_account(company: Paying, ada: Someone) -> str:
    return account_of(company, context=ada.context(), replaces="BA-00001")


def bring_a_bank_account_to_another_supplier(company: Paying, ada: Someone) -> str:
    key = account_of(company, "KESTREL")
    company.do(ada.context(), "supplier", "KESTREL", "merge", into="VEGA", reason="The same")
    return key


def enter_a_paying_account(company: Paying, ada: Someone) -> str:
    form = {
        "code": "SIDE", "name": "Side account", "entity": "HAL", "currency": "EUR", "holder": "Halden", "iban": iban(5),
        "country": "DE", "format": "pain001",
    }  # fmt: skip
    return company.enter("paying_account", ada.context(), **form)


def change_a_paying_account(company: Paying, ada: Someone) -> str:
    company.edit(ada.context(), "paying_account", "MAIN", iban=iban(6), country="DE")
    return "MAIN"


# --- invoices --------------------------------------------------------------------------------------------------------


def take_in_an_invoice_without_order(company: Paying, ada: Someone) -> str:
    company.invoice_policy()
    [found] = company.capture(ubl("P-1", ("Electricity", "1", "100")), by=ada)
    key = str(found.key)
    lines = [{**line, "category": "OPT"} for line in company.invoice_lines(key)]
    company.edit(company.eva.context(), "invoice", key, cost_centre="LAB", lines=lines)
    company.invoice(company.eva, key, "submit")
    return key


def delivered(company: Paying) -> str:
    key = company.issued(lines=[LAMP])
    company.receive(key, "1")
    return key


def take_in_a_dearer_invoice(company: Paying, ada: Someone) -> str:
    [found] = company.capture(ubl("R-1", ("Lamp", "1", "110"), order=delivered(company)), by=ada)
    return company.exceptions(str(found.key))["price"]


# --- runs ------------------------------------------------------------------------------------------------------------


def take_in_an_invoice(company: Paying, ada: Someone) -> str:
    [found] = company.capture(ubl("R-1", ("Lamp", "1", "100"), order=delivered(company)), by=ada)
    company.posted(str(found.key))
    return company.approved_run()


def write_in_an_invoice(company: Paying, ada: Someone) -> str:
    key = company.captured("R-1", ("Lamp", "1", "100"), order=delivered(company))
    company.edit(ada.context(), "invoice", key, terms_text="As agreed")
    if company.stands(key) != "matched":
        company.invoice(company.eva, key, "match")
    company.posted(key)
    return company.approved_run()


def take_in_what_a_direct_debit_pays(company: Paying, ada: Someone) -> str:
    from app.modules.statements import service

    [found] = company.capture(ubl("R-1", ("Lamp", "1", "100"), order=delivered(company)), by=ada)
    assert company.posted(str(found.key)) == BOOKED["invoices"][0]
    [taken] = service.take_in(system(), Sent(camt053(entry("-120.00")), "day.xml"))
    return str(taken.key)


def enter_a_run(company: Paying, ada: Someone) -> str:
    company.owed("R-1")
    return handed_in(company, company.run(by=ada))


def handed_in(company: Paying, key: str, by: Someone | None = None) -> str:
    company.pay(by or company.hanna, key, "submit")
    return key


def submit_a_run(company: Paying, ada: Someone) -> str:
    company.owed("R-1")
    return handed_in(company, company.run(), by=ada)


def change_a_run(company: Paying, ada: Someone) -> str:
    company.owed("R-1")
    key = company.run()
    company.edit(company.at(ada), "payment_run", key, note="The last of this month")
    return handed_in(company, key)


def put_something_into_a_run(company: Paying, ada: Someone) -> str:
    company.owed("R-1")
    key, late = company.run(), company.owed("R-2", "50", due="2027-01-31")
    company.pay(ada, key, "put_in", invoices=[late])
    return handed_in(company, key)


def take_something_out_of_a_run(company: Paying, ada: Someone) -> str:
    company.owed("R-1")
    late = company.owed("R-2", "50")
    key = company.run()
    company.pay(ada, key, "take_out", invoices=[late])
    return handed_in(company, key)


def propose_a_run_anew(company: Paying, ada: Someone) -> str:
    company.owed("R-1")
    key = company.run()
    company.pay(ada, key, "propose")
    return handed_in(company, key)


# --- budgets ---------------------------------------------------------------------------------------------------------


def propose_a_transfer(company: Paying, ada: Someone) -> str:
    company.budget("IT", "500")
    given = {"from_cell": cell(company, "LAB"), "to_cell": cell(company, "IT"), "amount": "100", "reason": "Training"}
    key = company.enter("budget_transfer", **given)
    company.do(ada.context(), "budget_transfer", key, "propose")
    return key


def cell(company: Paying, cost_centre: str) -> str:
    with unit.reading(system()) as bound:
        model = registry["budget_cell"].model
        rows = bound.session.query(model).execution_options(scoped=True).all()
        return next(row.code for row in rows if row.cost_centre.code == cost_centre)


#: PRODUCT.md: requester ≠ approver; supplier creator ≠ its approver; bank-account changer ≠ its confirmer;
#: invoice capturer ≠ payment releaser; run maker ≠ run approver. What else takes two stands below them.
PAIRS = [
    Pair(ask, "request", DECIDING, "own_request", "sofia"),
    Pair(have_it_asked_for_oneself, "request", DECIDING, "own_request", "sofia"),
    Pair(write_in_a_request, "request", DECIDING, "own_request", "sofia"),
    Pair(enter_a_supplier, "supplier", {"approve": {}}, "own_supplier", "nadia"),
    Pair(enter_a_bank_account, "bank_account", {"confirm": {}}, "own_change", "tomas"),
    Pair(change_a_bank_account, "bank_account", {"confirm": {}}, "own_change", "tomas"),
    Pair(replace_a_bank_account, "bank_account", {"confirm": {}}, "own_change", "tomas"),
    Pair(bring_a_bank_account_to_another_supplier, "bank_account", {"confirm": {}}, "own_change", "tomas"),
    Pair(take_in_an_invoice, "payment_run", {"release": {}}, "own_invoice", "tomas"),
    Pair(write_in_an_invoice, "payment_run", {"release": {}}, "own_invoice", "tomas"),
    Pair(take_in_what_a_direct_debit_pays, "bank_statement", {"book": BOOKED}, "own_invoice", "tomas"),
    Pair(enter_a_run, "payment_run", {"approve": {}}, "own_run", "tomas"),
    Pair(submit_a_run, "payment_run", {"approve": {}}, "own_run", "tomas"),
    Pair(change_a_run, "payment_run", {"approve": {}}, "own_run", "tomas"),
    Pair(put_something_into_a_run, "payment_run", {"approve": {}}, "own_run", "tomas"),
    Pair(take_something_out_of_a_run, "payment_run", {"approve": {}}, "own_run", "tomas"),
    Pair(propose_a_run_anew, "payment_run", {"approve": {}}, "own_run", "tomas"),
    Pair(order, "order", DECIDING, "own_request", "sofia"),
    Pair(write_in_an_order, "order", DECIDING, "own_request", "sofia"),
    Pair(ask_for_what_is_ordered_dearer, "order", DECIDING, "own_request", "marta"),
    Pair(take_in_an_invoice_without_order, "invoice", DECIDING, "own_request", "sofia"),
    Pair(take_in_a_dearer_invoice, "invoice_exception", {"accept": NO}, "own_invoice", "nadia"),
    Pair(enter_a_paying_account, "paying_account", {"confirm": {}}, "own_change", "tomas"),
    Pair(change_a_paying_account, "paying_account", {"confirm": {}}, "own_change", "tomas"),
    Pair(propose_a_transfer, "budget_transfer", {"confirm": {}}, "own_transfer", "karl"),
]


@pytest.fixture
def ada(app: Flask, paying: Paying, monkeypatch: pytest.MonkeyPatch) -> Someone:
    """Bring in somebody who may do everything, signed in a moment ago, four days after the company began."""
    monkeypatch.setattr(clock, "system", clock.FrozenClock(THEN))
    identity._remembered.clear()
    make_role(EVERYTHING, "*")
    ada = paying.person("ada.both", EVERYTHING, cost_centre="HAL-0")
    with unit.transaction(system(), "test.set_password") as bound:
        user = identity.find_user(bound.session, ada.code)
        assert user is not None
        identity.set_password(bound, user, PASSWORD)
    return Someone(user, ada.code, open_session(user))


def tried(visitor: Hands, pair: Pair, key: str) -> None:
    """Try the second act at every door; each refuses it in the same words, and nothing changes."""
    resource = registry[pair.resource]
    assert visitor.bearer and visitor.browser
    before = traces(resource)
    for name, arguments in pair.second.items():
        command = resource.command(name)
        assert command is not None
        words = refusal(at_unit(visitor, resource, command, key, arguments), pair)
        for door, go in COMMAND_DOORS.items():
            answer = go(visitor, resource, command, key, arguments)
            assert not answer.is_done, (door, name)
            assert words in " ".join(answer.told.split()) if answer.codes is None else pair.code in answer.codes, (
                door,
                answer,
            )
    assert traces(resource) == before


def refusal(answer: Answer, pair: Pair) -> str:
    """Give the words that refuse an act because of who did the first one."""
    assert pair.code in (answer.codes or ()), answer
    return answer.messages[(answer.codes or ()).index(pair.code)]


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.first.__name__ for pair in PAIRS])
def test_who_did_the_first_act_is_refused_the_second_at_every_door_and_as_a_deputy(
    app: Flask, paying: Paying, ada: Someone, pair: Pair
) -> None:
    key, other = pair.first(paying, ada), getattr(paying, pair.instead)
    herself = Hands(app, ada, company=paying)
    tried(herself, pair, key)
    days = {"from_on": "2026-11-22", "to_on": "2026-11-30", "reason": "Away"}
    paying.enter("delegation", person=other.code, deputy=ada.code, **days)
    tried(herself, pair, key)
    resource, [name, *_] = registry[pair.resource], pair.second
    command = resource.command(name)
    assert command is not None
    acting = Hands(app, other, company=paying, acting_for=ada.id)
    refusal(at_unit(acting, resource, command, key, pair.second[name]), pair)
    assert at_unit(Hands(app, other, company=paying), resource, command, key, pair.second[name]).is_done


def test_no_seeded_roles_that_go_together_hold_two_acts_between_them() -> None:
    for one, other in combinations_with_replacement(ROLES, 2):
        if one == other or not why_not_role(one, None, [Held(other, None)]):
            held = [each for first, second, each in DUTIES if {first, second} <= both(one, other, first, second)]
            assert held == [], (one, other)


def both(one: str, other: str, *permissions: str) -> set[str]:
    """Tell which of some permissions two roles hold together."""
    return {each for each in permissions if holds(one, each) or holds(other, each)}
