"""Scenes that many tests begin with: a worker builds each one once, and puts its rows back for the next test."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from app.infra import identity
from app.infra.db import db
from tests.acting import Someone
from tests.restore import Kept, Restorer

T = TypeVar("T")


class Scenes:
    """What was built so far: by the function or class that builds it, the object and the rows it left."""

    def __init__(self, restorer: Restorer) -> None:
        self._restorer = restorer
        self._built: dict[Callable[[], Any], tuple[Any, Kept]] = {}

    def open(self, build: Callable[[], T]) -> T:
        """Give what `build` makes in an empty house, inside the application; people in it are found again."""
        if build in self._built:
            made, kept = self._built[build]
            self._restorer.bring(kept)
        else:
            made = build()
            db.session.rollback()
            self._built[build] = made, self._restorer.keep()
        again = _again(made)  # what a test changes of it is its own
        db.session.commit()  # unlike a rollback it leaves the people as they were read, for tests outside of this session
        return again


def _again(value: T) -> T:
    """Copy what a scene holds of the tests' own making; its people are found again."""
    if isinstance(value, Someone):
        return replace(value, user=identity.find_user(db.session(), value.code))
    if isinstance(value, list | dict | set):
        return copy.copy(value)
    if type(value).__module__.startswith("tests."):
        other = copy.copy(value)
        for name, part in vars(value).items():
            setattr(other, name, _again(part))
        return other
    return value
