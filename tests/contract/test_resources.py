"""Every resource keeps what its declaration promises: listed, shown, entered and edited alike by page and by script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.fields import child_fields
from app.infra.fields import field as describe
from app.kernel.problem import Refused
from app.kernel.resource import Resource
from tests.acting import system
from tests.contract.doors import address, form_of
from tests.contract.entering import Page, bare, enter, form_fields, full, give_up, sent_of
from tests.contract.house import RESOURCES, House, Visitor, everything, look, traces

WRITTEN = [resource for resource in RESOURCES if resource.form]
HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "an attribute": '" onmouseover="alert(1)" x="',
    "a template": "{{ 7*7 }}{% raw %}${7*7}",
    "a formula": "=cmd|' /C calc'!A0",
    "right to left": "\u202e\u05de\u05d9\u05dc\u05d9\u05dd \u05e9\u05dc\u05d5\u05dd\u202c",
    "four bytes": "\U0001f9fe \U0001d518\U0001d52b \U0001f469\u200d\U0001f469\u200d\U0001f467",
    "long": "W" * 200,
    "a query": "'; DROP TABLE supplier; --\\",
    "entities": "&lt;b&gt; &amp;amp; &#x27;",
}

#: What takes any words, and keeps them letter by letter.
FREE = ("name", "first_name", "holder", "source", "notes", "text", "reason", "description")

every_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
every_written = pytest.mark.parametrize("resource", WRITTEN, ids=lambda resource: resource.name)


@pytest.fixture
def almighty(house: House) -> Visitor:
    return house.almighty()


@every_resource
def test_it_is_listed_and_shown_alike(house: House, almighty: Visitor, resource: Resource) -> None:
    key = house.row(resource, owner=almighty.id)
    listed = almighty.rest("GET", f"/{resource.plural}?size=200")
    page, shown = almighty.get(f"/{resource.plural}?size=100"), almighty.get(address(resource, key))
    row = almighty.rest("GET", address(resource, key))

    assert (listed.status_code, page.status_code, shown.status_code, row.status_code) == (200, 200, 200, 200)
    assert row.json["href"] == f"/api/v1{address(resource, key)}"
    assert str(row.json[resource.key]) == key
    assert [name for name in resource.list if not heading(page.text, resource, name)] == []
    assert [name for _, names in resource.show for name in names if name not in row.json] == []


def heading(page: str, resource: Resource, name: str) -> bool:
    """Say whether a list has a column under the label of a field."""
    label = re.escape(describe(resource.model, name).label)
    return bool(re.search(rf"<th [^>]*>(?:<a [^>]*>)?{label}[\s<]", html.unescape(page)))


@every_resource
def test_nothing_is_shown_without_permission(house: House, resource: Resource) -> None:
    nobody = house.visitor("nobody.1")
    key = house.row(resource, owner=house.almighty().id)
    pages = ["", "/csv", f"/{key}", *(["/new", f"/{key}/edit"] if resource.form else [])]
    assert nobody.bearer
    before = everything()

    assert [path for path in pages if nobody.get(f"/{resource.plural}{path}").status_code != 403] == []
    assert [
        path
        for path in ("", f"/{key}", f"/{key}/commands", f"/{key}/history")
        if nobody.rest("GET", f"/{resource.plural}{path}").status_code != 403
    ] == []
    if resource.form:
        form = house.maker.form(resource)
        before = everything()
        assert nobody.post(f"/{resource.plural}/new", form_of(form)).status_code == 403
        assert nobody.post(f"/{resource.plural}/{key}/edit", form_of(form)).status_code == 403
        assert nobody.rest("POST", f"/{resource.plural}", json=form).status_code == 403
        assert nobody.rest("PATCH", f"/{resource.plural}/{key}", json={}, headers={"If-Match": "*"}).status_code == 403
    assert everything() == before


@every_resource
def test_what_is_not_entered_has_no_form(house: House, almighty: Visitor, resource: Resource) -> None:
    if resource.form:
        pytest.skip("it is entered in a form")
    key = house.row(resource, owner=almighty.id)
    before = traces(resource)
    assert almighty.post(f"/{resource.plural}/new").status_code == 405
    assert almighty.post(f"{address(resource, key)}/edit").status_code in (404, 405)
    for answer in (
        almighty.rest("POST", f"/{resource.plural}", json={}),
        almighty.rest("PATCH", address(resource, key), json={}, headers={"If-Match": "*"}),
    ):
        assert (answer.status_code, answer.json["problems"][0]["code"]) == (409, "not_editable")
    assert traces(resource) == before


@every_written
def test_it_is_entered_over_rest_and_on_the_page_alike(house: House, almighty: Visitor, resource: Resource) -> None:
    by_door = {"rest": over_rest, "console": on_the_page}
    for channel, door in by_door.items():
        form = house.maker.form(resource)
        key = door(almighty, resource, form)
        assert read(almighty, resource, key, form) == sent_of(resource, form), channel
        assert story(resource, key) == [("created", resource.permission("create"), channel, almighty.id)]
        assert events(resource, key) == [f"{resource.name}.created"]


def over_rest(visitor: Visitor, resource: Resource, form: Mapping[str, Any]) -> str:
    answer = visitor.rest("POST", f"/{resource.plural}", json=dict(form))
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == answer.json["href"]
    return str(answer.json["key"])


def on_the_page(visitor: Visitor, resource: Resource, form: Mapping[str, Any]) -> str:
    answer = visitor.post(f"/{resource.plural}/new", form_of(form))
    assert answer.status_code == 303, Page(answer.text).words
    return str(answer.headers["Location"].rpartition("/")[2])


@every_written
def test_it_is_edited_over_rest_and_on_the_page_alike(house: House, almighty: Visitor, resource: Resource) -> None:
    for channel in ("rest", "console"):
        key = house.made(resource)
        form = {name: value for name, value in house.maker.form(resource).items() if name in wanted(resource)}
        before = almighty.rest("GET", address(resource, key))
        if channel == "rest":
            answer = almighty.rest(
                "PATCH", address(resource, key), json=form, headers={"If-Match": before.headers["ETag"]}
            )
            assert answer.status_code == 200, answer.text
        else:
            answer = almighty.post(
                f"{address(resource, key)}/edit", {**form_of(form), "version": before.json["version"]}
            )
            assert answer.status_code == 303, Page(answer.text).words
        assert read(almighty, resource, key, form) == sent_of(resource, form), channel
        assert ("changed", resource.permission("edit"), channel, almighty.id) in story(resource, key)
        assert {command for _, command, _, _ in story(resource, key)[1:]} == {resource.permission("edit")}
        assert events(resource, key) == [f"{resource.name}.created", f"{resource.name}.changed"]
        assert almighty.rest("GET", address(resource, key)).json["version"] == before.json["version"] + 1


def wanted(resource: Resource) -> set[str]:
    """Name what the form of an existing row holds; what addresses it stays as it is."""
    names = {*resource.form, *(children.name for children in resource.children if not children.fixed)}
    return names - {resource.key}


@every_written
def test_a_form_sent_as_it_was_opened_changes_nothing(house: House, almighty: Visitor, resource: Resource) -> None:
    key = enter(house, resource, full(house, resource))
    form = almighty.get(f"{address(resource, key)}/edit")
    assert form.status_code == 200
    before = traces(resource)
    answer = almighty.post(f"{address(resource, key)}/edit", dict(fields_of(form.text)))

    assert answer.status_code == 303, Page(answer.text).words
    assert traces(resource)[:-5] == before[:-5]  # the mark of the form is kept, as it may be sent again
    assert len(story(resource, key)) == len([each for each in story(resource, key) if each[0] == "created"])


def fields_of(page: str) -> Iterator[tuple[str, str]]:
    """Read a form as a browser would send it."""
    form = next(part for part in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'name="repeat"' in part)
    form = re.sub(r"<template.*?</template>", "", form, flags=re.DOTALL)
    for tag in re.findall(r"<input\b[^>]*>", form):
        given = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        off = given.get("type") in ("checkbox", "radio") and not re.search(r"\bchecked\b", tag)
        off = off or bool(re.search(r"\bdisabled\b", tag))
        if "name" in given and not off and given["name"] != "csrf_token" and given.get("type") != "file":
            yield given["name"], given.get("value", "on")
    for name, inside in re.findall(r'<textarea\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        yield name, html.unescape(inside.removeprefix("\n"))
    for name, inside in re.findall(r'<select\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        for option in re.findall(r"<option\b([^>]*)>", inside):
            if re.search(r"\bselected\b", option):
                yield name, html.unescape(re.findall(r'value="([^"]*)"', option)[0])


@every_written
def test_an_unknown_field_is_refused(house: House, almighty: Visitor, resource: Resource) -> None:
    key, form = house.row(resource), house.maker.form(resource)
    assert almighty.bearer
    before = everything()
    answers = (
        almighty.rest("POST", f"/{resource.plural}", json={**form, "colour": "red"}),
        almighty.rest("PATCH", address(resource, key), json={"colour": "red"}, headers={"If-Match": "*"}),
    )
    pages = (
        almighty.post(f"/{resource.plural}/new", {**form_of(form), "colour": "red"}),
        almighty.post(f"{address(resource, key)}/edit", {"colour": "red"}),
    )

    for answer in answers:
        assert answer.status_code == 422
        assert ("unknown_field", "colour") in [
            (problem["code"], problem["field"]) for problem in answer.json["problems"]
        ]
    assert [page.status_code for page in pages] == [422, 422]
    assert all(Page(page.text).shows("There is no field colour.") for page in pages)
    assert everything() == before


@every_written
def test_everything_that_is_missing_is_told_at_once(house: House, almighty: Visitor, resource: Resource) -> None:
    required = {name for name, each in form_fields(resource, new=True).items() if each.required} - (
        {resource.key} if resource.number else set()
    )
    answer = almighty.rest("POST", f"/{resource.plural}", json={})
    page = almighty.post(f"/{resource.plural}/new")
    problems = [(problem["code"], problem["field"]) for problem in answer.json["problems"]]

    assert (answer.status_code, page.status_code) == (422, 422)
    assert sorted(problems) == sorted(("required", name) for name in required)
    assert [
        problem["message"] for problem in answer.json["problems"] if not Page(page.text).shows(problem["message"])
    ] == []


@every_written
def test_what_was_typed_stays_when_it_is_refused(house: House, almighty: Visitor, resource: Resource) -> None:
    form = {**house.maker.form(resource), "colour": "red"}
    page = Page(almighty.post(f"/{resource.plural}/new", form_of(form)).text)
    typed = {
        name: value for name, value in form_of(form).items() if name != "colour" and isinstance(value, str) and value
    }
    secrets = {name for name, each in form_fields(resource, new=True).items() if each.secret or each.kind == "secret"}

    assert [name for name, value in typed.items() if name not in secrets and not page.shows(value)] == []
    assert [name for name in secrets if name in typed and page.shows(typed[name])] == []


@every_written
def test_an_edit_is_for_the_version_that_was_seen(house: House, almighty: Visitor, resource: Resource) -> None:
    key = house.made(resource)
    path, form = address(resource, key), one_change(house, resource)
    seen = almighty.rest("GET", path)
    tag = seen.headers["ETag"]
    before = traces(resource)

    assert almighty.rest("GET", path, headers={"If-None-Match": tag}).status_code == 304
    assert almighty.rest("PATCH", path, json=form).status_code == 428
    assert almighty.rest("PATCH", path, json=form, headers={"If-Match": '"v999"'}).status_code == 412
    stale = almighty.post(f"{path}/edit", {**form_of(form), "version": 999})
    assert stale.status_code == 412
    assert Page(stale.text).shows("Someone saved this while you were editing.")
    assert traces(resource) == before
    answer = almighty.rest("PATCH", path, json=form, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    assert almighty.rest("GET", path, headers={"If-None-Match": tag}).status_code == 200
    assert almighty.rest("PATCH", path, json=form, headers={"If-Match": tag}).status_code == 412


def one_change(house: House, resource: Resource) -> dict[str, Any]:
    """Give new values of one or a few fields that may be changed at any time."""
    form = house.maker.form(resource)
    names = [name for name in resource.form if describe(resource.model, name).kind == "text" and name != resource.key]
    return {name: form[name] for name in names[:1]} if names else {name: form[name] for name in resource.form}


@every_written
def test_whatever_people_write_is_shown_as_they_wrote_it_and_does_nothing(
    house: House, almighty: Visitor, resource: Resource
) -> None:
    made = [hostile(house, resource, words) for words in HOSTILE.values()]
    names = columns(resource)
    listed = shown_by(almighty, f"/{resource.plural}?size=25&sort=-created_at&columns={','.join(names)}")
    facts = [name for _, group in resource.show for name in group]
    for key, kept in made:
        page, form = shown_by(almighty, address(resource, key)), shown_by(almighty, f"{address(resource, key)}/edit")
        shown_by(almighty, f"{address(resource, key)}/activity")
        row = almighty.rest("GET", address(resource, key)).json
        for name, sent in kept.items():
            value = row[name]
            assert value == sent or (name not in FREE and plain(value) == plain(sent)), name
            assert form.shows(value), name
            assert name not in facts or page.shows(value), name
            assert name not in names or listed.shows(value), name
    for words in HOSTILE.values():
        assert almighty.get("/find", query_string={"q": words}).status_code == 200
        assert almighty.get(f"/{resource.plural}", query_string={"q": words}).status_code == 200


def shown_by(visitor: Visitor, path: str) -> Page:
    """Open a page and see that nothing runs on it but what we put there."""
    answer = visitor.get(path)
    page = Page(answer.text)
    assert answer.status_code == 200, path
    assert page.alive == [], path
    assert "<script>alert(1)" not in answer.text
    return page


def plain(text: str) -> str:
    """Take away what a rule may put right in codes and numbers: case and blanks."""
    return re.sub(r"\s", "", text).casefold()


def hostile(house: House, resource: Resource, words: str) -> tuple[str, dict[str, str]]:
    """Enter a row with the same words in every text its rules allow them in; tell which those are."""
    fields = {name: each for name, each in form_fields(resource, new=True).items() if each.kind in ("text", "longtext")}
    wishes: dict[str, Any] = {name: words[: each.length or None] for name, each in fields.items() if not each.secret}
    form = house.maker.form(resource)
    for children in (each for each in resource.children if not each.fixed):
        texts = {name: each for name, each in child_fields(children).items() if each.kind in ("text", "longtext")}
        changed = {name: words[: each.length or None] for name, each in texts.items()}
        wishes |= {f"{children.name}.{name}": value for name, value in changed.items()}
    for _ in range(30):
        try:
            outcome = unit.create(system(), resource, with_wishes(form, wishes))
        except Refused as refusal:
            refuse_one(wishes, refusal)
            continue
        return outcome.key, {name: value.strip() for name, value in wishes.items() if "." not in name}
    raise AssertionError("refused again and again")


def with_wishes(form: Mapping[str, Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Put wishes into a form; those for child rows into the first of them."""
    filled = dict(form)
    for name, value in wishes.items():
        head, _, rest = name.partition(".")
        if rest:
            first, *others = filled[head]
            filled[head] = [{**first, rest: value}, *others]
        else:
            filled[name] = value
    return filled


