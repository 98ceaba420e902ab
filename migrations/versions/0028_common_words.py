"""Count the words of documents more closely, so that a search by text knows which of them are common."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
SEARCHED = ("request", "purchase_order", "receipt", "invoice", "payment", "supplier", "item")
# With the hundred that PostgreSQL counts by, a company of few words has too few for it to judge the beginning of one by.
CLOSELY = 200


def upgrade() -> None:
    for name in SEARCHED:
        op.execute(f"ALTER TABLE {name} ALTER COLUMN search SET STATISTICS {CLOSELY}")
        op.execute(f"ANALYZE {name} (search)")


def downgrade() -> None:
    for name in SEARCHED:
        op.execute(f"ALTER TABLE {name} ALTER COLUMN search SET STATISTICS -1")
