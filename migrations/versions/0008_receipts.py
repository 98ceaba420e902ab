"""Receipts with their lines."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('receipt',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('number', sa.String(length=20), nullable=False),
        sa.Column('order_id', sa.BigInteger(), nullable=False),
        sa.Column('received_on', sa.Date(), nullable=True),
        sa.Column('delivery_note', sa.String(length=60), nullable=True),
        sa.Column('location_id', sa.BigInteger(), nullable=True),
        sa.Column('note', sa.Text(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('state_reason', sa.Text(), nullable=True),
        sa.Column('posted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('posted_by', sa.Integer(), nullable=True),
        sa.Column('value', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('entity_id', sa.BigInteger(), nullable=False),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=False),
        sa.Column('currency_id', sa.BigInteger(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('created_by', sa.Integer(), nullable=True),
        sa.Column('search', postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint("(state = 'draft') = (posted_at IS NULL)", name=op.f('ck_receipt_posted')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_receipt_cost_centre_id')),
        sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_receipt_currency_id')),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_receipt_entity_id')),
        sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_receipt_location_id')),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name=op.f('fk_receipt_order_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
        sa.UniqueConstraint('number', name=op.f('uq_receipt_number'))
    )
    op.create_index(op.f('ix_receipt_cost_centre_id'), 'receipt', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_receipt_currency_id'), 'receipt', ['currency_id'], unique=False)
    op.create_index(op.f('ix_receipt_entity_id'), 'receipt', ['entity_id'], unique=False)
    op.create_index(op.f('ix_receipt_location_id'), 'receipt', ['location_id'], unique=False)
    op.create_index(op.f('ix_receipt_order_id'), 'receipt', ['order_id'], unique=False)
    op.create_index('ix_receipt_search', 'receipt', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_receipt_state'), 'receipt', ['state'], unique=False)
    op.create_table('receipt_line',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('receipt_id', sa.BigInteger(), nullable=False),
        sa.Column('line', sa.Integer(), nullable=False),
        sa.Column('order_line_id', sa.BigInteger(), nullable=True),
        sa.Column('quantity', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('percent', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('condition', sa.String(length=40), nullable=True),
        sa.Column('reason', sa.String(length=500), nullable=True),
        sa.Column('counted', sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint('line > 0', name=op.f('ck_receipt_line_line')),
        sa.CheckConstraint('percent BETWEEN -100 AND 100', name=op.f('ck_receipt_line_percent')),
        sa.CheckConstraint('quantity IS NULL OR (amount IS NULL AND percent IS NULL)', name=op.f('ck_receipt_line_quantity_or_amount')),
        sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_receipt_line_order_line_id')),
        sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_receipt_line_receipt_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_line'))
    )
    op.create_index(op.f('ix_receipt_line_order_line_id'), 'receipt_line', ['order_line_id'], unique=False)
    op.create_index(op.f('ix_receipt_line_receipt_id'), 'receipt_line', ['receipt_id'], unique=False)


def downgrade() -> None:
    op.drop_table('receipt_line')
    op.drop_table('receipt')
