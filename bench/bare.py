"""RQ by itself: does jobs that do nothing until its queue is empty; prints the seconds and the CPU seconds that took."""

from __future__ import annotations

import os
import sys
import time


def nothing() -> None:
    """Be a job."""


def main(name: str, kind: str) -> None:
    """Work off a queue as a worker that forks for each job, or for none."""
    import redis
    from rq import SimpleWorker, Worker
    from rq.serializers import JSONSerializer

    worker = (SimpleWorker if kind == "light" else Worker)(
        [name], connection=redis.Redis.from_url(os.environ["REDIS_URL"]), serializer=JSONSerializer
    )
    start = time.perf_counter(), sum(os.times()[:4])
    worker.work(burst=True, logging_level="WARNING")
    print(time.perf_counter() - start[0], sum(os.times()[:4]) - start[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
