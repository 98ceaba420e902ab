"""How the console looks to a person: theme, density, single-key shortcuts."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, request
from flask_appbuilder.baseviews import BaseView

from app.console import gate, shell
from app.console.filters import Option
from app.console.forms import Form, Hidden, Section
from app.console.host import open_page
from app.console.inputs import Input
from app.console.shell import Crumb, Page
from app.infra import preferences
from app.kernel.problem import Kind, Problem, Refused

CHOICES = {
    "theme": {"auto": "As the device says", "light": "Light", "dark": "Dark"},
    "density": {"compact": "Compact", "normal": "Normal", "roomy": "Roomy"},
    "keys": {"on": "On", "off": "Off"},
}


class PreferencesView(BaseView):  # type: ignore[misc]
    """The page of one's own preferences."""

    route_base = ""
    default_view = "choose"
    template_folder = None

    @open_page("/preferences")
    def choose(self) -> Any:
        """Show what can be chosen."""
        chosen = shell.choices()
        page = Page("Preferences", (Crumb("Preferences"),), "/")
        return shell.render("form.html", page, form=_form(chosen))

    @open_page("/preferences", "POST")
    def keep(self) -> Any:
        """Keep what was chosen: one thing by a script, or the whole form."""
        visit = gate.visit()
        kept = {**shell.choices(), **_chosen()}
        preferences.keep(visit.context, "console", kept)
        if request.form.get("form") != "preferences":
            return make_response("", 204)
        flash("Preferences saved", "ok")
        return redirect("/preferences", 303)


def _chosen() -> dict[str, Any]:
    found: dict[str, Any] = {}
    sent = dict(request.form)
    sent.setdefault(sent.pop("name", ""), sent.pop("value", ""))
    for name, allowed in CHOICES.items():
        if name not in sent:
            continue
        value = sent[name]
        if value not in allowed:
            message = f"{name.capitalize()}: choose one of {', '.join(allowed)}."
            raise Refused(Kind.INVALID, Problem("unknown_choice", message, name))
        found[name] = value == "on" if name == "keys" else value
    return found


def _form(chosen: dict[str, Any]) -> Form:
    fields = (
        _input("theme", "Theme", str(chosen["theme"])),
        _input("density", "Row height in lists", str(chosen["density"])),
        _input(
            "keys",
            "Single-key shortcuts",
            "on" if chosen["keys"] else "off",
            "Such as J and K in lists. Ctrl K always works.",
        ),
    )
    return Form(
        title="Preferences",
        action="/preferences",
        submit="Save preferences",
        cancel_url="/",
        sections=(Section("How the console looks and works", fields),),
        hidden=(Hidden("form", "preferences"),),
    )


def _input(name: str, label: str, value: str, help_text: str = "") -> Input:
    entries = tuple(Option(each, text) for each, text in CHOICES[name].items())
    return Input(name, label, "choice", value, required=True, help=help_text, entries=entries)
