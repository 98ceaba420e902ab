"""Open pages are told of a change as it is kept; what was lined up to tell them is given up."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE job SET state = 'discarded', lease = NULL, leased_until = NULL, finished_at = now() "
        "WHERE kind = 'hear:live' AND state IN ('waiting', 'running', 'dead')"
    )


def downgrade() -> None:
    """Take the way back: nothing is missed, as hints are never sent again."""
