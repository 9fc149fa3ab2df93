"""The site, built strictly: its pages put together, rendered, and every link followed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from manual.links import broken_links
from manual.text import as_page

TEXTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "spec/*.md")
FILES = ("spec/*.yaml", "spec/*/*.json")
"""What is on the site as it is, for programs."""

COLOUR = re.compile(r"\x1b\[[\d;]*m")

WITHIN = 120.0
"""How many seconds the rendering may take."""


class BrokenSite(Exception):
    """The site cannot be built, or has links that lead nowhere; the text says which."""


def built(root: Path, folder: Path) -> Path:
    """Build the site of the repository `root` in a folder, and return where its pages are."""
    shutil.rmtree(folder, ignore_errors=True)
    put_together(root, folder / "pages")
    for name in ("zensical.toml", "manual.css"):
        target = folder / (name if name.endswith("toml") else f"pages/{name}")
        shutil.copyfile(Path(__file__).with_name(name), target)
    ran = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    site = folder / "site"
    if ran.returncode != 0:
        told = COLOUR.sub("", f"{ran.stdout}{ran.stderr}").partition("\nTraceback ")[0]
        raise BrokenSite(f"The pages in {folder / 'pages'} cannot be rendered.\n{told}")
    if broken := list(broken_links(site)):
        raise BrokenSite("\n".join(("Links that lead nowhere:", *broken)))
    return site


def put_together(root: Path, pages: Path) -> None:
    """Write every page, and a list of each folder of files for programs."""
    files = [PurePosixPath(path.relative_to(root)) for path in _found(root, FILES)]
    folders = {path.parent for path in files}

    def placed(path: PurePosixPath) -> PurePosixPath | None:
        if path in folders:
            return path / "index.md"
        if str(path) == "README.md":
            return PurePosixPath("index.md")
        inside = path.suffix == ".md" or path in files
        return path if inside or not (root / path).exists() else None

    for path in _found(root, TEXTS):
        source = PurePosixPath(path.relative_to(root))
        _write(pages / str(placed(source)), as_page(path.read_text("utf-8"), source, placed))
    for file in files:
        _write(pages / file, (root / file).read_text("utf-8"))
    for each in folders - {PurePosixPath("spec")}:
        page = each / "index.md"
        listed = _listed(root, each, [file for file in files if file.parent == each])
        _write(pages / page, as_page(listed, page, placed))


def _listed(root: Path, folder: PurePosixPath, files: list[PurePosixPath]) -> str:
    """A page that lists the files of a folder, with what each says of itself."""
    rows = (f"| [`{file.name}`]({file.name}) | {_about(root / file)} |" for file in sorted(files))
    return "\n".join((f"# {folder}", "", "| file | what it holds |", "|---|---|", *rows, ""))


def _about(file: Path) -> str:
    content = json.loads(file.read_text("utf-8"))
    about = content.get("description") or content.get("title") if isinstance(content, dict) else ""
    return str(about or "").replace("|", "\\|")


def _found(root: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    return (path for pattern in patterns for path in sorted(root.glob(pattern)))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
