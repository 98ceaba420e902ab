"""The pages of statements: taking files in, and the desk on which lines and payments are brought together."""

from app.console import additions, resource_view
from app.console.additions import Place
from app.kernel.resource import registry
from app.modules.statements import service
from app.modules.statements.console import desk, view

__all__ = ["desk", "view"]

resource_view.extend(registry[service.NAME], view.StatementView)
additions.lead_menu(
    Place("reconcile", "To reconcile", "scale", desk.FIRST, "q", desk.may_work, desk.count, topic=f"{service.NAME}:")
)
