"""What was drawn is kept for the next run, and drawn again where anything about it is in doubt."""

import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from conformance.run.examples import Example
from conformance.run.helper import HarnessFault
from conformance.run.server.exploring import store as module
from conformance.run.server.exploring.example_source import Ahead
from conformance.run.server.exploring.store import Store
from conformance.run.server.schedule_search import schedules_drawn
from conformance.scenarios import server_scenarios
from spec import load_timing

FIRST, SECOND = [each for each in server_scenarios() if each.kind == "explored"][:2]
QUESTION = ["what", 12, 0]
LINES = ['["a \\u2028 b"]', "[1]"]
FAST = load_timing("fast")
SCHEDULES = [asdict(FAST), 5, 7]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.at(str(tmp_path / "not" / "there" / "yet"))


def drawn(store: Store, seed: int = 7) -> tuple[list[Example], list[Example], int | None]:
    """Examples of two scenarios, and the process that drew them, if there was one."""
    with Ahead(store) as ahead, ahead.draws([FIRST, SECOND], 12, seed) as drawing:
        first, second = (list(drawing.examples(each)) for each in (FIRST, SECOND))
        return first, second, drawing.process


def test_what_was_drawn_is_found_by_the_next_run_and_no_process_starts(store: Store) -> None:
    *examples, process = drawn(store)
    assert process is not None
    assert drawn(Store.at(str(store.folder))) == (*examples, None)
    assert all(len(each) == 12 for each in examples)


def test_another_seed_is_drawn(store: Store) -> None:
    first, _, _ = drawn(store)
    other, _, process = drawn(store, seed=8)
    assert process is not None
    assert other != first


def test_only_what_is_missing_is_drawn(store: Store) -> None:
    with Ahead(store) as ahead, ahead.draws([SECOND], 12, 7) as drawing:
        second = list(drawing.examples(SECOND))
    first, found, process = drawn(store)
    assert process is not None
    assert found == second
    assert len(first) == 12


def test_what_was_not_taken_to_its_end_is_not_kept(store: Store) -> None:
    with Ahead(store) as ahead, ahead.draws([FIRST], 12, 7) as drawing:
        next(iter(drawing.examples(FIRST)))
    assert drawn(store)[-1] is not None


def test_what_is_kept_is_simplified_all_the_same(store: Store) -> None:
    first, _, _ = drawn(store)
    judged: list[Example] = []

    def judge(steps: Example) -> set[str]:
        judged.append(steps)
        return set()

    with Ahead(store) as ahead, ahead.draws([FIRST], 12, 7) as drawing:
        assert drawing.process is None
        drawing.simplify(FIRST, judge)
    assert judged == first


def test_schedules_are_kept(store: Store) -> None:
    with Ahead(store, SCHEDULES) as ahead:
        ahead.begin()
        found = ahead.schedules(FAST, 5, 7)
    assert [each.to_text() for each in schedules_drawn(FAST, 5, 7)] == [
        each.to_text() for each in found
    ]
    with Ahead(store, SCHEDULES) as ahead, ahead.draws([], 12, 7) as drawing:
        ahead.begin()
        assert ahead.schedules(FAST, 5, 7) == found
        assert drawing.process is None


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize("is_first", [True, False])
def test_schedules_and_examples_do_not_wait_for_each_other(begins: bool, is_first: bool) -> None:
    """They may be taken in any order, or not at all, and are more than a pipe takes in."""
    with Ahead(Store(), SCHEDULES) as ahead:
        if begins:
            ahead.begin()
        with ahead.draws([FIRST, SECOND], 100, 7) as drawing:
            if is_first:
                assert ahead.schedules(FAST, 5, 7) == ahead.schedules(FAST, 5, 7)
            assert len(list(drawing.examples(FIRST))) == 100
            assert len(list(drawing.examples(SECOND))) == 100
            assert len(ahead.schedules(FAST, 5, 7)) == 5


def test_schedules_of_a_process_that_fails_are_a_fault_of_wsbeat() -> None:
    with (
        Ahead(Store()) as ahead,
        pytest.raises(HarnessFault, match="ended with code"),
    ):
        ahead.schedules(FAST, -1, 7)


@pytest.mark.parametrize("damage", ["cut", "altered", "emptied", "not text", "a folder"])
def test_a_file_that_is_not_whole_is_as_good_as_none(store: Store, damage: str) -> None:
    store.keep(QUESTION, LINES)
    assert store.find(QUESTION) == LINES
    assert store.folder is not None
    [file] = store.folder.iterdir()
    whole = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(whole[:-5])
        case "altered":
            file.write_bytes(whole.replace(b"[1]", b"[2]"))
        case "emptied":
            file.write_bytes(b"")
        case "not text":
            file.write_bytes(b"\xff\xfe")
        case _:
            file.unlink()
            file.mkdir()
    assert store.find(QUESTION) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_where_nothing_can_be_written_nothing_is_kept(store: Store, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    store.keep(QUESTION, LINES)
    tmp_path.chmod(0o700)
    assert store.find(QUESTION) is None


def test_where_a_file_is_in_the_way_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store.at(str(tmp_path / "file" / "drawn"))
    store.keep(QUESTION, LINES)
    assert store.find(QUESTION) is None


def test_without_a_folder_nothing_is_kept() -> None:
    store = Store.at(None)
    store.keep(QUESTION, LINES)
    assert store.find(QUESTION) is None


def test_what_another_version_has_drawn_is_not_found(store: Store) -> None:
    store.keep(QUESTION, LINES)
    assert replace(store, made_by="another").find(QUESTION) is None


def test_a_module_that_changes_makes_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis takes constants from all of wsbeat's modules."""
    package = tmp_path / "conformance" / "run" / "server" / "exploring"
    package.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(package / "store.py"))
    (package / "store.py").write_text("ONE = 1\n")
    before = Store.at("x").made_by
    assert Store.at("x").made_by == before
    (package / "store.py").write_text("ONE = 2\n")
    assert Store.at("x").made_by != before


def test_what_was_not_used_for_longest_makes_room(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    assert store.folder is not None
    for number in range(3):
        store.keep([number], LINES)
    for place, file in enumerate(sorted(store.folder.iterdir(), key=os.path.getmtime)):
        os.utime(file, (place, place))
    assert store.find([0]) == LINES  # It is used, and so stays.
    store.keep([3], LINES)
    assert [store.find([number]) for number in range(4)] == [LINES, None, LINES, LINES]
