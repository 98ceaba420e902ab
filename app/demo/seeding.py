"""Enters the demo company through the same door as everyone else, by the people who would have done it."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import event, text

from app.demo import budgets, company, invoices, numbers, payments, policies, requests, statements
from app.infra import activity, clock, identity, unit
from app.infra.db import db
from app.kernel.actor import SYSTEM, Actor, Context
from app.kernel.resource import registry
from app.modules.directory.domain import cpv_check_digit

SEED = 20261122
SUPPLIERS, ITEMS, PEOPLE = 150, 600, 60
PROSPECTS, BATCH = 6, 10
Offered = tuple[str, str, float]
Named = tuple[str, str, str, str, str, str]  # stem, trade, category, country, legal form, currency
Holder = tuple[str, str, str]  # legal name, country, currency
_TO_EUR = {"EUR": Decimal(1), "CZK": Decimal("24.9"), "GBP": Decimal("0.85"), "USD": Decimal("1.09"), "SEK": Decimal("11.3"),
           "PLN": Decimal("4.27"), "CHF": Decimal("0.94"), "NOK": Decimal("11.8"), "JPY": Decimal(168)}  # fmt: skip


def sign_ins() -> Iterator[tuple[str, str]]:
    """List the demo accounts to sign in with, and what each is for."""
    return ((login, role) for login, role in company.SIGN_INS)


def seed(as_of: datetime | None = None) -> str:
    """Fill the database if it is empty; tells what was done. `as_of` is the moment the company is to have reached."""
    with db.engine.connect() as connection:
        if connection.execute(text("SELECT count(*) FROM entity")).scalar_one():
            return "the database is not empty; nothing was changed"
    made = _Seeding(as_of or clock.system.now())
    with _in_haste():
        made.master_data()
        made.people()
        made.suppliers()
        made.items()
        made.budgets()
        made.life()
    return f"demo company: {PEOPLE} people, {SUPPLIERS} suppliers, {ITEMS} items"


@contextlib.contextmanager
def _in_haste() -> Iterator[None]:
    """Let thousands of commits not wait for the disk: a demo that a power cut ends has to begin anew anyway."""

    def relax(dialect: Any, record: Any, given: Any, parameters: dict[str, Any]) -> None:
        parameters["options"] = f"{parameters.get('options', '')} -c synchronous_commit=off"

    engine = db.engine
    engine.dispose()
    event.listen(engine, "do_connect", relax)
    try:
        yield
    finally:
        event.remove(engine, "do_connect", relax)
        db.session.remove()
        engine.dispose()


def _offered(things: Sequence[tuple[str, float, float, tuple[str, ...]]]) -> list[Offered]:
    """List what there is of each thing, with what it usually costs: the first kind the least, the last the most."""
    return [
        (thing, kind, low * (high / low) ** (at / max(len(kinds) - 1, 1)))
        for thing, low, high, kinds in things
        for at, kind in enumerate(kinds)
    ]


def login_of(name: str) -> str:
    """Turn a name into a handle: `Jana Novák` into `jana.novak`."""
    bare = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return ".".join(bare.replace("'", "").split())


class _Seeding:
    """Walks through the twelve months of the company, with one source of chance."""

    def __init__(self, now: datetime) -> None:
        self.random = Random(SEED)  # noqa: S311
        self.now = now.astimezone(UTC).replace(second=0, microsecond=0)
        self.users: dict[str, int] = {}
        self.actors: dict[str, Actor] = {}
        self.logins: list[str] = []
        self.supplies: dict[str, list[tuple[str, str]]] = {}

    def master_data(self) -> None:
        """Enter what a company decides before its first purchase."""
        as_system = self._context(SYSTEM, self._day(365))
        with unit.transaction(as_system, "demo.master_data") as bound:
            self._codes(bound)
            self._places(bound)
            self._rates(bound)
        for name, value in (("organisation.name", "Halden Instruments"), ("organisation.time_zone", "Europe/Prague")):
            unit.execute(as_system, registry["setting"], name, "change", {"value": value})

    def people(self) -> None:
        """Enter the staff with managers, limits and roles; everyone may sign in."""
        with unit.transaction(self._context(SYSTEM, self._day(360)), "demo.people") as bound:
            entities = {code: entity for code, _, entity, _ in company.COST_CENTRES}
            for name, job, centre, _, limit, _ in company.KEY_PEOPLE:
                self._person(bound, name, job, centre, entities[centre], limit)
            for name, _, _, manager, _, _ in company.KEY_PEOPLE:
                if manager:
                    self._save(bound, "person", login_of(name), {"manager": manager})
            self._staff(bound, entities)
            self._owners(bound)
        password = identity.hash_password(_password())
        with unit.transaction(self._context(SYSTEM, self._day(359)), "demo.passwords") as bound:
            for login in self.logins:
                user = identity.find_user(bound.session, login)
                assert user is not None
                user.password = password
                self.users[login] = user.id
        for login in self.logins:
            unit.execute(self._context(SYSTEM, self._day(359)), registry["person"], login, "activate", {})
        roles = [(login_of(name), *role) for name, _, _, _, _, role in company.KEY_PEOPLE]
        known = {login for login, _, _ in roles}
        roles += [(login, "Requester", entity) for login, role, entity in roles if role in company.ASKING_TOO]
        roles += [(login, "Requester", None) for login in self.logins if login not in known]
        for login, role, entity in roles:
            place = {"role": role, **({"entity": entity} if entity else {})}
            unit.execute(self._context(SYSTEM, self._day(358)), registry["person"], login, "grant", place)

    def suppliers(self) -> None:
        """Enter the suppliers the company came with, and those just found; others approve them and confirm accounts."""
        names = self._supplier_names()
        for start in range(0, SUPPLIERS, BATCH):
            is_just_found = start + BATCH >= SUPPLIERS
            day = self._day(20 if is_just_found else 350 - start // 3)
            holders = self._found(names[start : start + BATCH], day)
            known = list(holders)[: SUPPLIERS - PROSPECTS - start]
            later = day + timedelta(days=1, hours=2)
            for key in known:
                self._approve(key, later)
            accounts = self._accounts({key: holders[key] for key in known}, later + timedelta(hours=3))
            for number in accounts if not is_just_found else ():
                confirming = self._as("viktor.hruska", later + timedelta(days=1, hours=3))
                unit.execute(confirming, registry["bank_account"], number, "confirm", {})
            if start % 40 == 20:  # noqa: PLR2004
                reason = self.random.choice(("Insolvency proceedings opened", "Deliveries late three times in a row"))
                blocked = self._as("omar.haddad", self._day(90 - start // 2))
                unit.execute(blocked, registry["supplier"], known[0], "block", {"reason": reason})

    def _found(self, names: Sequence[Named], day: datetime) -> dict[str, Holder]:
        """Enter the suppliers a buyer found on a day; answer who holds the account of each."""
        legal_names = [f"{name} {trade} {form}" for name, trade, _, _, form, _ in names]
        forms = [
            self._supplier(f"{name} {trade}", legal_name, country, currency)
            for (name, trade, _, country, _, currency), legal_name in zip(names, legal_names, strict=True)
        ]
        keys = self._create_several(self._as("nadia.brandt", day), "supplier", forms)
        for key, (_, _, category, _, _, currency) in zip(keys, names, strict=True):
            self.supplies.setdefault(category, []).append((key, currency))
        return {
            key: (legal_name, country, currency)
            for key, legal_name, (_, _, _, country, _, currency) in zip(keys, legal_names, names, strict=True)
        }

    def items(self) -> None:
        """Enter the catalogue with prices of one to three suppliers and quantity breaks."""
        codes: set[str] = set()
        per_category = -(-ITEMS // len(company.CATALOGUE))
        batch: list[dict[str, Any]] = []
        for category, (measure, things) in company.CATALOGUE.items():
            offered = _offered(things)
            for number in range(per_category):
                if len(codes) >= ITEMS:
                    break
                code = f"{category}-{number + 1:03d}"
                codes.add(code)
                batch.append(self._item(code, category, measure, offered, number))
        for start in range(0, len(batch), 50):
            self._create_several(
                self._as("nadia.brandt", self._day(300 - start // 3)), "item", batch[start : start + 50]
            )

    def budgets(self) -> None:
        """Plan the year, book what was spent before, and move money between budgets."""
        for granting in (budgets, policies):  # who takes on a role there is another actor from then on
            self.actors.clear()
            granting.seed(self._as, self.now)
        self.actors.clear()
        requests.seed(self._as, self.now)
        invoices.seed(self._as, self.now)
        payments.seed(self._as, self.now)
        statements.seed(self._as, self.now)

    def life(self) -> None:
        """Let people talk about suppliers, find new accounts, and retire what is no longer bought."""
        first = registry["supplier"]
        said = (
            (
                "omar.haddad",
                "S-00001",
                "Framework prices hold until the end of the year. @jana.novak please order there first.",
            ),
            ("jana.novak", "S-00001", "Understood, the storage arrays come from them."),
            ("priya.nair", "S-00002", "Invoices arrive as Factur-X since September."),
            ("omar.haddad", "S-00003", "They asked for 14 days instead of 30; we stay at 30."),
        )
        for number, (login, key, words) in enumerate(said):
            activity.comment(self._as(login, self._day(40 - number * 5)), first, key, words)
        unit.save(self._as("omar.haddad", self._day(35)), first, "S-00001", {"payment_days": "14"})
        for code in ("IT-HW-030", "OFF-028", "MRO-TOOL-027"):
            reason = {"reason": "Replaced by its successor"}
            unit.execute(self._as("omar.haddad", self._day(20)), registry["item"], code, "retire", reason)

    def _codes(self, bound: Context) -> None:
        for code, name in company.CURRENCIES:
            self._create(bound, "currency", {"code": code, "name": name})
        for code, name, decimals in company.UNITS:
            self._create(bound, "unit", {"code": code, "name": name, "decimals": decimals})
        for code, name, country, category, rate in company.TAX_CODES:
            form = {"code": code, "name": name, "country": country, "category": category, "rate": rate}
            self._create(bound, "tax_code", {**form, "valid_from": "2024-01-01"})

    def _places(self, bound: Context) -> None:
        for code, name, legal_name, country, currency, start, zone in company.ENTITIES:
            form: dict[str, Any] = {
                "code": code,
                "name": name,
                "legal_name": legal_name,
                "country": country,
                "base_currency": currency,
            }
            _, tax_id = numbers.tax_id(self.random, country)
            self._create(bound, "entity", {**form, "fiscal_year_start": start, "time_zone": zone, "tax_id": tax_id})
        names = ("code", "name", "entity", "street", "postcode", "city", "country")
        for location in company.LOCATIONS:
            self._create(bound, "location", dict(zip(names, location, strict=True)))
        for code, name, entity, parent in company.COST_CENTRES:
            self._create(bound, "cost_centre", {"code": code, "name": name, "entity": entity, "parent": parent})
        for code, name, parent, account, cpv in company.CATEGORIES:
            form = {"code": code, "name": name, "parent": parent, "ledger_account": account}
            self._create(bound, "category", {**form, "cpv_code": f"{cpv}-{cpv_check_digit(cpv)}"})
        for code, name, entity, centre, begun, left in company.PROJECTS:
            starts, ends = self._day(begun).date(), (self.now + timedelta(days=left)).date()
            form = {"code": code, "name": name, "entity": entity, "cost_centre": centre}
            self._create(bound, "project", {**form, "starts_on": starts.isoformat(), "ends_on": ends.isoformat()})

    def _rates(self, bound: Context) -> None:
        for months in range(12, -1, -1):
            day = (self.now - timedelta(days=30 * months)).date()
            for code in ("CZK", "GBP", "USD", "CHF", "PLN", "SEK"):
                drift = Decimal(self.random.randint(-200, 200)) / 10000
                rate = round(_TO_EUR[code] * (1 + drift), 4)
                form = {
                    "currency": "EUR",
                    "base": code,
                    "rate": str(rate),
                    "valid_on": day.isoformat(),
                    "source": "ECB",
                }
                self._create(bound, "exchange_rate", form)

    def _staff(self, bound: Context, entities: dict[str, str]) -> None:
        leads = {centre: login_of(name) for name, _, centre, _, _, _ in company.KEY_PEOPLE}
        centres = [code for code, _, _, parent in company.COST_CENTRES if parent]
        while len(self.logins) < PEOPLE:
            name = f"{self.random.choice(company.FIRST_NAMES)} {self.random.choice(company.LAST_NAMES)}"
            if login_of(name) in self.logins:
                continue
            centre = centres[len(self.logins) % len(centres)]
            job = self.random.choice(company.JOBS[centre.split("-")[0]])
            self._person(bound, name, job, centre, entities[centre], None)
            manager = leads.get(centre, "marta.keller")
            self._save(bound, "person", login_of(name), {"manager": manager})

    def _person(self, bound: Context, name: str, job: str, centre: str, entity: str, limit: str | None) -> None:
        login = login_of(name)
        first, _, last = name.partition(" ")
        zone = next(zone for code, *_, zone in company.ENTITIES if code == entity)
        form = {
            "code": login,
            "first_name": first,
            "last_name": last,
            "email": f"{login}@halden.example",
            "job_title": job,
        }
        place = {"entity": entity, "cost_centre": centre, "approval_limit": limit, "time_zone": zone, "language": "en"}
        self._create(bound, "person", {**form, **place})
        self.logins.append(login)

    def _owners(self, bound: Context) -> None:
        leads = {centre: login_of(name) for name, _, centre, _, _, _ in reversed(company.KEY_PEOPLE)}
        for code, _, _, _ in company.COST_CENTRES:
            self._save(bound, "cost_centre", code, {"owner": leads.get(code, "marta.keller")})
        owner_of = {
            "IT": "jana.novak",
            "LAB": "sofia.rossi",
            "PROD": "jonas.berg",
            "MRO": "jonas.berg",
            "FAC": "milan.dvorak",
        }
        for code, *_ in company.CATEGORIES:
            self._save(bound, "category", code, {"owner": owner_of.get(code.split("-")[0], "omar.haddad")})
        for code, _, _, centre, _, _ in company.PROJECTS:
            self._save(bound, "project", code, {"owner": leads.get(centre, "sofia.rossi")})

    def _supplier_names(self) -> list[Named]:
        weights = [weight for *_, weight in company.SUPPLIER_COUNTRIES]
        names: list[Named] = []
        used: set[tuple[str, str]] = set()
        while len(names) < SUPPLIERS:
            stem = company.SUPPLIER_STEMS[len(names) % len(company.SUPPLIER_STEMS)]
            trade, category = company.SUPPLIER_TRADES[len(names) % len(company.SUPPLIER_TRADES)]
            if (stem, trade) in used:
                trade, category = self.random.choice(company.SUPPLIER_TRADES)
            used.add((stem, trade))
            country, form, currency, _ = self.random.choices(company.SUPPLIER_COUNTRIES, weights)[0]
            names.append((stem, trade, category, country, form, currency))
        return names

    def _supplier(self, name: str, legal_name: str, country: str, currency: str) -> dict[str, Any]:
        kind, number = numbers.tax_id(self.random, country)
        domain = login_of(name).replace(".", "-") + ".example"
        people = [
            f"{self.random.choice(company.FIRST_NAMES)} {self.random.choice(company.LAST_NAMES)}" for _ in range(2)
        ]
        contacts = [
            {"name": person, "role": role, "email": f"{login_of(person)}@{domain}", "is_primary": role == "Sales"}
            for person, role in zip(people, ("Sales", "Accounts"), strict=True)
        ]
        discount = {"discount_percent": "2", "discount_days": 10} if self.random.random() < 0.3 else {}  # noqa: PLR2004
        return {
            "name": name, "legal_name": legal_name, "country": country, "currency": currency, "owner": "omar.haddad",
            "town": self.random.choice(company.SUPPLIER_TOWNS[country]),
            "payment_days": self.random.choice((14, 30, 30, 30, 45, 60)), "language": "en", "website": f"https://{domain}",
            "tax_ids": [{"kind": kind, "country": country, "value": number}], "contacts": contacts, **discount,
        }  # fmt: skip

    def _approve(self, key: str, at: datetime) -> None:
        from app.kernel.problem import Refused

        suppliers = registry["supplier"]
        try:
            unit.execute(self._as("omar.haddad", at), suppliers, key, "approve", {})
        except Refused:
            reason = {"reason": "Same group, separate company with its own tax id"}
            unit.execute(self._as("omar.haddad", at), suppliers, key, "acknowledge_duplicates", reason)
            unit.execute(self._as("omar.haddad", at), suppliers, key, "approve", {})

    def _accounts(self, holders: dict[str, Holder], at: datetime) -> list[str]:
        forms = [
            {
                "supplier": key,
                "holder": holder,
                "currency": currency,
                "country": country,
                "bic": numbers.BICS[country],
                **numbers.bank_account(self.random, country),
            }
            for key, (holder, country, currency) in holders.items()
        ]
        return self._create_several(self._as("priya.nair", at), "bank_account", forms)

    def _item(self, code: str, category: str, measure: str, offered: Sequence[Offered], number: int) -> dict[str, Any]:
        (thing, variant, usual), again = offered[number % len(offered)], number // len(offered)
        maker = company.MAKERS[(again - 1) % len(company.MAKERS)] if again else ""
        name = ", ".join(filter(None, (thing, variant, maker)))
        price = Decimal(str(round(usual * self.random.uniform(0.94, 1.06), 2)))
        sources = self.supplies.get(category) or self.supplies["OFF"]
        chosen = self.random.sample(sources, k=min(len(sources), self.random.choice((1, 1, 2, 3))))
        prices = [row for key, currency in chosen for row in self._prices(code, key, currency, price)]
        return {
            "code": code, "name": name, "category": category, "unit": measure,
            "description": f"{thing} ({variant}). Ordered by {category.partition('-')[0]} staff; delivery to the works.",
            "preferred_supplier": chosen[0][0], "manufacturer_number": f"{thing[:2].upper()}{self.random.randint(1000, 9999)}",
            "prices": prices,
        }  # fmt: skip

    def _prices(self, code: str, supplier: str, currency: str, price: Decimal) -> Iterator[dict[str, Any]]:
        own = price * _TO_EUR[currency] * Decimal(self.random.randint(95, 112)) / 100
        own = max(round(own, 0 if currency == "JPY" else 2), Decimal("0.05"))
        since = self._day(300).date().isoformat()
        breaks = ((1, Decimal(1)), (10, Decimal("0.95")), (100, Decimal("0.9")))[: self.random.choice((1, 2, 3))]
        for least, factor in breaks:
            yield {
                "supplier": supplier, "supplier_number": f"{supplier[-3:]}-{code}", "currency": currency,
                "unit_price": str(round(own * factor, 2)), "minimum_quantity": least, "valid_from": since,
                "lead_time_days": self.random.choice((2, 5, 7, 14, 28)),
            }  # fmt: skip

    def _create(self, bound: Context, name: str, form: dict[str, Any]) -> str:
        return unit.create_within(bound, registry[name], form, self._reader(bound)).key

    def _create_several(self, context: Context, name: str, forms: Sequence[dict[str, Any]]) -> list[str]:
        resource = registry[name]
        with unit.transaction(context, f"{name}.import") as bound:
            rows = unit.create_several_within(bound, resource, forms, self._reader(bound))
            return [getattr(row, resource.key) for row in rows]

    def _save(self, bound: Context, name: str, key: str, form: dict[str, Any]) -> None:
        unit.save_within(bound, registry[name], key, form, self._reader(bound))

    def _reader(self, bound: Context) -> Any:
        from app.infra.intake import Reader

        return Reader(bound)

    def _day(self, ago: int) -> datetime:
        """Give a moment of a working day some days ago, never one that has not come yet."""
        day = (self.now - timedelta(days=ago)).date()
        while day.weekday() > 4:  # noqa: PLR2004
            day -= timedelta(days=1)
        moment = datetime.combine(day, time(self.random.randint(8, 15), self.random.randint(0, 59)), UTC)
        return min(moment, self.now)

    def _as(self, login: str, at: datetime) -> Context:
        if login not in self.actors:
            self.actors[login] = identity.actor_of(db.session(), identity.find_user(db.session(), login))
        return self._context(self.actors[login], min(at, self.now))

    def _context(self, actor: Actor, at: datetime) -> Context:
        return Context(actor, at, at.date(), f"demo-{at:%Y%m%d%H%M}", "demo", fresh_at=at)


def _password() -> str:
    from app.demo import PASSWORD

    return PASSWORD
