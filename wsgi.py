"""The application for gunicorn and for `flask --app wsgi`."""

import os
import time

from app import create_app
from config import load

os.environ["TZ"] = "UTC"  # Flask-AppBuilder stamps its own tables with local time
time.tzset()

app = create_app(load())
