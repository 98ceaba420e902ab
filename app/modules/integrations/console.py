"""Jobs, events and schedules in the words of people, beside the names that scripts know them by."""

from __future__ import annotations

from app.console import cells, names
from app.infra import jobs

cells.say_field("job", "kind", jobs.title_of, jobs.kinds)
cells.say_title("job", lambda job: jobs.title_of(job.kind))
cells.say_field("schedule_run", "kind", jobs.title_of)
cells.say_field("schedule_run", "name", jobs.title_of)
cells.say_field("event", "resource", names.of_resource)
