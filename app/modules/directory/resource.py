"""How entities, cost centres, people and codes are shown, written, searched and scoped."""

from __future__ import annotations

from app.infra.transfer import batches
from app.kernel.resource import Resource, Series, registry, within
from app.modules.directory import commands as do
from app.modules.directory import domain, service
from app.modules.directory.models import (
    Category,
    CostCentre,
    Currency,
    Entity,
    ExchangeRate,
    Location,
    Person,
    Project,
    TaxCode,
    Unit,
)

MENU = "Master data"

currencies = registry.add(
    Resource(
        name="currency",
        model=Currency,
        title=("Currency", "Currencies"),
        menu=MENU,
        key="code",
        icon="coins",
        list=("code", "name", "minor_units", "active"),
        show=(("Currency", ("code", "name", "minor_units", "active")),),
        form=("name", "active"),
        filters=("active",),
        search={"code": "A", "name": "A"},
        check=domain.why_not_currency,
    )
)

exchange_rates = registry.add(
    Resource(
        name="exchange_rate",
        model=ExchangeRate,
        title=("Exchange rate", "Exchange rates"),
        menu=MENU,
        key="number",
        number=Series("FX", digits=6),
        order="-valid_on",
        icon="arrows-exchange",
        list=("number", "currency", "base", "rate", "valid_on", "source"),
        show=(("Rate", ("currency", "base", "rate", "valid_on", "source")),),
        form=("currency", "base", "rate", "valid_on", "source"),
        filters=("currency", "base", "valid_on", "source"),
        search={"number": "A", "currency.code": "A", "base.code": "A", "source": "B"},
    )
)

entities = registry.add(
    Resource(
        name="entity",
        model=Entity,
        title=("Entity", "Entities"),
        menu=MENU,
        key="code",
        icon="building",
        list=("code", "name", "country", "base_currency", "state"),
        show=(
            ("Entity", ("code", "name", "legal_name", "country", "tax_id", "registration_number")),
            ("E-invoices to it", ("endpoint_scheme", "endpoint_id")),
            ("Books", ("base_currency", "fiscal_year_start", "time_zone")),
        ),
        form=(
            "name",
            "legal_name",
            "country",
            "tax_id",
            "registration_number",
            "endpoint_scheme",
            "endpoint_id",
            "base_currency",
            "fiscal_year_start",
            "time_zone",
        ),
        filters=("state", "country", "base_currency"),
        search={"code": "A", "name": "A", "legal_name": "B", "tax_id": "B"},
        scope=within("self"),
        prepare=service.keep_country,
        check=domain.why_not_entity,
        commands=(do.close, do.reopen),
    )
)

locations = registry.add(
    Resource(
        name="location",
        model=Location,
        title=("Location", "Locations"),
        menu=MENU,
        key="code",
        icon="map-pin",
        list=("code", "name", "entity", "city", "country", "state"),
        show=(
            ("Location", ("code", "name", "entity")),
            ("Address", ("street", "street_2", "postcode", "city", "country")),
        ),
        form=("name", "entity", "street", "street_2", "postcode", "city", "country"),
        filters=("state", "entity", "country"),
        search={"code": "A", "name": "A", "city": "B", "street": "C"},
        scope=within("entity"),
        prepare=service.keep_country,
        check=domain.why_not_location,
        commands=(do.close, do.reopen),
    )
)
batches.enter_together(locations)

tax_codes = registry.add(
    Resource(
        name="tax_code",
        model=TaxCode,
        title=("Tax code", "Tax codes"),
        menu=MENU,
        key="code",
        icon="percentage",
        list=("code", "name", "country", "category", "rate", "valid_from", "valid_to", "active"),
        show=(
            ("Tax code", ("code", "name", "country", "category", "rate")),
            ("Validity", ("valid_from", "valid_to", "active")),
        ),
        form=("name", "country", "category", "rate", "valid_from", "valid_to", "active"),
        filters=("country", "category", "active"),
        search={"code": "A", "name": "A"},
        prepare=service.keep_country,
        check=domain.why_not_tax_code,
    )
)

