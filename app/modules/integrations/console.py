"""Jobs, events and schedules in the words of people, beside the names that scripts know them by."""

from __future__ import annotations

from app.console import cells, names
from app.infra import jobs

cells.say_field("job", "kind", names.of_work, jobs.kinds)
cells.say_title("job", lambda job: names.of_work(job.kind))
cells.say_field("schedule_run", "kind", names.of_work)
cells.say_field("schedule_run", "name", names.of_work)
cells.say_field("event", "resource", names.of_resource)
