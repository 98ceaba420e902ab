"""What people were told, and how it reached them."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'notice',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('event', sa.UUID(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(40), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('resource', sa.Text(), nullable=False),
        sa.Column('row_key', sa.Text(), nullable=False),
        sa.Column('amount', sa.String(length=60), nullable=True),
        sa.Column('path', sa.Text(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['ab_user.id'], name=op.f('fk_notice_account_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
        sa.CheckConstraint("state IN ('unread', 'read')", name=op.f('ck_notice_state')),
        sa.CheckConstraint("(state = 'read') = (read_at IS NOT NULL)", name=op.f('ck_notice_read_at')),
        sa.UniqueConstraint('event', 'account_id', name='uq_notice_event'),
    )
    op.create_index('ix_notice_account', 'notice', ['account_id', 'id'], unique=False)
    op.create_index('ix_notice_row', 'notice', ['resource', 'row_key'], unique=False)
    op.create_index(op.f('ix_notice_state'), 'notice', ['state'], unique=False)
    op.create_index('ix_notice_unread', 'notice', ['account_id'], unique=False, postgresql_where=sa.text("state = 'unread'"))
    op.create_table(
        'delivery',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('notice_id', sa.BigInteger(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('channel', sa.String(40), nullable=False),
        sa.Column('address', sa.String(length=320), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('error', sa.String(length=500), nullable=True),
        sa.Column('message_id', sa.String(length=320), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['ab_user.id'], name=op.f('fk_delivery_account_id')),
        sa.ForeignKeyConstraint(['notice_id'], ['notice.id'], name=op.f('fk_delivery_notice_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'skipped')", name=op.f('ck_delivery_state')),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f('ck_delivery_sent_at')),
        sa.CheckConstraint("state NOT IN ('failed', 'skipped') OR error IS NOT NULL", name=op.f('ck_delivery_error')),
        sa.UniqueConstraint('notice_id', 'channel', name='uq_delivery_channel'),
    )
    op.create_index('ix_delivery_account', 'delivery', ['account_id', 'id'], unique=False)
    op.create_index(op.f('ix_delivery_notice_id'), 'delivery', ['notice_id'], unique=False)
    op.create_index(op.f('ix_delivery_state'), 'delivery', ['state'], unique=False)


def downgrade() -> None:
    op.drop_table('delivery')
    op.drop_table('notice')
