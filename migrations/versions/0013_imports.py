"""Imports know what all rows have in common, how columns are written and what they add up to; shapes are remembered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
ADDED = ("fixed", "manners", "sums")


def upgrade() -> None:
    for name in ADDED:
        kind = postgresql.JSONB(astext_type=sa.Text())
        op.add_column("import_run", sa.Column(name, kind, server_default="{}", nullable=False))
    op.create_table(
        "import_shape",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dates", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_shape")),
        sa.UniqueConstraint("resource", "shape", name="uq_import_shape_shape"),
    )


def downgrade() -> None:
    op.drop_table("import_shape")
    for name in reversed(ADDED):
        op.drop_column("import_run", name)
