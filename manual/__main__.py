"""`python -m manual [FOLDER]`: build the site into a folder, `build/manual` unless given."""

from __future__ import annotations

import sys
from pathlib import Path

from manual.build import BrokenSite, built

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Build the site; end with 1 if it is not whole."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "manual"
    try:
        site = built(ROOT, folder)
    except BrokenSite as error:
        sys.exit(str(error))
    print(f"The manual is at {site / 'index.html'}")


if __name__ == "__main__":
    main()
