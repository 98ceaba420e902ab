"""How messages to webhooks are signed, which events are meant, and how long is waited."""

from __future__ import annotations

from datetime import timedelta

from app.modules.webhooks import domain

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_a_signature_is_the_one_that_the_standard_gives_for_its_example() -> None:
    signed = domain.signatures([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_that_holds_signs() -> None:
    signed = domain.signatures([OTHER, SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    first, second = signed.split(" ")
    assert second == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert first.startswith("v1,")
    assert first != second


def test_events_are_meant_by_name_by_kind_or_all() -> None:
    assert domain.is_heard("order.issued", None)
    assert domain.is_heard("order.issued", "order.issued\nunit.*")
    assert domain.is_heard("unit.created", "order.issued\nunit.*")
    assert not domain.is_heard("order.created", "order.issued\nunit.*")
    meant = "order.*, oder.issued *.created"
    assert domain.unknown_patterns(meant, {"order.issued"}) == [("*.created", ""), ("oder.issued", "order.issued")]


def test_pauses_grow_and_end() -> None:
    pauses = [domain.pause_after(tries) for tries in range(1, 9)]
    assert pauses[0] == timedelta(seconds=5)
    assert pauses[6] == timedelta(days=1)
    assert pauses[7] is None
    assert pauses[:7] == sorted(each for each in pauses if each)


def test_an_excerpt_is_short_and_steers_no_terminal() -> None:
    assert domain.excerpt("a\x1b[31m\n b\u202e") == "a [31m b"
    assert len(domain.excerpt("x" * 5000)) == domain.LONGEST_EXCERPT
