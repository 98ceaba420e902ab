"""E-invoices per second, beside what schema and rules alone take. `python bench/einvoices.py FOLDER [rounds]`."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main(folder: Path, rounds: int) -> None:
    from app.infra.xml import parsing as xml
    from app.modules.invoices.einvoice.limits import STANDARD
    from app.modules.invoices.einvoice.reading import read

    files = [(path.name, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]
    found = [read(data, name) for name, data in files]
    judged = [
        (each.kind, xml.written(xml.parse(each.xml, STANDARD).root)) for each in found if each.documents and each.xml
    ]
    print(f"{len(files)} files, {len(judged)} of them judged by schema and rules; the engine is warm")
    whole, rules = [], []
    for _ in range(rounds):
        # In turns, so that a busy machine slows both.
        whole.append(taken(lambda: [read(data, name, STANDARD) for name, data in files]))
        rules.append(taken(lambda: [schema_and_rules(kind, data) for kind, data in judged]))
    seconds, alone = statistics.median(whole), statistics.median(rules)
    print(f"reading all       {seconds:6.2f} s   {len(files) / seconds:6.1f} files a second")
    print(f"XSD + XSLT alone  {alone:6.2f} s   {len(judged) / alone:6.1f} documents a second")
    print(f"ratio             {seconds / alone:6.2f}")


def schema_and_rules(kind: str, data: bytes) -> None:
    """Ask the engine what `read` asks it about such a document, and nothing else."""
    from app.modules.invoices.einvoice.engine import engine
    from app.modules.invoices.einvoice.validation import RULE_SETS

    rules = RULE_SETS[kind]
    engine.ask({"do": "judge", "seconds": 60, "schema": rules.schema, "stylesheets": rules.stylesheets}, data)


def taken(work) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
