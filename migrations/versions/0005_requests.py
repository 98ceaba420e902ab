"""Requests with their lines and splits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('request',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('number', sa.String(length=20), nullable=False),
        sa.Column('title', sa.String(length=160), nullable=False),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('requester_id', sa.BigInteger(), nullable=False),
        sa.Column('wanted_for_id', sa.BigInteger(), nullable=True),
        sa.Column('entity_id', sa.BigInteger(), nullable=False),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=False),
        sa.Column('project_id', sa.BigInteger(), nullable=True),
        sa.Column('supplier_id', sa.BigInteger(), nullable=True),
        sa.Column('currency_id', sa.BigInteger(), nullable=False),
        sa.Column('needed_by', sa.Date(), nullable=True),
        sa.Column('deliver_to_id', sa.BigInteger(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('returned_reason', sa.Text(), nullable=True),
        sa.Column('state_reason', sa.Text(), nullable=True),
        sa.Column('total', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('base_total', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('rate', sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column('rate_on', sa.Date(), nullable=True),
        sa.Column('rate_source', sa.String(length=100), nullable=True),
        sa.Column('makers', postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('created_by', sa.Integer(), nullable=True),
        sa.Column('search', postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint("state NOT IN ('submitted', 'approved', 'rejected', 'closed') OR (submitted_at IS NOT NULL AND base_total IS NOT NULL AND rate IS NOT NULL)", name=op.f('ck_request_submitted')),
        sa.CheckConstraint('rate > 0', name=op.f('ck_request_rate')),
        sa.CheckConstraint('revision > 0', name=op.f('ck_request_revision')),
        sa.CheckConstraint('total >= 0', name=op.f('ck_request_total')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_request_cost_centre_id')),
        sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_request_currency_id')),
        sa.ForeignKeyConstraint(['deliver_to_id'], ['location.id'], name=op.f('fk_request_deliver_to_id')),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_request_entity_id')),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_request_project_id')),
        sa.ForeignKeyConstraint(['requester_id'], ['person.id'], name=op.f('fk_request_requester_id')),
        sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_request_supplier_id')),
        sa.ForeignKeyConstraint(['wanted_for_id'], ['person.id'], name=op.f('fk_request_wanted_for_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_request')),
        sa.UniqueConstraint('number', name=op.f('uq_request_number'))
    )
    op.create_index(op.f('ix_request_cost_centre_id'), 'request', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_request_currency_id'), 'request', ['currency_id'], unique=False)
    op.create_index(op.f('ix_request_deliver_to_id'), 'request', ['deliver_to_id'], unique=False)
    op.create_index(op.f('ix_request_entity_id'), 'request', ['entity_id'], unique=False)
    op.create_index(op.f('ix_request_project_id'), 'request', ['project_id'], unique=False)
    op.create_index(op.f('ix_request_requester_id'), 'request', ['requester_id'], unique=False)
    op.create_index('ix_request_search', 'request', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_request_state'), 'request', ['state'], unique=False)
    op.create_index(op.f('ix_request_supplier_id'), 'request', ['supplier_id'], unique=False)
    op.create_index(op.f('ix_request_wanted_for_id'), 'request', ['wanted_for_id'], unique=False)
    op.create_table('request_line',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('request_id', sa.BigInteger(), nullable=False),
        sa.Column('item_id', sa.BigInteger(), nullable=True),
        sa.Column('text', sa.String(length=200), nullable=True),
        sa.Column('quantity', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('unit_id', sa.BigInteger(), nullable=True),
        sa.Column('unit_price', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('category_id', sa.BigInteger(), nullable=True),
        sa.Column('account', sa.String(length=20), nullable=True),
        sa.Column('tax_code_id', sa.BigInteger(), nullable=True),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
        sa.Column('project_id', sa.BigInteger(), nullable=True),
        sa.Column('supplier_id', sa.BigInteger(), nullable=True),
        sa.Column('needed_by', sa.Date(), nullable=True),
        sa.Column('from_catalogue', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.CheckConstraint('amount >= 0', name=op.f('ck_request_line_amount')),
        sa.CheckConstraint('quantity >= 0', name=op.f('ck_request_line_quantity')),
        sa.CheckConstraint('unit_price >= 0', name=op.f('ck_request_line_unit_price')),
        sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_request_line_category_id')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_request_line_cost_centre_id')),
        sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_request_line_item_id')),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_request_line_project_id')),
        sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_request_line_request_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_request_line_supplier_id')),
        sa.ForeignKeyConstraint(['tax_code_id'], ['tax_code.id'], name=op.f('fk_request_line_tax_code_id')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_request_line_unit_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_request_line'))
    )
    op.create_index(op.f('ix_request_line_category_id'), 'request_line', ['category_id'], unique=False)
    op.create_index(op.f('ix_request_line_cost_centre_id'), 'request_line', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_request_line_item_id'), 'request_line', ['item_id'], unique=False)
    op.create_index(op.f('ix_request_line_project_id'), 'request_line', ['project_id'], unique=False)
    op.create_index(op.f('ix_request_line_request_id'), 'request_line', ['request_id'], unique=False)
    op.create_index(op.f('ix_request_line_supplier_id'), 'request_line', ['supplier_id'], unique=False)
    op.create_index(op.f('ix_request_line_tax_code_id'), 'request_line', ['tax_code_id'], unique=False)
    op.create_index(op.f('ix_request_line_unit_id'), 'request_line', ['unit_id'], unique=False)
    op.create_table('request_split',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('request_id', sa.BigInteger(), nullable=False),
        sa.Column('line', sa.Integer(), nullable=False),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=False),
        sa.Column('project_id', sa.BigInteger(), nullable=True),
        sa.Column('percent', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.CheckConstraint('amount >= 0', name=op.f('ck_request_split_amount')),
        sa.CheckConstraint('line > 0', name=op.f('ck_request_split_line')),
        sa.CheckConstraint('percent BETWEEN 0 AND 100', name=op.f('ck_request_split_percent')),
        sa.CheckConstraint('percent IS NULL OR amount IS NULL', name=op.f('ck_request_split_percent_or_amount')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_request_split_cost_centre_id')),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_request_split_project_id')),
        sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_request_split_request_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_request_split'))
    )
    op.create_index(op.f('ix_request_split_cost_centre_id'), 'request_split', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_request_split_project_id'), 'request_split', ['project_id'], unique=False)
    op.create_index(op.f('ix_request_split_request_id'), 'request_split', ['request_id'], unique=False)


def downgrade() -> None:
    op.drop_table('request_split')
    op.drop_table('request_line')
    op.drop_table('request')
