"""How bank statements are shown, searched and scoped; they come as files, and nobody types one."""

from __future__ import annotations

from app.infra import activity, taking
from app.kernel.resource import Children, Resource, Series, registry, within
from app.modules.statements import commands as do
from app.modules.statements import service
from app.modules.statements.domain import events
from app.modules.statements.models import BankStatement, StatementLine, StatementMatch

statements = registry.add(
    Resource(
        name=service.NAME,
        model=BankStatement,
        title=("Bank statement", "Bank statements"),
        menu="Paying",
        key="number",
        number=Series("STM"),
        icon="building-bank",
        order="-number",
        help="What banks say was booked, and which payment, fee or transfer each line is.",
        list=("number", "account", "from_on", "to_on", "closing", "open_lines", "state"),
        show=(
            ("Statement", ("number", "account", "entity", "from_on", "to_on", "opening", "closing", "gap", "open_lines")),
            ("File", ("file_name", "format", "stated_number", "file_hash", "place", "repeated", "remarks")),
        ),
        children=(
            Children(
                "lines",
                StatementLine,
                (
                    "number", "booked_on", "value_on", "amount", "party", "masked_account", "text", "end_to_end", "bank_id",
                    "is_return", "state", "kind", "rest", "reason", "settled_at", "settled_by", "reopened",
                ),
                fixed=True,
            ),
            Children(
                "matches",
                StatementMatch,
                (
                    "of_line", "payment", "invoice", "amount", "is_return", "confidence", "reason", "how", "state", "matched_at",
                    "matched_by", "undone_at", "undone_by", "undo_reason",
                ),
                fixed=True,
            ),
        ),
        filters=("state", "account", "entity", "from_on", "to_on", "open_lines"),
        search={"number": "A", "stated_number": "B", "file_name": "C", "lines.party": "C", "lines.end_to_end": "C"},
        scope=within("entity"),
        commands=(do.accept, do.match, do.book, do.explain, do.undo, do.propose),
        announces=(events.TakenIn,),
    )
)  # fmt: skip

taking.declare(service.NAME, service.take_in, service.VERB, reads_tables=True)
activity.let_last(service.NAME, service.is_original)
