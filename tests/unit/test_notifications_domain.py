"""Words, pauses and letters of notifications."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.notifications.domain import sending
from app.modules.notifications.domain.kinds import LONGEST_TITLE, VALUES, WORDS, Channel, Kind, one_line, written
from app.modules.notifications.letters import BadAddress, Letter, composed

LETTER = Letter(
    sender="outlay@outlay.example",
    sender_name="Outlay at Works",
    recipient="jana.novak@example.com",
    recipient_name="Jana Novák",
    title="REQ-2026-00042 waits for your decision",
    text='Paul asks you to decide on this request: Laptops <15">, 4 500.00 EUR.\n\nSoon, it is urgent.',
    organisation="Works & Sons",
    url="https://outlay.example/requests/REQ-2026-00042",
    choices_url="https://outlay.example/me/notices",
    message_id="<0193@outlay.example>",
    at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
)


def test_every_kind_has_words_and_they_name_only_what_they_are_given():
    assert set(WORDS) == set(Kind)
    for kind in Kind:
        title, text = written(kind, dict.fromkeys(VALUES, "x"))
        assert title and text


@pytest.mark.parametrize("kind", Kind)
def test_words_are_whole_sentences_also_when_nothing_but_the_key_is_known(kind):
    title, text = written(
        kind, {"key": "REQ-1", "who": "Jana", "what": "request", "title": "Laptops", "reason": "Done."}
    )
    assert not {"{", "}"} & {*title, *text}
    assert "  " not in text and " ." not in text and ", ." not in text


def test_values_are_taken_as_they_are_and_never_as_a_template():
    hostile = "{{ ''.__class__ }}{% for x in range(9) %}"
    title, text = written(Kind.MENTIONED, {"who": hostile, "key": "REQ-1", "reason": hostile})
    assert hostile in title
    assert hostile in text


@given(st.text(max_size=400))
def test_a_title_is_always_one_line_that_fits(typed):
    line = one_line(typed)
    assert len(line) <= LONGEST_TITLE
    assert not {"\r", "\n", "\x00", "\x1b", "\u2028", "\u202e"} & set(line)
    assert line.splitlines() in ([], [line])


def test_tries_are_made_with_growing_pauses_over_a_night_and_then_given_up():
    pauses = [sending.pause_after(attempts) for attempts in range(1, sending.MOST_TRIES + 1)]
    assert pauses[-1] is None
    kept = [pause for pause in pauses if pause is not None]
    assert kept == sorted(set(kept))
    assert timedelta(hours=12) < sum(kept, timedelta()) < timedelta(hours=24)


@pytest.mark.parametrize(
    ("state", "is_active", "is_told"),
    [
        ("active", True, True),
        ("invited", False, True),
        ("suspended", False, False),
        ("left", False, False),
        (None, True, True),
        (None, False, False),
    ],
)
def test_who_is_told(state, is_active, is_told):
    assert sending.is_told(state, is_active=is_active) is is_told


def test_a_letter_says_the_same_as_text_and_as_a_page_and_tells_machines_not_to_answer():
    sent = email.message_from_bytes(composed(LETTER).as_bytes(), policy=email.policy.default)

    assert sent["Subject"] == LETTER.title
    assert (sent["From"], sent["To"]) == (
        "Outlay at Works <outlay@outlay.example>",
        "Jana Novák <jana.novak@example.com>",
    )
    assert (sent["Message-ID"], sent["Auto-Submitted"]) == ("<0193@outlay.example>", "auto-generated")
    assert sent["Date"].datetime == LETTER.at
    text, page = (part.get_content().replace("\r\n", "\n") for part in sent.iter_parts())
    assert [part.get_content_type() for part in sent.iter_parts()] == ["text/plain", "text/html"]
    assert LETTER.text in text and f"\n{LETTER.url}\n" in text and LETTER.choices_url in text
    assert "Laptops &lt;15&#34;&gt;" in page and "<15" not in page
    assert f'href="{LETTER.url}"' in page and "Works &amp; Sons" in page
    assert "<script" not in page and "src=" not in page


@pytest.mark.parametrize("field", ["title", "sender_name", "recipient_name"])
def test_nothing_typed_becomes_a_header(field):
    typed = "Laptops\r\nBcc: all@example.com\r\n\r\n<b>Body</b>"
    sent = email.message_from_bytes(composed(replace(LETTER, **{field: typed})).as_bytes(), policy=email.policy.default)

    assert sent["Bcc"] is None
    assert sorted(set(sent.keys())) == sorted(
        ["Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
         "Content-Type"]
    )  # fmt: skip


@pytest.mark.parametrize("address", ["", "jana", "jana@x\r\nBcc: all@example.com", "a b@example.com", "jana@"])
def test_what_is_no_address_is_told_before_any_server_is_asked(address):
    with pytest.raises(BadAddress, match="is not an e-mail address"):
        composed(replace(LETTER, recipient=address))


def test_channels_and_kinds_have_words_for_people():
    assert [each.label for each in Channel] == ["In Outlay", "E-mail"]
    assert len({kind.label for kind in Kind}) == len(Kind)
