"""Keys under which records hold what they say of people, and when a person was erased."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'personal_key',
        sa.Column('account_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('secret', sa.Text(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('destroyed_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('account_id', name=op.f('pk_personal_key')),
        sa.CheckConstraint('(secret IS NULL) = (destroyed_at IS NOT NULL)', name=op.f('ck_personal_key_destroyed_at')),
    )
    op.add_column('person', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f('ck_person_erased_at'), 'person', "erased_at IS NULL OR state = 'left'")


def downgrade() -> None:
    op.drop_column('person', 'erased_at')
    op.drop_table('personal_key')
