"""What stands in whose menu: what they work with, and no more; what they only choose from stays open all the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest


def menu(client: Any) -> set[str]:
    found = re.search(r'(?s)<nav class="o-nav".*?</nav>', client.get("/").text)
    assert found
    return set(re.findall(r'href="(/[^"]*)"', found[0].split('id="me-menu"')[0]))


KEPT_BY_FEW = {
    "/cost-centres",
    "/categories",
    "/projects",
    "/entities",
    "/locations",
    "/units",
    "/tax-codes",
    "/currencies",
}


@pytest.mark.parametrize("role", ["Requester", "Approver", "Receiver", "Buyer"])
def test_master_data_stands_in_nobodys_way_who_only_chooses_from_it(client_of: Callable[..., Any], role: str) -> None:
    client = client_of("vera.kral", role)
    assert not menu(client) & {*KEPT_BY_FEW, "/delegations"}
    assert {client.get(address).status_code for address in KEPT_BY_FEW} == {200}


def test_whoever_keeps_master_data_finds_it_in_the_menu(client_of: Callable[..., Any]) -> None:
    assert menu(client_of("ada.admin", "Administrator")) >= KEPT_BY_FEW
    assert menu(client_of("vera.kral", "Controller")) >= {"/cost-centres", "/categories", "/projects"}


def test_delegations_of_all_stand_in_the_menu_of_those_who_oversee_them(client_of: Callable[..., Any]) -> None:
    assert "/delegations" in menu(client_of("vera.kral", "Controller"))
