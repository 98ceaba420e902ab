"""Encryption of fields: bound to their place, moved to new keys, and silent about what they hold."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, select
from sqlalchemy.dialects import postgresql

from app.infra import crypto
from app.infra.crypto import CryptoError, Encrypted, Keyring

PLACE = "bank_account.iban"
IBAN = "AT611904300234573201"


def secret(byte):
    return base64.b64encode(bytes([byte]) * 32).decode()


OLD = Keyring.parse(f"k1:{secret(1)}")
BOTH = Keyring.parse(f"k2:{secret(2)}, k1:{secret(1)}")
NEW = Keyring.parse(f"k2:{secret(2)}")


@pytest.fixture
def process_ring():
    before = crypto._process
    crypto.use(BOTH)
    yield BOTH
    crypto.use(before)


@given(st.text())
def test_what_goes_in_comes_out_and_looks_different_each_time(text):
    stored = OLD.encrypt(text, PLACE)
    assert stored.startswith("v1:k1:")
    assert OLD.decrypt(stored, PLACE) == text
    assert OLD.encrypt(text, PLACE) != stored


def test_a_value_moved_to_another_place_is_refused():
    with pytest.raises(CryptoError) as refused:
        OLD.decrypt(OLD.encrypt(IBAN, PLACE), "supplier.tax_id")
    assert refused.value.code == "altered"


@given(st.integers(min_value=0), st.integers(1, 255))
def test_any_altered_byte_is_found(where, change):
    head, body = OLD.encrypt(IBAN, PLACE).rsplit(":", 1)
    sealed = bytearray(base64.b64decode(body))
    sealed[where % len(sealed)] ^= change
    with pytest.raises(CryptoError, match="altered"):
        OLD.decrypt(f"{head}:{base64.b64encode(sealed).decode()}", PLACE)


def test_the_key_id_is_part_of_what_is_protected():
    twins = Keyring.parse(f"a:{secret(1)},b:{secret(1)}")
    with pytest.raises(CryptoError, match="altered"):
        twins.decrypt(twins.encrypt(IBAN, PLACE).replace("v1:a:", "v1:b:"), PLACE)


@pytest.mark.parametrize("stored", ["", IBAN, "v1:k1", "v2:k1:AAAA", "v1:k1:@@@@", "v1:k1:AAAA", "v1:k1:QUFB:x"])
def test_what_was_never_encrypted_is_refused_without_showing_it(stored):
    with pytest.raises(CryptoError) as refused:
        OLD.decrypt(stored, PLACE)
    assert refused.value.code == "malformed"
    assert not stored or stored not in str(refused.value)


def test_the_newest_key_encrypts_and_every_key_decrypts():
    old = OLD.encrypt(IBAN, PLACE)
    assert BOTH.encrypt(IBAN, PLACE).startswith("v1:k2:")
    assert BOTH.decrypt(old, PLACE) == IBAN
    with pytest.raises(CryptoError, match="needs key k1"):
        NEW.decrypt(old, PLACE)


def test_rotation_moves_a_value_once():
    old = OLD.encrypt(IBAN, PLACE)
    assert BOTH.is_outdated(old)
    moved = BOTH.rotate(old, PLACE)
    assert NEW.decrypt(moved, PLACE) == IBAN
    assert BOTH.rotate(moved, PLACE) == moved
    assert not BOTH.is_outdated(moved)


def test_a_blind_index_finds_a_value_before_during_and_after_rotation():
    index = OLD.blind_index(IBAN, PLACE)
    assert index == OLD.blind_index(IBAN, PLACE)
    assert index in BOTH.blind_indexes(IBAN, PLACE)
    assert BOTH.blind_indexes(IBAN, PLACE) == [NEW.blind_index(IBAN, PLACE), index]
    assert IBAN not in index and len(index) == 64


def test_blind_indexes_of_two_purposes_do_not_meet():
    assert len({OLD.blind_index(*pair) for pair in (("ab", "c"), ("b", "ca"), ("ab", "d"), ("a", "c"))}) == 4
    assert OLD.token_digest("t") == OLD.blind_index("t", "token")
    assert BOTH.token_digests("t") == [NEW.token_digest("t"), OLD.token_digest("t")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_keys"),
        (" , ", "no_keys"),
        (secret(1), "bad_key"),
        ("k1:short", "bad_key"),
        (f"k1:{base64.b64encode(bytes(16)).decode()}", "bad_key"),
        (f"K1:{secret(1)}", "bad_key"),
        (f"k1:{secret(1)},k1:{secret(2)}", "bad_key"),
    ],
)
def test_a_broken_key_ring_is_refused_without_showing_a_key(text, code):
    with pytest.raises(CryptoError) as refused:
        Keyring.parse(text)
    assert refused.value.code == code
    assert secret(1) not in str(refused.value)


def test_a_key_ring_does_not_show_its_keys():
    assert secret(1)[:20] not in repr(OLD) and "index" not in repr(next(iter(OLD._keys.values())))


def test_errors_never_carry_the_value_or_the_cause_that_does():
    with pytest.raises(CryptoError) as refused:
        OLD.decrypt(BOTH.encrypt(IBAN, PLACE), PLACE)
    assert IBAN not in repr(refused.value) and refused.value.__suppress_context__ is False
    assert str(refused.value) == "A value in bank_account.iban needs key k2. Put that key into the key ring."


ACCOUNT = Table("bank_account", MetaData(), Column("id", Integer), Column("iban", Encrypted(PLACE)))


def test_a_column_is_encrypted_on_the_way_in_and_decrypted_on_the_way_out(process_ring):
    kind, dialect = ACCOUNT.c.iban.type, postgresql.dialect()
    stored = kind.bind_processor(dialect)(IBAN)
    assert stored.startswith("v1:k2:") and process_ring.decrypt(stored, PLACE) == IBAN
    assert kind.result_processor(dialect, None)(stored) == IBAN
    assert kind.bind_processor(dialect)(None) is None
    assert kind.result_processor(dialect, None)(None) is None


@pytest.mark.parametrize(
    "compare",
    [
        lambda column: column == IBAN,
        lambda column: column != IBAN,
        lambda column: column.in_([IBAN]),
        lambda column: column.like("AT%"),
        lambda column: column == ACCOUNT.c.iban,
        lambda column: column > "A",
        lambda column: column.desc(),
    ],
)
def test_an_encrypted_column_refuses_comparisons_that_could_never_match(compare):
    with pytest.raises(CryptoError, match="blind index"):
        compare(ACCOUNT.c.iban)


def test_an_encrypted_column_can_be_asked_whether_it_is_empty():
    for question in (ACCOUNT.c.iban.is_(None), ACCOUNT.c.iban == None):  # noqa: E711
        assert "iban IS NULL" in str(select(ACCOUNT.c.id).where(question))
    for question in (ACCOUNT.c.iban.is_not(None), ACCOUNT.c.iban != None):  # noqa: E711
        assert "iban IS NOT NULL" in str(select(ACCOUNT.c.id).where(question))


def test_without_a_key_ring_nothing_is_stored_in_the_clear(process_ring):
    crypto.use(None)
    with pytest.raises(CryptoError, match="OUTLAY_ENCRYPTION_KEYS"):
        ACCOUNT.c.iban.type.process_bind_param(IBAN, postgresql.dialect())
