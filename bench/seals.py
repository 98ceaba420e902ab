"""Audit entries of copied orders, sealed as the application seals its own."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.infra import audit, chain
from app.infra.db import uuid7

COLUMNS = "lane, position, id, at, actor_id, actor_name, acting_for, command, channel, request_id, action, resource, row_id, row_key, part, before, after, mac"  # fmt: skip
READ = """
SELECT id, number, created_at, created_by, total, 'order' FROM purchase_order WHERE id > %(orders)s
UNION ALL
SELECT id, reference, created_at, created_by, total, 'invoice' FROM invoice WHERE id > %(invoices)s
"""


def seal(connection: Any, key: bytes, after: dict[str, int]) -> int:
    """Put on record that each order and invoice behind some ids was entered; gives the number of entries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lane, entries, mac FROM audit_lane ORDER BY lane FOR UPDATE")
        heads = {lane: (entries, bytes(mac)) for lane, entries, mac in cursor.fetchall()}
    count = 0
    with connection.cursor("rows") as rows, connection.cursor() as cursor:
        rows.itersize = 20_000
        rows.execute(READ, {"orders": after["purchase_order"], "invoices": after["invoice"]})
        while batch := rows.fetchmany(20_000):
            file = io.StringIO("".join(_lines(batch, key, heads)))
            cursor.copy_expert(f"COPY audit_entry ({COLUMNS}) FROM STDIN", file)
            count += len(batch)
        for lane, (entries, mac) in heads.items():
            head = chain.Head(lane, entries, mac).sealed(key)
            values = (entries, mac, head.seal, lane)
            cursor.execute("UPDATE audit_lane SET entries = %s, mac = %s, seal = %s WHERE lane = %s", values)
    return count


def _lines(batch: list[tuple[Any, ...]], key: bytes, heads: dict[int, tuple[int, bytes]]) -> Iterator[str]:
    for identity, number, at, actor, total, resource in batch:
        lane = identity % chain.LANES
        position, mac = heads[lane][0] + 1, heads[lane][1]
        entry = _entry(identity, number, at, actor, {"number": number, "total": str(total)}, resource)
        content = {name: audit.plain(value) for name, value in entry.items()}
        content |= {"at": at.isoformat(), "lane": lane, "position": position}
        mac = chain.link(key, mac, content)
        heads[lane] = position, mac
        entry |= {"lane": lane, "position": position, "mac": "\\\\x" + mac.hex()}
        yield "\t".join(_field(entry[name]) for name in COLUMNS.split(", ")) + "\n"


def _entry(
    identity: int, number: str, at: datetime, actor: int, after: dict[str, str], resource: str
) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "at": at,
        "actor_id": actor,
        "actor_name": f"Account {actor}",
        "acting_for": None,
        "command": f"{resource}.create",
        "channel": "bench",
        "request_id": f"bench-{identity}",
        "action": "created",
        "resource": resource,
        "row_id": identity,
        "row_key": number,
        "part": "",
        "before": None,
        "after": after,
    }


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID | int) else value
