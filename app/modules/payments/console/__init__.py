"""The pages of payments: a run with what it pays and leaves out, its file, the bank's answers; what waits for approval."""

from app.modules.payments.console import places as places
from app.modules.payments.console import view as view
