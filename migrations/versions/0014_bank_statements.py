"""Bank statements with their lines, and what payments these are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('bank_statement',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=False),
    sa.Column('currency_id', sa.BigInteger(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=True),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('opening', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('closing', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('gap', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('stated_number', sa.String(length=100), nullable=True),
    sa.Column('format', sa.String(length=40), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('file_hash', sa.String(length=64), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('findings', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('repeated', sa.Integer(), server_default='0', nullable=False),
    sa.Column('open_lines', sa.Integer(), server_default='0', nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'reconciled')", name=op.f('ck_bank_statement_state')),
    sa.ForeignKeyConstraint(['account_id'], ['paying_account.id'], name=op.f('fk_bank_statement_account_id')),
    sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_bank_statement_currency_id')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_bank_statement_entity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_statement')),
    sa.UniqueConstraint('file_hash', 'place', name='uq_bank_statement_file'),
    sa.UniqueConstraint('number', name=op.f('uq_bank_statement_number'))
    )
    op.create_index(op.f('ix_bank_statement_account_id'), 'bank_statement', ['account_id'], unique=False)
    op.create_index(op.f('ix_bank_statement_currency_id'), 'bank_statement', ['currency_id'], unique=False)
    op.create_index(op.f('ix_bank_statement_entity_id'), 'bank_statement', ['entity_id'], unique=False)
    op.create_index('ix_bank_statement_search', 'bank_statement', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_bank_statement_state'), 'bank_statement', ['state'], unique=False)
    op.create_index(op.f('ix_bank_statement_to_on'), 'bank_statement', ['to_on'], unique=False)
    op.create_table('statement_line',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('statement_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('value_on', sa.Date(), nullable=True),
    sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=False),
    sa.Column('party', sa.String(length=200), nullable=True),
    sa.Column('party_account', sa.Text(), nullable=True),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('end_to_end', sa.String(length=140), nullable=True),
    sa.Column('bank_id', sa.String(length=140), nullable=True),
    sa.Column('is_return', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('stated', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('entry', sa.Integer(), nullable=False),
    sa.Column('entry_amount', sa.Numeric(precision=18, scale=4), nullable=False),
    sa.Column('entry_id', sa.String(length=140), nullable=True),
    sa.Column('balance', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('content', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(40), nullable=True),
    sa.Column('rest', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.Integer(), nullable=True),
    sa.Column('reopened', sa.String(length=500), nullable=True),
    sa.CheckConstraint("(rest IS NULL) OR (state = 'matched' AND kind IS NOT NULL AND reason IS NOT NULL)", name=op.f('ck_statement_line_rest')),
    sa.CheckConstraint("(state = 'explained') <= (kind IS NOT NULL AND reason IS NOT NULL)", name=op.f('ck_statement_line_explained')),
    sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name=op.f('ck_statement_line_settled_at')),
    sa.CheckConstraint("state IN ('open', 'matched', 'explained')", name=op.f('ck_statement_line_state')),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_statement_line_amount')),
    sa.ForeignKeyConstraint(['account_id'], ['paying_account.id'], name=op.f('fk_statement_line_account_id')),
    sa.ForeignKeyConstraint(['statement_id'], ['bank_statement.id'], name=op.f('fk_statement_line_statement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_line')),
    sa.UniqueConstraint('statement_id', 'number', name='uq_statement_line_number')
    )
    op.create_index('ix_statement_line_entry', 'statement_line', ['account_id', 'booked_on', 'entry_amount'], unique=False)
    op.create_index(op.f('ix_statement_line_state'), 'statement_line', ['state'], unique=False)
    op.create_index(op.f('ix_statement_line_statement_id'), 'statement_line', ['statement_id'], unique=False)
    op.create_table('statement_match',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('statement_id', sa.BigInteger(), nullable=False),
    sa.Column('line_id', sa.BigInteger(), nullable=False),
    sa.Column('payment_id', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=18, scale=4), nullable=False),
    sa.Column('is_return', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('rest', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('confidence', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=1000), nullable=False),
    sa.Column('how', sa.String(40), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('matched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('matched_by', sa.Integer(), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by', sa.Integer(), nullable=True),
    sa.Column('undo_reason', sa.String(length=500), nullable=True),
    sa.CheckConstraint("(state = 'proposed') = (matched_at IS NULL)", name=op.f('ck_statement_match_matched_at')),
    sa.CheckConstraint("(state = 'undone') = (undo_reason IS NOT NULL)", name=op.f('ck_statement_match_undo_reason')),
    sa.CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name=op.f('ck_statement_match_undone_at')),
    sa.CheckConstraint("state IN ('proposed', 'matched', 'undone')", name=op.f('ck_statement_match_state')),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_statement_match_amount')),
    sa.CheckConstraint('confidence BETWEEN 0 AND 100', name=op.f('ck_statement_match_confidence')),
    sa.ForeignKeyConstraint(['line_id'], ['statement_line.id'], name=op.f('fk_statement_match_line_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_statement_match_payment_id')),
    sa.ForeignKeyConstraint(['statement_id'], ['bank_statement.id'], name=op.f('fk_statement_match_statement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_match'))
    )
    op.create_index(op.f('ix_statement_match_line_id'), 'statement_match', ['line_id'], unique=False)
    op.create_index(op.f('ix_statement_match_payment_id'), 'statement_match', ['payment_id'], unique=False)
    op.create_index(op.f('ix_statement_match_state'), 'statement_match', ['state'], unique=False)
    op.create_index(op.f('ix_statement_match_statement_id'), 'statement_match', ['statement_id'], unique=False)
    op.create_index('uq_statement_match_live', 'statement_match', ['line_id', 'payment_id'], unique=True, postgresql_where=sa.text("state <> 'undone'"))
    # What the bank said stays as it was said; what was said about it may change.
    _keep("bank_statement", "number, account_id, entity_id, currency_id, from_on, to_on, opening, closing, file_hash, place")
    _keep(
        "statement_line",
        "statement_id, account_id, number, booked_on, value_on, amount, party, text, end_to_end, bank_id, is_return, stated, "
        "entry, entry_amount, entry_id, balance, content",
    )
    op.execute("CREATE TRIGGER statement_match_kept BEFORE DELETE ON statement_match FOR EACH ROW WHEN (OLD.state <> 'proposed') EXECUTE FUNCTION refuse_change()")


def _keep(table: str, columns: str) -> None:
    op.execute(f"CREATE TRIGGER {table}_stays BEFORE UPDATE OF {columns} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.drop_table("statement_match")
    op.drop_table("statement_line")
    op.drop_table("bank_statement")
