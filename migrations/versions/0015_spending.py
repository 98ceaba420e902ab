"""Spending that others recorded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spend_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("stated_supplier", sa.String(length=200), nullable=True),
        sa.Column("our_supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("gross", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency_id", sa.BigInteger(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("stated_category", sa.String(length=200), nullable=True),
        sa.Column("department", sa.String(length=200), nullable=True),
        sa.Column("purpose", sa.String(length=500), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("base_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("rate_on", sa.Date(), nullable=True),
        sa.Column("rate_source", sa.String(length=100), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_reason", sa.String(length=500), nullable=True),
        sa.Column("source_file", sa.String(length=200), nullable=True),
        sa.Column("source_hash", sa.String(length=64), nullable=True),
        sa.Column("source_line", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint("(state = 'set_aside') = (state_reason IS NOT NULL)", name=op.f("ck_spend_record_reason")),
        sa.CheckConstraint("state IN ('counted', 'set_aside')", name=op.f("ck_spend_record_state")),
        sa.CheckConstraint("(source_hash IS NULL) = (source_line IS NULL)", name=op.f("ck_spend_record_source")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_spend_record_rate")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_spend_record_category_id")),
        sa.ForeignKeyConstraint(["cost_centre_id"], ["cost_centre.id"], name=op.f("fk_spend_record_cost_centre_id")),
        sa.ForeignKeyConstraint(["currency_id"], ["currency.id"], name=op.f("fk_spend_record_currency_id")),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_spend_record_entity_id")),
        sa.ForeignKeyConstraint(["our_supplier_id"], ["supplier.id"], name=op.f("fk_spend_record_our_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spend_record")),
        sa.UniqueConstraint("number", name=op.f("uq_spend_record_number")),
        sa.UniqueConstraint("source_hash", "source_line", name="uq_spend_record_source"),
    )
    op.create_index(op.f("ix_spend_record_category_id"), "spend_record", ["category_id"], unique=False)
    op.create_index(op.f("ix_spend_record_cost_centre_id"), "spend_record", ["cost_centre_id"], unique=False)
    op.create_index(op.f("ix_spend_record_currency_id"), "spend_record", ["currency_id"], unique=False)
    op.create_index(op.f("ix_spend_record_our_supplier_id"), "spend_record", ["our_supplier_id"], unique=False)
    op.create_index("ix_spend_record_paid", "spend_record", ["entity_id", "paid_on"], unique=False)
    op.create_index("ix_spend_record_search", "spend_record", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_spend_record_state"), "spend_record", ["state"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_spend_record_state"), table_name="spend_record")
    op.drop_index("ix_spend_record_search", table_name="spend_record", postgresql_using="gin")
    op.drop_index("ix_spend_record_paid", table_name="spend_record")
    op.drop_index(op.f("ix_spend_record_our_supplier_id"), table_name="spend_record")
    op.drop_index(op.f("ix_spend_record_currency_id"), table_name="spend_record")
    op.drop_index(op.f("ix_spend_record_cost_centre_id"), table_name="spend_record")
    op.drop_index(op.f("ix_spend_record_category_id"), table_name="spend_record")
    op.drop_table("spend_record")
