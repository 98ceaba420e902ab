"""The pages of invoices: taking them in, reading them beside what they are held against, and settling what does not match."""

from app.modules.invoices.console import places as places
