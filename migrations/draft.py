"""Draft the migration for what the models have that the newest migration has not: `make migration name="vehicles"`.

It compares against a throw-away database at the head, so no database of yours is touched. Read the draft before you
commit it: a renamed column looks to it like one dropped and one added.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main(name: str) -> None:
    import app
    from alembic import command
    from app.embedded import postgres
    from app.infra import schema
    from sqlalchemy import create_engine

    app.load_slices()
    numbers = [int(path.name[:4]) for path in (ROOT / "migrations/versions").glob("[0-9]*.py")]
    with tempfile.TemporaryDirectory(prefix="outlay-draft-", dir="/tmp") as home:
        Path(home).chmod(0o755)
        server = postgres(Path(home) / "postgres", settings={"fsync": "off"})
        try:
            url = server.url.replace("postgresql://", "postgresql+psycopg2://")
            schema.upgrade(url)
            with create_engine(url).connect() as connection:
                command.revision(
                    schema.configuration(connection),
                    message=name,
                    autogenerate=True,
                    rev_id=f"{max(numbers, default=0) + 1:04}",
                )
        finally:
            server.stop()


if __name__ == "__main__":
    words = " ".join(sys.argv[1:]).strip()
    if not re.fullmatch(r"[\w ,-]{3,60}", words):
        sys.exit('Name the migration in a few words: make migration name="vehicles"')
    main(words)