def refuse_one(wishes: dict[str, Any], refusal: Refused) -> None:
    """Give up the wishes that were refused: `contacts.0.email` is the wish `contacts.email`."""
    against = {re.sub(r"\.\d+(?=\.|$)", "", problem.field or "") for problem in refusal.problems}
    if not [wishes.pop(name) for name in list(wishes) if name in against]:
        give_up(wishes, refusal)


@every_written
def test_its_free_texts_take_what_people_write(house: House, resource: Resource) -> None:
    """See that the test above is about something: a name takes any of these words."""
    _, kept = hostile(house, resource, HOSTILE["a script"])
    assert [name for name in resource.form if name in FREE and name not in kept] == []


@every_written
def test_a_row_with_nothing_in_it_that_can_be_left_out_is_shown_everywhere(
    house: House, almighty: Visitor, resource: Resource
) -> None:
    key = enter(house, resource, bare(resource))
    pages = [
        almighty.get(address(resource, key)),
        almighty.get(f"{address(resource, key)}/edit"),
        almighty.get(f"/{resource.plural}?size=100&columns={','.join(columns(resource))}"),
        almighty.get(f"/{resource.plural}/csv?columns={','.join(columns(resource))}"),
        almighty.get(f"/{resource.plural}/new?like={key}"),
    ]
    row = almighty.rest("GET", address(resource, key))

    assert [page.status_code for page in pages] == [200] * len(pages)
    assert "None" not in " ".join(Page("".join(page.text for page in pages[:3])).words)
    assert row.status_code == 200


