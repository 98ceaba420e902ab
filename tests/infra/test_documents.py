"""What the documents print is what works: the slice of `adding-a-resource.md` loads as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVERS = {"DATABASE_URL": "postgresql://nobody@localhost/none", "REDIS_URL": "redis://localhost:1/0"}
LOADED = """
import sys
import app
from app import modules
from app.kernel.resource import registry

modules.__path__.append(sys.argv[1])
app.SLICES += ("vehicles",)
app.create_core()
vehicle = registry["vehicle"]
print(vehicle.plural, vehicle.states, [command.name for command in vehicle.commands])
"""


def printed(document: str) -> list[str]:
    """List the pieces of Python that a document prints."""
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / document).read_text(), re.DOTALL)


def test_the_printed_slice_loads_and_is_small(tmp_path: Path) -> None:
    models, resource = printed("adding-a-resource.md")
    commands, _ = printed("adding-a-command.md")
    slice_ = tmp_path / "vehicles"
    slice_.mkdir()
    for name, source in {"__init__": "", "models": models, "commands": commands, "resource": resource}.items():
        (slice_ / f"{name}.py").write_text(source)
    assert sum(len(source.splitlines()) for source in (models, commands, resource)) < 100  # as it is promised

    environment = {**os.environ, **SERVERS, "OUTLAY_HOME": str(tmp_path / "home")}
    result = subprocess.run(
        [sys.executable, "-c", LOADED, str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout == "vehicles ('in_use', 'sold') ['sell']\n", result.stderr


def test_the_printed_test_is_python() -> None:
    _, test = printed("adding-a-command.md")
    assert re.findall(r"^def (test_\w+)", test, re.MULTILINE)
    compile(test, "test_vehicle_sell.py", "exec")


def test_links_of_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", *ROOT.glob("docs/*.md")]
    for document in documents:
        for target in re.findall(r"\]\(([^)#:]+)[)#]", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} points to {target}"
