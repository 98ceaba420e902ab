"""Every acceptance scenario of what is built has a test of its name, or a ruling in docs/decisions; `-s` prints which."""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
DECISIONS = TESTS.parent / "docs" / "decisions"
TOPICS = ("APP", "REQ", "BUD", "ORD", "INV", "PAY", "BAN")
CORPUS = os.environ.get("OUTLAY_CORPUS")
_TEST = re.compile(rf"^def (test_({'|'.join(TOPICS).lower()})_(\d\d)_\w+)", re.MULTILINE)
_RULING = re.compile(rf"\b({'|'.join(TOPICS)})-(\d\d(?:(?:, | and )\d\d)*)")


def find_tests() -> dict[str, list[str]]:
    """Find the tests that name a scenario."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, topic, number in _TEST.findall(path.read_text(encoding="utf-8")):
            found[f"{topic.upper()}-{number}"].append(f"{path.relative_to(TESTS.parent)}::{name}")
    return found


def find_rulings() -> dict[str, list[str]]:
    """Find the decisions that rule about a scenario: BUD-03, 05, 07 names three."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(DECISIONS.glob("*.md")):
        for topic, numbers in _RULING.findall(path.read_text(encoding="utf-8")):
            for number in re.findall(r"\d\d", numbers):
                found[f"{topic}-{number}"].append(path.name)
    return found


@pytest.mark.skipif(not CORPUS, reason="OUTLAY_CORPUS does not say where the scenarios are")
def test_every_scenario_has_a_test_of_its_name_or_a_ruling() -> None:
    with (Path(str(CORPUS)) / "scenarios" / "acceptance.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file) if row["id"].partition("-")[0] in TOPICS]
    named, ruled = find_tests(), find_rulings()
    for each in ids:
        places = [*named[each], *(f"docs/decisions/{name}" for name in dict.fromkeys(ruled[each]))]
        print(f"{each}  {', '.join(places) or 'nowhere'}")
    assert len(ids) > 25
    assert [each for each in ids if not named[each] and not ruled[each]] == []
    assert set(named) <= set(ids), "a test names a scenario that there is not"
