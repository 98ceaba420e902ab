"""Suppliers and people in number, found and compared by what the application itself derives from their names."""

from __future__ import annotations

from typing import Any

from psycopg2.extras import execute_values

from app.infra import search
from app.kernel.resource import registry
from app.modules.directory.models import Person
from app.modules.suppliers.domain import likeness
from app.modules.suppliers.models import Supplier

FIRST = [
    "Nordlicht",
    "Alba",
    "Vega",
    "Boreas",
    "Corvus",
    "Delta",
    "Ember",
    "Fjord",
    "Granit",
    "Helios",
    "Iris",
    "Juno",
    "Krater",
    "Linde",
    "Meridian",
    "Nova",
]
SECOND = [
    "Optik",
    "Pumpen",
    "Werke",
    "Labs",
    "Metall",
    "Glas",
    "Motoren",
    "Kabel",
    "Papier",
    "Chemie",
    "Druck",
    "Bau",
    "Energie",
    "Daten",
    "Textil",
    "Stahl",
]
GIVEN = [
    "Ana",
    "Ben",
    "Clara",
    "David",
    "Eva",
    "Filip",
    "Greta",
    "Hugo",
    "Ida",
    "Jan",
    "Klara",
    "Lukas",
    "Mia",
    "Nils",
    "Olga",
    "Paul",
    "Rosa",
    "Simon",
    "Tea",
    "Viktor",
]
FAMILY = [
    "Adler",
    "Berger",
    "Czerny",
    "Dvorak",
    "Ebner",
    "Fiala",
    "Gruber",
    "Horak",
    "Ivanov",
    "Jonas",
    "Kral",
    "Lang",
    "Maier",
    "Novak",
    "Otto",
    "Prohaska",
]
COUNTRIES = ("AT", "DE", "CZ", "CH", "IT", "PL")
BATCH = 2000


def name_of(number: int) -> str:
    """Name a supplier, of three words as long as there are enough of them."""
    first, second = FIRST[number % len(FIRST)], SECOND[number // len(FIRST) % len(SECOND)]
    return f"{first} {second} {number}"


def add_suppliers(cursor: Any, count: int) -> list[tuple[int, str]]:
    """Enter suppliers that are approved; gives their ids and names."""
    resource = registry["supplier"]
    cursor.execute("SELECT id FROM currency WHERE code = 'EUR'")
    [euro] = cursor.fetchone()
    rows = []
    for number in range(1, count + 1):
        name, code, country = name_of(number), f"S-{number:05d}", COUNTRIES[number % len(COUNTRIES)]
        normal = likeness.normal_name(name)
        vector = search.vector(resource, Supplier(code=code, name=name))
        waived = "None was given"
        keys = likeness.name_keys(normal)
        rows.append((code, name, country, euro, 30, waived, "approved", 7, normal, keys, 1, 0, vector))
    columns = "code, name, country, currency_id, payment_days, tax_id_waiver, state, approved_by, normal_name, name_keys, version, created_by, search"
    statement = f"INSERT INTO supplier ({columns}) VALUES %s RETURNING id, name"
    made = execute_values(cursor, statement, rows, page_size=BATCH, fetch=True)
    _stand_behind(cursor, "S", count)
    return [(int(identity), str(name)) for identity, name in made]


def add_people(cursor: Any, count: int, entity: int, centres: list[int]) -> list[tuple[int, int]]:
    """Enter people who ask for things, and of each cost centre one who decides; gives their ids and accounts."""
    resource = registry["person"]
    users, people = [], []
    for number in range(1, count + 1):
        first, last = GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)]
        code = f"{first}.{last}.{number}".lower()
        email = f"{code}@example.com"
        vector = search.vector(resource, Person(code=code, first_name=first, last_name=last, email=email))
        users.append((first, last, code, "!", True, email))
        people.append((code, first, last, email, entity, centres[number % len(centres)], vector))
    statement = "INSERT INTO ab_user (id, first_name, last_name, username, password, active, email, created_on, changed_on) VALUES %s RETURNING id"
    shape = "(nextval('ab_user_id_seq'), %s, %s, %s, %s, %s, %s, now(), now())"
    accounts = [row[0] for row in execute_values(cursor, statement, users, shape, BATCH, fetch=True)]
    rows = [(*person[:4], account, *person[4:]) for person, account in zip(people, accounts, strict=True)]
    statement = "INSERT INTO person (code, first_name, last_name, email, user_id, entity_id, cost_centre_id, search, language, time_zone, state, version, created_by) VALUES %s RETURNING id"
    shape = "(%s, %s, %s, %s, %s, %s, %s, %s, 'en', 'UTC', 'active', 1, 0)"
    made = [row[0] for row in execute_values(cursor, statement, rows, shape, BATCH, fetch=True)]
    _grant(cursor, accounts, entity, centres)
    return list(zip(made, accounts, strict=True))


def _grant(cursor: Any, accounts: list[int], entity: int, centres: list[int]) -> None:
    """Let everybody ask, and the first of each cost centre decide there."""
    grants = [(account, "Requester", entity, None) for account in accounts]
    grants += [(account, "Approver", entity, centre) for account, centre in zip(accounts, centres, strict=False)]
    statement = "INSERT INTO role_grant (user_id, role_id, entity_id, cost_centre_id, granted_by) VALUES %s"
    shape = "(%s, (SELECT id FROM ab_role WHERE name = %s), %s, %s, 0)"
    execute_values(cursor, statement, grants, shape, BATCH)


def _stand_behind(cursor: Any, series: str, last: int) -> None:
    statement = "INSERT INTO number_series (name, last) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET last = greatest(number_series.last, excluded.last)"
    cursor.execute(statement, (series, last))
