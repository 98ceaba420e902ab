"""Names that scripts know, as people read them; and what is told after a command."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.console import names, words
from tests.console.browsing import post


@pytest.mark.parametrize(
    ("kind", "key", "events", "told"),
    [
        ("Request", "REQ-2026-00042", ["request.approved"], "REQ-2026-00042 approved"),
        ("Job", "17", ["job.retried"], "Job 17 retried"),
        ("Payment run", "RUN-2026-00001", ["payment_run.sent_back"], "RUN-2026-00001 sent back"),
        ("Invoice", "IN-2026-00001", ["invoice.held"], "IN-2026-00001 held"),
        ("Person", "ana.kovac", ["person.role_granted"], "ana.kovac: role granted"),
        ("Setting", "organisation.name", [], "organisation.name changed"),
    ],
)
def test_what_was_done_is_told_in_a_plain_sentence(kind: str, key: str, events: list[str], told: str) -> None:
    assert words.happened(kind, key, events) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("payment_run.release", "Release payment run"),
        ("payment_run.send_back", "Send back"),
        ("supplier.create", "Enter supplier"),
        ("session.sign_in", "Sign in"),
        ("account.change_password", "Change password"),
        ("job.hear:orders.papers", "Orders: papers"),
    ],
)
def test_a_command_is_named_as_its_button(app: Flask, name: str, told: str) -> None:
    assert names.of_command(name) == told


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("hear:live", "Tell open pages"),
        ("hear:invoices.match_again", "Invoices: match again"),
        ("remove_old_jobs", "Remove old jobs"),
    ],
)
def test_a_job_is_named_by_what_it_does(kind: str, told: str) -> None:
    assert names.of_work(kind) == told


def test_the_page_of_a_row_says_its_code_and_name_once(buyer, make) -> None:
    key = make("supplier")
    page = buyer.get(f"/suppliers/{key}").text
    labels = re.findall(r"<dt[^>]*>([^<]+)</dt>", page)
    assert "Code" not in labels
    assert "Name" not in labels


def test_a_command_is_answered_by_a_sentence(buyer, make) -> None:
    key = make("supplier")
    post(buyer, f"/suppliers/{key}/block", {"reason": "x"})
    assert f"{key} blocked" in buyer.get("/suppliers").text
