"""Orders that were placed elsewhere: their number there, the file they came in, and what it says of each line."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
TABLE = "purchase_order"
IN_ORDER = (
    "state NOT IN ('issued', 'amending', 'closed') OR"
    " (revision > 0 AND issued_at IS NOT NULL AND base_total IS NOT NULL AND rate IS NOT NULL)"
)


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("placed_as", sa.String(length=60), nullable=True))
    op.add_column(TABLE, sa.Column("source_file", sa.String(length=200), nullable=True))
    op.add_column(TABLE, sa.Column("source_hash", sa.String(length=64), nullable=True))
    op.add_column(TABLE, sa.Column("source_line", sa.Integer(), nullable=True))
    op.create_unique_constraint("uq_purchase_order_source", TABLE, ["source_hash", "source_line"])
    op.create_unique_constraint("uq_purchase_order_placed_as", TABLE, ["entity_id", "placed_as"])
    op.create_check_constraint(op.f("ck_purchase_order_source"), TABLE, "(source_hash IS NULL) = (source_line IS NULL)")
    op.create_check_constraint(
        op.f("ck_purchase_order_placed_as"), TABLE, "(placed_as IS NULL) = (source_hash IS NULL)"
    )
    op.drop_constraint(op.f("ck_purchase_order_issued"), TABLE, type_="check")
    as_history = "(state = 'closed' AND revision = 0 AND placed_as IS NOT NULL)"
    op.create_check_constraint(op.f("ck_purchase_order_issued"), TABLE, f"{IN_ORDER} OR {as_history}")
    op.add_column("order_line", sa.Column("stated", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.alter_column("order_line", "text", type_=sa.String(length=300), existing_type=sa.String(length=200))


def downgrade() -> None:
    # What came from elsewhere has no place here any more.
    history = f"SELECT id FROM {TABLE} WHERE placed_as IS NOT NULL AND revision = 0"  # noqa: S608 - names of our own
    op.execute(f"DELETE FROM order_line WHERE order_id IN ({history})")
    op.execute(f"DELETE FROM {TABLE} WHERE placed_as IS NOT NULL AND revision = 0")
    op.execute("UPDATE order_line SET text = left(text, 200) WHERE length(text) > 200")
    op.alter_column("order_line", "text", type_=sa.String(length=200), existing_type=sa.String(length=300))
    op.drop_column("order_line", "stated")
    op.drop_constraint(op.f("ck_purchase_order_issued"), TABLE, type_="check")
    op.create_check_constraint(op.f("ck_purchase_order_issued"), TABLE, IN_ORDER)
    op.drop_constraint(op.f("ck_purchase_order_placed_as"), TABLE, type_="check")
    op.drop_constraint(op.f("ck_purchase_order_source"), TABLE, type_="check")
    for name in ("source_line", "source_hash", "source_file", "placed_as"):
        op.drop_column(TABLE, name)
