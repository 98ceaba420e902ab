"""How gunicorn serves Outlay: `gunicorn -c deploy/gunicorn.py wsgi:app`; each setting gives way to the command line."""

import contextlib
import ctypes
import gc
import logging
import os
from pathlib import Path

# The web plans what it sends again and again once for each connection (app/infra/prepared.py). Set it to `no` behind a
# pooler that gives each transaction another connection.
os.environ.setdefault("OUTLAY_PREPARED_STATEMENTS", "yes")

bind = f"{os.environ.get('OUTLAY_HOST', '127.0.0.1')}:{os.environ.get('OUTLAY_PORT', '8000')}"
worker_class = "deploy.buffering.BufferingWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# For each core of the database's machine a request or two can be at work; more threads only wait for each other's turn.
# Each has a connection to the database at hand (config.py). Whoever is not served yet waits in the worker, up to
# `worker_connections` of them, then in the backlog of the system; slow clients cost neither threads nor connections.
threads = 8
worker_connections = 1000
backlog = 2048
# The web is started with --preload: loading opens no connection, workers share the memory of what was loaded, and one
# that ends is followed by one that serves at once. The live stream is not: gevent has to come before what it patches.
preload_app = False
timeout = 60
graceful_timeout = 30
keepalive = 5
control_socket_disable = True  # a second instance of the same user would quarrel about it
if Path("/dev/shm").is_dir():  # the heartbeat must not wait for a disk
    worker_tmp_dir = "/dev/shm"

# With a heap for each thread glibc keeps what each of them once needed, such as 19 MB to check a password: a worker took
# 290 MB after some load, with two heaps 170. Python's threads take turns anyway. Other C libraries have no such setting.
M_ARENA_MAX = -8
with contextlib.suppress(OSError, AttributeError):
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def when_ready(server: object) -> None:
    """Take what has been loaded out of what the garbage collector walks: it stays, and workers share its memory."""
    gc.collect()
    gc.freeze()


# The path without its query: what people search for is not written to logs.
access_log_format = "%(h)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"


class Worthwhile(logging.Filter):
    """Leave out what browsers and health checks ask for without a person wanting anything."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep a line, or drop it."""
        path = (record.args.get("U") if isinstance(record.args, dict) else None) or ""
        return path != "/healthz" and not path.startswith("/static/")


# gunicorn hands its lines to the root logger, which the application gives its own form and target in each worker.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"worthwhile": {"()": Worthwhile}},
    "formatters": {"plain": {"format": "%(levelname)-7s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stdout"}},
    "root": {"level": os.environ.get("LOG_LEVEL", "INFO").upper(), "handlers": ["console"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        "gunicorn.access": {"level": "INFO", "handlers": [], "propagate": True, "filters": ["worthwhile"]},
    },
}
