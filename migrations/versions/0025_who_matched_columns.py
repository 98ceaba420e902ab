"""What columns mean is remembered with who said so, and with how such files are written."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("import_shape", sa.Column("fixed", kind, server_default="{}", nullable=False))
    op.add_column("import_shape", sa.Column("said_by", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("import_shape", "said_by")
    op.drop_column("import_shape", "fixed")
