"""What comes again and again: which slot was last, kept in the database, so that a missed one is caught up once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra import jobs, settings
from app.infra.db import Base
from app.infra.jobs import Schedule
from app.kernel.actor import Context

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ScheduleRun(Base):
    """How far a schedule has come: its last slot, and the job that was lined up for it."""

    __tablename__ = "schedule_run"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True, info={"label": "Schedule"})
    kind: Mapped[str] = mapped_column(Text, info={"label": "Kind of job"})
    slot_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Last slot"})
    run_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": "Last run"})
    job_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("job.id", ondelete="SET NULL"), index=True, info={"label": "Last job"}
    )

    def __str__(self) -> str:
        return self.name


def last_slot(when: timedelta | time, now: datetime, zone: ZoneInfo) -> datetime:
    """Tell the latest moment, up to now, at which something that comes again was due."""
    if isinstance(when, timedelta):
        return _EPOCH + (now - _EPOCH) // when * when
    today = now.astimezone(zone).date()
    slots = (datetime.combine(day, when, zone).astimezone(UTC) for day in (today, today - timedelta(days=1)))
    return next(slot for slot in slots if slot <= now)


def run_due(context: Context) -> list[str]:
    """Line up a job for every schedule whose latest slot has not been served; a new schedule begins with its next slot."""
    zone = ZoneInfo(settings.get(context.session, "organisation.time_zone"))
    served = {row.name: row.slot_at for row in context.session.execute(_SERVED)}
    started = []
    for schedule in jobs.schedules():
        slot = last_slot(schedule.when, context.now, zone)
        if schedule.name not in served:
            values = {"name": schedule.name, "kind": schedule.kind, "slot": slot}
            context.session.execute(_FIRST, values)
        elif served[schedule.name] > context.now:
            context.session.execute(_SET_BACK, {"name": schedule.name, "slot": slot})
        elif served[schedule.name] < slot and _run(context, schedule, slot):
            started.append(schedule.name)
    return started


def _run(context: Context, schedule: Schedule, slot: datetime) -> bool:
    """Serve a slot unless another process did; the row decides, whoever believes to be the leader."""
    taken = context.session.execute(_TAKE, {"name": schedule.name, "slot": slot}).first()
    if taken is None:
        return False
    arguments = {"slot": slot.isoformat()}
    job = jobs.enqueue(context, schedule.kind, arguments, unique_key=f"{jobs.OF_SCHEDULE}{schedule.name}")
    values = {"name": schedule.name, "kind": schedule.kind, "now": context.now, "job": job.id}
    context.session.execute(_NOTE, values)
    return True


_SERVED = text("SELECT name, slot_at FROM schedule_run")
_FIRST = text(
    "INSERT INTO schedule_run (name, kind, slot_at) VALUES (:name, :kind, :slot) ON CONFLICT (name) DO NOTHING"
)
_TAKE = text("UPDATE schedule_run SET slot_at = :slot WHERE name = :name AND slot_at < :slot RETURNING name")
# It was served while the clock was ahead; without this nothing would come until that time is there.
_SET_BACK = text("UPDATE schedule_run SET slot_at = :slot WHERE name = :name AND slot_at > :slot")
_NOTE = text("UPDATE schedule_run SET kind = :kind, run_at = :now, job_id = :job WHERE name = :name")
