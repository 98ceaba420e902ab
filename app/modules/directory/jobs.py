"""What follows once a person was erased: their code, and what other parts of Outlay keep of them."""

from __future__ import annotations

from typing import Any

from app.infra import jobs, outbox, personal
from app.infra.fields import fields_of
from app.infra.jobs import Job
from app.infra.transfer.cells import text_of
from app.kernel.actor import Context
from app.modules.directory import queries, service
from app.modules.directory.resource import people


def forget(context: Context, job: Job) -> dict[str, str]:
    """Take the name of an erased person out of what others keep; done again it changes nothing."""
    person = queries.get_person(context, int(job.arguments["person"]))
    was, alias = person.code, service.alias_of(person)
    person.code = alias
    service.keep_account(context, person)
    context.session.flush()
    personal.forget_everywhere(context, person.user_id, was, alias)
    outbox.forget(context, people, person)
    changed = outbox.Changed(alias, ("code", *people.personal))
    outbox.emit(context, people, person, changed)
    return {"person": alias}


def tell(context: Context, account: int) -> dict[str, Any] | None:
    """Tell what the directory holds about a person."""
    person = queries.find_by_account(context, account)
    if person is None:
        return None
    names = [name for _, part in people.show for name in part] + ["state", "created_at"]
    return {name: text_of(each.of(person)) for name, each in fields_of(people, names).items()}


jobs.declare(service.FORGET, "Erase a person", forget, as_system=True)
personal.keeps("person", tell)
