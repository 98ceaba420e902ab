from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.calling import Caller, holding

Make = Callable[..., str]
PDF = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


@pytest.fixture
def row(make: Make) -> str:
    return f"/categories/{make('category', code='IT', name='Computers')}"


def attach(caller: Caller, row: str, content: bytes = PDF, name: str = "terms.pdf") -> Any:
    return caller.post(f"{row}/attachments", data={"file": (io.BytesIO(content), name)})


def test_the_history_tells_changes_and_comments_the_newest_first(caller: Caller, row: str) -> None:
    caller.patch(row, json={"name": "Computing"}, headers={"If-Match": "*"})
    caller.post(f"{row}/comments", json={"text": "Renamed, @almighty"})
    steps = caller.get(f"{row}/history").json["data"]

    said = next(step for step in steps if step["text"])
    changed = next(step for step in steps if step["action"] == "changed")
    assert (said["text"], said["mentions"], said["actor"]) == ("Renamed, @almighty", ["almighty"], "Almighty Tester")
    assert (changed["before"], changed["after"]) == ({"name": "Computers"}, {"name": "Computing"})
    assert (changed["command"], changed["channel"]) == ("category.edit", "rest")
    assert [step["at"] for step in steps] == sorted((step["at"] for step in steps), reverse=True)
    assert len(caller.get(f"{row}/history?size=1").json["data"]) == 1


@pytest.mark.parametrize("query", ["size=0", "size=201", "size=x", "size=²", "page=2"])
def test_a_history_is_asked_for_in_bounds(caller: Caller, row: str, query: str) -> None:
    assert caller.get(f"{row}/history?{query}").status_code == 422


def test_a_comment_is_told_back_and_listed(caller: Caller, row: str) -> None:
    said = caller.post(f"{row}/comments", json={"text": "  Two words \r\n"})

    assert said.status_code == 201
    assert said.json["text"] == "Two words"
    assert caller.get(f"{row}/comments").json["data"] == [said.json]


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "  "}, {"text": 7}, {"text": "x" * 5001}, {"text": "x", "y": 1}]
)
def test_a_comment_without_words_or_with_too_many_is_refused(caller: Caller, row: str, body: dict[str, Any]) -> None:
    assert caller.post(f"{row}/comments", json=body).status_code == 422
    assert caller.get(f"{row}/comments").json["data"] == []


def test_a_file_comes_back_as_it_was_sent_and_harmless(caller: Caller, row: str) -> None:
    sent = attach(caller, row)
    content = caller.get(sent.json["content"])

    assert sent.status_code == 201
    assert sent.headers["Location"] == sent.json["href"]
    assert (sent.json["name"], sent.json["size"], sent.json["media_type"]) == ("terms.pdf", len(PDF), "application/pdf")
    assert sent.json["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert caller.get(f"{row}/attachments").json["data"] == [sent.json]
    assert caller.get(sent.json["href"]).json == sent.json
    assert (content.data, content.mimetype) == (PDF, "application/pdf")
    assert content.headers["Content-Disposition"] == "attachment; filename=terms.pdf"
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert content.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_file_is_not_sent_again_to_who_has_it_and_in_parts_to_who_asks(caller: Caller, row: str) -> None:
    content = attach(caller, row).json["content"]
    tag = caller.get(content).headers["ETag"]

    assert caller.get(content, headers={"If-None-Match": tag}).status_code == 304
    part = caller.get(content, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"%PDF")


def test_a_file_with_a_deceiving_name_gets_a_plain_one(caller: Caller, row: str) -> None:
    assert attach(caller, row, b"hello\n", "../../etc/pass\u202ewd.txt").json["name"] == "passwd.txt"
    assert attach(caller, row, b"hello\n", "CON.txt").json["name"] == "_CON.txt"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.txt", "file_empty"),
        (b"<html><script>x</script></html>", "a.txt", "file_active"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "a.pdf", "file_type"),
        (PDF, "a.png", "file_extension"),
    ],
)
def test_a_file_that_is_not_taken_in_says_why(caller: Caller, row: str, content: bytes, name: str, code: str) -> None:
    response = attach(caller, row, content, name)

    assert (response.status_code, response.json["problems"][0]["code"]) == (422, code)
    assert caller.get(f"{row}/attachments").json["data"] == []


def test_a_file_is_sent_in_a_form(caller: Caller, row: str) -> None:
    assert caller.post(f"{row}/attachments", json={"file": "x"}).status_code == 415
    assert caller.post(f"{row}/attachments", data={"other": (io.BytesIO(PDF), "a.pdf")}).status_code == 422
    assert caller.post(f"{row}/attachments", data=b"x", content_type="multipart/form-data").status_code in (400, 422)


def test_a_file_that_was_taken_off_is_gone_but_stays_in_the_history(caller: Caller, row: str) -> None:
    sent = attach(caller, row).json

    gone = caller.delete(sent["href"])
    assert (gone.status_code, gone.data) == (204, b"")
    for address in (sent["href"], sent["content"]):
        assert caller.get(address).status_code == 404
    assert caller.delete(sent["href"]).status_code == 404
    assert [step["action"] for step in caller.get(f"{row}/history").json["data"]][:2] == ["detached", "attached"]


def test_a_file_of_another_row_is_not_found_here(caller: Caller, row: str, make: Make) -> None:
    other = f"/categories/{make('category')}"
    sent = attach(caller, row).json

    assert caller.get(f"{other}/attachments/{sent['id']}/content").status_code == 404
    assert caller.delete(f"{other}/attachments/{sent['id']}").status_code == 404
    for id in ("0", "-1", "x", "²", "9" * 30):
        assert caller.get(f"{row}/attachments/{id}").status_code == 404


def test_who_may_read_may_not_therefore_speak_or_attach(app: Flask, caller: Caller, row: str) -> None:
    few = holding(app, "few", "category.read")

    assert few.post(f"{row}/comments", json={"text": "x"}).status_code == 403
    assert attach(few, row).status_code == 403
    sent = attach(caller, row).json
    assert few.get(sent["content"]).data == PDF
    assert few.delete(sent["href"]).status_code == 403
    assert len(few.get(f"{row}/attachments").json["data"]) == 1
