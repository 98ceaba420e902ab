#!/usr/bin/env python3
"""Builds app/console/static from npm packages and our own sources; the result is committed.

First `npm ci --prefix app/console/assets`; then `python app/console/assets/build.py`.
With `--font` the font is cut anew, which needs `pip install fonttools==4.60.1 brotli==1.1.0`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = HERE / "src"
STATIC = HERE.parent / "static"
PACKAGES = Path(os.environ.get("NODE_MODULES", HERE / "node_modules"))
BROWSERS = "chrome117,edge117,firefox121,safari17"

# Latin, Latin Extended-A, Romanian, and the signs that amounts and sentences need: 35 kB instead of 340 kB.
LETTERS = "U+0000-017F,U+0218-021B,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2190-2193,U+2212"
FEATURES = "kern,liga,calt,tnum,cv05,ss03,case,locl,mark,mkmk"
LICENCES = {
    "bootstrap": "LICENSE",
    "htmx.org": "LICENSE",
    "tom-select": "LICENSE",
    "@tabler/icons": "LICENSE",
    "inter-ui": "LICENSE.txt",
}


def build_font() -> None:
    """Cut Inter to the letters and weights the console shows."""
    whole = PACKAGES / "inter-ui/variable/InterVariable.woff2"
    cut, made = HERE / "cut.ttf", STATIC / "inter.woff2"
    subset: list[str | Path] = [
        sys.executable,
        "-m",
        "fontTools.subset",
        whole,
        f"--unicodes={LETTERS}",
        f"--layout-features={FEATURES}",
    ]
    run(*subset, f"--output-file={cut}")
    run(sys.executable, "-m", "fontTools.varLib.instancer", cut, "opsz=14", "wght=400:700", f"--output={cut}", "-q")
    run(sys.executable, "-m", "fontTools.ttLib.woff2", "compress", "-o", made, cut)
    cut.unlink()


def build_icons() -> None:
    """Draw the sprite of the icons named in icons.txt."""
    symbols = "".join(symbol(name) for name in sorted((SOURCES / "icons.txt").read_text().split()))
    (STATIC / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>')


def symbol(name: str) -> str:
    """Turn one Tabler icon into a symbol without its empty ground."""
    drawing = (PACKAGES / f"@tabler/icons/icons/outline/{name}.svg").read_text()
    drawing = re.sub(r"<!--.*?-->", "", drawing, flags=re.DOTALL)
    inside = re.sub(r"^.*?<svg[^>]*>|</svg>.*$", "", drawing, flags=re.DOTALL)
    inside = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", inside)
    inside = re.sub(r"\s*\n\s*", "", inside).replace(" />", "/>")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inside}</symbol>'


def build_styles() -> None:
    """Bundle Bootstrap in its layer under ours."""
    made = STATIC / "outlay.css"
    esbuild(SOURCES / "css/outlay.css", made, "--bundle", "--external:*.woff2")
    made.write_text(made.read_text().replace("inter.woff2", f"inter.woff2?v={stamp(STATIC / 'inter.woff2')}"))


def build_scripts() -> None:
    """Bundle our modules, and take over the two libraries as published."""
    for name in ("theme.js", "outlay.js"):
        esbuild(SOURCES / "js" / name, STATIC / name, "--bundle", "--format=iife")
    for package, published in (
        ("htmx.org", "dist/htmx.min.js"),
        ("tom-select", "dist/js/tom-select.base.min.js"),
    ):
        text = (PACKAGES / package / published).read_text()
        text = re.sub(r"\n?//# sourceMappingURL=.*", "", text)
        (STATIC / f"{package.removesuffix('.org')}.js").write_text(text.rstrip() + "\n")


def copy_licences() -> None:
    """Keep the licence of each package next to what was made from it."""
    (STATIC / "licences").mkdir(exist_ok=True)
    for package, licence in LICENCES.items():
        name = package.strip("@").replace("/", "-")
        version = json.loads((PACKAGES / package / "package.json").read_text())["version"]
        text = (PACKAGES / package / licence).read_text()
        (STATIC / f"licences/{name}.txt").write_text(f"{package} {version}\n\n{text}")


def write_manifest() -> None:
    """Name each file with its hash, so that browsers may keep it for a year."""
    files = sorted(path for path in STATIC.iterdir() if path.is_file() and path.name != "manifest.json")
    named = {path.name: f"{path.name}?v={stamp(path)}" for path in files}
    (STATIC / "manifest.json").write_text(json.dumps(named, indent=2) + "\n")


def sources_stamp() -> str:
    """Shorten the hash of everything of ours that the build reads, and of the packages it names."""
    read = [*sorted(path for path in SOURCES.rglob("*") if path.is_file()), HERE / "package-lock.json"]
    told = "".join(f"{path.name} {stamp(path)}\n" for path in read)
    return hashlib.sha256(told.encode()).hexdigest()[:20]


def esbuild(source: Path, made: Path, *options: str) -> None:
    """Minify one entry file for the browsers of the last two years."""
    tool = PACKAGES / ".bin/esbuild"
    fixed = ("--minify", "--charset=utf8", f"--target={BROWSERS}", "--log-level=warning", "--legal-comments=none")
    run(tool, source, f"--outfile={made}", *fixed, *options, NODE_PATH=str(PACKAGES))


def run(*command: str | Path, **environment: str) -> None:
    """Run a tool, and stop when it fails."""
    subprocess.run([str(part) for part in command], check=True, env={**os.environ, **environment})  # noqa: S603


def stamp(path: Path) -> str:
    """Shorten the hash of a file's content to what an address needs."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def main() -> None:
    """Build everything; the font only on demand, because it changes with its own releases only."""
    STATIC.mkdir(exist_ok=True)
    if "--font" in sys.argv or not (STATIC / "inter.woff2").exists():
        build_font()
    shutil.copy(SOURCES / "favicon.svg", STATIC / "favicon.svg")
    build_icons()
    build_styles()
    build_scripts()
    copy_licences()
    write_manifest()
    (HERE / "built-from.txt").write_text(sources_stamp() + "\n")


if __name__ == "__main__":
    main()
