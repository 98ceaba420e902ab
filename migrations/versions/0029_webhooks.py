"""Servers that are told of events, what was delivered to each, and a queue for work that waits for others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _queues("light", "heavy", "outside")
    op.create_table('webhook',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('events', sa.Text(), nullable=True),
    sa.Column('entity_id', sa.BigInteger(), nullable=True),
    sa.Column('secret', sa.Text(), nullable=True),
    sa.Column('old_secret', sa.Text(), nullable=True),
    sa.Column('old_secret_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_because', sa.String(length=500), nullable=True),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint("(state = 'paused') = (paused_at IS NOT NULL)", name=op.f('ck_webhook_paused_at')),
    sa.CheckConstraint("code ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'", name=op.f('ck_webhook_code')),
    sa.CheckConstraint("state = 'draft' OR state = 'retired' OR secret IS NOT NULL", name=op.f('ck_webhook_secret')),
    sa.CheckConstraint("state IN ('draft', 'active', 'paused', 'retired')", name=op.f('ck_webhook_state')),
    sa.CheckConstraint('(old_secret IS NULL) = (old_secret_until IS NULL)', name=op.f('ck_webhook_old_secret')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_webhook_entity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook')),
    sa.UniqueConstraint('code', name=op.f('uq_webhook_code'))
    )
    op.create_index(op.f('ix_webhook_entity_id'), 'webhook', ['entity_id'], unique=False)
    op.create_index('ix_webhook_search', 'webhook', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_webhook_state'), 'webhook', ['state'], unique=False)
    op.create_table('webhook_delivery',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('webhook_id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'retrying', 'delivered', 'dead', 'skipped')", name=op.f('ck_webhook_delivery_state')),
    sa.CheckConstraint("state NOT IN ('dead', 'skipped') OR error IS NOT NULL", name=op.f('ck_webhook_delivery_error')),
    sa.ForeignKeyConstraint(['event_id'], ['outbox_event.id'], name=op.f('fk_webhook_delivery_event_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['webhook_id'], ['webhook.id'], name=op.f('fk_webhook_delivery_webhook_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_delivery')),
    sa.UniqueConstraint('webhook_id', 'event_id', name='uq_webhook_delivery_event')
    )
    op.create_index(op.f('ix_webhook_delivery_created_at'), 'webhook_delivery', ['created_at'], unique=False)
    op.create_index('ix_webhook_delivery_ended', 'webhook_delivery', ['webhook_id', 'ended_at'], unique=False)
    op.create_index(op.f('ix_webhook_delivery_event_id'), 'webhook_delivery', ['event_id'], unique=False)
    op.create_index(op.f('ix_webhook_delivery_state'), 'webhook_delivery', ['state'], unique=False)
    op.create_index(op.f('ix_webhook_delivery_webhook_id'), 'webhook_delivery', ['webhook_id'], unique=False)
    op.create_table('webhook_attempt',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('delivery_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('milliseconds', sa.Integer(), nullable=False),
    sa.Column('told', sa.String(length=500), nullable=True),
    sa.ForeignKeyConstraint(['delivery_id'], ['webhook_delivery.id'], name=op.f('fk_webhook_attempt_delivery_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_attempt'))
    )
    op.create_index(op.f('ix_webhook_attempt_delivery_id'), 'webhook_attempt', ['delivery_id'], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE queue = 'outside' OR kind IN ('hear:webhooks', 'webhook.replay')")
    _queues("light", "heavy")
    op.drop_index(op.f('ix_webhook_attempt_delivery_id'), table_name='webhook_attempt')
    op.drop_table('webhook_attempt')
    op.drop_index(op.f('ix_webhook_delivery_webhook_id'), table_name='webhook_delivery')
    op.drop_index(op.f('ix_webhook_delivery_state'), table_name='webhook_delivery')
    op.drop_index(op.f('ix_webhook_delivery_event_id'), table_name='webhook_delivery')
    op.drop_index('ix_webhook_delivery_ended', table_name='webhook_delivery')
    op.drop_index(op.f('ix_webhook_delivery_created_at'), table_name='webhook_delivery')
    op.drop_table('webhook_delivery')
    op.drop_index(op.f('ix_webhook_state'), table_name='webhook')
    op.drop_index('ix_webhook_search', table_name='webhook', postgresql_using='gin')
    op.drop_index(op.f('ix_webhook_entity_id'), table_name='webhook')
    op.drop_table('webhook')


def _queues(*names: str) -> None:
    op.drop_constraint(op.f("ck_job_queue"), "job", type_="check")
    listed = ", ".join(f"'{name}'" for name in names)
    op.create_check_constraint(op.f("ck_job_queue"), "job", f"queue IN ({listed})")
