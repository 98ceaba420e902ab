"""What an order agrees to beside its lines: freight and other charges, and deposits."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
ORDER, CHARGE = "purchase_order", "order_charge"
CHECKS = {
    "deposit_percent": "deposit_percent > 0 AND deposit_percent <= 100",
    "deposit_amount": "deposit_amount > 0",
    "deposit": "deposit_percent IS NULL OR deposit_amount IS NULL",
}
SUMS = ("charges_total", "charges_invoiced", "deposit_invoiced")


def upgrade() -> None:
    op.create_table(
        CHARGE,
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("tax_code_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_order_charge_amount")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_order_charge_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tax_code_id"], ["tax_code.id"], name=op.f("fk_order_charge_tax_code_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_charge")),
    )
    for name in ("order_id", "tax_code_id"):
        op.create_index(op.f(f"ix_{CHARGE}_{name}"), CHARGE, [name], unique=False)
    op.add_column(ORDER, sa.Column("deposit_percent", sa.Numeric(precision=18, scale=6), nullable=True))
    op.add_column(ORDER, sa.Column("deposit_amount", sa.Numeric(precision=18, scale=4), nullable=True))
    for name in SUMS:
        op.add_column(ORDER, sa.Column(name, sa.Numeric(precision=18, scale=4), server_default="0", nullable=False))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{ORDER}_{name}"), ORDER, condition)


def downgrade() -> None:
    for name in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_{ORDER}_{name}"), ORDER, type_="check")
    for name in ("deposit_percent", "deposit_amount", *SUMS):
        op.drop_column(ORDER, name)
    op.drop_table(CHARGE)
