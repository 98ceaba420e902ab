"""The house."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ab_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('label', sa.String(length=150), nullable=True),
    sa.Column('description', sa.String(length=512), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_table('ab_permission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_table('ab_register_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('registration_date', sa.DateTime(), nullable=True),
    sa.Column('registration_hash', sa.String(length=256), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('email'),
    sa.UniqueConstraint('username')
    )
    op.create_table('ab_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_table('ab_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('last_login', sa.DateTime(), nullable=True),
    sa.Column('login_count', sa.Integer(), nullable=True),
    sa.Column('fail_login_count', sa.Integer(), nullable=True),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('changed_on', sa.DateTime(), nullable=True),
    sa.Column('created_by_fk', sa.Integer(), nullable=True),
    sa.Column('changed_by_fk', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['changed_by_fk'], ['ab_user.id'], ),
    sa.ForeignKeyConstraint(['created_by_fk'], ['ab_user.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('email'),
    sa.UniqueConstraint('username')
    )
    op.create_index('uq_ab_user_email_lower', 'ab_user', [sa.literal_column('lower(email)')], unique=True)
    op.create_index('uq_ab_user_username_lower', 'ab_user', [sa.literal_column('lower(username)')], unique=True)
    op.create_table('ab_view_menu',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=250), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_table('access_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_version'))
    )
    op.create_table('attachment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('row_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('actor_name', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment'))
    )
    op.create_index('ix_attachment_digest', 'attachment', ['digest'], unique=False)
    op.create_index('ix_attachment_row', 'attachment', ['resource', 'row_id'], unique=False)
    op.create_table('audit_entry',
    sa.Column('lane', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('actor_name', sa.Text(), nullable=False),
    sa.Column('acting_for', sa.Integer(), nullable=True),
    sa.Column('command', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('row_id', sa.BigInteger(), nullable=True),
    sa.Column('row_key', sa.Text(), nullable=False),
    sa.Column('part', sa.Text(), server_default='', nullable=False),
    sa.Column('before', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('after', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('witness', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('mac', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('lane', 'position', name=op.f('pk_audit_entry')),
    sa.UniqueConstraint('id', name=op.f('uq_audit_entry_id'))
    )
    op.create_index('ix_audit_entry_actor', 'audit_entry', ['actor_id', 'at'], unique=False)
    op.create_index('ix_audit_entry_at', 'audit_entry', ['at'], unique=False)
    op.create_index('ix_audit_entry_row', 'audit_entry', ['resource', 'row_id'], unique=False)
    op.create_table('audit_lane',
    sa.Column('lane', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('entries', sa.BigInteger(), nullable=False),
    sa.Column('mac', sa.LargeBinary(), nullable=False),
    sa.Column('seal', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('lane', name=op.f('pk_audit_lane'))
    )
    op.create_table('comment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('row_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('actor_name', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('mentions', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment'))
    )
    op.create_index('ix_comment_row', 'comment', ['resource', 'row_id'], unique=False)
    op.create_table('currency',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=3), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_currency')),
    sa.UniqueConstraint('code', name=op.f('uq_currency_code'))
    )
    op.create_index('ix_currency_search', 'currency', ['search'], unique=False, postgresql_using='gin')
    op.create_table('idempotency_key',
    sa.Column('actor_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('answer', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('actor_id', 'key', name=op.f('pk_idempotency_key'))
    )
    op.create_index(op.f('ix_idempotency_key_created_at'), 'idempotency_key', ['created_at'], unique=False)
    op.create_table('import_run',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('actor_name', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('options', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('headings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('columns', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('corrections', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('mode', sa.Text(), nullable=False),
    sa.Column('together', sa.Boolean(), nullable=False),
    sa.Column('repeated', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('samples', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.Column('next_row', sa.Integer(), server_default='0', nullable=False),
    sa.Column('blank', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created', sa.Integer(), server_default='0', nullable=False),
    sa.Column('changed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('same', sa.Integer(), server_default='0', nullable=False),
    sa.Column('refused', sa.Integer(), server_default='0', nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('job_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('matching', 'checking', 'checked', 'importing', 'done', 'failed', 'cancelled')", name=op.f('ck_import_run_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_run'))
    )
    op.create_index('ix_import_run_actor', 'import_run', ['actor_id', 'id'], unique=False)
    op.create_index('ix_import_run_digest', 'import_run', ['digest', 'resource'], unique=False)
    op.create_table('number_series',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_number_series'))
    )
    op.create_table('outbox_event',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('row_id', sa.BigInteger(), nullable=False),
    sa.Column('row_key', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_event')),
    sa.UniqueConstraint('public_id', name=op.f('uq_outbox_event_public_id'))
    )
    op.create_index('ix_outbox_event_at', 'outbox_event', ['at'], unique=False)
    op.create_index(op.f('ix_outbox_event_name'), 'outbox_event', ['name'], unique=False)
    op.create_index('ix_outbox_event_row', 'outbox_event', ['resource', 'row_id', 'id'], unique=False)
    op.create_table('setting',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setting')),
    sa.UniqueConstraint('name', name=op.f('uq_setting_name'))
    )
    op.create_index('ix_setting_search', 'setting', ['search'], unique=False, postgresql_using='gin')
    op.create_table('tax_code',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('category', sa.String(40), nullable=False),
    sa.Column('rate', sa.Numeric(precision=18, scale=6), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('active', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint("CASE category WHEN 'S' THEN rate > 0 AND rate <= 100 ELSE rate = 0 END", name=op.f('ck_tax_code_rate')),
    sa.CheckConstraint('valid_to >= valid_from', name=op.f('ck_tax_code_valid_to')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tax_code')),
    sa.UniqueConstraint('code', name=op.f('uq_tax_code_code'))
    )
    op.create_index('ix_tax_code_search', 'tax_code', ['search'], unique=False, postgresql_using='gin')
    op.create_table('unit',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=3), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('decimals', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint('decimals BETWEEN 0 AND 6', name=op.f('ck_unit_decimals')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit')),
    sa.UniqueConstraint('code', name=op.f('uq_unit_code'))
    )
    op.create_index('ix_unit_search', 'unit', ['search'], unique=False, postgresql_using='gin')
    op.create_table('ab_api_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=256), nullable=False),
    sa.Column('key_hash', sa.String(length=256), nullable=False),
    sa.Column('lookup_hash', sa.String(length=256), nullable=True),
    sa.Column('key_prefix', sa.String(length=16), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('expires_on', sa.DateTime(), nullable=True),
    sa.Column('revoked_on', sa.DateTime(), nullable=True),
    sa.Column('last_used_on', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('lookup_hash'),
    sa.UniqueConstraint('uuid')
    )
    op.create_index('idx_api_key_lookup_hash', 'ab_api_key', ['lookup_hash'], unique=True)
    op.create_index('idx_api_key_prefix', 'ab_api_key', ['key_prefix'], unique=False)
    op.create_index('idx_api_key_user_id', 'ab_api_key', ['user_id'], unique=False)
    op.create_table('ab_group_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('group_id', 'role_id')
    )
    op.create_index('idx_group_id', 'ab_group_role', ['group_id'], unique=False)
    op.create_index('idx_group_role_id', 'ab_group_role', ['role_id'], unique=False)
    op.create_table('ab_permission_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_id', sa.Integer(), nullable=False),
    sa.Column('view_menu_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['permission_id'], ['ab_permission.id'], ),
    sa.ForeignKeyConstraint(['view_menu_id'], ['ab_view_menu.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('permission_id', 'view_menu_id')
    )
    op.create_index('idx_permission_id', 'ab_permission_view', ['permission_id'], unique=False)
    op.create_index('idx_view_menu_id', 'ab_permission_view', ['view_menu_id'], unique=False)
    op.create_table('ab_user_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('user_id', 'group_id')
    )
    op.create_index('idx_user_group_id', 'ab_user_group', ['group_id'], unique=False)
    op.create_index('idx_user_id', 'ab_user_group', ['user_id'], unique=False)
    op.create_table('ab_user_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('user_id', 'role_id')
    )
    op.create_table('account',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('invitation', sa.Text(), nullable=True),
    sa.Column('invited_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_account_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_account')),
    sa.UniqueConstraint('invitation', name=op.f('uq_account_invitation'))
    )
    op.create_table('api_token',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('prefix', sa.String(length=20), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('limits', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_api_token_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_token')),
    sa.UniqueConstraint('digest', name=op.f('uq_api_token_digest'))
    )
    op.create_index('ix_api_token_search', 'api_token', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_api_token_user_id'), 'api_token', ['user_id'], unique=False)
    op.create_table('entity',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('legal_name', sa.String(length=200), nullable=True),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('base_currency_id', sa.BigInteger(), nullable=False),
    sa.Column('fiscal_year_start', sa.Integer(), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('tax_id', sa.String(length=40), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint('fiscal_year_start BETWEEN 1 AND 12', name=op.f('ck_entity_fiscal_year_start')),
    sa.ForeignKeyConstraint(['base_currency_id'], ['currency.id'], name=op.f('fk_entity_base_currency_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entity')),
    sa.UniqueConstraint('code', name=op.f('uq_entity_code'))
    )
    op.create_index(op.f('ix_entity_base_currency_id'), 'entity', ['base_currency_id'], unique=False)
    op.create_index('ix_entity_search', 'entity', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_entity_state'), 'entity', ['state'], unique=False)
    op.create_table('exchange_rate',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('currency_id', sa.BigInteger(), nullable=False),
    sa.Column('base_id', sa.BigInteger(), nullable=False),
    sa.Column('rate', sa.Numeric(precision=20, scale=10), nullable=False),
    sa.Column('valid_on', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint('currency_id <> base_id', name=op.f('ck_exchange_rate_base')),
    sa.CheckConstraint('rate > 0', name=op.f('ck_exchange_rate_rate')),
    sa.ForeignKeyConstraint(['base_id'], ['currency.id'], name=op.f('fk_exchange_rate_base_id')),
    sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_exchange_rate_currency_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exchange_rate')),
    sa.UniqueConstraint('currency_id', 'base_id', 'valid_on', 'source', name='uq_exchange_rate_day'),
    sa.UniqueConstraint('number', name=op.f('uq_exchange_rate_number'))
    )
    op.create_index(op.f('ix_exchange_rate_base_id'), 'exchange_rate', ['base_id'], unique=False)
    op.create_index(op.f('ix_exchange_rate_currency_id'), 'exchange_rate', ['currency_id'], unique=False)
    op.create_index('ix_exchange_rate_search', 'exchange_rate', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_exchange_rate_valid_on'), 'exchange_rate', ['valid_on'], unique=False)
    op.create_table('import_refusal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('cells', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('problems', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['import_run.id'], name=op.f('fk_import_refusal_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_refusal'))
    )
    op.create_index('ix_import_refusal_run', 'import_refusal', ['run_id', 'line', 'id'], unique=False)
    op.create_table('job',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('queue', sa.Text(), server_default='light', nullable=False),
    sa.Column('stream', sa.Text(), nullable=True),
    sa.Column('event_id', sa.BigInteger(), nullable=True),
    sa.Column('unique_key', sa.Text(), nullable=True),
    sa.Column('arguments', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), server_default='waiting', nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('max_attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.UUID(as_uuid=False), nullable=True),
    sa.Column('progress', sa.Integer(), server_default='0', nullable=False),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.Column('result', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('acting_for', sa.Integer(), nullable=True),
    sa.Column('limits', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("queue IN ('light', 'heavy')", name=op.f('ck_job_queue')),
    sa.CheckConstraint("state <> 'running' OR (lease IS NOT NULL AND leased_until IS NOT NULL)", name=op.f('ck_job_running_leased')),
    sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'dead', 'discarded')", name=op.f('ck_job_state')),
    sa.ForeignKeyConstraint(['event_id'], ['outbox_event.id'], name=op.f('fk_job_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job'))
    )
    op.create_index('ix_job_actor', 'job', ['actor_id', 'id'], unique=False)
    op.create_index('ix_job_due', 'job', ['queue', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_job_finished', 'job', ['finished_at'], unique=False, postgresql_where=sa.text("state IN ('done', 'discarded')"))
    op.create_index('ix_job_lease', 'job', ['lease'], unique=False, postgresql_where=sa.text('lease IS NOT NULL'))
    op.create_index('ix_job_running', 'job', ['leased_until'], unique=False, postgresql_where=sa.text("state = 'running'"))
    op.create_index('ix_job_stream', 'job', ['stream', 'id'], unique=False, postgresql_where=sa.text("state IN ('waiting', 'running', 'dead')"))
    op.create_index('uq_job_event_kind', 'job', ['event_id', 'kind'], unique=True)
    op.create_index('uq_job_unique_key', 'job', ['unique_key'], unique=True, postgresql_where=sa.text("state IN ('waiting', 'running')"))
    op.create_table('login_session',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('fresh_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('agent', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_login_session_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_session')),
    sa.UniqueConstraint('digest', name=op.f('uq_login_session_digest'))
    )
    op.create_index('ix_login_session_user', 'login_session', ['user_id', 'revoked_at'], unique=False)
    op.create_table('preference',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_preference_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'name', name=op.f('pk_preference'))
    )
    op.create_table('saved_view',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_saved_view_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view'))
    )
    op.create_index('ix_saved_view_resource', 'saved_view', ['resource', 'user_id'], unique=False)
    op.create_table('ab_permission_view_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_view_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['permission_view_id'], ['ab_permission_view.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('permission_view_id', 'role_id')
    )
    op.create_index('idx_permission_view_id', 'ab_permission_view_role', ['permission_view_id'], unique=False)
    op.create_index('idx_role_id', 'ab_permission_view_role', ['role_id'], unique=False)
    op.create_table('cost_centre',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=False),
    sa.Column('parent_id', sa.BigInteger(), nullable=True),
    sa.Column('owner_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('path', sa.Text(), server_default='', nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_cost_centre_entity_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['cost_centre.id'], name=op.f('fk_cost_centre_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_centre')),
    sa.UniqueConstraint('code', name=op.f('uq_cost_centre_code'))
    )
    op.create_index(op.f('ix_cost_centre_entity_id'), 'cost_centre', ['entity_id'], unique=False)
    op.create_index(op.f('ix_cost_centre_owner_id'), 'cost_centre', ['owner_id'], unique=False)
    op.create_index(op.f('ix_cost_centre_parent_id'), 'cost_centre', ['parent_id'], unique=False)
    op.create_index(op.f('ix_cost_centre_path'), 'cost_centre', ['path'], unique=False)
    op.create_index('ix_cost_centre_search', 'cost_centre', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_cost_centre_state'), 'cost_centre', ['state'], unique=False)
    op.create_table('location',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=False),
    sa.Column('street', sa.String(length=200), nullable=True),
    sa.Column('street_2', sa.String(length=200), nullable=True),
    sa.Column('postcode', sa.String(length=20), nullable=True),
    sa.Column('city', sa.String(length=100), nullable=True),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_location_entity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_location')),
    sa.UniqueConstraint('code', name=op.f('uq_location_code'))
    )
    op.create_index(op.f('ix_location_entity_id'), 'location', ['entity_id'], unique=False)
    op.create_index('ix_location_search', 'location', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_location_state'), 'location', ['state'], unique=False)
    op.create_table('schedule_run',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('slot_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('run_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('job_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_schedule_run_job_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_schedule_run')),
    sa.UniqueConstraint('name', name=op.f('uq_schedule_run_name'))
    )
    op.create_index(op.f('ix_schedule_run_job_id'), 'schedule_run', ['job_id'], unique=False)
    op.create_table('person',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=60), nullable=False),
    sa.Column('last_name', sa.String(length=60), nullable=False),
    sa.Column('email', sa.String(length=200), nullable=False),
    sa.Column('job_title', sa.String(length=120), nullable=True),
    sa.Column('entity_id', sa.BigInteger(), nullable=True),
    sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
    sa.Column('manager_id', sa.BigInteger(), nullable=True),
    sa.Column('approval_limit', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('state_reason', sa.String(length=500), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint("language ~ '^[a-z]{2}(-[A-Z]{2})?$'", name=op.f('ck_person_language')),
    sa.CheckConstraint('approval_limit >= 0', name=op.f('ck_person_approval_limit')),
    sa.CheckConstraint('manager_id <> id', name=op.f('ck_person_manager')),
    sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_person_cost_centre_id')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_person_entity_id')),
    sa.ForeignKeyConstraint(['manager_id'], ['person.id'], name=op.f('fk_person_manager_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_person_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('code', name=op.f('uq_person_code')),
    sa.UniqueConstraint('email', name=op.f('uq_person_email')),
    sa.UniqueConstraint('user_id', name=op.f('uq_person_user_id'))
    )
    op.create_index(op.f('ix_person_cost_centre_id'), 'person', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_person_entity_id'), 'person', ['entity_id'], unique=False)
    op.create_index(op.f('ix_person_manager_id'), 'person', ['manager_id'], unique=False)
    op.create_index('ix_person_search', 'person', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_person_state'), 'person', ['state'], unique=False)
    op.create_table('role_grant',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role_id', sa.Integer(), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=True),
    sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
    sa.Column('granted_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('granted_by', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_role_grant_cost_centre_id')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_role_grant_entity_id')),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_role_grant_role_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_role_grant_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant')),
    sa.UniqueConstraint('user_id', 'role_id', 'entity_id', 'cost_centre_id', name=op.f('uq_role_grant_user_id_role_id_entity_id_cost_centre_id'), postgresql_nulls_not_distinct=True)
    )
    op.create_index(op.f('ix_role_grant_role_id'), 'role_grant', ['role_id'], unique=False)
    op.create_index(op.f('ix_role_grant_user_id'), 'role_grant', ['user_id'], unique=False)
    op.create_table('category',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('parent_id', sa.BigInteger(), nullable=True),
    sa.Column('owner_id', sa.BigInteger(), nullable=True),
    sa.Column('ledger_account', sa.String(length=20), nullable=True),
    sa.Column('cpv_code', sa.String(length=10), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('path', sa.Text(), server_default='', nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_category_owner_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['category.id'], name=op.f('fk_category_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_category')),
    sa.UniqueConstraint('code', name=op.f('uq_category_code'))
    )
    op.create_index(op.f('ix_category_owner_id'), 'category', ['owner_id'], unique=False)
    op.create_index(op.f('ix_category_parent_id'), 'category', ['parent_id'], unique=False)
    op.create_index(op.f('ix_category_path'), 'category', ['path'], unique=False)
    op.create_index('ix_category_search', 'category', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_category_state'), 'category', ['state'], unique=False)
    op.create_table('project',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=False),
    sa.Column('cost_centre_id', sa.BigInteger(), nullable=True),
    sa.Column('parent_id', sa.BigInteger(), nullable=True),
    sa.Column('owner_id', sa.BigInteger(), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('path', sa.Text(), server_default='', nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_project_ends_on')),
    sa.ForeignKeyConstraint(['cost_centre_id'], ['cost_centre.id'], name=op.f('fk_project_cost_centre_id')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_project_entity_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_project_owner_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['project.id'], name=op.f('fk_project_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_project')),
    sa.UniqueConstraint('code', name=op.f('uq_project_code'))
    )
    op.create_index(op.f('ix_project_cost_centre_id'), 'project', ['cost_centre_id'], unique=False)
    op.create_index(op.f('ix_project_entity_id'), 'project', ['entity_id'], unique=False)
    op.create_index(op.f('ix_project_owner_id'), 'project', ['owner_id'], unique=False)
    op.create_index(op.f('ix_project_parent_id'), 'project', ['parent_id'], unique=False)
    op.create_index(op.f('ix_project_path'), 'project', ['path'], unique=False)
    op.create_index('ix_project_search', 'project', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_project_state'), 'project', ['state'], unique=False)
    op.create_table('supplier',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('legal_name', sa.String(length=200), nullable=True),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=True),
    sa.Column('currency_id', sa.BigInteger(), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=True),
    sa.Column('payment_days', sa.Integer(), nullable=False),
    sa.Column('discount_percent', sa.Numeric(precision=18, scale=6), nullable=True),
    sa.Column('discount_days', sa.Integer(), nullable=True),
    sa.Column('endpoint_scheme', sa.String(length=4), nullable=True),
    sa.Column('endpoint_id', sa.String(length=50), nullable=True),
    sa.Column('website', sa.String(length=200), nullable=True),
    sa.Column('language', sa.String(length=5), nullable=True),
    sa.Column('tax_id_waiver', sa.String(length=200), nullable=True),
    sa.Column('notes', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('state_reason', sa.String(length=500), nullable=True),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('merged_into_id', sa.BigInteger(), nullable=True),
    sa.Column('distinct_reason', sa.String(length=500), nullable=True),
    sa.Column('distinct_from', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('normal_name', sa.String(length=200), nullable=False),
    sa.Column('name_keys', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f('ck_supplier_merged')),
    sa.CheckConstraint('(discount_percent IS NULL) = (discount_days IS NULL)', name=op.f('ck_supplier_discount')),
    sa.CheckConstraint('(endpoint_scheme IS NULL) = (endpoint_id IS NULL)', name=op.f('ck_supplier_endpoint')),
    sa.CheckConstraint('discount_days BETWEEN 0 AND payment_days', name=op.f('ck_supplier_discount_days')),
    sa.CheckConstraint('discount_percent > 0 AND discount_percent < 100', name=op.f('ck_supplier_discount_percent')),
    sa.CheckConstraint('merged_into_id <> id', name=op.f('ck_supplier_merged_into')),
    sa.CheckConstraint('payment_days BETWEEN 0 AND 365', name=op.f('ck_supplier_payment_days')),
    sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_supplier_currency_id')),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], name=op.f('fk_supplier_entity_id')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['supplier.id'], name=op.f('fk_supplier_merged_into_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_supplier_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier')),
    sa.UniqueConstraint('code', name=op.f('uq_supplier_code'))
    )
    op.create_index(op.f('ix_supplier_currency_id'), 'supplier', ['currency_id'], unique=False)
    op.create_index(op.f('ix_supplier_entity_id'), 'supplier', ['entity_id'], unique=False)
    op.create_index(op.f('ix_supplier_merged_into_id'), 'supplier', ['merged_into_id'], unique=False)
    op.create_index('ix_supplier_name_keys', 'supplier', ['name_keys'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_supplier_normal_name'), 'supplier', ['normal_name'], unique=False)
    op.create_index(op.f('ix_supplier_owner_id'), 'supplier', ['owner_id'], unique=False)
    op.create_index('ix_supplier_search', 'supplier', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_supplier_state'), 'supplier', ['state'], unique=False)
    op.create_table('bank_account',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('supplier_id', sa.BigInteger(), nullable=False),
    sa.Column('holder', sa.String(length=140), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('iban', sa.Text(), nullable=True),
    sa.Column('account_number', sa.Text(), nullable=True),
    sa.Column('routing', sa.String(length=20), nullable=True),
    sa.Column('bic', sa.String(length=11), nullable=True),
    sa.Column('currency_id', sa.BigInteger(), nullable=False),
    sa.Column('replaces_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('state_reason', sa.String(length=500), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by', sa.Integer(), nullable=True),
    sa.Column('usable_from', sa.Date(), nullable=True),
    sa.Column('makers', postgresql.ARRAY(sa.Integer()), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint("state <> 'confirmed' OR (confirmed_by IS NOT NULL AND usable_from IS NOT NULL)", name=op.f('ck_bank_account_confirmed')),
    sa.CheckConstraint('(iban IS NULL) <> (account_number IS NULL)', name=op.f('ck_bank_account_iban')),
    sa.CheckConstraint('confirmed_by IS NULL OR NOT (confirmed_by = ANY (makers))', name=op.f('ck_bank_account_confirmed_by')),
    sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_bank_account_currency_id')),
    sa.ForeignKeyConstraint(['replaces_id'], ['bank_account.id'], name=op.f('fk_bank_account_replaces_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_bank_account_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_account')),
    sa.UniqueConstraint('number', name=op.f('uq_bank_account_number'))
    )
    op.create_index(op.f('ix_bank_account_currency_id'), 'bank_account', ['currency_id'], unique=False)
    op.create_index(op.f('ix_bank_account_fingerprint'), 'bank_account', ['fingerprint'], unique=False)
    op.create_index(op.f('ix_bank_account_replaces_id'), 'bank_account', ['replaces_id'], unique=False)
    op.create_index('ix_bank_account_search', 'bank_account', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_bank_account_state'), 'bank_account', ['state'], unique=False)
    op.create_index(op.f('ix_bank_account_supplier_id'), 'bank_account', ['supplier_id'], unique=False)
    op.create_index('uq_bank_account_live', 'bank_account', ['supplier_id', 'fingerprint', 'state'], unique=True, postgresql_where=sa.text("state IN ('proposed', 'confirmed')"))
    op.create_table('item',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('category_id', sa.BigInteger(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('tax_code_id', sa.BigInteger(), nullable=True),
    sa.Column('preferred_supplier_id', sa.BigInteger(), nullable=True),
    sa.Column('manufacturer', sa.String(length=120), nullable=True),
    sa.Column('manufacturer_number', sa.String(length=60), nullable=True),
    sa.Column('cpv_code', sa.String(length=10), nullable=True),
    sa.Column('unspsc_code', sa.String(length=8), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('state_reason', sa.String(length=500), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), nullable=True),
    sa.CheckConstraint("cpv_code ~ '^\\d{8}-\\d$'", name=op.f('ck_item_cpv_code')),
    sa.CheckConstraint("unspsc_code ~ '^\\d{8}$'", name=op.f('ck_item_unspsc_code')),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_item_category_id')),
    sa.ForeignKeyConstraint(['preferred_supplier_id'], ['supplier.id'], name=op.f('fk_item_preferred_supplier_id')),
    sa.ForeignKeyConstraint(['tax_code_id'], ['tax_code.id'], name=op.f('fk_item_tax_code_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_item_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item')),
    sa.UniqueConstraint('code', name=op.f('uq_item_code'))
    )
    op.create_index(op.f('ix_item_category_id'), 'item', ['category_id'], unique=False)
    op.create_index(op.f('ix_item_preferred_supplier_id'), 'item', ['preferred_supplier_id'], unique=False)
    op.create_index('ix_item_search', 'item', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_item_state'), 'item', ['state'], unique=False)
    op.create_index(op.f('ix_item_tax_code_id'), 'item', ['tax_code_id'], unique=False)
    op.create_index(op.f('ix_item_unit_id'), 'item', ['unit_id'], unique=False)
    op.create_table('supplier_contact',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('role', sa.String(length=80), nullable=True),
    sa.Column('email', sa.String(length=200), nullable=True),
    sa.Column('phone', sa.String(length=40), nullable=True),
    sa.Column('is_primary', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('email_domain', sa.String(length=200), nullable=True),
    postgresql.ExcludeConstraint((sa.column('supplier_id'), '='), where=sa.text('is_primary'), deferrable='True', initially='DEFERRED', using='btree', name='uq_supplier_contact_primary'),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_contact_supplier_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_contact'))
    )
    op.create_index(op.f('ix_supplier_contact_email_domain'), 'supplier_contact', ['email_domain'], unique=False)
    op.create_index(op.f('ix_supplier_contact_supplier_id'), 'supplier_contact', ['supplier_id'], unique=False)
    op.create_table('supplier_tax_id',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(40), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('value', sa.String(length=40), nullable=False),
    sa.Column('normal', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_supplier_tax_id_supplier_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_tax_id'))
    )
    op.create_index(op.f('ix_supplier_tax_id_normal'), 'supplier_tax_id', ['normal'], unique=False)
    op.create_index(op.f('ix_supplier_tax_id_supplier_id'), 'supplier_tax_id', ['supplier_id'], unique=False)
    op.create_table('item_price',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('supplier_id', sa.BigInteger(), nullable=False),
    sa.Column('supplier_number', sa.String(length=60), nullable=True),
    sa.Column('currency_id', sa.BigInteger(), nullable=False),
    sa.Column('unit_price', sa.Numeric(precision=18, scale=4), nullable=False),
    sa.Column('minimum_quantity', sa.Numeric(precision=18, scale=6), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('lead_time_days', sa.Integer(), nullable=True),
    sa.CheckConstraint('lead_time_days BETWEEN 0 AND 730', name=op.f('ck_item_price_lead_time_days')),
    sa.CheckConstraint('minimum_quantity > 0', name=op.f('ck_item_price_minimum_quantity')),
    sa.CheckConstraint('unit_price >= 0', name=op.f('ck_item_price_unit_price')),
    sa.CheckConstraint('valid_to >= valid_from', name=op.f('ck_item_price_valid_to')),
    sa.ForeignKeyConstraint(['currency_id'], ['currency.id'], name=op.f('fk_item_price_currency_id')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_item_price_item_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['supplier_id'], ['supplier.id'], name=op.f('fk_item_price_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_price'))
    )
    op.create_index(op.f('ix_item_price_currency_id'), 'item_price', ['currency_id'], unique=False)
    op.create_index(op.f('ix_item_price_item_id'), 'item_price', ['item_id'], unique=False)
    op.create_index('ix_item_price_offer', 'item_price', ['supplier_id', 'supplier_number'], unique=False)
    op.create_index(op.f('ix_item_price_supplier_id'), 'item_price', ['supplier_id'], unique=False)
    op.create_foreign_key('fk_cost_centre_owner_id', 'cost_centre', 'person', ['owner_id'], ['id'])

    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$
    """)
    for table in ("audit_entry", "outbox_event"):
        op.execute(f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER audit_entry_whole BEFORE TRUNCATE ON audit_entry EXECUTE FUNCTION refuse_change()")
    op.execute("ALTER TABLE audit_lane SET (fillfactor = 10, autovacuum_vacuum_threshold = 200)")
    op.execute("CREATE TRIGGER audit_lane_kept BEFORE DELETE ON audit_lane FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER audit_lane_whole BEFORE TRUNCATE ON audit_lane EXECUTE FUNCTION refuse_change()")



def downgrade() -> None:
    op.execute("DROP TABLE audit_entry, audit_lane")
    op.execute("DROP TRIGGER outbox_event_stays ON outbox_event")
    op.execute("DROP FUNCTION refuse_change()")
    op.drop_constraint('fk_cost_centre_owner_id', 'cost_centre', type_='foreignkey')
    op.drop_index(op.f('ix_item_price_supplier_id'), table_name='item_price')
    op.drop_index('ix_item_price_offer', table_name='item_price')
    op.drop_index(op.f('ix_item_price_item_id'), table_name='item_price')
    op.drop_index(op.f('ix_item_price_currency_id'), table_name='item_price')
    op.drop_table('item_price')
    op.drop_index(op.f('ix_supplier_tax_id_supplier_id'), table_name='supplier_tax_id')
    op.drop_index(op.f('ix_supplier_tax_id_normal'), table_name='supplier_tax_id')
    op.drop_table('supplier_tax_id')
    op.drop_index(op.f('ix_supplier_contact_supplier_id'), table_name='supplier_contact')
    op.drop_index(op.f('ix_supplier_contact_email_domain'), table_name='supplier_contact')
    op.drop_table('supplier_contact')
    op.drop_index(op.f('ix_item_unit_id'), table_name='item')
    op.drop_index(op.f('ix_item_tax_code_id'), table_name='item')
    op.drop_index(op.f('ix_item_state'), table_name='item')
    op.drop_index('ix_item_search', table_name='item', postgresql_using='gin')
    op.drop_index(op.f('ix_item_preferred_supplier_id'), table_name='item')
    op.drop_index(op.f('ix_item_category_id'), table_name='item')
    op.drop_table('item')
    op.drop_index('uq_bank_account_live', table_name='bank_account', postgresql_where=sa.text("state IN ('proposed', 'confirmed')"))
    op.drop_index(op.f('ix_bank_account_supplier_id'), table_name='bank_account')
    op.drop_index(op.f('ix_bank_account_state'), table_name='bank_account')
    op.drop_index('ix_bank_account_search', table_name='bank_account', postgresql_using='gin')
    op.drop_index(op.f('ix_bank_account_replaces_id'), table_name='bank_account')
    op.drop_index(op.f('ix_bank_account_fingerprint'), table_name='bank_account')
    op.drop_index(op.f('ix_bank_account_currency_id'), table_name='bank_account')
    op.drop_table('bank_account')
    op.drop_index(op.f('ix_supplier_state'), table_name='supplier')
    op.drop_index('ix_supplier_search', table_name='supplier', postgresql_using='gin')
    op.drop_index(op.f('ix_supplier_owner_id'), table_name='supplier')
    op.drop_index(op.f('ix_supplier_normal_name'), table_name='supplier')
    op.drop_index('ix_supplier_name_keys', table_name='supplier', postgresql_using='gin')
    op.drop_index(op.f('ix_supplier_merged_into_id'), table_name='supplier')
    op.drop_index(op.f('ix_supplier_entity_id'), table_name='supplier')
    op.drop_index(op.f('ix_supplier_currency_id'), table_name='supplier')
    op.drop_table('supplier')
    op.drop_index(op.f('ix_project_state'), table_name='project')
    op.drop_index('ix_project_search', table_name='project', postgresql_using='gin')
    op.drop_index(op.f('ix_project_path'), table_name='project')
    op.drop_index(op.f('ix_project_parent_id'), table_name='project')
    op.drop_index(op.f('ix_project_owner_id'), table_name='project')
    op.drop_index(op.f('ix_project_entity_id'), table_name='project')
    op.drop_index(op.f('ix_project_cost_centre_id'), table_name='project')
    op.drop_table('project')
    op.drop_index(op.f('ix_category_state'), table_name='category')
    op.drop_index('ix_category_search', table_name='category', postgresql_using='gin')
    op.drop_index(op.f('ix_category_path'), table_name='category')
    op.drop_index(op.f('ix_category_parent_id'), table_name='category')
    op.drop_index(op.f('ix_category_owner_id'), table_name='category')
    op.drop_table('category')
    op.drop_index(op.f('ix_role_grant_user_id'), table_name='role_grant')
    op.drop_index(op.f('ix_role_grant_role_id'), table_name='role_grant')
    op.drop_table('role_grant')
    op.drop_index(op.f('ix_person_state'), table_name='person')
    op.drop_index('ix_person_search', table_name='person', postgresql_using='gin')
    op.drop_index(op.f('ix_person_manager_id'), table_name='person')
    op.drop_index(op.f('ix_person_entity_id'), table_name='person')
    op.drop_index(op.f('ix_person_cost_centre_id'), table_name='person')
    op.drop_table('person')
    op.drop_index(op.f('ix_schedule_run_job_id'), table_name='schedule_run')
    op.drop_table('schedule_run')
    op.drop_index(op.f('ix_location_state'), table_name='location')
    op.drop_index('ix_location_search', table_name='location', postgresql_using='gin')
    op.drop_index(op.f('ix_location_entity_id'), table_name='location')
    op.drop_table('location')
    op.drop_index(op.f('ix_cost_centre_state'), table_name='cost_centre')
    op.drop_index('ix_cost_centre_search', table_name='cost_centre', postgresql_using='gin')
    op.drop_index(op.f('ix_cost_centre_path'), table_name='cost_centre')
    op.drop_index(op.f('ix_cost_centre_parent_id'), table_name='cost_centre')
    op.drop_index(op.f('ix_cost_centre_owner_id'), table_name='cost_centre')
    op.drop_index(op.f('ix_cost_centre_entity_id'), table_name='cost_centre')
    op.drop_table('cost_centre')
    op.drop_index('idx_role_id', table_name='ab_permission_view_role')
    op.drop_index('idx_permission_view_id', table_name='ab_permission_view_role')
    op.drop_table('ab_permission_view_role')
    op.drop_index('ix_saved_view_resource', table_name='saved_view')
    op.drop_table('saved_view')
    op.drop_table('preference')
    op.drop_index('ix_login_session_user', table_name='login_session')
    op.drop_table('login_session')
    op.drop_index('uq_job_unique_key', table_name='job', postgresql_where=sa.text("state IN ('waiting', 'running')"))
    op.drop_index('uq_job_event_kind', table_name='job')
    op.drop_index('ix_job_stream', table_name='job', postgresql_where=sa.text("state IN ('waiting', 'running', 'dead')"))
    op.drop_index('ix_job_running', table_name='job', postgresql_where=sa.text("state = 'running'"))
    op.drop_index('ix_job_lease', table_name='job', postgresql_where=sa.text('lease IS NOT NULL'))
    op.drop_index('ix_job_finished', table_name='job', postgresql_where=sa.text("state IN ('done', 'discarded')"))
    op.drop_index('ix_job_due', table_name='job', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_job_actor', table_name='job')
    op.drop_table('job')
    op.drop_index('ix_import_refusal_run', table_name='import_refusal')
    op.drop_table('import_refusal')
    op.drop_index(op.f('ix_exchange_rate_valid_on'), table_name='exchange_rate')
    op.drop_index('ix_exchange_rate_search', table_name='exchange_rate', postgresql_using='gin')
    op.drop_index(op.f('ix_exchange_rate_currency_id'), table_name='exchange_rate')
    op.drop_index(op.f('ix_exchange_rate_base_id'), table_name='exchange_rate')
    op.drop_table('exchange_rate')
    op.drop_index(op.f('ix_entity_state'), table_name='entity')
    op.drop_index('ix_entity_search', table_name='entity', postgresql_using='gin')
    op.drop_index(op.f('ix_entity_base_currency_id'), table_name='entity')
    op.drop_table('entity')
    op.drop_index(op.f('ix_api_token_user_id'), table_name='api_token')
    op.drop_index('ix_api_token_search', table_name='api_token', postgresql_using='gin')
    op.drop_table('api_token')
    op.drop_table('account')
    op.drop_table('ab_user_role')
    op.drop_index('idx_user_id', table_name='ab_user_group')
    op.drop_index('idx_user_group_id', table_name='ab_user_group')
    op.drop_table('ab_user_group')
    op.drop_index('idx_view_menu_id', table_name='ab_permission_view')
    op.drop_index('idx_permission_id', table_name='ab_permission_view')
    op.drop_table('ab_permission_view')
    op.drop_index('idx_group_role_id', table_name='ab_group_role')
    op.drop_index('idx_group_id', table_name='ab_group_role')
    op.drop_table('ab_group_role')
    op.drop_index('idx_api_key_user_id', table_name='ab_api_key')
    op.drop_index('idx_api_key_prefix', table_name='ab_api_key')
    op.drop_index('idx_api_key_lookup_hash', table_name='ab_api_key')
    op.drop_table('ab_api_key')
    op.drop_index('ix_unit_search', table_name='unit', postgresql_using='gin')
    op.drop_table('unit')
    op.drop_index('ix_tax_code_search', table_name='tax_code', postgresql_using='gin')
    op.drop_table('tax_code')
    op.drop_index('ix_setting_search', table_name='setting', postgresql_using='gin')
    op.drop_table('setting')
    op.drop_index('ix_outbox_event_row', table_name='outbox_event')
    op.drop_index(op.f('ix_outbox_event_name'), table_name='outbox_event')
    op.drop_index('ix_outbox_event_at', table_name='outbox_event')
    op.drop_table('outbox_event')
    op.drop_table('number_series')
    op.drop_index('ix_import_run_digest', table_name='import_run')
    op.drop_index('ix_import_run_actor', table_name='import_run')
    op.drop_table('import_run')
    op.drop_index(op.f('ix_idempotency_key_created_at'), table_name='idempotency_key')
    op.drop_table('idempotency_key')
    op.drop_index('ix_currency_search', table_name='currency', postgresql_using='gin')
    op.drop_table('currency')
    op.drop_index('ix_comment_row', table_name='comment')
    op.drop_table('comment')
    op.drop_index('ix_attachment_row', table_name='attachment')
    op.drop_index('ix_attachment_digest', table_name='attachment')
    op.drop_table('attachment')
    op.drop_table('access_version')
    op.drop_table('ab_view_menu')
    op.drop_index('uq_ab_user_username_lower', table_name='ab_user')
    op.drop_index('uq_ab_user_email_lower', table_name='ab_user')
    op.drop_table('ab_user')
    op.drop_table('ab_role')
    op.drop_table('ab_register_user')
    op.drop_table('ab_permission')
    op.drop_table('ab_group')
