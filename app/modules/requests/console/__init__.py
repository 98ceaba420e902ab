"""The pages of requests: the form that tells what will happen, the draft that keeps itself, the page and its preview."""

from app.modules.requests.console import view as view
