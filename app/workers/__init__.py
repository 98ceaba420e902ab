"""Processes beside the web: relay, runner, schedule and live; each is started as `python -m app.workers.<name>`."""
