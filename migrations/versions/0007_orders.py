"""Orders with their lines, sources, revisions and letters; what orders take of requests stands on these."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('purchase_order',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('number', sa.String(length=20), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('blanket_id', sa.BigInteger(), nullable=True),
        sa.Column('supplier_id', sa.BigInteger(), nullable=False),
        sa.Column('entity_id', sa.BigInteger(), nullable=False),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=False),
        sa.Column('project_id', sa.BigInteger(), nullable=True),
        sa.Column('buyer_id', sa.BigInteger(), nullable=True),
        sa.Column('currency_id', sa.BigInteger(), nullable=False),
        sa.Column('deliver_to_id', sa.BigInteger(), nullable=True),
        sa.Column('promised_for', sa.Date(), nullable=True),
        sa.Column('payment_days', sa.Integer(), nullable=True),
        sa.Column('discount_percent', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('discount_days', sa.Integer(), nullable=True),
        sa.Column('instalments', sa.String(length=120), nullable=True),
        sa.Column('contact_email', sa.String(length=200), nullable=True),
        sa.Column('terms', sa.Text(), nullable=True),
        sa.Column('note', sa.Text(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('amend_reason', sa.Text(), nullable=True),
        sa.Column('returned_reason', sa.Text(), nullable=True),
        sa.Column('state_reason', sa.Text(), nullable=True),
        sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ordered_on', sa.Date(), nullable=True),
        sa.Column('acknowledged_on', sa.Date(), nullable=True),
        sa.Column('acknowledged_by', sa.Integer(), nullable=True),
        sa.Column('acknowledged_as', sa.String(length=40), nullable=True),
        sa.Column('supplier_reference', sa.String(length=60), nullable=True),
        sa.Column('net_total', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('tax_total', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('total', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('base_total', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('rate', sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column('rate_on', sa.Date(), nullable=True),
        sa.Column('rate_source', sa.String(length=100), nullable=True),
        sa.Column('ceiling', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('valid_from', sa.Date(), nullable=True),
        sa.Column('valid_until', sa.Date(), nullable=True),
        sa.Column('called_off', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('received', sa.String(length=40), nullable=False),
        sa.Column('invoiced', sa.String(length=40), nullable=False),
        sa.Column('paid', sa.String(length=40), nullable=False),
        sa.Column('amount_paid', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('makers', postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('created_by', sa.Integer(), nullable=True),
        sa.Column('search', postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint("kind <> 'blanket' OR blanket_id IS NULL", name=op.f('ck_purchase_order_blanket')),
        sa.CheckConstraint("state NOT IN ('issued', 'amending', 'closed') OR (revision > 0 AND issued_at IS NOT NULL AND base_total IS NOT NULL AND rate IS NOT NULL)", name=op.f('ck_purchase_order_issued')),
        sa.CheckConstraint('(discount_percent IS NULL) = (discount_days IS NULL)', name=op.f('ck_purchase_order_discount')),
        sa.CheckConstraint('called_off >= 0 AND (called_off = 0 OR called_off <= ceiling)', name=op.f('ck_purchase_order_called_off')),
        sa.CheckConstraint('ceiling > 0', name=op.f('ck_purchase_order_ceiling')),
        sa.CheckConstraint('discount_percent > 0 AND discount_percent < 100', name=op.f('ck_purchase_order_discount_percent')),
        sa.CheckConstraint('payment_days BETWEEN 0 AND 365', name=op.f('ck_purchase_order_payment_days')),
        sa.CheckConstraint('rate > 0', name=op.f('ck_purchase_order_rate')),
        sa.CheckConstraint('revision >= 0', name=op.f('ck_purchase_order_revision')),
        sa.CheckConstraint('valid_until >= valid_from', name=op.f('ck_purchase_order_valid_until')),
        sa.ForeignKeyConstraint(['blanket_id'], ['purchase_order.id'], name=op.f('fk_purchase_order_blanket_id')),
        sa.ForeignKeyConstraint(['buyer_id'], ['person.id'], name=op.f('fk_purchase_order_buyer_id')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_purchase_order_cost_centre_id')),
        sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_purchase_order_currency_id')),
        sa.ForeignKeyConstraint(['deliver_to_id'], ['location.id'], name=op.f('fk_purchase_order_deliver_to_id')),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_purchase_order_entity_id')),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_purchase_order_project_id')),
        sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_purchase_order_supplier_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_purchase_order')),
        sa.UniqueConstraint('number', name=op.f('uq_purchase_order_number'))
    )
    op.create_index(op.f('ix_purchase_order_blanket_id'), 'purchase_order', ['blanket_id'], unique=False)
    op.create_index(op.f('ix_purchase_order_buyer_id'), 'purchase_order', ['buyer_id'], unique=False)
    op.create_index(op.f('ix_purchase_order_cost_centre_id'), 'purchase_order', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_purchase_order_currency_id'), 'purchase_order', ['currency_id'], unique=False)
    op.create_index(op.f('ix_purchase_order_deliver_to_id'), 'purchase_order', ['deliver_to_id'], unique=False)
    op.create_index(op.f('ix_purchase_order_entity_id'), 'purchase_order', ['entity_id'], unique=False)
    op.create_index(op.f('ix_purchase_order_project_id'), 'purchase_order', ['project_id'], unique=False)
    op.create_index('ix_purchase_order_search', 'purchase_order', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_purchase_order_state'), 'purchase_order', ['state'], unique=False)
    op.create_index(op.f('ix_purchase_order_supplier_id'), 'purchase_order', ['supplier_id'], unique=False)
    op.create_table('order_line',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.BigInteger(), nullable=False),
        sa.Column('item_id', sa.BigInteger(), nullable=True),
        sa.Column('text', sa.String(length=200), nullable=True),
        sa.Column('supplier_item', sa.String(length=60), nullable=True),
        sa.Column('quantity', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('unit_id', sa.BigInteger(), nullable=True),
        sa.Column('unit_price', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('discounts', sa.String(length=24), nullable=True),
        sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('tax_code_id', sa.BigInteger(), nullable=True),
        sa.Column('category_id', sa.BigInteger(), nullable=True),
        sa.Column('account', sa.String(length=20), nullable=True),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
        sa.Column('project_id', sa.BigInteger(), nullable=True),
        sa.Column('promised_for', sa.Date(), nullable=True),
        sa.Column('received_by', sa.String(length=40), nullable=True),
        sa.Column('over_percent', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('over_quantity', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('short_closed_quantity', sa.Numeric(precision=18, scale=6), server_default='0', nullable=False),
        sa.Column('short_closed_reason', sa.String(length=500), nullable=True),
        sa.Column('issued_quantity', sa.Numeric(precision=18, scale=6), server_default='0', nullable=False),
        sa.Column('quantity_received', sa.Numeric(precision=18, scale=6), server_default='0', nullable=False),
        sa.Column('amount_received', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('quantity_invoiced', sa.Numeric(precision=18, scale=6), server_default='0', nullable=False),
        sa.Column('amount_invoiced', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.CheckConstraint('over_percent BETWEEN 0 AND 1000', name=op.f('ck_order_line_over_percent')),
        sa.CheckConstraint('over_quantity >= 0', name=op.f('ck_order_line_over_quantity')),
        sa.CheckConstraint('unit_price >= 0', name=op.f('ck_order_line_unit_price')),
        sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_order_line_category_id')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_order_line_cost_centre_id')),
        sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_order_line_item_id')),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name=op.f('fk_order_line_order_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_order_line_project_id')),
        sa.ForeignKeyConstraint(['tax_code_id'], ['tax_code.id'], name=op.f('fk_order_line_tax_code_id')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_order_line_unit_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_order_line'))
    )
    op.create_index(op.f('ix_order_line_category_id'), 'order_line', ['category_id'], unique=False)
    op.create_index(op.f('ix_order_line_cost_centre_id'), 'order_line', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_order_line_item_id'), 'order_line', ['item_id'], unique=False)
    op.create_index(op.f('ix_order_line_order_id'), 'order_line', ['order_id'], unique=False)
    op.create_index(op.f('ix_order_line_project_id'), 'order_line', ['project_id'], unique=False)
    op.create_index(op.f('ix_order_line_tax_code_id'), 'order_line', ['tax_code_id'], unique=False)
    op.create_index(op.f('ix_order_line_unit_id'), 'order_line', ['unit_id'], unique=False)
    op.create_table('order_revision',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.BigInteger(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('issued_by', sa.Integer(), nullable=False),
        sa.Column('channel', sa.String(length=40), nullable=False),
        sa.Column('note', sa.Text(), nullable=True),
        sa.Column('total', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('content', postgresql.JSONB(), nullable=False),
        sa.Column('stored', postgresql.JSONB(), nullable=False),
        sa.Column('agreed', postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name=op.f('fk_order_revision_order_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_order_revision')),
        sa.UniqueConstraint('order_id', 'number', name='uq_order_revision_number')
    )
    op.create_index(op.f('ix_order_revision_order_id'), 'order_revision', ['order_id'], unique=False)
    op.create_table('order_sending',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.BigInteger(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('address', sa.String(length=320), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('error', sa.String(length=500), nullable=True),
        sa.Column('message_id', sa.String(length=320), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f('ck_order_sending_sent_at')),
        sa.CheckConstraint("state NOT IN ('failed', 'skipped') OR error IS NOT NULL", name=op.f('ck_order_sending_error')),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name=op.f('fk_order_sending_order_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_order_sending'))
    )
    op.create_index(op.f('ix_order_sending_order_id'), 'order_sending', ['order_id'], unique=False)
    op.create_index(op.f('ix_order_sending_state'), 'order_sending', ['state'], unique=False)
    op.create_table('order_source',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.BigInteger(), nullable=False),
        sa.Column('line', sa.Integer(), nullable=False),
        sa.Column('order_line_id', sa.BigInteger(), nullable=True),
        sa.Column('request_id', sa.BigInteger(), nullable=False),
        sa.Column('request_line', sa.Integer(), nullable=False),
        sa.Column('request_line_id', sa.BigInteger(), nullable=True),
        sa.Column('quantity', sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column('issued_quantity', sa.Numeric(precision=18, scale=6), server_default='0', nullable=False),
        sa.Column('returned', sa.Numeric(precision=18, scale=6), server_default='0', nullable=False),
        sa.CheckConstraint('line > 0', name=op.f('ck_order_source_line')),
        sa.CheckConstraint('quantity > 0', name=op.f('ck_order_source_quantity')),
        sa.CheckConstraint('returned BETWEEN 0 AND quantity', name=op.f('ck_order_source_returned')),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name=op.f('fk_order_source_order_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_order_source_order_line_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_order_source_request_id')),
        sa.ForeignKeyConstraint(['request_line_id'], ['request_line.id'], name=op.f('fk_order_source_request_line_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_order_source'))
    )
    op.create_index(op.f('ix_order_source_order_id'), 'order_source', ['order_id'], unique=False)
    op.create_index(op.f('ix_order_source_order_line_id'), 'order_source', ['order_line_id'], unique=False)
    op.create_index(op.f('ix_order_source_request_id'), 'order_source', ['request_id'], unique=False)
    op.create_index(op.f('ix_order_source_request_line_id'), 'order_source', ['request_line_id'], unique=False)
    op.create_table('order_split',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.BigInteger(), nullable=False),
        sa.Column('line', sa.Integer(), nullable=False),
        sa.Column('order_line_id', sa.BigInteger(), nullable=True),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=False),
        sa.Column('project_id', sa.BigInteger(), nullable=True),
        sa.Column('percent', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.CheckConstraint('amount >= 0', name=op.f('ck_order_split_amount')),
        sa.CheckConstraint('line > 0', name=op.f('ck_order_split_line')),
        sa.CheckConstraint('percent BETWEEN 0 AND 100', name=op.f('ck_order_split_percent')),
        sa.CheckConstraint('percent IS NULL OR amount IS NULL', name=op.f('ck_order_split_percent_or_amount')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_order_split_cost_centre_id')),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name=op.f('fk_order_split_order_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_order_split_order_line_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_order_split_project_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_order_split'))
    )
    op.create_index(op.f('ix_order_split_cost_centre_id'), 'order_split', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_order_split_order_id'), 'order_split', ['order_id'], unique=False)
    op.create_index(op.f('ix_order_split_order_line_id'), 'order_split', ['order_line_id'], unique=False)
    op.create_index(op.f('ix_order_split_project_id'), 'order_split', ['project_id'], unique=False)
    op.add_column('request', sa.Column('ordered', sa.String(length=40), server_default='none', nullable=False))
    op.add_column('request_line', sa.Column('quantity_ordered', sa.Numeric(precision=18, scale=6), server_default='0', nullable=False))
    op.add_column('request_line', sa.Column('quantity_issued', sa.Numeric(precision=18, scale=6), server_default='0', nullable=False))
    op.create_check_constraint(op.f('ck_request_line_quantity_ordered'), 'request_line', 'quantity_ordered >= 0')
    op.create_check_constraint(op.f('ck_request_line_quantity_issued'), 'request_line', 'quantity_issued >= 0')
    op.execute('CREATE TRIGGER order_revision_stays BEFORE UPDATE OR DELETE ON order_revision FOR EACH ROW EXECUTE FUNCTION refuse_change()')


def downgrade() -> None:
    op.drop_column('request_line', 'quantity_issued')
    op.drop_column('request_line', 'quantity_ordered')
    op.drop_column('request', 'ordered')
    op.drop_table('order_split')
    op.drop_table('order_source')
    op.drop_table('order_sending')
    op.drop_table('order_revision')
    op.drop_table('order_line')
    op.drop_table('purchase_order')
