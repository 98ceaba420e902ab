"""Approvals: policies with their rules, rounds with their steps, seats and decisions, and delegations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('approval_policy',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('document', sa.String(length=40), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=True),
    sa.Column('currency_id', sa.BigInteger(), nullable=True),
    sa.Column('same_person', sa.String(length=40), nullable=False),
    sa.Column('fallback_role', sa.String(length=64), nullable=False),
    sa.Column('reopen_from_stage', sa.Integer(), nullable=False),
    sa.Column('material_percent', sa.Numeric(precision=18, scale=6), nullable=True),
    sa.Column('material_amount', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('replaces_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_by', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint("state = 'draft' OR (hash IS NOT NULL AND published_at IS NOT NULL)", name=op.f('ck_approval_policy_published')),
    sa.CheckConstraint('material_amount >= 0', name=op.f('ck_approval_policy_material_amount')),
    sa.CheckConstraint('material_percent >= 0', name=op.f('ck_approval_policy_material_percent')),
    sa.CheckConstraint('reopen_from_stage >= 1', name=op.f('ck_approval_policy_reopen_from_stage')),
    sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_approval_policy_currency_id')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_approval_policy_entity_id')),
    sa.ForeignKeyConstraint(['replaces_id'], ['approval_policy.id'], name=op.f('fk_approval_policy_replaces_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_policy')),
    sa.UniqueConstraint('number', name=op.f('uq_approval_policy_number'))
    )
    op.create_index(op.f('ix_approval_policy_currency_id'), 'approval_policy', ['currency_id'], unique=False)
    op.create_index(op.f('ix_approval_policy_entity_id'), 'approval_policy', ['entity_id'], unique=False)
    op.create_index(op.f('ix_approval_policy_replaces_id'), 'approval_policy', ['replaces_id'], unique=False)
    op.create_index('ix_approval_policy_search', 'approval_policy', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_approval_policy_state'), 'approval_policy', ['state'], unique=False)
    op.create_index('uq_approval_policy_published', 'approval_policy', ['document', 'entity_id'], unique=True, postgresql_nulls_not_distinct=True, postgresql_where=sa.text("state = 'published'"))
    op.create_table('approval_condition',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('policy_id', sa.BigInteger(), nullable=False),
    sa.Column('rule', sa.String(length=20), nullable=False),
    sa.Column('alternative', sa.Integer(), nullable=False),
    sa.Column('fact', sa.String(length=40), nullable=False),
    sa.Column('operator', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=500), nullable=True),
    sa.ForeignKeyConstraint(['policy_id'], ['approval_policy.id'], name=op.f('fk_approval_condition_policy_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_condition'))
    )
    op.create_index(op.f('ix_approval_condition_policy_id'), 'approval_condition', ['policy_id'], unique=False)
    op.create_table('approval',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('resource', sa.String(length=40), nullable=False),
    sa.Column('row_id', sa.BigInteger(), nullable=False),
    sa.Column('document_key', sa.String(length=80), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('requester_id', sa.BigInteger(), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=False),
    sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
    sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=False),
    sa.Column('currency_id', sa.BigInteger(), nullable=False),
    sa.Column('policy_id', sa.BigInteger(), nullable=False),
    sa.Column('policy_hash', sa.String(length=64), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('explanation', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('excluded', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('cost_centres', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('state_reason', sa.String(length=500), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_approval_cost_centre_id')),
    sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_approval_currency_id')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_approval_entity_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['approval_policy.id'], name=op.f('fk_approval_policy_id')),
    sa.ForeignKeyConstraint(['requester_id'], ['person.id'], name=op.f('fk_approval_requester_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval')),
    sa.UniqueConstraint('number', name=op.f('uq_approval_number')),
    sa.UniqueConstraint('resource', 'row_id', 'revision', name='uq_approval_round')
    )
    op.create_index(op.f('ix_approval_cost_centre_id'), 'approval', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_approval_currency_id'), 'approval', ['currency_id'], unique=False)
    op.create_index(op.f('ix_approval_document_key'), 'approval', ['document_key'], unique=False)
    op.create_index(op.f('ix_approval_entity_id'), 'approval', ['entity_id'], unique=False)
    op.create_index(op.f('ix_approval_policy_id'), 'approval', ['policy_id'], unique=False)
    op.create_index(op.f('ix_approval_requester_id'), 'approval', ['requester_id'], unique=False)
    op.create_index('ix_approval_search', 'approval', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_approval_state'), 'approval', ['state'], unique=False)
    op.create_index('uq_approval_open', 'approval', ['resource', 'row_id'], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_table('approval_rule',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('policy_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=False),
    sa.Column('effect', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('stage', sa.Integer(), nullable=False),
    sa.Column('resolver', sa.String(length=40), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('role', sa.String(length=64), nullable=True),
    sa.Column('levels', sa.Integer(), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('quorum', sa.Integer(), nullable=True),
    sa.Column('due_days', sa.Integer(), nullable=True),
    sa.Column('on_due', sa.String(length=40), nullable=False),
    sa.Column('delegable', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('fallback', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_approval_rule_person_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['approval_policy.id'], name=op.f('fk_approval_rule_policy_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_rule'))
    )
    op.create_index(op.f('ix_approval_rule_person_id'), 'approval_rule', ['person_id'], unique=False)
    op.create_index(op.f('ix_approval_rule_policy_id'), 'approval_rule', ['policy_id'], unique=False)
    op.create_table('delegation',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('deputy_id', sa.BigInteger(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('document', sa.String(length=40), nullable=True),
    sa.Column('entity_id', sa.BigInteger(), nullable=True),
    sa.Column('most_amount', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint('deputy_id <> person_id', name=op.f('ck_delegation_deputy')),
    sa.CheckConstraint('most_amount > 0', name=op.f('ck_delegation_most_amount')),
    sa.CheckConstraint('to_on >= from_on', name=op.f('ck_delegation_to_on')),
    sa.ForeignKeyConstraint(['deputy_id'], ['person.id'], name=op.f('fk_delegation_deputy_id')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_delegation_entity_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_delegation_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delegation')),
    sa.UniqueConstraint('number', name=op.f('uq_delegation_number'))
    )
    op.create_index(op.f('ix_delegation_account_id'), 'delegation', ['account_id'], unique=False)
    op.create_index('ix_delegation_active', 'delegation', ['deputy_id', 'from_on'], unique=False, postgresql_where=sa.text("state = 'active'"))
    op.create_index(op.f('ix_delegation_deputy_id'), 'delegation', ['deputy_id'], unique=False)
    op.create_index(op.f('ix_delegation_entity_id'), 'delegation', ['entity_id'], unique=False)
    op.create_index(op.f('ix_delegation_person_id'), 'delegation', ['person_id'], unique=False)
    op.create_index('ix_delegation_search', 'delegation', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_delegation_state'), 'delegation', ['state'], unique=False)
    op.create_table('approval_step',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('approval_id', sa.BigInteger(), nullable=False),
    sa.Column('stage', sa.Integer(), nullable=False),
    sa.Column('rule', sa.String(length=20), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('resolver', sa.String(length=40), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('needed', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_days', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('on_due', sa.String(length=40), nullable=False),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delegable', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('fallback', sa.String(length=40), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'open', 'approved', 'rejected', 'void')", name=op.f('ck_approval_step_state')),
    sa.ForeignKeyConstraint(['approval_id'], ['approval.id'], name=op.f('fk_approval_step_approval_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_step'))
    )
    op.create_index(op.f('ix_approval_step_approval_id'), 'approval_step', ['approval_id'], unique=False)
    op.create_index('ix_approval_step_due', 'approval_step', ['due_at'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_table('approval_decision',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('approval_id', sa.BigInteger(), nullable=False),
    sa.Column('step_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('for_person_id', sa.BigInteger(), nullable=True),
    sa.Column('verdict', sa.String(length=20), nullable=False),
    sa.Column('comment', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("verdict IN ('approve', 'reject', 'return')", name=op.f('ck_approval_decision_verdict')),
    sa.ForeignKeyConstraint(['approval_id'], ['approval.id'], name=op.f('fk_approval_decision_approval_id')),
    sa.ForeignKeyConstraint(['for_person_id'], ['person.id'], name=op.f('fk_approval_decision_for_person_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_approval_decision_person_id')),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_approval_decision_step_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_decision'))
    )
    op.create_index(op.f('ix_approval_decision_approval_id'), 'approval_decision', ['approval_id'], unique=False)
    op.create_index(op.f('ix_approval_decision_for_person_id'), 'approval_decision', ['for_person_id'], unique=False)
    op.create_index(op.f('ix_approval_decision_person_id'), 'approval_decision', ['person_id'], unique=False)
    op.create_index(op.f('ix_approval_decision_step_id'), 'approval_decision', ['step_id'], unique=False)
    op.create_table('approval_seat',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('approval_id', sa.BigInteger(), nullable=False),
    sa.Column('step_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('via', sa.String(length=500), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'open', 'approved', 'rejected', 'void')", name=op.f('ck_approval_seat_state')),
    sa.ForeignKeyConstraint(['approval_id'], ['approval.id'], name=op.f('fk_approval_seat_approval_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_approval_seat_person_id')),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_approval_seat_step_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_seat'))
    )
    op.create_index(op.f('ix_approval_seat_approval_id'), 'approval_seat', ['approval_id'], unique=False)
    op.create_index('ix_approval_seat_open', 'approval_seat', ['person_id'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index(op.f('ix_approval_seat_person_id'), 'approval_seat', ['person_id'], unique=False)
    op.create_index(op.f('ix_approval_seat_step_id'), 'approval_seat', ['step_id'], unique=False)
    # What somebody decided stays as they decided it.
    op.execute("CREATE TRIGGER approval_decision_stays BEFORE UPDATE ON approval_decision FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER approval_decision_kept BEFORE DELETE ON approval_decision FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER approval_decision_whole BEFORE TRUNCATE ON approval_decision EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.drop_index(op.f('ix_approval_seat_step_id'), table_name='approval_seat')
    op.drop_index(op.f('ix_approval_seat_person_id'), table_name='approval_seat')
    op.drop_index('ix_approval_seat_open', table_name='approval_seat', postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f('ix_approval_seat_approval_id'), table_name='approval_seat')
    op.drop_table('approval_seat')
    op.drop_index(op.f('ix_approval_decision_step_id'), table_name='approval_decision')
    op.drop_index(op.f('ix_approval_decision_person_id'), table_name='approval_decision')
    op.drop_index(op.f('ix_approval_decision_for_person_id'), table_name='approval_decision')
    op.drop_index(op.f('ix_approval_decision_approval_id'), table_name='approval_decision')
    op.drop_table('approval_decision')
    op.drop_index('ix_approval_step_due', table_name='approval_step', postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f('ix_approval_step_approval_id'), table_name='approval_step')
    op.drop_table('approval_step')
    op.drop_index(op.f('ix_delegation_state'), table_name='delegation')
    op.drop_index('ix_delegation_search', table_name='delegation', postgresql_using='gin')
    op.drop_index(op.f('ix_delegation_person_id'), table_name='delegation')
    op.drop_index(op.f('ix_delegation_entity_id'), table_name='delegation')
    op.drop_index(op.f('ix_delegation_deputy_id'), table_name='delegation')
    op.drop_index('ix_delegation_active', table_name='delegation', postgresql_where=sa.text("state = 'active'"))
    op.drop_index(op.f('ix_delegation_account_id'), table_name='delegation')
    op.drop_table('delegation')
    op.drop_index(op.f('ix_approval_rule_policy_id'), table_name='approval_rule')
    op.drop_index(op.f('ix_approval_rule_person_id'), table_name='approval_rule')
    op.drop_table('approval_rule')
    op.drop_index('uq_approval_open', table_name='approval', postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f('ix_approval_state'), table_name='approval')
    op.drop_index('ix_approval_search', table_name='approval', postgresql_using='gin')
    op.drop_index(op.f('ix_approval_requester_id'), table_name='approval')
    op.drop_index(op.f('ix_approval_policy_id'), table_name='approval')
    op.drop_index(op.f('ix_approval_entity_id'), table_name='approval')
    op.drop_index(op.f('ix_approval_document_key'), table_name='approval')
    op.drop_index(op.f('ix_approval_currency_id'), table_name='approval')
    op.drop_index(op.f('ix_approval_cost_centre_id'), table_name='approval')
    op.drop_table('approval')
    op.drop_index(op.f('ix_approval_condition_policy_id'), table_name='approval_condition')
    op.drop_table('approval_condition')
    op.drop_index('uq_approval_policy_published', table_name='approval_policy', postgresql_nulls_not_distinct=True, postgresql_where=sa.text("state = 'published'"))
    op.drop_index(op.f('ix_approval_policy_state'), table_name='approval_policy')
    op.drop_index('ix_approval_policy_search', table_name='approval_policy', postgresql_using='gin')
    op.drop_index(op.f('ix_approval_policy_replaces_id'), table_name='approval_policy')
    op.drop_index(op.f('ix_approval_policy_entity_id'), table_name='approval_policy')
    op.drop_index(op.f('ix_approval_policy_currency_id'), table_name='approval_policy')
    op.drop_table('approval_policy')
