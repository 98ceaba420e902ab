"""What of an order is not invoiced yet is kept with it, so that reports read only orders of which something is open."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
ORDER = "purchase_order"
NAMES = ("open_commitment", "received_not_invoiced")
DERIVE = """
UPDATE purchase_order o SET open_commitment = d.committed + greatest(o.charges_total - o.charges_invoiced, 0),
  received_not_invoiced = d.came
FROM (
  SELECT order_id,
    sum(greatest(round(amount * (issued_quantity - short_closed_quantity) / nullif(issued_quantity, 0), 4)
      - amount_invoiced, 0)) AS committed,
    sum(greatest(greatest(coalesce(round(amount * quantity_received / nullif(issued_quantity, 0), 4), 0), amount_received)
      - amount_invoiced, 0)) AS came
  FROM order_line GROUP BY order_id
) d WHERE d.order_id = o.id AND o.revision > 0
"""


def upgrade() -> None:
    for name in NAMES:
        op.add_column(ORDER, sa.Column(name, sa.Numeric(precision=18, scale=4), server_default="0", nullable=False))
    op.execute(DERIVE)
    for name in NAMES:
        op.create_index(op.f(f"ix_{ORDER}_{name}"), ORDER, [name], postgresql_where=sa.text(f"{name} > 0"))
    op.create_index("ix_purchase_order_arrival", ORDER, ["state", "received"])


def downgrade() -> None:
    op.drop_index("ix_purchase_order_arrival", table_name=ORDER)
    for name in NAMES:
        op.drop_index(op.f(f"ix_{ORDER}_{name}"), table_name=ORDER)
        op.drop_column(ORDER, name)
