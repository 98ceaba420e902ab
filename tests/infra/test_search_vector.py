"""The search column holds what PostgreSQL would write itself, and is found by what people type."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import search
from app.infra.db import db


def vector(**values: str) -> str:
    resource: Any = SimpleNamespace(search=dict(zip(values, "ABCD", strict=False)))
    return search.vector(resource, SimpleNamespace(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"code": "S00001", "name": "Alba Nord AB", "notes": "alba, alba and again Alba"},
        {"code": "I-00042", "name": "Notebook 14 inch", "notes": "DE811907980 30213100-6"},
        {"code": "x", "name": "", "notes": "one two"},
    ],
)
def test_a_search_vector_is_what_postgresql_would_write(app: Flask, values: dict[str, str]) -> None:
    parts = " || ".join(
        f"setweight(to_tsvector('simple', :{name}), '{weight}')" for name, weight in zip(values, "ABC", strict=False)
    )
    folded = {name: " ".join(search.words(value)) for name, value in values.items()}
    with app.app_context():
        same = text(f"SELECT CAST(:ours AS tsvector) = {parts}")
        assert db.session.execute(same, {"ours": vector(**values), **folded}).scalar_one() is True


def test_hostile_and_long_text_is_a_valid_search_vector(app: Flask) -> None:
    hostile = (
        "it's \\ ' :1A , ünïcode Ωmega 中文 \u0130stanbul ß " + "same " * 4000 + " ".join(f"w{n}" for n in range(4000))
    )
    with app.app_context():
        kept = db.session.execute(
            text("SELECT CAST(:ours AS tsvector)::text"), {"ours": vector(name=hostile)}
        ).scalar_one()
        assert "'omega'" not in kept
        assert all(f"'{word}'" in kept for word in search.words("ωmega 中文 istanbul same"))
