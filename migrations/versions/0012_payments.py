"""Paying accounts, payment runs with what they pay and leave out, payments; addresses of suppliers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
#: What stays as it was sent.
KEPT = {
    "payment": (
        "number",
        "run_id",
        "method",
        "supplier_id",
        "paying_account_id",
        "bank_account_id",
        "currency_id",
        "amount",
        "discount",
    ),
    "payment_part": ("payment_id", "invoice_id", "amount", "discount", "discount_tax"),
}
#: What stays with a run whose file was made.
SEALED = (
    "number",
    "paying_account_id",
    "currency_id",
    "execute_on",
    "content",
    "content_hash",
    "approved_hash",
    "file_hash",
    "file_name",
)


def upgrade() -> None:
    op.create_table(
        "paying_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("currency_id", sa.BigInteger(), nullable=False),
        sa.Column("also_pays_in", sa.String(length=60), nullable=True),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(length=140), nullable=False),
        sa.Column("street", sa.String(length=70), nullable=True),
        sa.Column("postcode", sa.String(length=16), nullable=True),
        sa.Column("town", sa.String(length=35), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("bank_name", sa.String(length=120), nullable=True),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("account_number", sa.Text(), nullable=True),
        sa.Column("routing", sa.String(length=20), nullable=True),
        sa.Column("bic", sa.String(length=11), nullable=True),
        sa.Column("company_id", sa.String(length=35), nullable=True),
        sa.Column("destination", sa.String(length=9), nullable=True),
        sa.Column("destination_name", sa.String(length=23), nullable=True),
        sa.Column("origin", sa.String(length=10), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_reason", sa.String(length=500), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("makers", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint(
            "state <> 'confirmed' OR confirmed_by IS NOT NULL", name=op.f("ck_paying_account_confirmed")
        ),
        sa.CheckConstraint("(iban IS NULL) <> (account_number IS NULL)", name=op.f("ck_paying_account_iban")),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR NOT (confirmed_by = ANY (makers))", name=op.f("ck_paying_account_confirmed_by")
        ),
        sa.ForeignKeyConstraint(["currency_id"], ["currency.id"], name=op.f("fk_paying_account_currency_id")),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_paying_account_entity_id")),
        sa.CheckConstraint("state IN ('proposed', 'confirmed', 'retired')", name=op.f("ck_paying_account_state")),
        sa.CheckConstraint("code ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'", name=op.f("ck_paying_account_code")),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_paying_account_country")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paying_account")),
        sa.UniqueConstraint("code", name=op.f("uq_paying_account_code")),
    )
    op.create_index(op.f("ix_paying_account_currency_id"), "paying_account", ["currency_id"], unique=False)
    op.create_index(op.f("ix_paying_account_entity_id"), "paying_account", ["entity_id"], unique=False)
    op.create_index(op.f("ix_paying_account_fingerprint"), "paying_account", ["fingerprint"], unique=False)
    op.create_index("ix_paying_account_search", "paying_account", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_paying_account_state"), "paying_account", ["state"], unique=False)
    op.create_index(
        "uq_paying_account_live",
        "paying_account",
        ["fingerprint"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'confirmed')"),
    )
    op.create_table(
        "payment_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("paying_account_id", sa.BigInteger(), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("currency_id", sa.BigInteger(), nullable=True),
        sa.Column("execute_on", sa.Date(), nullable=True),
        sa.Column("due_until", sa.Date(), nullable=True),
        sa.Column("take_discounts", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("total", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("discounts", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("items_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("approved_hash", sa.String(length=64), nullable=True),
        sa.Column("file_of_day", sa.Integer(), server_default="1", nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=True),
        sa.Column("file_hash", sa.String(length=64), nullable=True),
        sa.Column("file_size", sa.Integer(), nullable=True),
        sa.Column("makers", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'released', 'settled', 'failed') OR approved_by IS NOT NULL",
            name=op.f("ck_payment_run_approved_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('released', 'settled', 'failed') OR approved_hash = content_hash",
            name=op.f("ck_payment_run_content_hash"),
        ),
        sa.CheckConstraint("(approved_at IS NULL) = (approved_hash IS NULL)", name=op.f("ck_payment_run_approved")),
        sa.CheckConstraint(
            "approved_by IS NULL OR NOT (approved_by = ANY (makers))", name=op.f("ck_payment_run_approved_by")
        ),
        sa.CheckConstraint(
            "currency_id IS NOT NULL AND execute_on IS NOT NULL AND due_until IS NOT NULL",
            name=op.f("ck_payment_run_complete"),
        ),
        sa.CheckConstraint("due_until >= execute_on", name=op.f("ck_payment_run_due_until")),
        sa.ForeignKeyConstraint(["currency_id"], ["currency.id"], name=op.f("fk_payment_run_currency_id")),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_payment_run_entity_id")),
        sa.ForeignKeyConstraint(
            ["paying_account_id"], ["paying_account.id"], name=op.f("fk_payment_run_paying_account_id")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'released', 'settled', 'failed', 'cancelled')",
            name=op.f("ck_payment_run_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_run")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_run_number")),
    )
    op.create_index(op.f("ix_payment_run_currency_id"), "payment_run", ["currency_id"], unique=False)
    op.create_index(op.f("ix_payment_run_entity_id"), "payment_run", ["entity_id"], unique=False)
    op.create_index(op.f("ix_payment_run_file_hash"), "payment_run", ["file_hash"], unique=False)
    op.create_index(op.f("ix_payment_run_paying_account_id"), "payment_run", ["paying_account_id"], unique=False)
    op.create_index("ix_payment_run_search", "payment_run", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_payment_run_state"), "payment_run", ["state"], unique=False)
    op.create_table(
        "bank_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=60), nullable=False),
        sa.Column("message", sa.String(length=100), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["payment_run.id"], name=op.f("fk_bank_answer_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_answer")),
        sa.UniqueConstraint("run_id", "digest", name="uq_bank_answer_digest"),
    )
    op.create_index(op.f("ix_bank_answer_run_id"), "bank_answer", ["run_id"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("paying_account_id", sa.BigInteger(), nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=True),
        sa.Column("currency_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("discount", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("execute_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_reason", sa.String(length=500), nullable=True),
        sa.Column("bank_says", sa.String(length=200), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("settled_amount", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("bank_reference", sa.String(length=140), nullable=True),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("rate_on", sa.Date(), nullable=True),
        sa.Column("rate_source", sa.String(length=100), nullable=True),
        sa.Column("base_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("booked", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("rate_difference", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("bank_ids", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("batch", sa.String(length=35), nullable=True),
        sa.Column("settled_by_bank", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_payment_rate")),
        sa.CheckConstraint("settled_amount BETWEEN 0 AND amount", name=op.f("ck_payment_settled_amount")),
        sa.ForeignKeyConstraint(["bank_account_id"], ["bank_account.id"], name=op.f("fk_payment_bank_account_id")),
        sa.ForeignKeyConstraint(["currency_id"], ["currency.id"], name=op.f("fk_payment_currency_id")),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_payment_entity_id")),
        sa.ForeignKeyConstraint(
            ["paying_account_id"], ["paying_account.id"], name=op.f("fk_payment_paying_account_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["payment_run.id"], name=op.f("fk_payment_run_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_payment_supplier_id")),
        sa.CheckConstraint("state IN ('sent', 'settled', 'returned', 'failed')", name=op.f("ck_payment_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_number")),
    )
    op.create_index(op.f("ix_payment_bank_account_id"), "payment", ["bank_account_id"], unique=False)
    op.create_index(op.f("ix_payment_batch"), "payment", ["batch"], unique=False)
    op.create_index(op.f("ix_payment_currency_id"), "payment", ["currency_id"], unique=False)
    op.create_index(op.f("ix_payment_entity_id"), "payment", ["entity_id"], unique=False)
    op.create_index(op.f("ix_payment_paying_account_id"), "payment", ["paying_account_id"], unique=False)
    op.create_index(op.f("ix_payment_run_id"), "payment", ["run_id"], unique=False)
    op.create_index("ix_payment_search", "payment", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_payment_state"), "payment", ["state"], unique=False)
    op.create_index(op.f("ix_payment_supplier_id"), "payment", ["supplier_id"], unique=False)
    op.create_table(
        "payment_left_out",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_payment_left_out_invoice_id")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["payment_run.id"], name=op.f("fk_payment_left_out_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_payment_left_out_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_left_out")),
    )
    op.create_index(op.f("ix_payment_left_out_invoice_id"), "payment_left_out", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_payment_left_out_run_id"), "payment_left_out", ["run_id"], unique=False)
    op.create_index(op.f("ix_payment_left_out_supplier_id"), "payment_left_out", ["supplier_id"], unique=False)
    op.create_table(
        "payment_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("open_item_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("open_amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("discount", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("discount_tax", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("because", sa.String(length=200), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_payment_item_amount")),
        sa.CheckConstraint(
            "discount >= 0 AND discount_tax BETWEEN 0 AND discount", name=op.f("ck_payment_item_discount")
        ),
        sa.ForeignKeyConstraint(["bank_account_id"], ["bank_account.id"], name=op.f("fk_payment_item_bank_account_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_payment_item_invoice_id")),
        sa.ForeignKeyConstraint(
            ["open_item_id"], ["open_item.id"], name=op.f("fk_payment_item_open_item_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["payment_run.id"], name=op.f("fk_payment_item_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_payment_item_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_item")),
    )
    op.create_index(op.f("ix_payment_item_bank_account_id"), "payment_item", ["bank_account_id"], unique=False)
    op.create_index(op.f("ix_payment_item_invoice_id"), "payment_item", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_payment_item_open_item_id"), "payment_item", ["open_item_id"], unique=False)
    op.create_index(op.f("ix_payment_item_run_id"), "payment_item", ["run_id"], unique=False)
    op.create_index(op.f("ix_payment_item_supplier_id"), "payment_item", ["supplier_id"], unique=False)
    op.create_index(
        "uq_payment_item_live", "payment_item", ["open_item_id"], unique=True, postgresql_where=sa.text("live")
    )
    op.create_table(
        "payment_part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("open_item_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("discount", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("discount_tax", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("undone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_payment_part_invoice_id")),
        sa.ForeignKeyConstraint(
            ["open_item_id"], ["open_item.id"], name=op.f("fk_payment_part_open_item_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_part_payment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_part")),
    )
    op.create_index(op.f("ix_payment_part_invoice_id"), "payment_part", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_payment_part_open_item_id"), "payment_part", ["open_item_id"], unique=False)
    op.create_index(op.f("ix_payment_part_payment_id"), "payment_part", ["payment_id"], unique=False)
    op.add_column("supplier", sa.Column("street", sa.String(length=70), nullable=True))
    op.add_column("supplier", sa.Column("postcode", sa.String(length=16), nullable=True))
    op.add_column("supplier", sa.Column("town", sa.String(length=35), nullable=True))
    # What was sent is never written over, not even past Outlay.
    for table, kept in KEPT.items():
        changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in kept)
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed})"
            " EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")
    sealed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in SEALED)
    op.execute(
        f"CREATE TRIGGER payment_run_stays BEFORE UPDATE ON payment_run FOR EACH ROW"
        f" WHEN (OLD.file_hash IS NOT NULL AND ({sealed})) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for name in ("town", "postcode", "street"):
        op.drop_column("supplier", name)
    op.execute(
        "DROP TABLE payment_part, payment, payment_item, payment_left_out, bank_answer, payment_run, paying_account"
    )
