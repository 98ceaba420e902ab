"""The pages of approvals: the inbox, why these people, being away, and what documents say about their approval."""

from app.console import additions, documents, pages
from app.console.additions import Place
from app.modules.approvals.console import away, inbox, panel, policy_view, waits, why

__all__ = ["away", "inbox", "panel", "policy_view", "waits", "why"]

pages.add(inbox.InboxView)
additions.lead_menu(
    Place("inbox", "Inbox", "inbox", "/inbox", "i", waits.may_open, waits.count, "/inbox/count", "approval:")
)
additions.to_home(inbox.waiting_entries)
documents.name_by("approval", "resource", "document_key")
