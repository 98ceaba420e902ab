"""Doors that show rows, each read into the keys it shows: lists, files, searches, pickers, pages with links."""

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

from app.infra import unit
from app.infra.fields import Field, child_fields, fields_of, param_fields
from app.infra.fields import field as describe
from app.kernel.problem import Problem, Refused
from app.kernel.resource import Resource
from tests.contract.doors import form_of
from tests.contract.house import RESOURCES
from tests.contract.world import Seer, World

PLURALS = {resource.plural: resource for resource in RESOURCES}


def is_named_by_uuid(resource: Resource) -> bool:
    """Say whether rows have neither words nor a key that anyone would type."""
    return not resource.search and resource.model.__table__.columns[resource.key].type.python_type is UUID


def text_of(resource: Resource, row: Any) -> str:
    """Give words by which a row is searched: the first of those declared, else its key."""
    return str(getattr(row, next(iter(resource.search), resource.key)))


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
        foot = re.search(r'<nav class="o-foot"[^>]*><span[^>]*>([\d\s\u00a0\u202f]+)', html.unescape(page.text))
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


def beside_rows(world: World) -> set[str]:
    """Name what stands in an address where the key of a row may stand, such as `new`."""
    if not world.words:
        places = {rule.rule.split("/")[2] for rule in world.house.app.url_map.iter_rules() if rule.rule.count("/") > 1}
        world.words |= {place for place in places if not place.startswith("<")}
    return world.words


def check_links(world: World, seer: Seer, page: str) -> None:
    """See that every link to a row leads to one that the reader may open."""
    for url in set(re.findall(r'(?:href|data-url)="(/[^"]*)"', page)):
        _, plural, key, *_ = [*urlsplit(html.unescape(url)).path.split("/"), "", ""]
        if plural in PLURALS and key and key not in beside_rows(world):
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
    """Name the amounts that a row keeps and shows, and that add up to something."""
    names = [*resource.list, *(name for _, names in resource.show for name in names), *resource.form]
    fields = fields_of(resource, dict.fromkeys(names))
    return [name for name, each in fields.items() if each.kind == "money" and each.stored and each.adds_up]


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


def numbers(sums: dict[str, str]) -> dict[str, Decimal]:
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


def referring(seer: Seer, valid: dict[str, Any], resource: Resource, field: str, key: str) -> Iterator[list[Problem]]:
    """Enter a row that refers to another at the door itself, over REST and on the page; give the problems."""
    form = {**valid, field: key}
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
