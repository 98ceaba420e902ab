"""The pages of orders: the form filled from requests, the page with its progress, and the papers of each revision."""

from app.modules.orders.console import view as view
