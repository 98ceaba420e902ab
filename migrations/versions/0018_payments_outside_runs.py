"""Payments that no run sent: why, in spite of what, and that they may be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
TABLE = "payment"
KEPT = (
    "number",
    "run_id",
    "method",
    "supplier_id",
    "paying_account_id",
    "bank_account_id",
    "currency_id",
    "amount",
    "discount",
)
ALSO_KEPT = ("outside_because", "despite")


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("outside_because", sa.String(length=500), nullable=True))
    op.add_column(TABLE, sa.Column("despite", sa.String(length=1000), nullable=True))
    op.execute(f"UPDATE {TABLE} SET outside_because = 'Not stated' WHERE run_id IS NULL")  # noqa: S608 - a name of our own
    op.create_check_constraint(
        op.f("ck_payment_outside_because"), TABLE, "(run_id IS NULL) = (outside_because IS NOT NULL)"
    )
    _states("sent", "settled", "returned", "failed", "undone")
    _keep(*KEPT, *ALSO_KEPT)


def downgrade() -> None:
    op.execute(f"UPDATE {TABLE} SET state = 'failed' WHERE state = 'undone'")  # noqa: S608 - a name of our own
    _states("sent", "settled", "returned", "failed")
    _keep(*KEPT)
    op.drop_constraint(op.f("ck_payment_outside_because"), TABLE, type_="check")
    op.drop_column(TABLE, "despite")
    op.drop_column(TABLE, "outside_because")


def _states(*names: str) -> None:
    op.drop_constraint(op.f("ck_payment_state"), TABLE, type_="check")
    listed = ", ".join(f"'{name}'" for name in names)
    op.create_check_constraint(op.f("ck_payment_state"), TABLE, f"state IN ({listed})")


def _keep(*names: str) -> None:
    """Let nobody write over what was paid, not even past Outlay."""
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in names)
    op.execute(f"DROP TRIGGER {TABLE}_stays ON {TABLE}")
    op.execute(
        f"CREATE TRIGGER {TABLE}_stays BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN ({changed})"
        " EXECUTE FUNCTION refuse_change()"
    )
