"""Every kind of page, and the states of it that look different; what each needs before it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

BUYER, OTHER_BUYER, ADMINISTRATOR = "omar.haddad", "nadia.brandt", "petra.admin"
AUDITOR, REQUESTER, APPROVER = "erik.lindqvist", "lena.fischer", "jana.novak"
# Who decides after the head of the cost centre, and who answers for all budgets.
HEAD, CONTROLLER = "sofia.rossi", "marta.keller"
SUPPLIER, OTHER_SUPPLIER = "S-00001", "S-00002"
CLERK, RECEIVER, TREASURER = "priya.nair", "jonas.berg", "viktor.hruska"
Prepare = Callable[[Page], None]


@dataclass(frozen=True)
class Place:
    """A page as somebody sees it, and what they do there first; `often` are the widths tried in every run."""

    who: str | None
    path: str
    prepare: Prepare | None = None
    phone: bool = True
    often: tuple[int, ...] = ()


def _select(page: Page) -> None:
    for at in (0, 2):
        page.locator("[data-o-row]").nth(at).check()


def _open_menu(selector: str) -> Prepare:
    def opened(page: Page) -> None:
        page.locator(selector).first.click()
        page.locator(".o-menu:popover-open").wait_for()

    return opened


def _break_form(page: Page) -> None:
    page.locator("#f-country").fill("XX")
    page.locator("#f-payment_days").fill("soon")
    page.locator("#contacts-0-name").fill("")
    page.locator("#contacts-1-email").fill("nobody at home")
    page.locator(".o-submit .btn-primary").click()
    page.locator("[data-o-errors]").wait_for()


def _ask_for_something(page: Page) -> None:
    page.locator("#lines-0-text").click()
    page.locator("#item-list .option").first.click()
    page.locator("[data-line-open]").first.click()
    page.locator("[data-part-do=add]").first.click()
    page.locator("#rail .o-chain").wait_for()


def _break_request(page: Page) -> None:
    page.locator("#lines-0-text").fill("Something")
    page.keyboard.press("Escape")
    page.locator(".o-submit .btn-primary").click()
    page.locator("[data-o-errors]").wait_for()


def _open_first(page: Page) -> None:
    page.goto(page.locator("[data-o-rows] a.o-title, tbody a.o-title").first.get_attribute("href") or "")


def _decide(page: Page) -> None:
    page.goto(page.locator(".o-queue-link").first.get_attribute("href") or "")


def _open_document(page: Page) -> None:
    page.goto(page.locator(".o-queue > [data-url]").first.get_attribute("data-url") or "")


def _ask_why(page: Page) -> None:
    _open_document(page)
    page.goto(page.get_by_role("link", name="Why these people?").first.get_attribute("href") or "")


def _break_command(page: Page) -> None:
    page.locator("main form .o-btn-bad, main form .btn-primary").first.click()
    page.locator("[data-o-errors]").wait_for()


def _ask(label: str) -> Prepare:
    def asked(page: Page) -> None:
        page.get_by_role("link", name=label, exact=True).first.click()
        page.locator("#dialog[open] button.btn").first.wait_for()

    return asked


def _receive_first(page: Page) -> None:
    _open_first(page)
    page.get_by_role("link", name="Receive", exact=True).first.click()
    page.locator("#lines-0").wait_for()


def _reconcile(page: Page) -> None:
    _open_first(page)
    page.goto(f"{page.url}/reconcile")


def _find(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("nord")
    page.locator("#palette [role=option]", has_text="Nordlicht Systems").first.wait_for()


def _make_token(page: Page) -> None:
    page.locator("#f-name").fill("Nightly export")
    page.get_by_role("button", name="Make token").click()
    page.locator("#fresh-secret").wait_for()


def _enter_scan(page: Page) -> None:
    _open_first(page)
    page.get_by_role("link", name="Enter it").click()
    page.locator(".o-beside-page").wait_for()


def _open_all(page: Page) -> None:
    _open_first(page)
    for summary in page.locator("main summary").all():
        summary.click()


PLACES: dict[str, Place] = {
    "sign-in": Place(None, "/sign-in", often=(390,)),
    "home": Place(BUYER, "/", often=(1440,)),
    "list": Place(BUYER, "/suppliers", often=(1440, 390)),
    "list-filtered": Place(BUYER, "/suppliers?country=DE&country=AT&sort=-name"),
    "list-nothing": Place(BUYER, "/suppliers?q=zzzz"),
    "list-selected": Place(BUYER, "/suppliers", _select, phone=False, often=(1440,)),
    "list-filter-menu": Place(BUYER, "/suppliers", _open_menu(".o-filter-add"), often=(1440,)),
    "list-columns-menu": Place(BUYER, "/suppliers", _open_menu("[popovertarget=columns-menu]"), phone=False),
    "show": Place(BUYER, f"/suppliers/{SUPPLIER}", often=(1440, 390)),
    "show-item": Place(BUYER, "/items/IT-HW-001"),
    "form-new": Place(BUYER, "/suppliers/new"),
    "form": Place(BUYER, f"/suppliers/{SUPPLIER}/edit"),
    "form-item": Place(BUYER, "/items/IT-HW-001/edit"),
    "form-errors": Place(BUYER, f"/suppliers/{SUPPLIER}/edit", _break_form, often=(1440, 390)),
    "request-form": Place(REQUESTER, "/requests/new", _ask_for_something, often=(1440, 390)),
    "request-form-errors": Place(REQUESTER, "/requests/new", _break_request),
    "request": Place(REQUESTER, "/requests?view=all", _open_first, often=(1440,)),
    "requests": Place(REQUESTER, "/requests"),
    "inbox": Place(APPROVER, "/inbox", often=(1440, 390)),
    "inbox-empty": Place(REQUESTER, "/inbox"),
    "decide": Place(APPROVER, "/inbox", _decide, often=(390,)),
    "request-to-decide": Place(APPROVER, "/inbox", _open_document, often=(1440,)),
    "why": Place(APPROVER, "/inbox", _ask_why),
    "away": Place(APPROVER, "/me/away"),
    "delegation": Place(APPROVER, "/delegations/new"),
    "budgets": Place(CONTROLLER, "/budgets", often=(1440,)),
    "budget": Place(CONTROLLER, "/budgets", _open_first),
    "budget-plan": Place(CONTROLLER, "/budget-plans", _open_first),
    "budget-plan-form": Place(CONTROLLER, "/budget-plans/new"),
    "budget-transfer": Place(CONTROLLER, "/budget-transfers", _open_first, often=(390,)),
    "budget-moves": Place(CONTROLLER, "/budget-moves"),
    "approvals": Place(CONTROLLER, "/approvals"),
    "approval": Place(CONTROLLER, "/approvals", _open_first),
    "orders": Place(BUYER, "/orders", often=(1440,)),
    "order": Place(BUYER, "/orders?state=issued", _open_first, often=(1440, 390)),
    "order-form": Place(BUYER, "/orders/new"),
    "receive": Place(RECEIVER, "/orders?state=issued&received=none", _receive_first, often=(390,)),
    "receipts": Place(RECEIVER, "/receipts"),
    "receipt": Place(RECEIVER, "/receipts?state=posted", _open_first, often=(390,)),
    "runs": Place(TREASURER, "/payment-runs"),
    "run-form": Place(CLERK, "/payment-runs/new"),
    "run-draft": Place(CLERK, "/payment-runs?state=draft", _open_first, often=(1440,)),
    "run-to-approve": Place(TREASURER, "/payment-runs?state=submitted", _open_first, often=(1440, 390)),
    "run-released": Place(TREASURER, "/payment-runs?state=released", _open_first),
    "payments": Place(TREASURER, "/payments"),
    "payment": Place(TREASURER, "/payments?state=settled", _open_first, often=(1440,)),
    "paying-account": Place(TREASURER, "/paying-accounts/CZ-EUR"),
    "statements": Place(TREASURER, "/bank-statements"),
    "statement": Place(TREASURER, "/bank-statements?state=reconciled", _open_first),
    "statement-capture": Place(TREASURER, "/bank-statements/capture"),
    "desk": Place(TREASURER, "/bank-statements?state=open", _reconcile, often=(1440, 390)),
    "invoices": Place(CLERK, "/invoices", often=(1440, 390)),
    "invoice-exception": Place(BUYER, "/invoices?state=exception&sort=-reference", _open_first, often=(1440, 390)),
    "invoice-posted": Place(CLERK, "/invoices?state=posted", _open_all, often=(1440,)),
    "invoice-broken": Place(CLERK, "/invoices?judged=invalid", _open_all),
    "invoice-entry": Place(CLERK, "/invoices?format=pdf&state=captured", _enter_scan, often=(1440, 390)),
    "invoice-capture": Place(CLERK, "/invoices/capture", often=(1440, 390)),
    "settle": Place(BUYER, "/exceptions/waiting", often=(1440, 390)),
    "settle-nothing": Place(CONTROLLER, "/exceptions/waiting?tab=waiting"),
    "exceptions": Place(AUDITOR, "/exceptions"),
    "tolerances": Place(CONTROLLER, "/tolerances"),
    "reports": Place(CONTROLLER, "/reports"),
    "report": Place(CONTROLLER, "/reports/invoiced", often=(1440, 390)),
    "people": Place(ADMINISTRATOR, "/people"),
    "person": Place(ADMINISTRATOR, f"/people/{REQUESTER}"),
    "jobs": Place(ADMINISTRATOR, "/jobs"),
    "events": Place(ADMINISTRATOR, "/events"),
    "deliveries": Place(ADMINISTRATOR, "/deliveries"),
    "notices": Place(APPROVER, "/notices"),
    "imports": Place(BUYER, "/imports"),
    "password": Place(BUYER, "/me/password"),
    "audit-entry": Place(AUDITOR, "/audit-log", _open_first),
    "command": Place(BUYER, f"/suppliers/{OTHER_SUPPLIER}/block"),
    "command-errors": Place(BUYER, f"/suppliers/{OTHER_SUPPLIER}/block", _break_command),
    "command-dialog": Place(BUYER, f"/suppliers/{OTHER_SUPPLIER}", _ask("Block"), often=(1440,)),
    "roles": Place(ADMINISTRATOR, "/roles", often=(390,)),
    "tokens": Place(ADMINISTRATOR, "/me/tokens", often=(1440,)),
    "token-made": Place(ADMINISTRATOR, "/me/tokens", _make_token),
    "sessions": Place(ADMINISTRATOR, "/me/sessions"),
    "settings": Place(ADMINISTRATOR, "/settings", often=(390,)),
    "audit-log": Place(AUDITOR, "/audit-log"),
    "preferences": Place(BUYER, "/preferences"),
    "import": Place(BUYER, "/items/import", often=(1440,)),
    "palette": Place(BUYER, "/suppliers", _find, often=(1440,)),
    "ui-kit": Place(BUYER, "/ui-kit"),
    "api-docs": Place(None, "/api/v1/docs"),
    "not-found": Place(BUYER, "/suppliers/S-99999", often=(390,)),
    "forbidden": Place(REQUESTER, "/roles"),
}


def reach(page: Page, place: Place) -> None:
    """Go to a place and do there what makes its state."""
    page.goto(place.path, wait_until="load")
    page.evaluate("document.fonts.ready")
    if place.prepare:
        place.prepare(page)
