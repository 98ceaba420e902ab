from __future__ import annotations

from typing import Any

from app.infra import identity, unit
from app.infra.db import db
from tests.acting import system


def run(app: Any, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["outlay", "administrator", *arguments])


def test_a_new_installation_gets_its_first_administrator_from_the_terminal(app: Any) -> None:
    told = run(app, "ana.kovac@example.com", "--name", "Ana Kovač")

    assert told.exit_code == 0, told.output
    assert "ana.kovac is an administrator" in told.output
    assert "/invitation/" in told.output
    with app.app_context(), unit.reading(system()):
        user = identity.find_user(db.session(), "ana.kovac")
        assert user is not None
        actor = identity.actor_of(db.session(), user)
        assert [grant.role for grant in actor.grants] == ["Administrator"]
        assert actor.may("person.grant")


def test_a_second_one_of_the_same_name_is_refused_in_words(app: Any) -> None:
    run(app, "ana.kovac@example.com", "--name", "Ana Kovač")
    told = run(app, "ana.kovac@example.org", "--name", "Ana Kovač")
    assert told.exit_code == 1
    assert "Choose another" in told.output


def test_what_is_no_address_is_refused_at_its_field(app: Any) -> None:
    told = run(app, "ana", "--name", "Ana Kovač")
    assert told.exit_code == 1
    assert "email" in told.output
