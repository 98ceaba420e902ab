"""Who takes part in a document."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'party',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('resource', sa.Text(), nullable=False),
        sa.Column('row_id', sa.BigInteger(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('part', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_party')),
    )
    op.create_index('ix_party_row', 'party', ['resource', 'row_id'])
    op.create_index('uq_party_part', 'party', ['account_id', 'resource', 'row_id', 'part'], unique=True)


def downgrade() -> None:
    op.drop_table('party')
