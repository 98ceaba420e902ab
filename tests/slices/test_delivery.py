"""How letters go out by a real SMTP server: what it takes, what it refuses, and what happens when it is not there."""

from __future__ import annotations

import contextlib
import logging
import ssl
from datetime import timedelta
from typing import Any

import pytest

from app.infra import breaker, unit
from app.kernel.resource import registry
from app.workers import perform
from bench.stack import free_port
from tests.acting import Someone, acting, person, system
from tests.posting import (
    BASE_URL,
    PASSWORD,
    SENDER,
    USER,
    Office,
    certificate,
    post_office,
    posting_through,
)
from tests.slices.doing import do, events, refused, sees, why_not
from tests.slices.test_notice import approval, told
from tests.working import forget_pauses, rows

ADDRESS = "nora.novak@example.com"


@pytest.fixture
def supplier(maker) -> str:
    return maker.key("supplier")


@pytest.fixture
def nora(maker) -> Someone:
    return person("nora.novak", "Approver")


def letter() -> Any:
    """Look at the one delivery by e-mail."""
    [found] = rows("SELECT * FROM delivery WHERE channel = 'email'")
    return found


def ask(app, supplier: str, nora: Someone, **told: Any) -> Any:
    """Ask for a decision, and do all that is due."""
    approval("approval.asked", supplier, nora, **told)
    perform.drain(app)
    return letter()


def test_a_letter_arrives_with_the_words_of_the_notice_and_a_link_to_the_document(app, supplier, nora):
    office = Office()
    with post_office(office) as port, posting_through(port):
        sent = ask(app, supplier, nora)
    [taken] = office.taken

    assert (sent.state, sent.attempts, sent.error, sent.address) == ("sent", 1, None, ADDRESS)
    assert sent.sent_at is not None
    assert office.recipients == [ADDRESS]
    assert (taken["From"], taken["To"]) == (f"Outlay at Works <{SENDER}>", f"Nora Novak <{ADDRESS}>")
    assert taken["Subject"] == f"{supplier} waits for your decision"
    assert taken["Message-ID"] == sent.message_id
    text, page = (part.get_content() for part in taken.iter_parts())
    assert f"{BASE_URL}/suppliers/{supplier}" in text
    assert f'href="{BASE_URL}/suppliers/{supplier}"' in page


def test_without_a_mail_server_letters_are_skipped_with_the_reason_and_people_are_told_all_the_same(
    app, supplier, nora
):
    skipped = ask(app, supplier, nora)

    assert (skipped.state, skipped.attempts, skipped.error) == ("skipped", 0, "No mail server is configured.")
    assert told() == [("nora.novak", "approval_asked")]
    assert not rows("SELECT 1 FROM job WHERE state <> 'done'")


def test_a_refused_recipient_is_told_in_the_servers_words_and_not_tried_again(app, supplier, nora):
    office = Office(refused={ADDRESS: "550 5.1.1 No such user here"})
    with post_office(office) as port, posting_through(port):
        failed = ask(app, supplier, nora)

    assert (failed.state, failed.attempts, failed.due_at) == ("failed", 1, None)
    assert failed.error == "The address was refused: 550 5.1.1 No such user here"
    assert office.taken == []
    assert breaker.states() == {}
    assert not rows("SELECT 1 FROM job WHERE state <> 'done'")


@pytest.mark.parametrize(
    ("office", "words"),
    [
        (Office(refused={ADDRESS: "450 4.2.1 Greylisted"}), "The address was refused: 450 4.2.1 Greylisted"),
        (Office(data_answer="451 4.3.0 Later"), "The letter was refused: 451 4.3.0 Later"),
    ],
    ids=["recipient", "letter"],
)
def test_what_is_refused_for_now_is_tried_again_and_goes_out(app, supplier, nora, office, words):
    with post_office(office) as port, posting_through(port):
        waiting = ask(app, supplier, nora)
        assert (waiting.state, waiting.attempts, waiting.error) == ("waiting", 1, words)
        assert waiting.due_at is not None
        office.refused.clear()
        office.data_answer = "250 OK"
        perform.drain(app)
        assert letter().state == "waiting"
        forget_pauses()
        perform.drain(app)

    assert (letter().state, letter().attempts, letter().error, letter().due_at) == ("sent", 2, None, None)
    assert [taken["Message-ID"] for taken in office.taken] == [letter().message_id]


def test_a_server_that_is_away_stops_no_change_and_letters_go_out_when_it_is_back(app, maker, supplier, nora):
    office, port = Office(), free_port()
    with posting_through(port):
        waiting = ask(app, supplier, nora)
        assert (waiting.state, waiting.attempts) == ("waiting", 1)
        assert waiting.error.startswith("The mail server could not be reached: [Errno 111]")
        do(system(id=990), "supplier", supplier, "approve")
        assert told() == [("nora.novak", "approval_asked")]
        with post_office(office, port):
            forget_pauses()
            perform.drain(app)

    assert (letter().state, letter().attempts) == ("sent", 2)
    assert [taken["Message-ID"] for taken in office.taken] == [waiting.message_id]


def test_a_server_that_stays_away_is_left_alone_and_given_up_after_the_last_try(app, supplier, nora):
    from app.modules.notifications.domain.sending import MOST_TRIES

    with posting_through(free_port()):
        for attempts in range(1, MOST_TRIES + 1):
            failed = ask(app, supplier, nora) if attempts == 1 else letter()
            assert failed.attempts == attempts
            assert failed.state == ("failed" if attempts == MOST_TRIES else "waiting")
            forget_pauses()
            perform.drain(app)
        assert breaker.states() == {"smtp": breaker.State.OPEN}

    assert letter().error.startswith("The mail server does not answer: smtp does not answer.")
    assert not rows("SELECT 1 FROM job WHERE state <> 'done'")


