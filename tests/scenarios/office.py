"""A small company in which people ask and decide: two cost centres, a policy with three stages, a catalogue, budgets.

Lena works in the laboratory and asks. Sofia owns the laboratory, Jana owns IT, Omar buys, Marta is the CFO and
Karl her deputy.
Up to 1 000 EUR the owner of the cost centre decides, above 5 000 EUR Omar as well, above 10 000 EUR Marta too;
what comes from the catalogue for at most 200 EUR is approved at once, and explosives are not bought at all.
"""

from __future__ import annotations

from typing import Any

from app.infra import identity, unit
from app.kernel.actor import Context
from app.kernel.resource import registry
from tests.acting import Someone, system

RULES: tuple[dict[str, Any], ...] = (
    {"code": "SMALL", "label": "Small catalogue order", "effect": "auto_approve"},
    {"code": "DANGER", "label": "Not bought here", "effect": "block", "reason": "Explosives are not bought"},
    {"code": "QUOTES", "label": "Quotes", "effect": "warn", "reason": "Attach two quotes above 3 000 EUR"},
    {
        "code": "OWNER",
        "label": "Cost-centre owner",
        "effect": "require",
        "reason": "Every request",
        "stage": 1,
        "resolver": "owner_of_cost_centre",
        "mode": "all",
    },
    {
        "code": "BUYING",
        "label": "Purchasing",
        "effect": "require",
        "reason": "Over 5 000 EUR",
        "stage": 2,
        "resolver": "person",
        "person": "omar.haddad",
    },
    {
        "code": "CFO",
        "label": "CFO",
        "effect": "require",
        "reason": "Over 10 000 EUR",
        "stage": 3,
        "resolver": "person",
        "person": "marta.keller",
    },
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"rule": "SMALL", "fact": "catalogue_only", "operator": "is", "value": "yes"},
    {"rule": "SMALL", "fact": "amount", "operator": "at_most", "value": "200"},
    {"rule": "DANGER", "fact": "category", "operator": "within", "value": "BOOM"},
    {"rule": "QUOTES", "fact": "amount", "operator": "above", "value": "3000"},
    {"rule": "QUOTES", "fact": "files", "operator": "below", "value": "2"},
    {"rule": "BUYING", "fact": "amount", "operator": "above", "value": "5000"},
    {"rule": "CFO", "fact": "amount", "operator": "above", "value": "10000"},
)


