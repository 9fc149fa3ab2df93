"""`python -m tests.proof.house`: how the rooms of conformance/ lie, in numbers.

The folders and files right under conformance/ are its rooms, and imports between them are arrows. A
room stands on the floor above the highest that it imports. It reads the tree that it is started in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grimp

PACKAGE = "conformance"
LONG = 300
"""Lines beyond which a file is too long to be read in one go."""

MOST_ENTRIES = 12
"""How many entries a folder should have at the most."""


@dataclass(frozen=True, slots=True)
class House:
    """The rooms with those that each imports, entries by folder, and lines by file."""

    imports: Mapping[str, frozenset[str]]
    entries: Mapping[str, int]
    lines: Mapping[str, int]

    @property
    def arrows(self) -> int:
        """How many pairs of rooms there are of which one imports the other."""
        return sum(map(len, self.imports.values()))

    @property
    def circles(self) -> frozenset[str]:
        """The rooms that can be reached from themselves."""
        return frozenset(room for room in self.imports if room in self._reached_from(room))

    @property
    def floors(self) -> int:
        """How many floors there are; a circle counts as if one of its arrows were not there."""
        known: dict[str, int] = {}

        def floor(room: str, above: frozenset[str]) -> int:
            if room not in known:
                below = self.imports[room] - above - {room}
                known[room] = 1 + max((floor(each, above | {room}) for each in below), default=0)
            return known[room]

        return max(floor(room, frozenset()) for room in self.imports)

    @property
    def long_files(self) -> list[str]:
        """The files over LONG lines, the longest first."""
        return sorted(
            (file for file, lines in self.lines.items() if lines > LONG),
            key=lambda file: -self.lines[file],
        )

    def _reached_from(self, room: str) -> set[str]:
        reached: set[str] = set()
        waiting = set(self.imports[room])
        while waiting:
            reached |= waiting
            waiting = {far for near in waiting for far in self.imports[near]} - reached
        return reached


def measured(root: Path) -> House:
    """The house in the folder `root`, from which conformance/ has to be what is imported."""
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    rooms = {_room(module) for module in graph.modules} - {""}
    imports: dict[str, set[str]] = {room: set() for room in rooms}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            near, far = _room(module), _room(imported)
            if near and far and near != far:
                imports[near].add(far)
    folders = [root / PACKAGE, *(each for each in (root / PACKAGE).rglob("*") if each.is_dir())]
    return House(
        {room: frozenset(below) for room, below in imports.items()},
        {
            folder.relative_to(root).as_posix(): sum(not _is_left_out(e) for e in folder.iterdir())
            for folder in folders
            if not _is_left_out(folder)
        },
        {
            file.relative_to(root).as_posix(): len(file.read_text("utf-8").splitlines())
            for file in (root / PACKAGE).rglob("*.py")
        },
    )


def _room(module: str) -> str:
    return module.removeprefix(PACKAGE).removeprefix(".").partition(".")[0]


def _is_left_out(path: Path) -> bool:
    return path.name in {"__pycache__", "__init__.py", "__main__.py", "py.typed"}


def main() -> None:
    """Print the numbers."""
    house = measured(Path.cwd())
    folder = max(house.entries, key=lambda each: house.entries[each])
    print(f"rooms {len(house.imports)}, floors {house.floors}, arrows {house.arrows}")
    print(f"circles: {', '.join(sorted(house.circles)) or 'none'}")
    print(f"most entries: {house.entries[folder]} in {folder}/")
    print(f"files over {LONG} lines: {len(house.long_files)}")
    for file in house.long_files:
        print(f"  {house.lines[file]} {file}")


if __name__ == "__main__":
    main()
