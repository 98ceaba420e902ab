"""What suppliers pay back of credit notes: payments below zero, and lines of statements proposed for them."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
PAYMENT, MATCH = "payment", "statement_match"


def upgrade() -> None:
    _check(PAYMENT, "amount", "CASE WHEN method = 'refund' THEN amount < 0 ELSE amount >= 0 END")
    between = (
        "CASE WHEN amount < 0 THEN settled_amount BETWEEN amount AND 0 ELSE settled_amount BETWEEN 0 AND amount END"
    )
    _check(PAYMENT, "settled_amount", between)
    op.alter_column(MATCH, "payment_id", nullable=True)
    op.add_column(MATCH, sa.Column("invoice_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f(f"fk_{MATCH}_invoice_id"), MATCH, "invoice", ["invoice_id"], ["id"])
    op.create_index(op.f(f"ix_{MATCH}_invoice_id"), MATCH, ["invoice_id"])
    only_one = "(payment_id IS NULL) = (invoice_id IS NOT NULL)"
    op.create_check_constraint(op.f(f"ck_{MATCH}_payment_or_invoice"), MATCH, only_one)
    op.create_check_constraint(op.f(f"ck_{MATCH}_proposed"), MATCH, "payment_id IS NOT NULL OR state = 'proposed'")


def downgrade() -> None:
    """Take the way back; it stands still where something was paid back, as such payments would have to be forgotten."""
    op.execute(f"DELETE FROM {MATCH} WHERE payment_id IS NULL")  # noqa: S608 - a name of our own
    op.drop_column(MATCH, "invoice_id")
    op.alter_column(MATCH, "payment_id", nullable=False)
    _check(PAYMENT, "amount", "amount >= 0")
    _check(PAYMENT, "settled_amount", "settled_amount BETWEEN 0 AND amount")


def _check(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
