"""What a new version does before it serves: `python -m app.embedded.release`; its output is the demo sign-ins."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from functools import partial

from flask import Flask
from flask.cli import ScriptInfo


def main() -> None:
    """Bring the database up to date in one process: loading the application takes longer than the steps themselves."""
    from wsgi import app

    outlay = partial(_run, app, lambda: app)
    with contextlib.redirect_stdout(sys.stderr):
        outlay("migrate")
        outlay("permissions")
        outlay("demo")
    outlay("demo", "--sign-ins")


def _run(app: Flask, create_app: Callable[[], Flask], *arguments: str) -> None:
    """Run `flask outlay …` in this process; a failed step ends it with the step's exit code."""
    try:
        app.cli.main(args=["outlay", *arguments], prog_name="flask", obj=ScriptInfo(create_app=create_app))
    except SystemExit as end:
        if end.code:
            raise


if __name__ == "__main__":
    main()
