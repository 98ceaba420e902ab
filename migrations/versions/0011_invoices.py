"""Invoices with lines, checks, exceptions and open items; tolerances."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tolerance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("measure", sa.String(40), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("currency_id", sa.BigInteger(), nullable=True),
        sa.Column("over_percent", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("over_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("under_percent", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("under_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("cap_percent", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("cap_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint("cap_amount >= 0", name=op.f("ck_tolerance_cap_amount")),
        sa.CheckConstraint("cap_percent >= 0", name=op.f("ck_tolerance_cap_percent")),
        sa.CheckConstraint("over_amount >= 0", name=op.f("ck_tolerance_over_amount")),
        sa.CheckConstraint("over_percent >= 0", name=op.f("ck_tolerance_over_percent")),
        sa.CheckConstraint("under_amount >= 0", name=op.f("ck_tolerance_under_amount")),
        sa.CheckConstraint("under_percent >= 0", name=op.f("ck_tolerance_under_percent")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_tolerance_category_id")),
        sa.ForeignKeyConstraint(["currency_id"], ["currency.id"], name=op.f("fk_tolerance_currency_id")),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_tolerance_entity_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_tolerance_supplier_id")),
        sa.CheckConstraint("code ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'", name=op.f("ck_tolerance_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tolerance")),
        sa.UniqueConstraint("code", name=op.f("uq_tolerance_code")),
        sa.UniqueConstraint(
            "measure",
            "entity_id",
            "supplier_id",
            "category_id",
            name="uq_tolerance_measure",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_tolerance_category_id"), "tolerance", ["category_id"], unique=False)
    op.create_index(op.f("ix_tolerance_currency_id"), "tolerance", ["currency_id"], unique=False)
    op.create_index(op.f("ix_tolerance_entity_id"), "tolerance", ["entity_id"], unique=False)
    op.create_index("ix_tolerance_search", "tolerance", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_tolerance_supplier_id"), "tolerance", ["supplier_id"], unique=False)
    op.create_table(
        "invoice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("supplier_number", sa.String(length=100), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("stated_supplier", sa.String(length=200), nullable=True),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("currency_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("stated_order", sa.String(length=100), nullable=True),
        sa.Column("credits_id", sa.BigInteger(), nullable=True),
        sa.Column("stated_preceding", sa.String(length=200), nullable=True),
        sa.Column("method", sa.String(40), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("stated_due_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("payment_days", sa.Integer(), nullable=True),
        sa.Column("discount_percent", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("discount_days", sa.Integer(), nullable=True),
        sa.Column("terms_text", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("account_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("payment_reference", sa.String(length=140), nullable=True),
        sa.Column("lines_total", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("allowances", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("charges", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("net_total", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("tax_total", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("total", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("prepaid", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("rounding", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("payable", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("base_total", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("rate_on", sa.Date(), nullable=True),
        sa.Column("rate_source", sa.String(length=100), nullable=True),
        sa.Column("open_amount", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("paid", sa.String(40), nullable=False),
        sa.Column("blocked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("held_because", sa.String(length=500), nullable=True),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("voided_on", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("profile", sa.String(length=300), nullable=True),
        sa.Column("rules", sa.String(length=100), nullable=True),
        sa.Column("judged", sa.String(40), nullable=False),
        sa.Column("adds_up", sa.Boolean(), nullable=True),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("parsed", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("recognition", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=True),
        sa.Column("document_id", sa.String(length=200), nullable=True),
        sa.Column("number_keys", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("makers", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('posted', 'void') OR (supplier_id IS NOT NULL AND posted_on IS NOT NULL AND base_total IS NOT NULL AND rate IS NOT NULL AND total IS NOT NULL)",
            name=op.f("ck_invoice_posted"),
        ),
        sa.CheckConstraint("(discount_percent IS NULL) = (discount_days IS NULL)", name=op.f("ck_invoice_discount")),
        sa.CheckConstraint("(held_until IS NULL) OR (held_because IS NOT NULL)", name=op.f("ck_invoice_held")),
        sa.CheckConstraint("discount_percent > 0 AND discount_percent < 100", name=op.f("ck_invoice_discount_percent")),
        sa.CheckConstraint("payment_days BETWEEN 0 AND 365", name=op.f("ck_invoice_payment_days")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_invoice_rate")),
        sa.ForeignKeyConstraint(["cost_centre_id"], ["cost_centre.id"], name=op.f("fk_invoice_cost_centre_id")),
        sa.ForeignKeyConstraint(["credits_id"], ["invoice.id"], name=op.f("fk_invoice_credits_id")),
        sa.ForeignKeyConstraint(["currency_id"], ["currency.id"], name=op.f("fk_invoice_currency_id")),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_invoice_entity_id")),
        sa.ForeignKeyConstraint(["order_id"], ["purchase_order.id"], name=op.f("fk_invoice_order_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_invoice_project_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_invoice_supplier_id")),
        sa.CheckConstraint(
            "state IN ('captured', 'exception', 'matched', 'approved', 'posted', 'void', 'rejected')",
            name=op.f("ck_invoice_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_number")),
        sa.UniqueConstraint("reference", name=op.f("uq_invoice_reference")),
    )
    op.create_index(op.f("ix_invoice_account_fingerprint"), "invoice", ["account_fingerprint"], unique=False)
    op.create_index(op.f("ix_invoice_cost_centre_id"), "invoice", ["cost_centre_id"], unique=False)
    op.create_index(op.f("ix_invoice_credits_id"), "invoice", ["credits_id"], unique=False)
    op.create_index(op.f("ix_invoice_currency_id"), "invoice", ["currency_id"], unique=False)
    op.create_index(op.f("ix_invoice_document_id"), "invoice", ["document_id"], unique=False)
    op.create_index(op.f("ix_invoice_entity_id"), "invoice", ["entity_id"], unique=False)
    op.create_index(op.f("ix_invoice_file_hash"), "invoice", ["file_hash"], unique=False)
    op.create_index("ix_invoice_number_keys", "invoice", ["number_keys"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_invoice_order_id"), "invoice", ["order_id"], unique=False)
    op.create_index(op.f("ix_invoice_project_id"), "invoice", ["project_id"], unique=False)
    op.create_index("ix_invoice_search", "invoice", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_invoice_state"), "invoice", ["state"], unique=False)
    op.create_index(op.f("ix_invoice_supplier_id"), "invoice", ["supplier_id"], unique=False)
    op.create_table(
        "invoice_adjustment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("code", sa.String(length=10), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("tax_category", sa.String(length=3), nullable=True),
        sa.Column("tax_rate", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_adjustment_invoice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_adjustment")),
    )
    op.create_index(op.f("ix_invoice_adjustment_invoice_id"), "invoice_adjustment", ["invoice_id"], unique=False)
    op.create_table(
        "invoice_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("verdict", sa.String(40), nullable=False),
        sa.Column("lines", sa.String(length=200), nullable=True),
        sa.Column("expected", sa.String(length=300), nullable=True),
        sa.Column("actual", sa.String(length=300), nullable=True),
        sa.Column("difference", sa.String(length=60), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("tolerance", sa.String(length=500), nullable=True),
        sa.Column("effect", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("about", sa.String(length=60), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_check_invoice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_check")),
    )
    op.create_index(op.f("ix_invoice_check_invoice_id"), "invoice_check", ["invoice_id"], unique=False)
    op.create_table(
        "invoice_exception",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("lines", sa.String(length=200), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("actions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("mark", sa.String(length=200), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("settled", sa.String(40), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name=op.f("ck_invoice_exception_settled_at")),
        sa.CheckConstraint("state <> 'accepted' OR reason IS NOT NULL", name=op.f("ck_invoice_exception_reason")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_exception_invoice_id")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'waiting', 'solved', 'dropped')", name=op.f("ck_invoice_exception_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_exception")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_exception_number")),
    )
    op.create_index(op.f("ix_invoice_exception_invoice_id"), "invoice_exception", ["invoice_id"], unique=False)
    op.create_index(
        "ix_invoice_exception_search", "invoice_exception", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_invoice_exception_state"), "invoice_exception", ["state"], unique=False)
    op.create_index(
        "uq_invoice_exception_open",
        "invoice_exception",
        ["invoice_id", "mark"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "invoice_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=True),
        sa.Column("item", sa.String(length=100), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("price", sa.Numeric(precision=24, scale=10), nullable=True),
        sa.Column("price_base", sa.Numeric(precision=18, scale=6), server_default="1", nullable=False),
        sa.Column("reduction", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("tax_category", sa.String(length=3), nullable=True),
        sa.Column("tax_rate", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("order_line", sa.Integer(), nullable=True),
        sa.Column("deposit", sa.String(length=20), nullable=True),
        sa.Column("ordered_id", sa.BigInteger(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("link_reason", sa.String(length=300), nullable=True),
        sa.Column("proposed", sa.String(length=60), nullable=True),
        sa.Column("amount_only", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("ledger_account", sa.String(length=20), nullable=True),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("confidence BETWEEN 0 AND 100", name=op.f("ck_invoice_line_confidence")),
        sa.CheckConstraint("price_base > 0", name=op.f("ck_invoice_line_price_base")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_invoice_line_category_id")),
        sa.ForeignKeyConstraint(["cost_centre_id"], ["cost_centre.id"], name=op.f("fk_invoice_line_cost_centre_id")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["purchase_order.id"], name=op.f("fk_invoice_line_order_id")),
        sa.ForeignKeyConstraint(["ordered_id"], ["order_line.id"], name=op.f("fk_invoice_line_ordered_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_invoice_line_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
    )
    op.create_index(op.f("ix_invoice_line_category_id"), "invoice_line", ["category_id"], unique=False)
    op.create_index(op.f("ix_invoice_line_cost_centre_id"), "invoice_line", ["cost_centre_id"], unique=False)
    op.create_index(op.f("ix_invoice_line_invoice_id"), "invoice_line", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_invoice_line_order_id"), "invoice_line", ["order_id"], unique=False)
    op.create_index(op.f("ix_invoice_line_ordered_id"), "invoice_line", ["ordered_id"], unique=False)
    op.create_index(op.f("ix_invoice_line_project_id"), "invoice_line", ["project_id"], unique=False)
    op.create_table(
        "invoice_tax",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(length=3), nullable=False),
        sa.Column("rate", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("basis", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_tax_invoice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_tax")),
    )
    op.create_index(op.f("ix_invoice_tax_invoice_id"), "invoice_tax", ["invoice_id"], unique=False)
    op.create_table(
        "open_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("settled", sa.Numeric(precision=18, scale=4), server_default="0", nullable=False),
        sa.Column("discount_until", sa.Date(), nullable=True),
        sa.Column("discount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.CheckConstraint("(discount_until IS NULL) = (discount IS NULL)", name=op.f("ck_open_item_discount")),
        sa.CheckConstraint(
            "CASE WHEN amount < 0 THEN settled BETWEEN amount AND 0 ELSE settled BETWEEN 0 AND amount END",
            name=op.f("ck_open_item_settled"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_open_item_invoice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_item")),
    )
    op.create_index(op.f("ix_open_item_invoice_id"), "open_item", ["invoice_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_open_item_invoice_id"), table_name="open_item")
    op.drop_table("open_item")
    op.drop_index(op.f("ix_invoice_tax_invoice_id"), table_name="invoice_tax")
    op.drop_table("invoice_tax")
    op.drop_index(op.f("ix_invoice_line_project_id"), table_name="invoice_line")
    op.drop_index(op.f("ix_invoice_line_ordered_id"), table_name="invoice_line")
    op.drop_index(op.f("ix_invoice_line_order_id"), table_name="invoice_line")
    op.drop_index(op.f("ix_invoice_line_invoice_id"), table_name="invoice_line")
    op.drop_index(op.f("ix_invoice_line_cost_centre_id"), table_name="invoice_line")
    op.drop_index(op.f("ix_invoice_line_category_id"), table_name="invoice_line")
    op.drop_table("invoice_line")
    op.drop_index(
        "uq_invoice_exception_open", table_name="invoice_exception", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index(op.f("ix_invoice_exception_state"), table_name="invoice_exception")
    op.drop_index("ix_invoice_exception_search", table_name="invoice_exception", postgresql_using="gin")
    op.drop_index(op.f("ix_invoice_exception_invoice_id"), table_name="invoice_exception")
    op.drop_table("invoice_exception")
    op.drop_index(op.f("ix_invoice_check_invoice_id"), table_name="invoice_check")
    op.drop_table("invoice_check")
    op.drop_index(op.f("ix_invoice_adjustment_invoice_id"), table_name="invoice_adjustment")
    op.drop_table("invoice_adjustment")
    op.drop_index(op.f("ix_invoice_supplier_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_state"), table_name="invoice")
    op.drop_index("ix_invoice_search", table_name="invoice", postgresql_using="gin")
    op.drop_index(op.f("ix_invoice_project_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_order_id"), table_name="invoice")
    op.drop_index("ix_invoice_number_keys", table_name="invoice", postgresql_using="gin")
    op.drop_index(op.f("ix_invoice_file_hash"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_entity_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_document_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_currency_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_credits_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_cost_centre_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_account_fingerprint"), table_name="invoice")
    op.drop_table("invoice")
    op.drop_index(op.f("ix_tolerance_supplier_id"), table_name="tolerance")
    op.drop_index("ix_tolerance_search", table_name="tolerance", postgresql_using="gin")
    op.drop_index(op.f("ix_tolerance_entity_id"), table_name="tolerance")
    op.drop_index(op.f("ix_tolerance_currency_id"), table_name="tolerance")
    op.drop_index(op.f("ix_tolerance_category_id"), table_name="tolerance")
    op.drop_table("tolerance")
