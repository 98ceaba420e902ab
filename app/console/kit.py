"""The page that shows every component."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.baseviews import BaseView

from app.console import shell
from app.console.host import open_page
from app.console.shell import Crumb, Page


class KitView(BaseView):  # type: ignore[misc]
    """Every component of the console on one page."""

    route_base = "/ui-kit"
    default_view = "kit"
    template_folder = None

    @open_page("")
    def kit(self) -> Any:
        """Show them."""
        return shell.render("ui_kit.html", Page("Components", (Crumb("Components"),)))