units = registry.add(
    Resource(
        name="unit",
        model=Unit,
        title=("Unit", "Units"),
        menu=MENU,
        key="code",
        icon="ruler-2",
        list=("code", "name", "decimals", "active"),
        show=(("Unit", ("code", "name", "decimals", "active")),),
        form=("name", "decimals", "active"),
        filters=("active",),
        search={"code": "A", "name": "A"},
        check=domain.why_not_unit,
    )
)

cost_centres = registry.add(
    Resource(
        name="cost_centre",
        model=CostCentre,
        title=("Cost centre", "Cost centres"),
        menu=MENU,
        key="code",
        icon="sitemap",
        list=("code", "name", "entity", "parent", "owner", "state"),
        show=(("Cost centre", ("code", "name", "entity", "parent", "owner")), ("Parts", ("children", "projects"))),
        form=("name", "entity", "parent", "owner"),
        filters=("state", "entity", "parent", "owner"),
        search={"code": "A", "name": "A", "owner.name": "C"},
        scope=within("entity", "self"),
        check=domain.why_not_cost_centre,
        commands=(do.close, do.reopen),
    )
)
batches.enter_together(cost_centres)

categories = registry.add(
    Resource(
        name="category",
        model=Category,
        title=("Category", "Categories"),
        menu=MENU,
        key="code",
        icon="category",
        list=("code", "name", "parent", "owner", "ledger_account", "cpv_code", "state"),
        show=(
            ("Category", ("code", "name", "parent", "owner")),
            ("Books", ("ledger_account", "cpv_code")),
            ("Parts", ("children",)),
        ),
        form=("name", "parent", "owner", "ledger_account", "cpv_code"),
        filters=("state", "parent", "owner", "ledger_account"),
        search={"code": "A", "name": "A", "ledger_account": "B", "cpv_code": "B"},
        check=domain.why_not_category,
        commands=(do.close, do.reopen),
    )
)
batches.enter_together(categories)

projects = registry.add(
    Resource(
        name="project",
        model=Project,
        title=("Project", "Projects"),
        menu=MENU,
        key="code",
        icon="folder",
        list=("code", "name", "entity", "cost_centre", "owner", "starts_on", "ends_on", "state"),
        show=(
            ("Project", ("code", "name", "entity", "cost_centre", "parent", "owner")),
            ("Time", ("starts_on", "ends_on")),
            ("Parts", ("children",)),
        ),
        form=("name", "entity", "cost_centre", "parent", "owner", "starts_on", "ends_on"),
        filters=("state", "entity", "cost_centre", "owner", "starts_on", "ends_on"),
        search={"code": "A", "name": "A", "owner.name": "C"},
        scope=within("entity", "cost_centre"),
        check=domain.why_not_project,
        commands=(do.close, do.reopen),
    )
)
batches.enter_together(projects)

people = registry.add(
    Resource(
        name="person",
        model=Person,
        title=("Person", "People"),
        menu="Administration",
        key="code",
        icon="users",
        list=("code", "first_name", "last_name", "job_title", "entity", "cost_centre", "manager", "state"),
        show=(
            ("Person", ("code", "name", "email", "job_title", "language", "time_zone")),
            ("Place", ("entity", "cost_centre", "manager", "reports")),
            ("Authority", ("approval_limit", "roles", "state_reason", "erased_at")),
        ),
        form=(
            "first_name",
            "last_name",
            "email",
            "job_title",
            "entity",
            "cost_centre",
            "manager",
            "approval_limit",
            "language",
            "time_zone",
        ),
        editable_in=("invited", "active", "suspended"),
        filters=("state", "entity", "cost_centre", "manager", "job_title"),
        search={"code": "A", "first_name": "A", "last_name": "A", "email": "B", "job_title": "C"},
        scope=within("entity", "cost_centre"),
        personal=("first_name", "last_name", "email", "job_title"),
        prepare=service.keep_account,
        check=service.why_not_person,
        commands=(do.invite, do.activate, do.suspend, do.reinstate, do.leave, do.erase, do.grant, do.revoke),
    )
)
