"""Reports read posted invoices from an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
REPORTED = ["id", "entity_id", "supplier_id", "kind", "base_total", "state", "created_by"]


def upgrade() -> None:
    op.create_index(
        "ix_invoice_posted",
        "invoice",
        ["posted_on"],
        postgresql_include=REPORTED,
        postgresql_where=sa.text("posted_on IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_invoice_posted", table_name="invoice")
