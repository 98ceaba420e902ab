"""The CHECKs that columns declare for themselves: states, codes, countries; drafts of migrations had left them out."""

from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

STATES = {
    'approval': 'open approved rejected returned withdrawn superseded',
    'approval_policy': 'draft published retired',
    'bank_account': 'proposed confirmed rejected retired',
    'budget_cell': 'open closed withdrawn',
    'budget_plan': 'draft published retired',
    'budget_transfer': 'draft proposed done rejected cancelled',
    'category': 'open closed',
    'cost_centre': 'open closed',
    'delegation': 'active ended',
    'entity': 'open closed',
    'item': 'active retired',
    'location': 'open closed',
    'order_sending': 'waiting sent failed skipped',
    'person': 'invited active suspended left',
    'project': 'open closed',
    'purchase_order': 'draft submitted approved issued amending closed cancelled',
    'receipt': 'draft posted reversed',
    'request': 'draft submitted approved rejected closed cancelled',
    'supplier': 'prospect approved blocked merged',
}
CODES = (
    'budget_cell category cost_centre currency entity item location person project supplier tax_code unit'
).split()
COUNTRIES = ('bank_account entity location supplier supplier_tax_id tax_code').split()


def rules() -> dict[tuple[str, str], str]:
    """List what each table's column has to fulfil."""
    found = {(table, 'code'): "code ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'" for table in CODES}
    found |= {(table, 'country'): "country ~ '^[A-Z]{2}$'" for table in COUNTRIES}
    for table, states in STATES.items():
        names = ', '.join(f"'{state}'" for state in states.split())
        found[table, 'state'] = f'state IN ({names})'
    return found


def upgrade() -> None:
    for (table, column), rule in rules().items():
        op.create_check_constraint(op.f(f'ck_{table}_{column}'), table, rule)


def downgrade() -> None:
    for table, column in rules():
        op.drop_constraint(op.f(f'ck_{table}_{column}'), table, type_='check')
