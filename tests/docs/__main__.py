"""`python -m tests.docs`: write the pages in the documentation anew, as the command prints them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.test_pages import PAGE, ROOT, printed_page


def refreshed(text: str) -> str:
    """A document with every page in it printed anew."""

    def page(found: re.Match[str]) -> str:
        mutant, requirement, _ = found.groups()
        return (
            f"<!-- page: {mutant} {requirement} -->\n"
            f"```text\n{printed_page(mutant, requirement)}\n```"
        )

    return PAGE.sub(page, text)


def main() -> None:
    """Refresh every document that has pages."""
    for path in (ROOT / "README.md", *sorted(Path(ROOT / "docs").glob("*.md"))):
        before = path.read_text("utf-8")
        if (after := refreshed(before)) != before:
            path.write_text(after, "utf-8")
            print(f"{path.relative_to(ROOT)} was refreshed")


if __name__ == "__main__":
    main()
