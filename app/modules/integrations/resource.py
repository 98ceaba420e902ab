"""How jobs, events and schedules are shown and scoped."""

from __future__ import annotations

from app.infra import scope
from app.infra.jobs import Job
from app.infra.outbox import OutboxEvent
from app.infra.schedules import ScheduleRun
from app.infra.transfer.work import Imported, ImportFailed
from app.kernel.resource import Resource, own, registry
from app.modules.integrations import commands as do

MENU = "Administration"

jobs = registry.add(
    Resource(
        name="job",
        model=Job,
        title=("Job", "Jobs"),
        menu=MENU,
        key="id",
        icon="list-check",
        order="-id",
        list=("id", "kind", "state", "progress", "total", "attempts", "due_at", "actor_id", "error"),
        show=(
            ("Job", ("kind", "arguments", "actor_id", "request_id", "queue", "stream", "event_id")),
            ("Progress", ("progress", "total", "attempts", "max_attempts", "error", "result")),
            ("Time", ("created_at", "due_at", "started_at", "finished_at")),
        ),
        filters=("state", "kind", "queue", "stream", "actor_id", "due_at", "created_at"),
        scope=own("actor_id"),
        commands=(do.retry, do.discard),
        announces=(Imported, ImportFailed),
        help="Work that Outlay does later: who asked for it, how far it is, and what went wrong.",
    )
)

events = registry.add(
    Resource(
        name="event",
        model=OutboxEvent,
        title=("Event", "Events"),
        menu=MENU,
        key="id",
        icon="bolt",
        order="-id",
        list=("id", "name", "resource", "row_key", "actor_id", "at"),
        show=(
            ("Event", ("name", "resource", "row_key", "payload")),
            ("Origin", ("at", "actor_id", "request_id", "public_id")),
        ),
        filters=("name", "resource", "row_key", "actor_id", "at"),
        help="What happened to documents, as subscribers and webhooks hear it.",
    )
)
scope.records(events)

schedules = registry.add(
    Resource(
        name="schedule_run",
        model=ScheduleRun,
        title=("Schedule", "Schedules"),
        menu=MENU,
        key="name",
        icon="clock",
        list=("name", "kind", "slot_at", "run_at", "job_id"),
        show=(("Schedule", ("name", "kind", "slot_at", "run_at", "job_id")),),
        help="What Outlay does again and again, and when it last did. A run that found nothing to do leaves no job.",
    )
)
