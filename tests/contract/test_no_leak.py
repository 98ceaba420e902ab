"""No leak: whatever shows rows shows the same rows, and those are the ones within the reader's reach.

One test for each resource and kind of door; inside it walk the people: of different reach, of every seeded role, with
tokens for a part. What a person may see is computed in `world.py` from where rows stand. What hides a row answers as if
there were none. Lists, files, counts and sums are compared whole; doors that open one row are tried with a few rows that
are within reach and a few that are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from app.console.host_views import ADMINISTRATION
from app.console.shell import MASTER_DATA
from app.infra import activity, find, unit
from app.infra.fields import field as describe
from app.infra.fields import param_fields
from app.kernel.problem import Refused
from app.kernel.resource import Resource, registry
from app.roles import ROLES
from tests.contract.doors import COMMAND_DOORS, address
from tests.contract.house import RESOURCES, House, everything, kinds_of_roles, traces
from tests.contract.reading import (
    absent,
    check_links,
    console_file,
    console_find,
    console_list,
    is_named_by_uuid,
    money_of,
    numbers,
    page_told,
    pickers,
    references,
    referring,
    rest_list,
    rest_search,
    sums_of,
    text_of,
    told,
)
from tests.contract.world import REACHES, TOKENS, Seer, World, build, is_limited

PEOPLE = ("no role", *REACHES, *ROLES)
#: Where everybody sees the same rows, a few people stand for the others: what differs is only whether they may look.
FEW = ("no role", "everywhere", "one entity", *list(ROLES)[::4])
LIMITED = ("one entity", "one cost centre")
SOME = ("everywhere", "one entity", "two places")
AROUND = ("/commands", "/history", "/comments", "/attachments")

every_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
every_limited = pytest.mark.parametrize(
    "resource", [each for each in RESOURCES if is_limited(each)], ids=lambda resource: resource.name
)


@pytest.fixture(scope="module")
def world(house: House) -> Iterator[World]:
    world = build(house)
    yield world
    assert world.session
    world.session.close()


def people(world: World, resource: Resource, *more: str) -> Iterator[tuple[Seer, list[str] | None]]:
    """Walk the people before a resource, each with the keys they may see; None where they may not look at all."""
    names = ("no role", *REACHES, *kinds_of_roles(resource)) if is_limited(resource) else FEW
    for name in (*names, *more):
        yield world.seers[name], world.sees(world.seers[name], resource)


def some_people(world: World, resource: Resource, *names: str) -> Iterator[tuple[Seer, list[str]]]:
    """Walk a few people by name."""
    for name in names:
        yield world.seers[name], world.sees(world.seers[name], resource) or []


@every_resource
def test_lists_counts_and_files_of_the_console_show_what_is_within_reach(world: World, resource: Resource) -> None:
    for seer, seen in people(world, resource):
        if seen is None:
            assert seer.visitor.get(f"/{resource.plural}").status_code == 403, seer.name
            assert seer.visitor.get(f"/{resource.plural}/csv").status_code == 403, seer.name
            continue
        keys, count = console_list(world, seer, resource)
        assert sorted(keys) == sorted(seen), seer.name
        assert count == len(seen), seer.name
        if seer.holds(resource.permission("export")):
            assert sorted(console_file(seer, resource)) == sorted(seen), seer.name
        else:
            assert seer.visitor.get(f"/{resource.plural}/csv").status_code == 403, seer.name


@every_resource
def test_lists_counts_and_sums_over_rest_show_what_is_within_reach(world: World, resource: Resource) -> None:
    amounts = money_of(resource)
    names = ",".join([resource.key, *amounts])
    for seer, seen in people(world, resource, *TOKENS):
        if seen is None:
            assert seer.visitor.rest("GET", f"/{resource.plural}").status_code == 403, seer.name
            continue
        keys, total = rest_list(seer, resource, f"fields={names}&count=true")
        assert sorted(keys) == sorted(seen), seer.name
        assert (total["count"], total["exact"]) == (len(seen), True), seer.name
        sums = {field: numbers(each) for field, each in total["sums"].items()}
        assert sums == sums_of(world, seer, resource, amounts), seer.name


@every_resource
def test_a_row_is_shown_to_whom_it_is_listed_and_to_nobody_else(world: World, resource: Resource) -> None:
    for seer, seen in people(world, resource, *TOKENS):
        most = 2 if seer.name in REACHES else 1
        shown, unseen = within(world, resource, seen or [], most), beyond(world, resource, seen or [], most)
        for place, key in enumerate([*shown, *unseen]):
            status = 403 if seen is None else 200 if key in seen else 404
            for around in ("", *AROUND) if place in (0, len(shown)) and most > 1 else ("",):
                answer = seer.visitor.rest("GET", f"{address(resource, key)}{around}")
                assert answer.status_code == status, (seer.name, key, around, answer.text)
            if seer.name not in TOKENS:
                page = seer.visitor.get(address(resource, key))
                assert page.status_code == status, (seer.name, key)
                check_links(world, seer, page.text)


@every_resource
def test_a_file_is_given_to_whom_its_row_is_shown(world: World, resource: Resource) -> None:
    files = {key: number for (of, key), number in world.files.items() if of == resource.name}
    for seer, seen in some_people(world, resource, *SOME):
        for key, number in files.items():
            content = f"Of {resource.name} {key}"
            page = seer.visitor.get(f"{address(resource, key)}/files/{number}")
            answer = seer.visitor.rest("GET", f"{address(resource, key)}/attachments/{number}/content")
            if key in seen:
                assert (page.text, answer.text) == (content, content)
            else:
                assert (page.status_code, answer.status_code) == (404, 404), (seer.name, key)
                assert content not in page.text + answer.text
        for key, other in list(zip(files, reversed(files.values()), strict=True))[:1] if len(files) > 1 else ():
            astray = seer.visitor.rest("GET", f"{address(resource, key)}/attachments/{other}/content")
            assert astray.status_code == 404, "a file is found at its own row only"
            assert seer.visitor.get(f"{address(resource, key)}/files/{other}").status_code == 404


@every_resource
def test_search_finds_what_is_within_reach(world: World, resource: Resource) -> None:
    rows = {resource.key_of(row): row for row in world.every(resource)}
    for seer, seen in some_people(world, resource, *SOME):
        for key in (*within(world, resource, seen, 1), *beyond(world, resource, seen, 1)):
            text = text_of(resource, rows[key])
            found, _ = console_list(world, seer, resource, f"q={quote(text)}")
            over_rest, _ = rest_list(seer, resource, f"fields={resource.key}&q={quote(text)}")
            assert set(found) == set(over_rest) <= set(seen), (seer.name, text)
            if len(text) < find.LEAST_TEXT or is_named_by_uuid(resource):
                continue
            assert (key in found) == (key in seen), (seer.name, text)
            at_once = console_find(seer, resource, text), rest_search(seer, resource, text)
            assert at_once[0] <= set(seen) and at_once[1] <= set(seen), (seer.name, text)
            if resource.search and len(found) <= 5:
                assert [key in each for each in at_once] == [key in seen] * 2, (seer.name, text)


@every_resource
def test_pickers_offer_what_is_within_reach(world: World, resource: Resource) -> None:
    for path, each in pickers(resource):
        target = registry[each.target or ""]
        for seer, seen in some_people(world, target, *LIMITED, "two places"):
            for key in (*within(world, target, seen, 1), *beyond(world, target, seen, 1)):
                answer = seer.visitor.get(f"/{resource.plural}/lookup/{path}?q={quote(key)}")
                found = {entry["id"] for entry in answer.json["results"]}
                assert found <= set(seen), (seer.name, path, key)
                assert (key in found) == (key in seen), (seer.name, path, key)
        for seer, seen_here in ((world.seers[name], world.sees(world.seers[name], resource)) for name in FEW):
            answer = seer.visitor.get(f"/{resource.plural}/lookup/{path}?q=")
            if seen_here is None:
                assert answer.status_code == 403, (seer.name, path)
            elif world.sees(seer, target) is None:
                assert answer.json == {"results": []}, (seer.name, path)


@every_resource
def test_a_list_by_what_its_rows_refer_to_shows_what_is_within_reach(world: World, resource: Resource) -> None:
    for field in resource.filters:
        each = describe(resource.model, field)
        if each.kind != "reference" or not each.target or each.multiple:
            continue
        target = registry[each.target]
        rows = [row for row in world.every(resource) if each.of(row) is not None]
        referred = {target.key_of(each.of(row)) for row in rows}
        for seer, seen in some_people(world, resource, *SOME):
            visible = set(world.sees(seer, target) or ())
            for key in (*sorted(referred & visible)[:2], *sorted(referred - visible)[:1]):
                keys = {resource.key_of(row) for row in rows if target.key_of(each.of(row)) == key}
                asked = f"/{resource.plural}?fields={resource.key}&size=200&{field}="
                answer = seer.visitor.rest("GET", f"{asked}{quote(key)}")
                if key in visible:
                    assert {str(row[resource.key]) for row in answer.json["data"]} == keys & set(seen), (seer.name, key)
                else:
                    nobody = seer.visitor.rest("GET", f"{asked}NOBODY")
                    assert (answer.status_code, nobody.status_code) == (422, 422), (seer.name, key)
                    assert told(answer.json, key) == told(nobody.json, "NOBODY")


@every_limited
def test_what_is_hidden_answers_as_if_it_were_not_there(world: World, resource: Resource) -> None:
    missing, before = absent(world, resource), traces(resource)
    paths = ("", *AROUND, "/attachments/1", "/attachments/1/content")
    pages = ("", "/edit", "/activity", "/files/1", *(f"/{command.name}" for command in resource.commands))
    for seer, seen in some_people(world, resource, *LIMITED):
        for key in beyond(world, resource, seen, 1):
            for around in paths:
                found, none = (
                    seer.visitor.rest("GET", f"{address(resource, each)}{around}") for each in (key, missing)
                )
                assert (found.status_code, told(found.json, key)) == (404, told(none.json, missing)), (
                    seer.name,
                    around,
                )
            for around in pages:
                found, none = (seer.visitor.get(f"{address(resource, each)}{around}") for each in (key, missing))
                assert (found.status_code, page_told(found, key)) == (404, page_told(none, missing)), (
                    seer.name,
                    around,
                )
            assert seer.visitor.get(f"/{resource.plural}/new?like={quote(key)}").status_code == 404
    assert traces(resource) == before


@every_limited
def test_what_is_hidden_is_not_changed_at_any_door(world: World, resource: Resource) -> None:
    missing, before = absent(world, resource), everything()
    for seer, seen in some_people(world, resource, *LIMITED):
        for key in beyond(world, resource, seen, 1):
            for command in resource.commands:
                for name, door in COMMAND_DOORS.items():
                    given = world.arguments[resource.permission(command.name)]
                    found, none = (door(seer.visitor, resource, command, each, given) for each in (key, missing))
                    # Of several rows the arguments are read before any of them, and may name what is hidden as well.
                    kinds = ("missing", "refused", "invalid") if name.startswith("bulk") else ("missing", "refused")
                    assert found.kind in kinds, (seer.name, name, command.name, found)
                    assert found.kind == none.kind, (seer.name, name, command.name)
                    assert found.messages == tuple(message.replace(missing, key) for message in none.messages)
            check_edits(seer, resource, key)
    assert everything() == before


def check_edits(seer: Seer, resource: Resource, key: str) -> None:
    """See that a hidden row is neither edited nor commented on."""
    visitor = seer.visitor
    for path, sent in (("/comments", {"text": "I see you"}), ("/edit", {"version": 1})):
        assert visitor.post(f"{address(resource, key)}{path}", sent).status_code in (404, 405), (seer.name, path)
    assert visitor.rest("POST", f"{address(resource, key)}/comments", json={"text": "I see you"}).status_code == 404
    if resource.form:
        answer = visitor.rest("PATCH", address(resource, key), json={}, headers={"If-Match": "*"})
        assert answer.status_code == 404
        with pytest.raises(Refused) as refusal:
            activity.comment(visitor.context(), resource, key, "I see you")
        assert refusal.value.problems[0].code == "not_found"


@every_resource
def test_a_form_does_not_refer_to_what_is_hidden(world: World, resource: Resource) -> None:
    before = traces(resource)
    for field, each in references(resource):
        target = registry[each.target or ""]
        for seer, seen in some_people(world, target, *LIMITED):
            for key in beyond(world, target, seen, 1):
                missing = absent(world, target)
                doors = (referring(seer, world.forms[resource.name], resource, field, each) for each in (key, missing))
                for found, none in zip(*doors, strict=True):
                    told_of = [(problem.code, problem.field) for problem in found]
                    assert ("unknown_reference", field) in told_of, (seer.name, field, key)
                    messages = {problem.message.replace(missing, key) for problem in none}
                    assert {problem.message for problem in found} == messages
    assert traces(resource) == before


@every_resource
def test_a_command_does_not_take_what_is_hidden(world: World, resource: Resource) -> None:
    for seer, seen in some_people(world, resource, *LIMITED):
        for command in resource.commands if seen else ():
            for field, each in param_fields(command.params).items():
                if each.kind != "reference" or not each.target:
                    continue
                target = registry[each.target]
                for key in beyond(world, target, world.sees(seer, target) or [], 1):
                    with pytest.raises(Refused) as refusal:
                        unit.execute(seer.visitor.context(), resource, seen[0], command.name, {field: key})
                    problems = [(problem.code, problem.field) for problem in refusal.value.problems]
                    assert ("unknown_reference", field) in problems or refusal.value.kind.name == "CONFLICT", seer.name


def test_commands_and_their_refusals_are_not_told_to_tokens_that_may_only_read(world: World) -> None:
    seer = world.seers["token to read"]
    before = everything()
    for resource in RESOURCES:
        for key in (world.sees(seer, resource) or [])[:1]:
            assert seer.visitor.script("GET", f"{address(resource, key)}/commands").json == {"data": []}
            for command in resource.commands:
                answer = seer.visitor.script("POST", f"{address(resource, key)}/{command.name}", json={})
                assert answer.status_code in (403, 404), (resource.name, command.name)
                bulk = seer.visitor.script("POST", f"/{resource.plural}/{command.name}", json={"keys": [key]})
                assert bulk.status_code == 403
            if resource.form:
                assert seer.visitor.script("POST", f"/{resource.plural}", json={}).status_code == 403
    assert everything() == before


@pytest.mark.parametrize("name", PEOPLE)
def test_pages_of_everybody_lead_only_where_they_may_go(world: World, name: str) -> None:
    seer = world.seers[name]
    for path in ("/", "/find?q=", "/preferences"):
        answer = seer.visitor.get(path)
        assert answer.status_code == 200
        check_links(world, seer, answer.text)
    menu = seer.visitor.get("/").text
    for resource in RESOURCES:
        shown = bool(re.search(rf'href="/{resource.plural}"', menu))
        may = seer.holds(resource.permission("read"))
        assert may or not shown, resource.name
        # What is administered, only looked up, or owned without being entered, has its place elsewhere for most of them.
        elsewhere = resource.menu in (ADMINISTRATION, MASTER_DATA) or resource.scope.owner
        assert shown or elsewhere or not may, resource.name


def near(world: World, resource: Resource) -> list[str]:
    """Name all rows, those that were made in each place first."""
    return list(dict.fromkeys([*world.rows[resource.name].values(), *world.keys(resource)]))


def within(world: World, resource: Resource, seen: list[str], most: int) -> list[str]:
    """Name a few rows that somebody sees."""
    known = set(seen)
    return [key for key in near(world, resource) if key in known][:most]


def beyond(world: World, resource: Resource, seen: list[str], most: int) -> list[str]:
    """Name a few rows that somebody does not see, if there are any."""
    known = set(seen)
    return [key for key in near(world, resource) if key not in known][:most]


def test_the_test_itself_tells_people_apart(world: World) -> None:
    """Guard against a world in which everyone sees the same, and nothing would be proved."""
    for resource in RESOURCES:
        sets = {name: frozenset(world.sees(world.seers[name], resource) or ()) for name in (*REACHES, *ROLES)}
        if is_limited(resource):
            assert len(set(sets.values()) - {frozenset()}) > 1, resource.name
        assert sets["everywhere"]
