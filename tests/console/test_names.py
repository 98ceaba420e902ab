"""Names that scripts know, as people read them; and what is told after a command."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.console import names, words
from app.infra import jobs, unit
from tests.acting import system
from tests.console.browsing import post, text


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
        ("job.hear:orders.papers", "Keep the papers of an order"),
    ],
)
def test_a_command_is_named_as_its_button(app: Flask, name: str, told: str) -> None:
    assert names.of_command(name) == told


def test_every_kind_of_job_has_a_title_of_its_own_for_people(app: Flask) -> None:
    titles = [jobs.title_of(kind) for kind in jobs.kinds()]
    assert len(titles) > 30
    assert sorted(set(titles)) == sorted(titles)
    assert [title for title in titles if not re.fullmatch(r"[A-Z][a-z ]+", title)] == []


def test_a_job_is_shown_by_its_title_and_one_nobody_knows_by_its_name(app: Flask) -> None:
    assert names.of_command("job.invoices.collect") == "Take in invoices from the drop folder"
    assert names.of_command("job.gone") == "gone"


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


def test_jobs_are_listed_found_and_titled_by_what_they_do(app: Flask, administrator) -> None:
    with app.app_context(), unit.transaction(system(), "test") as bound:
        mine = [jobs.enqueue(bound, kind, {"run": 0, "reason": "x"}) for kind in ("import.apply", "person.forget")]
        bound.session.flush()
        applied, forgotten = (job.id for job in mine)
    listed = administrator.get("/jobs?view=all").text
    cells = re.findall(r"<td[^>]*>(?:<[^>]+>)*([^<]+)", listed)
    assert {"Import a file", "Erase a person"} <= {cell.strip() for cell in cells}
    editor = re.findall(r'name="kind" value="([^"]+)"[^>]*><span>([^<]+)</span>', listed)
    assert sorted(value for value, _ in editor) == jobs.kinds()
    assert [label for _, label in editor] == sorted(label for _, label in editor)
    assert not [label for _, label in editor if re.search(r"[_.]|hear", label)]
    assert len({label for _, label in editor}) == len(editor)
    narrowed = administrator.get("/jobs?kind=import.apply&kind=import.check").text
    assert f'href="/jobs/{applied}"' in narrowed
    assert f'href="/jobs/{forgotten}"' not in narrowed
    assert re.search(r"<span>Kind</span>\s*Import a file or Check a file", narrowed)
    page = text(administrator.get(f"/jobs/{forgotten}"))
    assert "Erase a person" in page
    assert "person.forget" not in page
