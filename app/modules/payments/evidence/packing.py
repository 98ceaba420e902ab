"""The pack itself: a ZIP of words, original files and sealed entries of the audit, under one seal over all of it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.infra import audit, files, unit
from app.infra.chain import canonical
from app.infra.filetypes import safe_name
from app.kernel.actor import Context
from app.modules.approvals.models import Approval
from app.modules.orders.models import Order
from app.modules.payments.evidence import gathering
from app.modules.payments.evidence.telling import Teller, Told
from app.modules.payments.models import Payment

FORMAT = "outlay-evidence-1"
PAGE, RECORD, AUDIT, MANIFEST, SEAL = "index.html", "record.json", "audit.jsonl", "manifest.json", "seal.txt"
_LARGEST = 200 * 1024 * 1024
_WHEN = (1980, 1, 1, 0, 0, 0)  # the moment of making stands in the manifest, under the seal
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def pack(context: Context, payment: Payment) -> bytes:
    """Put together all that explains a payment, as far as its reader may open it."""
    behind = gathering.behind(context, payment)
    teller = Teller(context)
    told = [teller.tell(resource, row) for resource, row in behind.rows]
    beyond = [(resource.title[0], key) for resource, key in behind.beyond]
    placed = dict(_places(told))
    about = {
        "payment": payment.number, "made_at": context.now.isoformat(timespec="seconds"), "made_by": context.actor.name,
    }  # fmt: skip
    links = list(audit.excerpt(context.session, [(resource.name, row.id) for resource, row in behind.rows]))
    contents = {
        PAGE: _page(payment, told, beyond, about, {each.id: place for place, each in placed.items()}),
        RECORD: _spelled([_plain(each) for each in told]),
        **{
            f"records/{resource.key_of(row)}.json": _spelled(kept)
            for resource, row in behind.rows
            if (kept := _kept(row))
        },
        AUDIT: b"".join(canonical(link) + b"\n" for link in links),
        **{place: _content(each.digest) for place, each in placed.items()},
    }
    heads = [[*head.witness(), head.seal.hex()] for head in audit.heads(context.session)]
    manifest = canonical(
        {
            "format": FORMAT,
            **about,
            "beyond": [list(each) for each in beyond],
            "entries": len(links),
            "heads": heads,
            "files": {
                name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in contents.items()
            },
        }
    )
    seal = unit.sealed(b"evidence", manifest).hex().encode() + b"\n"
    return _zipped({**contents, MANIFEST: manifest, SEAL: seal})


def _places(told: Iterable[Told]) -> Iterator[tuple[str, Any]]:
    """Give every file a place of its own: beside its document, told apart by number where names are the same."""
    taken: set[str] = set()
    for document in told:
        for each in document.files:
            name = PurePosixPath(safe_name(each.name, each.media_type))
            place = f"files/{document.key}/{name}"
            number = 2
            while place in taken:
                place = f"files/{document.key}/{name.stem} ({number}){name.suffix}"
                number += 1
            taken.add(place)
            yield place, each


def _page(
    payment: Payment,
    told: list[Told],
    beyond: list[tuple[str, str]],
    about: Mapping[str, str],
    places: Mapping[int, str],
) -> bytes:
    """Write the pack for people; `places` says where each attached file stands in it."""
    values = {"payment": payment, "documents": told, "beyond": beyond, "about": about, "places": places}
    return _templates.get_template("evidence.html").render(values).encode()


def _kept(row: Any) -> dict[str, Any]:
    """Give what was frozen when it mattered: the facts and rules of a decision, each revision of an order as it went out."""
    match row:
        case Approval():
            frozen = {name: audit.plain(getattr(row, name)) for name in ("facts", "explanation", "content")}
            return {**frozen, "content_hash": row.content_hash, "policy_hash": row.policy_hash}
        case Order():
            return {"revisions": [{"number": r.number, "hash": r.hash, "content": r.content} for r in row.revisions]}
    return {}


def _plain(each: Told) -> dict[str, Any]:
    return {**asdict(each), "files": [[file.name, file.digest, file.size] for file in each.files]}


def _spelled(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _content(digest: str) -> bytes:
    with files.store().open(digest) as source:
        return source.read(_LARGEST)


def _zipped(contents: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
