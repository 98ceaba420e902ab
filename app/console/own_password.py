"""The page on which everyone changes their own password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder.baseviews import BaseView

from app.console import gate, pages, shell
from app.console.forms import Form, Section
from app.console.gate import Visit
from app.console.host import open_page
from app.console.inputs import Input, by_field, summary
from app.console.shell import Crumb, Page
from app.infra import identity, unit
from app.kernel.problem import Kind, Problem, Refused

URL = "/me/password"
FIELDS = ("own_password", "password", "repeated")
RULES = "At least 12 characters, without your name and e-mail address. Several words are easy to remember."


class OwnPasswordView(BaseView):  # type: ignore[misc]
    """One's own password."""

    route_base = URL
    default_view = "ask"
    template_folder = None

    @open_page("")
    def ask(self) -> Any:
        """Ask for the present password and a new one."""
        return _page(())

    @open_page("", "POST")
    def change(self) -> Any:
        """Set the new password; whoever is signed in elsewhere has to sign in anew."""
        visit = gate.visit()
        try:
            _change(visit, *(request.form.get(name, "")[:1000] for name in FIELDS))
        except Refused as refusal:
            return _page(refusal.problems, refusal.kind.value)
        flash("Password changed. You were signed out everywhere else.", "ok")
        return redirect("/", 303)


def _change(visit: Visit, present: str, password: str, repeated: str) -> None:
    """Check the present password in a change of its own, so that a wrong one is counted, then set the new one."""
    with unit.transaction(visit.context, "session.confirm") as bound:
        problem = identity.confirm(bound, visit.session_id, present, address=request.remote_addr or "")
    if problem is not None:
        raise Refused(Kind.INVALID, replace(problem, field="own_password"))
    if password != repeated:
        words = "The new password was typed in two ways. Type the same twice."
        raise Refused(Kind.INVALID, Problem("passwords_differ", words, "repeated"))
    with unit.transaction(visit.context, "account.change_password") as bound:
        identity.change_own_password(bound, password, keep=visit.session_id)


def _page(problems: Sequence[Problem], status: int = 200) -> Any:
    wrong = by_field(problems)
    drawn = (
        _password("own_password", "Present password", wrong, autocomplete="current-password", autofocus=True),
        _password("password", "New password", wrong, autocomplete="new-password", help=RULES),
        _password("repeated", "New password again", wrong, autocomplete="new-password"),
    )
    form = Form(
        title="Change password",
        action=URL,
        submit="Change password",
        cancel_url="/",
        sections=(Section("Your password", drawn),),
        sub="You stay signed in here and are signed out everywhere else. API tokens go on; revoke them under My tokens.",
        problems=summary(problems, FIELDS),
    )
    return shell.render("form.html", Page(form.title, (Crumb(form.title),), "/", "narrow"), form=form, status=status)


def _password(name: str, label: str, wrong: Any, **options: Any) -> Input:
    return Input(name, label, "password", required=True, problems=wrong.get(name, ()), span=6, **options)


pages.add_own("Change password", "key", URL)
