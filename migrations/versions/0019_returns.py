"""What goes back says with which receipt it had come."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
TABLE, COLUMN = "receipt_line", "came_with_id"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column(COLUMN, sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f(f"fk_{TABLE}_{COLUMN}"), TABLE, "receipt", [COLUMN], ["id"])
    op.create_index(op.f(f"ix_{TABLE}_{COLUMN}"), TABLE, [COLUMN])


def downgrade() -> None:
    op.drop_column(TABLE, COLUMN)
