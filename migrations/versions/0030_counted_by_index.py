"""Count what somebody may see of the documents of their entities from an index alone."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None
DOCUMENTS = ("request", "purchase_order", "receipt", "invoice")


def upgrade() -> None:
    for name in DOCUMENTS:
        op.create_index(f"ix_{name}_reach", name, ["entity_id", "created_by", "id"])
        op.drop_index(f"ix_{name}_entity_id", table_name=name)


def downgrade() -> None:
    for name in DOCUMENTS:
        op.create_index(f"ix_{name}_entity_id", name, ["entity_id"])
        op.drop_index(f"ix_{name}_reach", table_name=name)
