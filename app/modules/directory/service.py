"""What follows from master data whenever they are written, and what keeps people and their accounts in step."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import inspect

from app.infra import identity, jobs, personal
from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.modules.directory import domain, queries
from app.modules.directory.models import Entity, Location, Person, TaxCode

# Not a hash of anything, so no password fits it.
NO_PASSWORD = "!"  # noqa: S105
FORGET = "person.forget"


def keep_country(context: Context, row: Entity | Location | TaxCode) -> None:
    """Write the country in capitals, however it was entered."""
    row.country = row.country.upper()


def keep_account(context: Context, person: Person) -> None:
    """Give a new person an account nobody can sign in to yet, and keep name and address of an old one the same."""
    person.code, person.email = person.code.lower(), person.email.strip()
    user = person.user
    if user is None:
        user = person.user = User(password=NO_PASSWORD)
    user.username, user.email = person.code, person.email
    user.first_name, user.last_name = person.first_name, person.last_name
    user.active = person.state == "active"


def erase(context: Context, person: Person) -> None:
    """Forget who a person was: their row at once, with the key of all that records say of them, the rest in a job."""
    person.first_name, person.last_name = "Erased", f"person {person.id}"
    person.email, person.job_title, person.state_reason = f"{alias_of(person)}@erased.invalid", None, None
    person.erased_at = context.now
    keep_account(context, person)
    personal.destroy(context, person.user_id)
    identity.access_changed(context)
    jobs.enqueue(context, FORGET, {"person": person.id})


def alias_of(person: Person) -> str:
    """Give the code under which an erased person goes on."""
    return f"erased-{person.id}"


def why_not_person(context: Context, person: Person) -> list[Problem]:
    """Say what is wrong with a person's data, whether someone else signs in with them, and whose they are to change."""
    problems = [
        *domain.why_not_person(context, person),
        *domain.why_not_own_authority(context, person, _changed(person)),
    ]
    other = queries.find_other_account(context, person)
    if other is not None:
        same_name = other.username.lower() == person.code
        field, label = ("code", "Code") if same_name else ("email", "E-mail")
        problems.append(Problem("taken", f"{label}: another account has this. Choose another.", field))
    return problems


def _changed(person: Person) -> set[str]:
    return {attribute.key for attribute in inspect(person).attrs if attribute.history.has_changes()}
