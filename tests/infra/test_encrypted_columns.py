"""Encrypted columns in a real database: unreadable there, readable here, found by their index."""

import base64

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, insert, select, text, update

from app.infra import crypto
from app.infra.crypto import CryptoError, Encrypted, Keyring

IBAN = "AT611904300234573201"
OLD = f"k1:{base64.b64encode(bytes(32)).decode()}"
NEW = f"k2:{base64.b64encode(b'2' * 32).decode()}"
PLACE = "account.iban"

account = Table(
    "account",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("iban", Encrypted(PLACE)),
    Column("iban_index", Text, unique=True),
)


@pytest.fixture
def connection(empty_database_url):
    before = crypto._process
    crypto.use(Keyring.parse(OLD))
    engine = create_engine(empty_database_url.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.connect() as opened:
        account.create(opened)
        index = crypto.keyring().blind_index(IBAN, PLACE)
        opened.execute(insert(account), [{"iban": IBAN, "iban_index": index}, {"iban": None, "iban_index": None}])
        yield opened
    engine.dispose()
    crypto.use(before)


def stored(connection):
    return connection.execute(text("SELECT iban FROM account WHERE id = 1")).scalar_one()


def found(connection, iban):
    indexes = crypto.keyring().blind_indexes(iban, PLACE)
    return connection.scalars(select(account.c.iban).where(account.c.iban_index.in_(indexes))).all()


def test_the_database_never_holds_the_value(connection):
    assert stored(connection).startswith("v1:k1:")
    assert IBAN not in stored(connection)
    assert connection.scalars(select(account.c.iban).order_by(account.c.id)).all() == [IBAN, None]
    assert connection.scalars(select(account.c.id).where(account.c.iban.is_(None))).all() == [2]


def test_a_value_is_found_by_its_index_while_keys_are_changed(connection):
    assert found(connection, IBAN) == [IBAN]
    crypto.use(Keyring.parse(f"{NEW},{OLD}"))
    assert found(connection, IBAN) == [IBAN]
    values = {"iban": IBAN, "iban_index": crypto.keyring().blind_index(IBAN, PLACE)}
    connection.execute(update(account).where(account.c.id == 1).values(values))
    crypto.use(Keyring.parse(NEW))
    assert stored(connection).startswith("v1:k2:")
    assert found(connection, IBAN) == [IBAN]
    assert found(connection, "AT00") == []


def test_a_value_copied_into_another_column_is_refused(connection):
    other = Table("account", MetaData(), Column("id", Integer), Column("iban", Encrypted("account.tax_id")))
    with pytest.raises(CryptoError, match="altered, belongs elsewhere"):
        connection.scalars(select(other.c.iban)).all()
