"""Lines of invoices that several cost centres or projects pay."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
TABLE = "invoice_split"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("as_ordered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("line > 0", name=op.f("ck_invoice_split_line")),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_invoice_split_percent")),
        sa.CheckConstraint("(percent IS NULL) <> (amount IS NULL)", name=op.f("ck_invoice_split_percent_or_amount")),
        sa.ForeignKeyConstraint(["cost_centre_id"], ["cost_centre.id"], name=op.f("fk_invoice_split_cost_centre_id")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_split_invoice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_invoice_split_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_split")),
    )
    for name in ("cost_centre_id", "invoice_id", "project_id"):
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name], unique=False)


def downgrade() -> None:
    op.drop_table(TABLE)
