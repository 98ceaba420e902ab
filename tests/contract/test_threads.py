"""Many people at once, in one process: no page shows what another one asked for or may see."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest

from app.infra.fields import field as describe
from app.kernel.resource import Resource
from tests.contract.house import EVERYTHING, RESOURCES, House, Visitor, make_role

CLIENTS = 8
ROUNDS = 6


def by_entity(resource: Resource) -> bool:
    """Say whether rows belong to an entity that the list can be filtered by."""
    return resource.scope.entity in resource.filters and resource.scope.entity in resource.form


FILTERED = [resource for resource in RESOURCES if by_entity(resource)]
every_filtered = pytest.mark.parametrize("resource", FILTERED, ids=lambda resource: resource.name)


@pytest.fixture(scope="module")
def entities(house: House) -> list[str]:
    """Make an entity for each client."""
    [target] = {describe(resource.model, resource.scope.entity or "").target for resource in FILTERED}
    resource = next(each for each in RESOURCES if each.name == target)
    return [house.maker.create(resource) for _ in range(CLIENTS)]


def rows(house: House, resource: Resource, entities: list[str]) -> dict[str, set[str]]:
    """Make a few rows in each entity, more in one than in another."""
    known = ("rows", resource.name)
    if known not in house.given:
        house.given[known] = {
            entity: {
                house.maker.create(resource, **{resource.scope.entity or "": entity}) for _ in range(1 + place % 3)
            }
            for place, entity in enumerate(entities)
        }
    return house.given[known]


def at_once(act: Callable[[int], None]) -> None:
    """Let all clients act at once, again and again; whatever goes wrong in any of them fails the test."""
    barrier, wrong = threading.Barrier(CLIENTS), list[BaseException]()

    def client(number: int) -> None:
        try:
            for _ in range(ROUNDS):
                barrier.wait(60)
                act(number)
        except BaseException as error:  # noqa: BLE001 - told by the test itself
            wrong.append(error)
            barrier.abort()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    real = [error for error in wrong if not isinstance(error, threading.BrokenBarrierError)]
    if real:
        raise real[0]


def console_keys(page: str) -> set[str]:
    return {unquote(url.rpartition("/")[2]) for url in re.findall(r'<tr data-url="([^"]+)"', page)}


def chips(page: str) -> str:
    return html.unescape(" ".join(re.findall(r'<span class="o-filter">(.*?)<a href=', page, re.DOTALL)))


@every_filtered
def test_no_page_shows_the_filter_of_another(house: House, entities: list[str], resource: Resource) -> None:
    visitor, made = house.almighty(), rows(house, resource, entities)
    browsers = [visitor.second_browser() for _ in range(CLIENTS)]
    name = resource.scope.entity or ""

    def ask(number: int) -> None:
        entity = entities[number]
        page = browsers[number].get(f"/{resource.plural}?{name}={quote(entity)}&size=100")
        assert page.status_code == 200
        assert console_keys(page.text) == made[entity]
        shown = chips(page.text)
        assert [each for each in entities if re.search(rf"\b{re.escape(each)}\b", shown)] == [entity]

    at_once(ask)


@every_filtered
def test_no_answer_shows_the_filter_of_another(house: House, entities: list[str], resource: Resource) -> None:
    visitor, made = house.almighty(), rows(house, resource, entities)
    name, clients, bearer = (
        resource.scope.entity or "",
        [house.app.test_client() for _ in range(CLIENTS)],
        visitor.bearer,
    )

    def ask(number: int) -> None:
        entity = entities[number]
        path = f"/api/v1/{resource.plural}?{name}={quote(entity)}&size=200&count=true&fields={resource.key}"
        answer = clients[number].get(path, headers=bearer)
        assert {row[resource.key] for row in answer.json["data"]} == made[entity]
        assert answer.json["total"]["count"] == len(made[entity])

    at_once(ask)


@every_filtered
def test_no_page_shows_the_rows_of_another_person(house: House, entities: list[str], resource: Resource) -> None:
    make_role(EVERYTHING, "*")
    made = rows(house, resource, entities)
    people = [house.visitor(f"of.{entity.lower()}", EVERYTHING, entity=entity) for entity in entities]
    browsers: list[Any] = [person.browser for person in people]
    scripts = [(house.app.test_client(), person.bearer) for person in people]
    names = [person.actor.name for person in people]
    everyone = set().union(*made.values())

    def ask(number: int) -> None:
        own = made[entities[number]]
        page = browsers[number].get(f"/{resource.plural}?size=100")
        client, bearer = scripts[number]
        answer = client.get(f"/api/v1/{resource.plural}?size=200&fields={resource.key}", headers=bearer)
        assert console_keys(page.text) & everyone == own
        assert {row[resource.key] for row in answer.json["data"]} & everyone == own
        assert name_at_the_foot(page.text) == names[number]

    at_once(ask)


def name_at_the_foot(page: str) -> str:
    """Tell whose page it is."""
    return html.unescape(re.findall(r'class="o-me".*?<span class="o-strong">(.*?)</span>', page, re.DOTALL)[0])


def test_there_is_something_to_try(house: House) -> None:
    assert len(FILTERED) > 2
    assert isinstance(house.almighty(), Visitor)
