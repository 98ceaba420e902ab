"""Budgets: plans, cells with their balances, moves and transfers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('budget_plan',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('number', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('entity_id', sa.BigInteger(), nullable=False),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('note', sa.Text(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('published_by', sa.Integer(), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('created_by', sa.Integer(), nullable=True),
        sa.Column('search', postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint('year BETWEEN 2000 AND 2100', name=op.f('ck_budget_plan_year')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_budget_plan_cost_centre_id')),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_budget_plan_entity_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_budget_plan')),
        sa.UniqueConstraint('number', name=op.f('uq_budget_plan_number'))
    )
    op.create_index(op.f('ix_budget_plan_cost_centre_id'), 'budget_plan', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_budget_plan_entity_id'), 'budget_plan', ['entity_id'], unique=False)
    op.create_index('ix_budget_plan_search', 'budget_plan', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_budget_plan_state'), 'budget_plan', ['state'], unique=False)
    op.create_table('budget_cell',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('code', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=250), nullable=False),
        sa.Column('entity_id', sa.BigInteger(), nullable=False),
        sa.Column('plan_id', sa.BigInteger(), nullable=True),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
        sa.Column('category_id', sa.BigInteger(), nullable=True),
        sa.Column('project_id', sa.BigInteger(), nullable=True),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('from_period', sa.Integer(), nullable=False),
        sa.Column('to_period', sa.Integer(), nullable=False),
        sa.Column('first_on', sa.Date(), nullable=False),
        sa.Column('last_on', sa.Date(), nullable=False),
        sa.Column('currency_id', sa.BigInteger(), nullable=False),
        sa.Column('plan_amount', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('control', sa.String(length=40), nullable=False),
        sa.Column('tolerance_percent', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('tolerance_amount', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('state_reason', sa.String(length=500), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('created_by', sa.Integer(), nullable=True),
        sa.Column('search', postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint('from_period BETWEEN 1 AND 12 AND to_period BETWEEN from_period AND 12', name=op.f('ck_budget_cell_periods')),
        sa.CheckConstraint('last_on > first_on', name=op.f('ck_budget_cell_days')),
        sa.CheckConstraint('tolerance_amount >= 0', name=op.f('ck_budget_cell_tolerance_amount')),
        sa.CheckConstraint('tolerance_percent BETWEEN 0 AND 100', name=op.f('ck_budget_cell_tolerance_percent')),
        sa.CheckConstraint('year BETWEEN 2000 AND 2100', name=op.f('ck_budget_cell_year')),
        sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_budget_cell_category_id')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_budget_cell_cost_centre_id')),
        sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_budget_cell_currency_id')),
        sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_budget_cell_entity_id')),
        sa.ForeignKeyConstraint(['plan_id'], ['budget_plan.id'], name=op.f('fk_budget_cell_plan_id')),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_budget_cell_project_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_budget_cell')),
        sa.UniqueConstraint('code', name=op.f('uq_budget_cell_code')),
        sa.UniqueConstraint('entity_id', 'year', 'cost_centre_id', 'category_id', 'project_id', 'from_period', 'to_period', name='uq_budget_cell_dimensions', postgresql_nulls_not_distinct=True)
    )
    op.create_index(op.f('ix_budget_cell_category_id'), 'budget_cell', ['category_id'], unique=False)
    op.create_index(op.f('ix_budget_cell_cost_centre_id'), 'budget_cell', ['cost_centre_id'], unique=False)
    op.create_index('ix_budget_cell_days', 'budget_cell', ['entity_id', 'last_on', 'first_on'], unique=False)
    op.create_index(op.f('ix_budget_cell_plan_id'), 'budget_cell', ['plan_id'], unique=False)
    op.create_index(op.f('ix_budget_cell_project_id'), 'budget_cell', ['project_id'], unique=False)
    op.create_index('ix_budget_cell_search', 'budget_cell', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_budget_cell_state'), 'budget_cell', ['state'], unique=False)
    op.create_table('budget_balance',
        sa.Column('cell_id', sa.BigInteger(), nullable=False),
        sa.Column('planned', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('transferred', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('carried', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('actual', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('committed', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('reserved', sa.Numeric(precision=18, scale=4), server_default='0', nullable=False),
        sa.Column('floor', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.CheckConstraint('committed >= 0', name=op.f('ck_budget_balance_committed')),
        sa.CheckConstraint('floor <= 0', name=op.f('ck_budget_balance_tolerance')),
        sa.CheckConstraint('floor IS NULL OR planned + transferred + carried - actual - committed - reserved >= floor', name=op.f('ck_budget_balance_floor')),
        sa.CheckConstraint('planned >= 0', name=op.f('ck_budget_balance_planned')),
        sa.CheckConstraint('reserved >= 0', name=op.f('ck_budget_balance_reserved')),
        sa.ForeignKeyConstraint(['cell_id'], ['budget_cell.id'], name=op.f('fk_budget_balance_cell_id')),
        sa.PrimaryKeyConstraint('cell_id', name=op.f('pk_budget_balance'))
    )
    op.create_table('budget_plan_line',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('plan_id', sa.BigInteger(), nullable=False),
        sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
        sa.Column('category_id', sa.BigInteger(), nullable=True),
        sa.Column('project_id', sa.BigInteger(), nullable=True),
        sa.Column('from_period', sa.Integer(), nullable=False),
        sa.Column('to_period', sa.Integer(), nullable=False),
        sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('control', sa.String(length=40), nullable=False),
        sa.Column('tolerance_percent', sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column('tolerance_amount', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('cell_id', sa.BigInteger(), nullable=True),
        sa.CheckConstraint('amount >= 0', name=op.f('ck_budget_plan_line_amount')),
        sa.CheckConstraint('from_period BETWEEN 1 AND 12 AND to_period BETWEEN from_period AND 12', name=op.f('ck_budget_plan_line_periods')),
        sa.CheckConstraint('tolerance_amount >= 0', name=op.f('ck_budget_plan_line_tolerance_amount')),
        sa.CheckConstraint('tolerance_percent BETWEEN 0 AND 100', name=op.f('ck_budget_plan_line_tolerance_percent')),
        sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_budget_plan_line_category_id')),
        sa.ForeignKeyConstraint(['cell_id'], ['budget_cell.id'], name=op.f('fk_budget_plan_line_cell_id')),
        sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_budget_plan_line_cost_centre_id')),
        sa.ForeignKeyConstraint(['plan_id'], ['budget_plan.id'], name=op.f('fk_budget_plan_line_plan_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_budget_plan_line_project_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_budget_plan_line'))
    )
    op.create_index(op.f('ix_budget_plan_line_category_id'), 'budget_plan_line', ['category_id'], unique=False)
    op.create_index(op.f('ix_budget_plan_line_cell_id'), 'budget_plan_line', ['cell_id'], unique=False)
    op.create_index(op.f('ix_budget_plan_line_cost_centre_id'), 'budget_plan_line', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_budget_plan_line_plan_id'), 'budget_plan_line', ['plan_id'], unique=False)
    op.create_index(op.f('ix_budget_plan_line_project_id'), 'budget_plan_line', ['project_id'], unique=False)
    op.create_table('budget_transfer',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('number', sa.String(length=20), nullable=False),
        sa.Column('from_cell_id', sa.BigInteger(), nullable=False),
        sa.Column('to_cell_id', sa.BigInteger(), nullable=False),
        sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('state_reason', sa.String(length=500), nullable=True),
        sa.Column('proposed_by', sa.Integer(), nullable=True),
        sa.Column('confirmed_by', sa.Integer(), nullable=True),
        sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('created_by', sa.Integer(), nullable=True),
        sa.Column('search', postgresql.TSVECTOR(), nullable=True),
        sa.CheckConstraint("state <> 'done' OR (confirmed_by IS NOT NULL AND proposed_by IS NOT NULL)", name=op.f('ck_budget_transfer_confirmed')),
        sa.CheckConstraint('amount > 0', name=op.f('ck_budget_transfer_amount')),
        sa.CheckConstraint('confirmed_by <> proposed_by', name=op.f('ck_budget_transfer_confirmed_by')),
        sa.CheckConstraint('from_cell_id <> to_cell_id', name=op.f('ck_budget_transfer_to_cell')),
        sa.ForeignKeyConstraint(['from_cell_id'], ['budget_cell.id'], name=op.f('fk_budget_transfer_from_cell_id')),
        sa.ForeignKeyConstraint(['to_cell_id'], ['budget_cell.id'], name=op.f('fk_budget_transfer_to_cell_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_budget_transfer')),
        sa.UniqueConstraint('number', name=op.f('uq_budget_transfer_number'))
    )
    op.create_index(op.f('ix_budget_transfer_from_cell_id'), 'budget_transfer', ['from_cell_id'], unique=False)
    op.create_index('ix_budget_transfer_search', 'budget_transfer', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_budget_transfer_state'), 'budget_transfer', ['state'], unique=False)
    op.create_index(op.f('ix_budget_transfer_to_cell_id'), 'budget_transfer', ['to_cell_id'], unique=False)
    op.create_table('budget_move',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('cell_id', sa.BigInteger(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('bucket', sa.String(length=40), nullable=False),
        sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column('on', sa.Date(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('source_resource', sa.String(length=60), nullable=False),
        sa.Column('source_id', sa.BigInteger(), nullable=False),
        sa.Column('source_key', sa.String(length=60), nullable=False),
        sa.Column('line', sa.String(length=200), nullable=True),
        sa.Column('actor_id', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('original_amount', sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column('original_currency', sa.String(length=3), nullable=True),
        sa.Column('rate', sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column('rate_on', sa.Date(), nullable=True),
        sa.Column('rate_source', sa.String(length=40), nullable=True),
        sa.Column('request_id', sa.Text(), nullable=False),
        sa.CheckConstraint('amount <> 0', name=op.f('ck_budget_move_amount')),
        sa.ForeignKeyConstraint(['cell_id'], ['budget_balance.cell_id'], name=op.f('fk_budget_move_cell_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_budget_move'))
    )
    op.create_index('ix_budget_move_cell', 'budget_move', ['cell_id', 'id'], unique=False)
    op.create_index('ix_budget_move_source', 'budget_move', ['source_resource', 'source_id', 'bucket'], unique=False)

    # What was moved stays as it was written.
    op.execute("CREATE TRIGGER budget_move_stays BEFORE UPDATE OR DELETE ON budget_move FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER budget_move_whole BEFORE TRUNCATE ON budget_move EXECUTE FUNCTION refuse_change()")
    # Balances are written over and over; room on their pages keeps that cheap.
    op.execute("ALTER TABLE budget_balance SET (fillfactor = 50)")


def downgrade() -> None:
    op.execute("DROP TABLE budget_move, budget_transfer, budget_plan_line, budget_balance, budget_cell, budget_plan")