class Office:
    """The company, made through the door; its methods say what people do in it."""

    def __init__(self, **policy: Any) -> None:
        self._codes()
        self.lena = self.person("lena.fischer", "Requester", cost_centre="LAB")
        self.sofia = self.person("sofia.rossi", "Approver", "Requester", cost_centre="LAB")
        self.jana = self.person("jana.novak", "Approver", "Requester", cost_centre="IT")
        self.omar = self.person("omar.haddad", "Approver")
        self.marta = self.person("marta.keller", "Controller")
        self.karl = self.person("karl.weber", "Controller")
        for code, manager in (
            ("lena.fischer", "sofia.rossi"),
            ("sofia.rossi", "marta.keller"),
            ("jana.novak", "marta.keller"),
        ):
            self.edit(system(), "person", code, manager=manager)
        for code, owner in (("LAB", "sofia.rossi"), ("IT", "jana.novak"), ("HAL-0", "marta.keller")):
            self.edit(system(), "cost_centre", code, owner=owner)
        self._goods()
        self.policy = self._policy(**policy)

    def person(self, code: str, *roles: str, cost_centre: str | None = None) -> Someone:
        """Enter somebody who works here, with roles in the whole company; nobody signs in, so the password is a wrong one."""
        first, _, last = code.partition(".")
        form = {"code": code, "first_name": first.title(), "last_name": last.title(), "email": f"{code}@example.com"}
        self.enter("person", **form, entity="HAL", cost_centre=cost_centre)
        with unit.transaction(system(), "test.set_password") as bound:
            user = identity.find_user(bound.session, code)
            assert user is not None
            user.password = "$argon2id$never"
        self.do(system(), "person", code, "activate")
        for role in roles:
            self.do(system(), "person", code, "grant", role=role, entity="HAL")
        return Someone(user, code, "")

    def _codes(self) -> None:
        for code, name in (("EUR", "Euro"), ("CZK", "Czech koruna"), ("USD", "US dollar")):
            self.enter("currency", code=code, name=name)
        self.enter("exchange_rate", currency="EUR", base="CZK", rate="25", valid_on="2026-11-01", source="ECB")
        self.enter("unit", code="C62", name="Piece", decimals=0)
        self.enter("unit", code="HUR", name="Hour", decimals=2)
        self.enter("entity", code="HAL", name="Halden", country="AT", base_currency="EUR", time_zone="Europe/Vienna")
        self.enter("entity", code="OTHER", name="Other", country="AT", base_currency="EUR", time_zone="Europe/Vienna")
        self.enter("cost_centre", code="HAL-0", name="Halden", entity="HAL")
        self.enter("cost_centre", code="LAB", name="Laboratory", entity="HAL", parent="HAL-0")
        self.enter("cost_centre", code="IT", name="IT", entity="HAL", parent="HAL-0")
        self.enter("cost_centre", code="FAR", name="Far away", entity="OTHER")
        self.enter("project", code="NX", name="Spectrometer", entity="HAL", cost_centre="LAB")
        self.enter("project", code="NY", name="Balance", entity="HAL", cost_centre="LAB")
        for code, name, country in (("WIEN", "Vienna", "AT"), ("GRAZ", "Graz", "AT"), ("BRNO", "Brno", "CZ")):
            self.enter("location", code=code, name=name, entity="HAL", country=country)
        self.enter("category", code="HW", name="Hardware", ledger_account="6410")
        self.enter("category", code="HW-NB", name="Notebooks", parent="HW")
        self.enter("category", code="OPT", name="Optics", ledger_account="5012")
        self.enter("category", code="BOOM", name="Explosives", ledger_account="9999")
        self.enter("tax_code", code="AT20", name="20 %", country="AT", category="S", rate="20")
        self.enter("tax_code", code="AT0", name="Exempt", country="AT", category="E", rate="0")

    def _goods(self) -> None:
        for code, name in (("VEGA", "Vega Optics"), ("KESTREL", "Kestrel Systems")):
            waived = {"tax_id_waiver": "None was given"}
            self.enter(
                "supplier", code=code, name=name, country="AT", currency="EUR", tax_ids=[], contacts=[], **waived
            )
            self.do(system(id=7), "supplier", code, "approve")
        lamp = {"supplier": "VEGA", "currency": "EUR", "valid_from": "2026-01-01"}
        prices = [{**lamp, "unit_price": "90"}, {**lamp, "unit_price": "80", "minimum_quantity": "10"}]
        self.enter("item", code="LAMP", name="Lamp 532 nm", category="OPT", unit="C62", tax_code="AT20", prices=prices)
        foreign = {"supplier": "KESTREL", "currency": "CZK", "unit_price": "2500", "valid_from": "2026-01-01"}
        self.enter("item", code="NB14", name="Notebook 14 inch", category="HW-NB", unit="C62", prices=[foreign])

    def _policy(self, **changes: Any) -> str:
        form: dict[str, Any] = {
            "name": "Requests",
            "document": "request",
            "entity": "HAL",
            "fallback_role": "Controller",
            "material_percent": "5",
            "rules": list(RULES),
            "conditions": list(CONDITIONS),
        }
        key = self.enter("approval_policy", **{**form, **changes})
        self.do(system(id=8), "approval_policy", key, "publish")
        return key

    def budget(self, cost_centre: str, amount: str, control: str = "hard", **line: Any) -> str:
        """Plan and publish a budget of this year for a cost centre; give the key of its plan."""
        planned = {"cost_centre": cost_centre, "amount": amount, "control": control, **line}
        key = self.enter(
            "budget_plan", name=f"{cost_centre} 2026", entity="HAL", cost_centre=cost_centre, year=2026, lines=[planned]
        )
        self.do(system(), "budget_plan", key, "publish")
        return key

    def enter(self, resource: str, context: Context | None = None, **values: Any) -> str:
        """Enter a row and give its key."""
        return unit.create(context or system(), registry[resource], values).key

    def edit(self, context: Context, resource: str, key: str, **values: Any) -> Any:
        """Change values of a row."""
        return unit.save(context, registry[resource], key, values)

    def do(self, context: Context, resource: str, key: str, command: str, **arguments: Any) -> Any:
        """Run a command on a row."""
        return unit.execute(context, registry[resource], key, command, arguments)

    def form(self, price: str = "900", **changes: Any) -> dict[str, Any]:
        """Give a complete form of one line with a price."""
        return {
            "title": "Filter set for microscope 2",
            "reason": "The lamp cannot separate the two channels.",
            "cost_centre": "LAB",
            "currency": "EUR",
            "deliver_to": "WIEN",
            "lines": [self.line(price)],
            **changes,
        }

    def line(self, price: str = "900", **changes: Any) -> dict[str, Any]:
        """Give a line in words."""
        line = {"text": "Filter set", "quantity": "1", "unit": "C62", "unit_price": price, "category": "OPT"}
        return {**line, **changes}

    def ask(self, price: str = "900", by: Someone | None = None, **changes: Any) -> str:
        """Let somebody, Lena unless said otherwise, draft a request; give its number."""
        return self.enter("request", (by or self.lena).context(), **self.form(price, **changes))

    def submitted(self, price: str = "900", by: Someone | None = None, **changes: Any) -> str:
        """Let somebody draft and submit a request; give its number."""
        key = self.ask(price, by, **changes)
        self.act(by or self.lena, key, "submit")
        return key

    def approved(self, price: str = "900", **changes: Any) -> str:
        """Let Lena ask and everybody agree; give the number."""
        key = self.submitted(price, **changes)
        for someone in (self.sofia, self.jana, self.omar, self.marta):
            if self.state(key) == "submitted" and someone.code in self.waits_for(key):
                self.act(someone, key, "approve")
        assert self.state(key) == "approved"
        return key

    def act(self, someone: Someone, key: str, command: str, **arguments: Any) -> Any:
        """Let somebody run a command on a request."""
        return self.do(someone.context(), "request", key, command, **arguments)

    def state(self, key: str) -> str:
        """Tell the state of a request."""
        return str(self.look(key, lambda row: row.state))

    def look(self, key: str, read: Any, resource: str = "request") -> Any:
        """Read something off a row as it stands in the database."""
        from tests.slices.doing import reading

        with reading(resource, key) as row:
            return read(row)

    def waits_for(self, key: str) -> list[str]:
        """Name who is asked about a request now."""
        from app.modules.approvals import service as approvals

        def asked(row: Any) -> list[str]:
            with unit.reading(system()) as bound:
                found = approvals.current(bound, "request", row.id)
                return sorted({seat.person.code for seat in found.seats if seat.state == "open"}) if found else []

        return list(self.look(key, asked))

    def reserved(self) -> dict[str, str]:
        """Tell what the budgets have reserved, by cost centre and category."""
        from sqlalchemy import text

        from app.infra.db import db

        db.session.rollback()
        found = db.session.execute(
            text(
                "SELECT c.name, b.reserved FROM budget_cell c JOIN budget_balance b ON b.cell_id = c.id WHERE b.reserved <> 0"
            )
        )
        return {name: f"{amount.normalize():f}" for name, amount in found}
