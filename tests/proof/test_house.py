"""The rooms lie in order: no circle, few floors, folders that can be taken in, short files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.house import MOST_ENTRIES, PACKAGE, House, measured

ROOT = Path(__file__).parents[2]
FLOORS = 9
FRONT_ENDS = 2
"""Beside the rooms, the plugin and the fixture of pytest stand at the top."""


@pytest.fixture(scope="module")
def house() -> House:
    return measured(ROOT)


def test_no_room_can_be_reached_from_itself(house: House) -> None:
    assert house.circles == frozenset()
    assert house.floors <= FLOORS


def test_no_folder_holds_more_than_can_be_taken_in(house: House) -> None:
    crowded = {
        folder: entries
        for folder, entries in house.entries.items()
        if entries > MOST_ENTRIES + (FRONT_ENDS if folder == PACKAGE else 0)
    }
    assert crowded == {}


def test_a_circle_and_its_floors_are_found() -> None:
    rooms = {"top": {"left"}, "left": {"right"}, "right": {"left", "ground"}, "ground": set()}
    house = House({room: frozenset(below) for room, below in rooms.items()}, {}, {"a.py": 301})
    assert house.circles == {"left", "right"}
    assert (house.arrows, house.floors, house.long_files) == (4, 4, ["a.py"])
