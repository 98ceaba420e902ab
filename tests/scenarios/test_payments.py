"""Stories of payments as an accountant tells them; the ids are those of the acceptance scenarios."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.infra import scope, unit
from app.kernel.actor import Context
from app.modules.payments import service
from app.modules.payments.models import PayingAccount, Payment
from tests.acting import system
from tests.scenarios.paying import Owing, Paying, pain002
from tests.slices.doing import enter, reading, refused
from tests.slices.test_payment_proposal import sql


def payment_in(bound: Context, number: str) -> Payment:
    """Take a payment, as a statement does."""
    found = bound.session.scalars(scope.everything(Payment, why="a test").where(Payment.number == number)).one()
    service.locked(bound, [found])
    assert isinstance(found, Payment)
    return found


def settle(number: str, amount: str, moved: str | None = None) -> None:
    """Let a statement show a payment."""

    def act(bound: Context) -> None:
        value = Decimal(moved) if moved else None
        service.settle(bound, payment_in(bound, number), date(2026, 11, 27), Decimal(amount), "BANK-1", moved=value)

    unit.change(system(), "test.settle", act)


def test_pay_01_a_part_is_paid_and_the_rest_stays_open_unless_it_is_on_its_way(paying: Paying) -> None:
    """PAY-01."""
    key = paying.owed("R-1", "41.67")  # 50.00 with tax
    assert paying.left(key) == 50
    first = paying.run(due_until="2026-11-30")
    paying.pay(paying.hanna, first, "put_in", invoices=[key], amount="20")
    for someone, act in ((paying.hanna, "submit"), (paying.tomas, "approve"), (paying.tomas, "release")):
        paying.pay(someone, first, act)
    paying.answer(first, pain002(first, whole="ACSC"))
    assert paying.left(key) == 30
    second = paying.released_run()
    assert (paying.in_run(second), paying.left(key)) == ({key: Decimal(30)}, 0)
    paying.answer(second, pain002(second, whole="RJCT"))
    assert paying.left(key) == 30


def abroad(paying: Paying, rate: str) -> None:
    """Let what Vega bills be in dollars, booked at a rate, and let the account pay in dollars as well."""
    sql(
        "UPDATE invoice SET currency_id = (SELECT id FROM currency WHERE code = 'USD'), rate = :rate",
        rate=Decimal(rate),
    )
    sql("UPDATE paying_account SET also_pays_in = 'USD', town = 'Wien'")
    sql("UPDATE supplier SET town = 'Linz' WHERE code = 'VEGA'")
    sql("UPDATE bank_account SET bic = 'BKAUATWW' WHERE number = 'BA-00001'")


def test_pay_03_what_the_rate_moved_since_booking_is_told(paying: Paying) -> None:
    """PAY-03."""
    keys = [paying.owed("R-1", "350"), paying.owed("R-2", "33.33")]
    sql("UPDATE open_item SET amount = 40 WHERE amount < 50")
    abroad(paying, "0.80")
    rate = {"currency": "USD", "base": "EUR", "rate": "0.90", "valid_on": "2026-11-25", "source": "ECB"}
    enter(system(), "exchange_rate", **rate)
    run = paying.released_run(currency="USD")
    [payment] = paying.payments(run)
    with reading("payment", payment["number"]) as row:
        assert (row.amount, row.booked, row.base_amount, row.rate_difference) == (
            Decimal(460), Decimal(368), Decimal(414), Decimal(46),
        )  # fmt: skip
        assert (str(row.rate_on), row.rate_source) == ("2026-11-25", "ECB")
    assert [paying.left(key) for key in keys] == [0, 0]


def test_pay_05_a_discount_for_paying_in_time_is_taken_with_the_tax_in_it(paying: Paying) -> None:
    """PAY-05."""
    key = paying.owed("R-1", "200")
    sql("UPDATE invoice_tax SET amount = 36, rate = 18")
    sql("UPDATE open_item SET amount = 236, discount = 23.60, discount_until = DATE '2026-11-30'")
    run = paying.released_run()
    with reading("payment", paying.payments(run)[0]["number"]) as payment:
        [part] = payment.parts
        assert (payment.amount, payment.discount, part.discount_tax) == (
            Decimal("212.40"), Decimal("23.60"), Decimal("3.60"),
        )  # fmt: skip
    assert paying.left(key) == 0


def test_pay_07_discount_and_rate_together_leave_nothing_open(paying: Paying) -> None:
    """PAY-07."""
    key = paying.owed("R-1", "100")
    sql("UPDATE invoice_tax SET amount = 0, rate = 0")
    sql("UPDATE open_item SET amount = 100, discount = 10, discount_until = DATE '2026-11-30'")
    abroad(paying, "50")
    run = paying.released_run(currency="USD")
    number = paying.payments(run)[0]["number"]
    settle(number, "90", moved="4200")
    with reading("payment", number) as payment:
        assert (payment.state, payment.booked, payment.base_amount) == ("settled", Decimal(4500), Decimal(4200))
        # 500 of discount at the booked rate, and 300 less than booked: for who pays, a gain.
        assert (payment.discount * 50, payment.rate_difference) == (Decimal(500), Decimal(-300))
    assert (paying.left(key), paying.run_state(run)) == (0, "settled")


def test_pay_09_a_paid_invoice_is_not_made_void(owing: Owing) -> None:
    """PAY-09."""
    key = owing.first
    run = owing.released_run()
    owing.answer(run, pain002(run, whole="ACSC"))
    with refused(("paid_already", None)):
        owing.invoice(owing.eva, key, "void", reason="Oops")


def test_statements_settle_a_payment_bit_by_bit_and_take_it_back(owing: Owing) -> None:
    key = owing.first
    run = owing.released_run()
    number = owing.payments(run)[0]["number"]

    def known(bound: Context) -> list[tuple[str, Decimal, Decimal, tuple[str, ...]]]:
        account = bound.session.scalars(scope.everything(PayingAccount, why="a test")).one()
        return [(each.id, each.open, each.settled, each.documents) for each in service.candidates(bound, account)]

    assert unit.change(system(), "test", known) == [(number, Decimal(-120), Decimal(0), ("R-1",))]
    settle(number, "100")
    assert owing.payments(run)[0]["state"] == "sent"
    assert unit.change(system(), "test", known) == [(number, Decimal(-20), Decimal(-100), ("R-1",))]
    with refused(("too_much", None)):
        settle(number, "21")
    settle(number, "20")
    assert (owing.payments(run)[0]["state"], owing.run_state(run)) == ("settled", "settled")
    unit.change(system(), "test", lambda bound: service.unsettle(bound, payment_in(bound, number), Decimal(20)))
    assert (owing.payments(run)[0]["state"], owing.run_state(run)) == ("sent", "released")
    with refused(("not_settled", None)):
        unit.change(system(), "test", lambda bound: service.unsettle(bound, payment_in(bound, number), Decimal(101)))
    unit.change(system(), "test", lambda bound: service.returned(bound, payment_in(bound, number), "Account closed"))
    assert (owing.payments(run)[0]["state"], owing.left(key)) == ("returned", 120)
    with refused(("payment_over", None)):
        settle(number, "20")
    unit.change(system(), "test", lambda bound: service.kept(bound, payment_in(bound, number)))
    assert (owing.payments(run)[0]["state"], owing.left(key)) == ("sent", 0)
    with refused(("not_returned", None)):
        unit.change(system(), "test", lambda bound: service.kept(bound, payment_in(bound, number)))
