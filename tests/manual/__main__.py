"""`python -m tests.manual`: print the pages that the documentation shows anew."""

from __future__ import annotations

import re

from tests.manual.test_pages import (
    CLIENT_PAGE,
    DOCUMENTS,
    PAGE,
    ROOT,
    printed_client_page,
    printed_page,
)


def refreshed(text: str) -> str:
    """A document with every page in it printed anew."""

    def page(found: re.Match[str]) -> str:
        mutant, requirement, _ = found.groups()
        return (
            f"<!-- page: {mutant} {requirement} -->\n"
            f"```text\n{printed_page(mutant, requirement)}\n```"
        )

    def client_page(found: re.Match[str]) -> str:
        mutant, requirement, _ = found.groups()
        return (
            f"<!-- client page: {mutant} {requirement} -->\n"
            f"```text\n{printed_client_page(mutant, requirement)}\n```"
        )

    return CLIENT_PAGE.sub(client_page, PAGE.sub(page, text))


def main() -> None:
    """Refresh every document that has pages."""
    for path in DOCUMENTS:
        before = path.read_text("utf-8")
        if (after := refreshed(before)) != before:
            path.write_text(after, "utf-8")
            print(f"{path.relative_to(ROOT)} was refreshed")


if __name__ == "__main__":
    main()
