"""One's own choice of which notices come by e-mail, and the way from a person's menu to their notices."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder.baseviews import BaseView

from app.console import gate, pages, shell
from app.console.filters import Option
from app.console.forms import GRID, Form, Section
from app.console.host import open_page
from app.console.inputs import Input
from app.console.shell import Crumb, Page
from app.infra import identity
from app.kernel.problem import Kind as Refusal
from app.kernel.problem import Problem, Refused
from app.modules.notifications import service
from app.modules.notifications.domain.kinds import WORDS, Channel, Kind

ADDRESS = "/me/notices"
TITLE = "E-mails you get"
FIELD = "kinds"


class NoticesView(BaseView):  # type: ignore[misc]
    """The page on which people choose what they get by e-mail."""

    route_base = ""
    default_view = "choose"
    template_folder = None

    @open_page(ADDRESS)
    def choose(self) -> Any:
        """Show what can be chosen."""
        visit = gate.visit()
        return shell.render("form.html", Page(TITLE, (Crumb(TITLE),), "/"), form=_form(visit.context))

    @open_page(ADDRESS, "POST")
    def keep(self) -> Any:
        """Keep what was chosen."""
        visit = gate.visit()
        service.choose_email(visit.context, _wanted())
        flash("Choice saved", "ok")
        return redirect(ADDRESS, 303)


def _wanted() -> list[Kind]:
    """Read the ticks; a kind without one is not wanted by e-mail."""
    known = {kind.value: kind for kind in Kind}
    ticked = request.form.getlist(FIELD)
    unknown = next((name for name in ticked if name not in known), None)
    if unknown is not None:
        raise Refused(
            Refusal.INVALID, Problem("unknown_choice", f"There is no kind of notice called {unknown}.", FIELD)
        )
    return [known[name] for name in ticked]


def _form(context: Any) -> Form:
    declined = service.kinds_without_email(context)
    by_email = [kind for kind in Kind if Channel.EMAIL in WORDS[kind].channels]
    kinds = Input(
        FIELD,
        "Send an e-mail when",
        "choices",
        tuple(kind.value for kind in by_email if kind.value not in declined),
        required=True,
        span=GRID,
        entries=tuple(Option(kind.value, kind.label) for kind in by_email),
    )
    note = "You find every notice in Outlay, whatever you choose here."
    return Form(
        title=TITLE, action=ADDRESS, submit="Save choice", cancel_url="/", sections=(Section("", (kinds,), note),)
    )


def _is_told() -> bool:
    signed_in = identity.current()
    return signed_in is not None and signed_in.actor.may("notice.read")


pages.add(NoticesView)
pages.add_own("My notices", "bell", "/notices", _is_told)
pages.add_own(TITLE, "mail", ADDRESS, _is_told)