def test_a_server_that_keeps_silent_is_cut_off_at_the_deadline(app, supplier, nora):
    office = Office(delay=3)
    with post_office(office) as port, posting_through(port, longest=timedelta(seconds=1)):
        waiting = ask(app, supplier, nora)

    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.error.startswith("The mail server could not be reached: ")


def test_a_wrong_password_is_told_without_it_and_tried_again_once_it_is_mended(app, supplier, nora, caplog):
    office = Office()
    options = {"authenticator": office.authenticate, "auth_require_tls": False, "auth_required": True}
    caplog.set_level(logging.DEBUG)
    with pytest.warns(UserWarning, match="Requiring AUTH"), contextlib.ExitStack() as stack:
        port = stack.enter_context(post_office(office, **options))
        with posting_through(port, user=USER, password="not-the-secret"):
            waiting = ask(app, supplier, nora)
        with posting_through(port, user=USER, password=PASSWORD) as server:
            forget_pauses()
            perform.drain(app)

    assert waiting.error == "The mail server refused the sign-in (535). Check user and password."
    assert waiting.state == "waiting"
    assert (letter().state, office.signed_in) == ("sent", [USER])
    assert len(office.taken) == 1
    assert "not-the-secret" not in caplog.text and PASSWORD not in caplog.text + repr(server)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letters_go_over_an_encrypted_line_to_a_server_that_proves_who_it_is(app, supplier, nora, security, tmp_path):
    shown, trusted = certificate(tmp_path)
    office = Office()
    options: dict[str, Any] = {"tls_context": shown, "require_starttls": True}
    if security == "tls":
        options = {"ssl_context": shown}
    with post_office(office, **options) as port:
        with posting_through(port, security=security):
            waiting = ask(app, supplier, nora)
            assert "CERTIFICATE_VERIFY_FAILED" in waiting.error
        with posting_through(port, security=security, ca_file=trusted):
            forget_pauses()
            perform.drain(app)

    assert (letter().state, letter().attempts, len(office.taken)) == ("sent", 2, 1)


def test_nothing_goes_out_in_the_clear_when_encryption_was_asked_for(app, supplier, nora):
    office = Office()
    with post_office(office) as port, posting_through(port, security="starttls"):
        waiting = ask(app, supplier, nora)

    assert waiting.state == "waiting"
    assert waiting.error == "The mail server could not be reached: STARTTLS extension not supported by server."
    assert office.taken == []


def test_nothing_that_people_type_becomes_a_header(app, supplier, nora):
    office = Office()
    with post_office(office) as port, posting_through(port):
        ask(app, supplier, nora, title="Laptops\r\nBcc: all@example.com\r\n\r\n<b>Free</b>")
    [taken] = office.taken

    assert taken["Bcc"] is None
    assert office.recipients == [ADDRESS]
    assert "&lt;b&gt;Free" in taken.get_body(("html",)).get_content()


def test_a_letter_that_waits_is_skipped_when_its_person_leaves(app, supplier, nora):
    with posting_through(free_port()):
        ask(app, supplier, nora)
        do(system(id=990), "person", nora.code, "suspend", reason="On leave")
        forget_pauses()
        perform.drain(app)

    assert (letter().state, letter().error) == ("skipped", "The person has left or is suspended.")


def test_an_administrator_sends_a_letter_again_to_the_address_of_today(app, supplier, nora):
    skipped = ask(app, supplier, nora)
    key = str(skipped.id)
    unit.save(system(), registry["person"], nora.code, {"email": "nora@new.example"})
    office = Office()
    with post_office(office) as port, posting_through(port):
        do(acting("Administrator"), "delivery", key, "resend")
        perform.drain(app)
        first = letter()
        do(acting("Administrator"), "delivery", key, "resend")
        perform.drain(app)

    assert (first.state, first.attempts, first.address) == ("sent", 1, "nora@new.example")
    assert office.recipients == ["nora@new.example"] * 2
    assert len({taken["Message-ID"] for taken in office.taken}) == 2
    assert len(told()) == 1
    assert [event["address"] for event in events("delivery.resent")] == ["nora@new.example"] * 2


def test_a_letter_that_waits_already_is_not_sent_a_second_time(app, supplier, nora):
    with posting_through(free_port()):
        key = str(ask(app, supplier, nora).id)
        with refused(("wrong_state", None)):
            do(acting("Administrator"), "delivery", key, "resend")
    assert len(rows("SELECT 1 FROM job WHERE kind = 'notice.deliver' AND state = 'waiting'")) == 1


def test_nobody_sends_again_what_was_for_somebody_who_left(app, supplier, nora):
    key = str(ask(app, supplier, nora).id)
    do(system(id=990), "person", nora.code, "leave")
    assert why_not(acting("Administrator"), "delivery", key, "resend") == ["not_told"]
    with refused(("not_told", None)):
        do(acting("Administrator"), "delivery", key, "resend")


def test_deliveries_are_seen_by_their_person_and_by_who_oversees_them(app, maker, supplier, nora):
    key = str(ask(app, supplier, nora).id)
    paul = person("paul.pokorny", "Requester")

    assert sees(nora.context(), "delivery", key)
    assert sees(acting("Administrator"), "delivery", key)
    assert sees(acting("Auditor"), "delivery", key)
    assert not sees(paul.context(), "delivery", key)


def test_the_context_of_encryption_checks_names_and_certificates():
    from app.infra import mail

    trust = mail._trust(mail.Server("mail.example", 587, SENDER, BASE_URL))
    assert trust.verify_mode is ssl.CERT_REQUIRED
    assert trust.check_hostname
