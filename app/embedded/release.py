"""What a new version does before it serves: `python -m app.embedded.release`; its output is the demo sign-ins.

With names of steps, only those: `python -m app.embedded.release migrate permissions`.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Sequence

from flask import Flask
from flask.cli import ScriptInfo

ALL = ("migrate", "permissions", "demo")


def main(steps: Sequence[str]) -> None:
    """Bring the database up to date in one process: loading the application takes longer than the steps themselves."""
    from app import create_core
    from config import load

    app = create_core(load())
    gc.collect()
    gc.freeze()  # what is loaded stays: a search for garbage that leaves it alone enters the demo an eighth faster
    with contextlib.redirect_stdout(sys.stderr):
        for step in steps:
            _run(app, step)
    if "demo" in steps:
        _run(app, "demo", "--sign-ins")


def _run(app: Flask, *arguments: str) -> None:
    """Run `flask outlay …` in this process; a failed step ends it with the step's exit code."""
    try:
        app.cli.main(args=["outlay", *arguments], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))
    except SystemExit as end:
        if end.code:
            raise


if __name__ == "__main__":
    main(sys.argv[1:] or ALL)
