"""No leak: whatever shows rows shows the same rows, and those are the ones within the reader's reach.

For every resource and for people of different reach, and for every seeded role. What hides a row answers as if there
were none.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import pytest

from app.infra import activity, find, unit
from app.infra.fields import Field, child_fields, fields_of, param_fields
from app.infra.fields import field as describe
from app.kernel.problem import Problem, Refused
from app.kernel.resource import SHARED, Resource, registry
from app.roles import ROLES
from tests.contract.doors import COMMAND_DOORS, address, form_of
from tests.contract.house import RESOURCES, House, everything, traces
from tests.contract.world import REACHES, TOKENS, Seer, World, build

PEOPLE = ("no role", *REACHES, *ROLES)
PLURALS = {resource.plural: resource for resource in RESOURCES}
BESIDE_ROWS = {"new", "csv", "import", "lookup", "columns", "views", "bulk"}
SOME = 5
LIMITED = ("one entity", "one cost centre")


@pytest.fixture(scope="module")
def world(house: House) -> Iterator[World]:
    world = build(house)
    yield world
    assert world.session
    world.session.close()


def cases(*names: str, shared: tuple[str, ...] | None = None) -> Any:
    """Put people before every resource; before those that all readers see whole, only some of them if so said."""
    found = [
        pytest.param(each, name, id=f"{each.name}-{name.replace(' ', '_')}")
        for each in RESOURCES
        for name in (names if shared is None or each.scope != SHARED else shared)
    ]
    return pytest.mark.parametrize(("resource", "name"), found)


def scoped(*names: str) -> Any:
    """Put people before every resource of which they see a part."""
    return cases(*names, shared=())


@cases(*PEOPLE, shared=("no role", "everywhere", "one entity", *list(ROLES)[::4]))
def test_list_count_and_file_of_the_console_show_what_is_within_reach(
    world: World, resource: Resource, name: str
) -> None:
    seer = world.seers[name]
    seen = world.sees(seer, resource)
    if seen is None:
        assert seer.visitor.get(f"/{resource.plural}").status_code == 403
        assert seer.visitor.get(f"/{resource.plural}/csv").status_code == 403
        return
    keys, count = console_list(world, seer, resource)
    assert sorted(keys) == sorted(seen)
    assert count == len(seen)
    if seer.holds(resource.permission("export")):
        assert sorted(console_file(seer, resource)) == sorted(seen)
    else:
        assert seer.visitor.get(f"/{resource.plural}/csv").status_code == 403


@cases(*PEOPLE, *TOKENS)
def test_list_count_and_sums_over_rest_show_what_is_within_reach(world: World, resource: Resource, name: str) -> None:
    seer = world.seers[name]
    seen = world.sees(seer, resource)
    if seen is None:
        assert seer.visitor.rest("GET", f"/{resource.plural}").status_code == 403
        return
    amounts = money_of(resource)
    names = ",".join([resource.key, *amounts])
    keys, total = rest_list(seer, resource, f"fields={names}&count=true")
    assert sorted(keys) == sorted(seen)
    assert (total["count"], total["exact"]) == (len(seen), True)
    assert {field: _numbers(sums) for field, sums in total["sums"].items()} == sums_of(world, seer, resource, amounts)


@cases(*PEOPLE, *TOKENS)
def test_a_row_is_shown_to_whom_it_is_listed_and_to_nobody_else(world: World, resource: Resource, name: str) -> None:
    seer = world.seers[name]
    seen = world.sees(seer, resource)
    for place, key in enumerate(some(world, resource)[: SOME if name in REACHES else 1]):
        status = 403 if seen is None else 200 if key in seen else 404
        for around in ("", "/commands", "/history", "/comments", "/attachments") if place < 2 else ("",):
            answer = seer.visitor.rest("GET", f"{address(resource, key)}{around}")
            assert answer.status_code == status, (key, around, answer.text)
        if name not in TOKENS:
            page = seer.visitor.get(address(resource, key))
            assert page.status_code == status, key
            check_links(world, seer, page.text)


@cases(*REACHES)
def test_a_file_is_given_to_whom_its_row_is_shown(world: World, resource: Resource, name: str) -> None:
    seer = world.seers[name]
    seen = world.sees(seer, resource) or []
    files = {key: number for (of, key), number in world.files.items() if of == resource.name}
    for key, number in files.items():
        content = f"Of {resource.name} {key}"
        page = seer.visitor.get(f"{address(resource, key)}/files/{number}")
        answer = seer.visitor.rest("GET", f"{address(resource, key)}/attachments/{number}/content")
        if key in seen:
            assert (page.text, answer.text) == (content, content)
        else:
            assert (page.status_code, answer.status_code) == (404, 404)
            assert content not in page.text + answer.text
        for other in [other for other in files if other != key][:2]:
            astray = seer.visitor.rest("GET", f"{address(resource, other)}/attachments/{number}/content")
            assert astray.status_code == 404, "a file is found at its own row only"
            assert seer.visitor.get(f"{address(resource, other)}/files/{number}").status_code == 404


@cases(*REACHES)
def test_search_finds_what_is_within_reach(world: World, resource: Resource, name: str) -> None:
    seer = world.seers[name]
    seen = set(world.sees(seer, resource) or ())
    for row in some_rows(world, resource)[:3]:
        key, text = resource.key_of(row), text_of(resource, row)
        found, _ = console_list(world, seer, resource, f"q={quote(text)}")
        over_rest, _ = rest_list(seer, resource, f"fields={resource.key}&q={quote(text)}")
        assert set(found) == set(over_rest) <= seen
        if len(text) < find.LEAST_TEXT or is_named_by_uuid(resource):
            continue
        assert (key in found) == (key in seen), text
        at_once = console_find(seer, resource, text), rest_search(seer, resource, text)
        assert at_once[0] <= seen and at_once[1] <= seen
        if resource.search and len(found) <= 5:
            assert [key in each for each in at_once] == [key in seen] * 2, text


@cases(*LIMITED, "two places")
def test_pickers_offer_what_is_within_reach(world: World, resource: Resource, name: str) -> None:
    seer = world.seers[name]
    for path, each in pickers(resource):
        target = registry[each.target or ""]
        seen = set(world.sees(seer, target) or ())
        for key in some(world, target)[:4]:
            answer = seer.visitor.get(f"/{resource.plural}/lookup/{path}?q={quote(key)}")
            found = {entry["id"] for entry in answer.json["results"]}
            assert found <= seen, (path, key)
            assert (key in found) == (key in seen), (path, key)


@cases("no role", *list(ROLES)[::4])
def test_pickers_open_only_to_who_may_read_the_list_they_stand_in(world: World, resource: Resource, name: str) -> None:
    seer = world.seers[name]
    for path, each in pickers(resource):
        answer = seer.visitor.get(f"/{resource.plural}/lookup/{path}?q=")
        if world.sees(seer, resource) is None:
            assert answer.status_code == 403
        elif world.sees(seer, registry[each.target or ""]) is None:
            assert answer.json == {"results": []}, path


@cases(*REACHES)
def test_a_list_by_what_its_rows_refer_to_shows_what_is_within_reach(
    world: World, resource: Resource, name: str
) -> None:
    seer = world.seers[name]
    seen = set(world.sees(seer, resource) or ())
    for field in resource.filters:
        each = describe(resource.model, field)
        if each.kind != "reference" or not each.target or each.multiple:
            continue
        visible = set(world.sees(seer, registry[each.target]) or ())
        rows = [row for row in world.every(resource) if each.of(row) is not None]
        for target in {each.of(row).id: each.of(row) for row in rows}.values():
            key = registry[each.target].key_of(target)
            keys = {resource.key_of(row) for row in rows if each.of(row) is target}
            answer = seer.visitor.rest("GET", f"/{resource.plural}?fields={resource.key}&size=200&{field}={quote(key)}")
            if key in visible:
                assert {str(row[resource.key]) for row in answer.json["data"]} == keys & seen
            else:
                nobody = seer.visitor.rest("GET", f"/{resource.plural}?{field}=NOBODY")
                assert (answer.status_code, nobody.status_code) == (422, 422)
                assert told(answer.json, key) == told(nobody.json, "NOBODY")


@scoped(*LIMITED)
def test_what_is_hidden_answers_as_if_it_were_not_there(world: World, resource: Resource, name: str) -> None:
    seer, visitor = world.seers[name], world.seers[name].visitor
    missing = absent(world, resource)
    before = traces(resource)
    for key in hidden(world, seer, resource):
        for around in ("", "/commands", "/history", "/comments", "/attachments", "/attachments/1", "/attachments/1/content"):
            found, none = (visitor.rest("GET", f"{address(resource, each)}{around}") for each in (key, missing))
            assert (found.status_code, told(found.json, key)) == (404, told(none.json, missing)), around
        for around in ("", "/edit", "/activity", "/files/1", *(f"/{command.name}" for command in resource.commands)):
            found, none = (visitor.get(f"{address(resource, each)}{around}") for each in (key, missing))
            assert (found.status_code, page_told(found, key)) == (404, page_told(none, missing)), around
        copied = visitor.get(f"/{resource.plural}/new?like={quote(key)}")
        assert copied.status_code == 404
    assert traces(resource) == before


@scoped(*LIMITED)
def test_what_is_hidden_is_not_changed_at_any_door(world: World, resource: Resource, name: str) -> None:
    seer, visitor = world.seers[name], world.seers[name].visitor
    missing, before = absent(world, resource), everything()
    for key in hidden(world, seer, resource):
        for command in resource.commands:
            for door_name, door in COMMAND_DOORS.items():
                given = world.arguments[resource.permission(command.name)]
                found, none = (door(visitor, resource, command, each, given) for each in (key, missing))
                assert found.kind in ("missing", "refused"), (door_name, command.name, found)
                assert found.kind == none.kind, (door_name, command.name)
                assert found.messages == tuple(message.replace(missing, key) for message in none.messages)
        for path, sent in (("/comments", {"text": "I see you"}), ("/edit", {"version": 1})):
            assert visitor.post(f"{address(resource, key)}{path}", sent).status_code in (404, 405), path
        answer = visitor.rest("POST", f"{address(resource, key)}/comments", json={"text": "I see you"})
        assert answer.status_code == 404
        if resource.form:
            answer = visitor.rest("PATCH", address(resource, key), json={}, headers={"If-Match": "*"})
            assert answer.status_code == 404
            with pytest.raises(Refused) as refusal:
                activity.comment(visitor.context(), resource, key, "I see you")
            assert refusal.value.problems[0].code == "not_found"
    assert everything() == before


@cases(*LIMITED)
def test_a_form_does_not_refer_to_what_is_hidden(world: World, resource: Resource, name: str) -> None:
    seer = world.seers[name]
    before = traces(resource)
    for field, each in references(resource):
        target = registry[each.target or ""]
        for key in hidden(world, seer, target):
            missing = absent(world, target)
            for found, none in zip(referring(world, seer, resource, field, key), referring(world, seer, resource, field, missing), strict=True):
                assert ("unknown_reference", field) in [(problem.code, problem.field) for problem in found], (field, key)
                messages = {problem.message.replace(missing, key) for problem in none}
                assert {problem.message for problem in found} == messages
    assert traces(resource) == before


@cases(*LIMITED)
def test_a_command_does_not_take_what_is_hidden(world: World, resource: Resource, name: str) -> None:
    seer = world.seers[name]
    for command in resource.commands:
        for field, each in param_fields(command.params).items():
            if each.kind != "reference" or not each.target:
                continue
            target = registry[each.target]
            row = next((key for key in some(world, resource) if key in (world.sees(seer, resource) or ())), None)
            for key in hidden(world, seer, target) if row else ():
                with pytest.raises(Refused) as refusal:
                    unit.execute(seer.visitor.context(), resource, row, command.name, {field: key})
                problems = [(problem.code, problem.field) for problem in refusal.value.problems]
                assert ("unknown_reference", field) in problems or "conflict" in refusal.value.kind.name.lower()


def test_commands_and_their_refusals_are_not_told_to_tokens_that_may_only_read(world: World) -> None:
    seer = world.seers["token to read"]
    before = everything()
    for resource in RESOURCES:
        for key in (world.sees(seer, resource) or [])[:1]:
            assert seer.visitor.rest("GET", f"{address(resource, key)}/commands").json == {"data": []}
            for command in resource.commands:
                answer = seer.visitor.rest("POST", f"{address(resource, key)}/{command.name}", json={})
                assert answer.status_code in (403, 404), (resource.name, command.name)
                bulk = seer.visitor.rest("POST", f"/{resource.plural}/{command.name}", json={"keys": [key]})
                assert bulk.status_code == 403
            if resource.form:
                assert seer.visitor.rest("POST", f"/{resource.plural}", json={}).status_code == 403
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
        verb = "oversee" if resource.scope.owner and not resource.form else "read"
        assert shown == seer.holds(resource.permission(verb)), resource.name


def some(world: World, resource: Resource) -> list[str]:
    """Name a few rows: those that were made in each place, or the first ones."""
    made, others = world.rows[resource.name].values(), world.keys(resource)
    return list(dict.fromkeys([*made, *others[:2], *others[-2:]]))[:SOME]


def some_rows(world: World, resource: Resource) -> list[Any]:
    return [row for row in world.every(resource) if resource.key_of(row) in some(world, resource)]


def is_named_by_uuid(resource: Resource) -> bool:
    """Say whether rows have neither words nor a key that anyone would type."""
    return not resource.search and resource.model.__table__.columns[resource.key].type.python_type is UUID


def text_of(resource: Resource, row: Any) -> str:
    """Give words by which a row is searched: the first of those declared, else its key."""
    return str(getattr(row, next(iter(resource.search), resource.key)))


def hidden(world: World, seer: Seer, resource: Resource) -> list[str]:
    """Name a row that somebody may not see, if there is any."""
    seen = world.sees(seer, resource) or []
    return [key for key in some(world, resource) if key not in seen][:1]


def absent(world: World, resource: Resource) -> str:
    """Name a row that was never there, in the way that rows of this resource are named."""
    key = world.keys(resource)[0]
    return "999999999" if key.isdecimal() else "00000000-0000-7000-8000-000000000000" if len(key) == 36 else "NOBODY"


def console_list(world: World, seer: Seer, resource: Resource, asked: str = "") -> tuple[list[str], int]:
    """Turn over all pages of a list, checking every link on the way; give the keys and the count at its foot."""
    keys: list[str] = []
    path, count = f"/{resource.plural}?size=100&{asked}", 0
    while path:
        page = seer.visitor.get(path)
        assert page.status_code == 200, page.text
        check_links(world, seer, page.text)
        keys += [unquote(url.rpartition("/")[2]) for url in re.findall(r'<tr data-url="([^"]+)"', page.text)]
        foot = re.search(r'<nav class="o-foot"[^>]*><span>([\d\s\u00a0\u202f]+)', html.unescape(page.text))
        count = int(re.sub(r"\D", "", foot[1])) if foot else 0
        following = re.search(r'<a href="([^"]+)" aria-label="Next page"', page.text)
        path = html.unescape(following[1]) if following else ""
    return keys, count


def console_file(seer: Seer, resource: Resource) -> list[str]:
    """Take a list as a file; give the keys."""
    answer = seer.visitor.get(f"/{resource.plural}/csv?columns={resource.key}")
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    return [row[0] for row in rows[1:]]


def rest_list(seer: Seer, resource: Resource, asked: str = "") -> tuple[list[str], dict[str, Any]]:
    """Turn over all pages over REST; give the keys and the totals."""
    keys: list[str] = []
    path, total = f"/{resource.plural}?size=50&{asked}", {}
    while path:
        answer = seer.visitor.rest("GET", path)
        assert answer.status_code == 200, answer.text
        keys += [str(row[resource.key]) for row in answer.json["data"]]
        total = answer.json.get("total", total)
        path = (answer.json["page"]["next"] or "").removeprefix("/api/v1")
    return keys, total


def check_links(world: World, seer: Seer, page: str) -> None:
    """See that every link to a row leads to one that the reader may open."""
    for url in set(re.findall(r'(?:href|data-url)="(/[^"]*)"', page)):
        _, plural, key, *_ = [*urlsplit(html.unescape(url)).path.split("/"), "", ""]
        if plural in PLURALS and key and key not in BESIDE_ROWS:
            seen = world.sees(seer, PLURALS[plural]) or ()
            assert unquote(key) in seen, f"{seer.name} is led to {url}"


def console_find(seer: Seer, resource: Resource, text: str) -> set[str]:
    """Ask Ctrl-K; give the keys it leads to."""
    answer = seer.visitor.get(f"/find?q={quote(text)}")
    urls = [entry["url"] for group in answer.json["groups"] for entry in group["items"]]
    return {unquote(url.rpartition("/")[2]) for url in urls if url.startswith(f"/{resource.plural}/")}


def rest_search(seer: Seer, resource: Resource, text: str) -> set[str]:
    answer = seer.visitor.rest("GET", f"/search?q={quote(text)}")
    groups = [group for group in answer.json["data"] if group["resource"] == resource.name]
    return {row["key"] for group in groups for row in group["rows"]}


def money_of(resource: Resource) -> list[str]:
    """Name the amounts that a row keeps and shows."""
    names = [*resource.list, *(name for _, names in resource.show for name in names), *resource.form]
    fields = fields_of(resource, dict.fromkeys(names))
    return [name for name, each in fields.items() if each.kind == "money" and each.stored]


def sums_of(world: World, seer: Seer, resource: Resource, amounts: list[str]) -> dict[str, dict[str, Decimal]]:
    """Add up what is within reach, currency by currency."""
    sums: dict[str, dict[str, Decimal]] = {name: {} for name in amounts}
    for row in world.every(resource):
        for name in amounts if world.is_visible(seer, resource, row) else ():
            each = describe(resource.model, name)
            value = each.of(row)
            if value is not None:
                code = str(describe(resource.model, each.currency or "").of(row))
                sums[name][code] = sums[name].get(code, Decimal(0)) + value
    return sums


def _numbers(sums: dict[str, str]) -> dict[str, Decimal]:
    return {code: Decimal(amount) for code, amount in sums.items()}


def pickers(resource: Resource) -> Iterator[tuple[str, Field]]:
    """List every field with a picker: of the form, of a filter, of a child row, of a command."""
    fields = {name: describe(resource.model, name) for name in (*resource.form, *resource.filters)}
    for children in resource.children:
        fields |= {f"{children.name}.{name}": each for name, each in child_fields(children).items()}
    for command in resource.commands:
        fields |= {f"{command.name}.{name}": each for name, each in param_fields(command.params).items()}
    return ((path, each) for path, each in fields.items() if each.kind == "reference" and each.target)


def references(resource: Resource) -> Iterator[tuple[str, Field]]:
    """List the references of a form, those of its child rows apart."""
    for name in resource.form:
        each = describe(resource.model, name)
        if each.kind == "reference" and each.target:
            yield name, each


def referring(world: World, seer: Seer, resource: Resource, field: str, key: str) -> Iterator[list[Any]]:
    """Enter a row that refers to another at the door itself, over REST and on the page; give the problems."""
    form = {**world.forms[resource.name], field: key}
    with pytest.raises(Refused) as refusal:
        unit.create(seer.visitor.context(), resource, form)
    yield list(refusal.value.problems)
    answer = seer.visitor.rest("POST", f"/{resource.plural}", json=form)
    assert answer.status_code == 422, answer.text
    yield [Problem(each["code"], each["message"], each["field"]) for each in answer.json["problems"]]
    page = seer.visitor.post(f"/{resource.plural}/new", form_of(form))
    assert page.status_code == 422
    assert all(problem.message in html.unescape(page.text) for problem in refusal.value.problems)


def told(answer: dict[str, Any], key: str) -> list[tuple[str, str]]:
    """Give codes and messages of a problem answer, without the key it was asked by."""
    return [(problem["code"], problem["message"].replace(key, "…")) for problem in answer["problems"]]


def page_told(response: Any, key: str) -> str:
    """Give the words of a page, without the key it was asked by and without its number."""
    words = re.sub(r"<[^>]+>|\s+", " ", html.unescape(response.text.partition("<main")[2].partition("</main>")[0]))
    return re.sub(r"[0-9a-f]{32}", "", words).replace(key, "…")


def test_the_test_itself_tells_people_apart(world: World) -> None:
    """Guard against a world in which everyone sees the same, and nothing would be proved."""
    for resource in RESOURCES:
        sets = {name: frozenset(world.sees(world.seers[name], resource) or ()) for name in (*REACHES, *ROLES)}
        if resource.scope.entity or resource.scope.cost_centre or resource.scope.owner:
            assert len(set(sets.values()) - {frozenset()}) > 1, resource.name
        assert sets["everywhere"]
