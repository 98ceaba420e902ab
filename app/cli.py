"""`flask outlay …`: what an operator or a script does from a terminal."""

from __future__ import annotations

import json
import pathlib
import sys
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.infra import audit as audit_log
from app.infra import audit_export, clock, identity, personal, release, settings, unit
from app.infra.chain import Head, parse_key
from app.infra.db import db
from app.infra.fields import param_fields
from app.kernel.actor import SYSTEM, Actor, Context
from app.kernel.counting import counted
from app.kernel.problem import Kind, Refused
from app.kernel.resource import registry
from app.roles import ROLES
from app.transfer_cli import register_cli

outlay = AppGroup("outlay", help="Outlay: set up, verify, import, export, act.")
PAGE_PERMISSIONS = (("read", "role"), ("edit", "role"))


def register(app: Flask) -> None:
    """Offer the commands on this application."""
    register_cli(outlay)
    app.cli.add_command(outlay)


def context(login: str = "") -> Context:
    """Make the context of a terminal: Outlay itself, or the person named with `--as`."""
    actor: Actor = SYSTEM
    if login:
        user = identity.find_user(db.session(), login)
        if user is None or not user.active:
            raise click.ClickException(f"There is no active account {login}.")
        actor = identity.actor_of(db.session(), user)
    zone = settings.get(db.session(), "organisation.time_zone")
    now = clock.system.now()
    return Context(actor, now, clock.system.today(zone), uuid4().hex, "terminal")


@outlay.command()
def migrate() -> None:
    """Bring the database to this release's tables."""
    from app.infra import schema

    before, after = schema.upgrade(current_app.config["SQLALCHEMY_DATABASE_URI"])
    click.echo(
        f"database is at {after}" if before == after else f"database migrated from {before or 'empty'} to {after}"
    )


@outlay.command()
def permissions() -> None:
    """Bring permissions, first roles, settings, first rows and the audit's lanes up to date."""
    pairs = [*registry.permissions(), *PAGE_PERMISSIONS]
    count = release.sync(pairs, ROLES, _audit_key())
    release.enter_first_rows(context())
    click.echo(f"{count} permissions")


@outlay.command()
@click.option("--sign-ins", is_flag=True, help="Print the demo accounts, one for each role.")
def demo(*, sign_ins: bool) -> None:
    """Fill an empty database with the demo company."""
    from app import demo as company

    if sign_ins:
        for email, role in company.sign_ins():
            click.echo(f"{email:<36} {role}")
        click.echo(f"password for all: {company.PASSWORD}")
        return
    click.echo(company.seed())


@outlay.command("sample-invoice")
@click.argument("order")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
@click.option(
    "--dearer", type=click.FloatRange(0, 100), default=0, help="Percent by which the first price is above the order's."
)
def sample_invoice(order: str, file: str, dearer: float) -> None:
    """Write the e-invoice that the supplier of an order might send, to try out what Outlay does with it."""
    from app.demo import invoices as demo_invoices

    try:
        data = demo_invoices.sample(order, Decimal(str(dearer)), clock.system.now())
    except LookupError as error:
        raise click.ClickException(str(error)) from error
    pathlib.Path(file).write_bytes(data)
    click.echo(f"written to {file}")


@outlay.command("sample-statement")
@click.argument("run")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
def sample_statement(run: str, file: str) -> None:
    """Write the statement of the bank that shows a released payment run, to try out what Outlay does with it."""
    from app.demo import statements as demo_statements

    try:
        data = demo_statements.sample(run, clock.system.now())
    except LookupError as error:
        raise click.ClickException(str(error)) from error
    pathlib.Path(file).write_bytes(data)
    click.echo(f"written to {file}")


@outlay.command("administrator")
@click.argument("email")
@click.option("--name", required=True, help='First and last name: "Ana Kovač".')
def add_administrator(email: str, name: str) -> None:
    """Enter the first administrator of a new installation; prints the link with which they set their password."""
    people, login = registry["person"], email.partition("@")[0].lower()
    first, _, last = name.strip().rpartition(" ")
    form = {"code": login, "first_name": first or last, "last_name": last, "email": email}

    try:
        unit.create(context(), people, form)
        unit.execute(context(), people, login, "grant", {"role": "Administrator"})
        invited = unit.execute(context(), people, login, "invite", {})
    except Refused as refusal:
        raise click.ClickException(_told(refusal)) from refusal
    for text in invited.told.values():
        click.echo(f"{login} is an administrator. Open this link once: {current_app.config['OUTLAY_BASE_URL']}{text}")


