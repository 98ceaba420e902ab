"""Documents found by who entered them: lists of people who see only what they take part in read no other rows."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
TABLES = ("purchase_order", "receipt", "invoice", "request", "approval")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_created_by", table, ["created_by"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_created_by", table_name=table)