def columns(resource: Resource) -> list[str]:
    """Name every column a list can have."""
    from app.console.columns import available

    return list(available(resource))


@every_resource
def test_every_column_can_be_shown_sorted_and_taken_as_a_file(
    house: House, almighty: Visitor, resource: Resource
) -> None:
    house.row(resource, owner=almighty.id)
    names = columns(resource)
    page = almighty.get(f"/{resource.plural}?columns={','.join(names)}")
    file = almighty.get(f"/{resource.plural}/csv?columns={','.join(names)}")

    assert (page.status_code, file.status_code) == (200, 200)
    assert [name for name in names[:30] if not heading(page.text, resource, name)] == []
    for url in re.findall(r'<a class="o-sort" href="([^"]+)"', page.text):
        assert almighty.get(html.unescape(url)).status_code == 200, url


def read(visitor: Visitor, resource: Resource, key: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Read a row over REST, in the words of what was sent for it."""
    row = visitor.rest("GET", address(resource, key))
    assert row.status_code == 200
    return {name: value for name, value in sent_of(resource, row.json).items() if name in form}


def story(resource: Resource, key: str) -> list[tuple[str, str, str, int]]:
    """List what is on record about a row itself."""
    statement = text(
        "SELECT action, command, channel, actor_id FROM audit_entry WHERE resource = :r AND row_id = :i AND part = '' "
        "ORDER BY at, id"
    )
    row_id = look(resource, key).id  # the key of a person is sealed there
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(statement, {"r": resource.name, "i": row_id})]


def events(resource: Resource, key: str) -> list[str]:
    statement = text("SELECT name FROM outbox_event WHERE resource = :r AND row_key = :k ORDER BY id")
    with db.engine.connect() as connection:
        return list(connection.execute(statement, {"r": resource.name, "k": key}).scalars())


def test_a_row_is_looked_at_as_it_stands(house: House) -> None:
    resource = WRITTEN[0]
    assert look(resource, house.row(resource)).version == 1