@outlay.command("do")
@click.argument("resource")
@click.argument("key")
@click.argument("command")
@click.argument("arguments", nargs=-1)
@click.option("--as", "login", default="", help="The account that acts; Outlay itself if left out.")
def run_command(resource: str, key: str, command: str, arguments: tuple[str, ...], login: str) -> None:
    """Run a command on one row: `do supplier S-00001 block reason="Insolvent" --as jana.novak`."""
    declared = registry.by_plural(resource) or next((each for each in registry if each.name == resource), None)
    if declared is None:
        raise click.ClickException(
            f"There is no resource {resource}. There are: {', '.join(r.name for r in registry)}."
        )
    act, values = context(login), _named(declared, command, arguments)
    try:
        try:
            outcome = unit.execute(act, declared, key, command, values)
        except Refused as refusal:
            if refusal.problems[0].code != "step_up_required":
                raise
            outcome = unit.execute(_proved(act), declared, key, command, values)
    except Refused as refusal:
        raise click.ClickException(_told(refusal)) from refusal
    click.echo(f"{outcome.key}: {outcome.state or 'done'}")
    for name, text in outcome.told.items():
        click.echo(f"{name}: {text}")


def _proved(act: Context) -> Context:
    """Ask whoever acts for their password, as a terminal does not say who sits before it."""
    typed = click.prompt(f"Password of {act.actor.name}", hide_input=True, err=True)
    with unit.transaction(act, "session.confirm") as bound:
        problem = identity.confirm(bound, None, typed, address="terminal")
    if problem is not None:
        raise Refused(Kind.FORBIDDEN, problem)
    return replace(act, fresh_at=act.now)


def _named(declared: Any, command: str, arguments: tuple[str, ...]) -> dict[str, str]:
    found = declared.command(command)
    names = list(param_fields(found.params)) if found else []
    values = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals:
            raise click.ClickException(
                f"Write name=value, not {argument}. The names are: {', '.join(names) or 'none'}."
            )
        values[name] = value
    return values


def _told(refusal: Refused) -> str:
    lines = [
        f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in refusal.problems
    ]
    return "\n".join(lines)


@outlay.command("held")
@click.argument("login")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
def write_held(login: str, file: str) -> None:
    """Write everything that is held about a person to a file, as JSON."""
    user = identity.find_user(db.session(), login)
    if user is None:
        raise click.ClickException(f"There is no account {login}.")
    with unit.reading(context()) as bound:
        told = personal.tell(bound, user.id)
    pathlib.Path(file).write_text(json.dumps(told, ensure_ascii=False, indent=2), encoding="utf-8")
    click.echo(f"written to {file}")


@outlay.group()
def audit() -> None:
    """Verify and export the audit."""


@audit.command("verify")
@click.option("--against", type=click.Path(exists=True, dir_okay=False), help="An earlier export that must still hold.")
def audit_verify(against: str | None) -> None:
    """Check the seal of every audit entry."""
    key = _audit_key()
    anchor: list[Head] = []
    if against:
        with pathlib.Path(against).open("rb") as earlier:
            report = audit_export.verify(key, earlier)
        if report.findings:
            raise click.ClickException(f"{against} is no genuine export: {report.findings[0].message}")
        anchor = report.heads
    with unit.reading(context()) as bound:
        count, findings = audit_log.verify(bound.session, key, anchor)
    for finding in findings:
        click.echo(finding.message, err=True)
    click.echo(f"{counted(count, 'entry', 'entries')}, {counted(len(findings), 'finding')}")
    sys.exit(1 if findings else 0)


@audit.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
def audit_export_file(file: str) -> None:
    """Write the audit to a file that deploy/verify_audit.py checks without this application."""
    about = {"made_at": clock.system.now().isoformat()}
    with unit.reading(context()) as bound, pathlib.Path(file).open("wb") as out:
        audit_log.one_snapshot(bound.session)
        heads = audit_log.heads(bound.session)
        out.writelines(audit_export.write(_audit_key(), about, audit_log.links(bound.session), heads))
    click.echo(f"written to {file}")


@outlay.group()
def budgets() -> None:
    """Verify budgets."""


@budgets.command("verify")
def budgets_verify() -> None:
    """Rebuild every balance from its moves, and tell where the two differ."""
    from app.modules.budgets import service

    with unit.reading(context()) as bound:
        count, differences = service.verify(bound)
    for difference in differences:
        click.echo(str(difference), err=True)
    click.echo(f"{counted(count, 'budget')}, {counted(len(differences), 'difference')}")
    sys.exit(1 if differences else 0)


def _audit_key() -> bytes:
    return parse_key(current_app.config["OUTLAY_AUDIT_KEY"])
