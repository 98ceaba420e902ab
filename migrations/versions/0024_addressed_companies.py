"""A company of ours is known by its number in the register and by its address for e-invoices too."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
TABLE = "entity"
COLUMNS = {"registration_number": 40, "endpoint_scheme": 4, "endpoint_id": 50}


def upgrade() -> None:
    for name, length in COLUMNS.items():
        op.add_column(TABLE, sa.Column(name, sa.String(length), nullable=True))
    op.create_check_constraint(op.f("ck_entity_endpoint"), TABLE, "(endpoint_scheme IS NULL) = (endpoint_id IS NULL)")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_entity_endpoint"), TABLE)
    for name in COLUMNS:
        op.drop_column(TABLE, name)
