"""The drill of power cuts, in short: ten instead of two hundred; without the syncs it finds what is lost."""

import random
from pathlib import Path

import pytest

from tests.drills.power import drill
from tests.drills.vfs import PAGE, SECTOR, Disk, library

CHANCES = [random.Random(seed) for seed in range(60)]


@pytest.fixture(autouse=True)
def watched() -> None:
    if library() is None:
        pytest.skip("Python's sqlite3 is linked statically: its disk can't be watched")


def test_ten_cuts_lose_nothing() -> None:
    said: list[str] = []
    result = drill(10, 5, said.append)
    assert (result["held"], said) == (10, [])
    assert result["answered"] > 50


@pytest.mark.parametrize("word", ["OFF", "NORMAL"])
def test_without_a_sync_of_every_commit_something_is_lost(word: str) -> None:
    said: list[str] = []
    assert drill(10, 5, said.append, word)["failed"] > 0
    assert any("messages that were answered" in line for line in said)


# -- the disk


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path, lambda _disk, _name: None)


def left(disk: Disk) -> list[bytes | None]:
    """What sixty power cuts leave of a file."""
    return [disk.torn(chance).get("a") for chance in CHANCES]


def test_what_was_synced_is_there(disk: Disk) -> None:
    file = disk.file("a")
    disk.change(file, 0, b"x" * PAGE)
    disk.change(file, 100, None)
    disk.sync(file, folder=True)
    assert set(left(disk)) == {b"x" * 100}


def test_a_file_whose_name_was_not_synced_may_be_gone(disk: Disk) -> None:
    disk.sync(disk.file("a"), folder=False)
    assert set(left(disk)) == {None, b""}


def test_what_was_deleted_unsafely_may_be_back(disk: Disk) -> None:
    file = disk.file("a")
    disk.change(file, 0, b"x")
    disk.sync(file, folder=True)
    disk.delete("a", folder=False)
    assert set(left(disk)) == {None, b"x"}
    disk.delete("a", folder=True)
    assert set(left(disk)) == {None}


def test_what_was_not_synced_is_there_or_not_sector_by_sector(disk: Disk) -> None:
    file = disk.file("a")
    disk.change(file, 0, b"o" * PAGE)
    disk.sync(file, folder=True)
    disk.change(file, 0, b"n" * PAGE)
    found = [content for content in left(disk) if content is not None]
    assert {b"o" * PAGE, b"n" * PAGE} < set(found)
    for content in found:
        sectors = [content[at : at + SECTOR] for at in range(0, PAGE, SECTOR)]
        assert set(sectors) <= {b"o" * SECTOR, b"n" * SECTOR}


def test_a_file_that_grew_may_have_any_of_its_lengths_and_holes(disk: Disk) -> None:
    file = disk.file("a")
    disk.sync(file, folder=True)
    disk.change(file, 0, b"1" * PAGE)
    disk.change(file, PAGE, b"2" * PAGE)
    found = set(left(disk))
    assert {0, PAGE, 2 * PAGE} == {len(content or b"") for content in found}
    assert bytes(PAGE) + b"2" * PAGE in found
