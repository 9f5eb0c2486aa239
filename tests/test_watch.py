"""A site whose files are edited."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ingestd import watch


class Edited:
    """A site that is watched."""

    def __init__(self, home: Path) -> None:
        self.main = home / "ingestd.yaml"
        self.main.write_text("last_resort: [ann]\n")
        self.reloads = 0

    async def reload(self) -> None:
        self.reloads += 1

    async def until(self, so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not so():  # noqa: ASYNC110  (files change behind the loop's back)
                await asyncio.sleep(0.02)


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Edited]:
    monkeypatch.setattr(watch, "SETTLED", 200)
    edited = Edited(tmp_path)
    task = asyncio.create_task(watch.reload_on_change(edited.main, edited.reload))
    await asyncio.sleep(0.5)  # the watch is set in a thread
    yield edited
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_saved_edit_is_taken_over_once(site: Edited) -> None:
    for text in ("last_resort: [ann] #\n", "last_resort: [wu]\n"):
        site.main.write_text(text)
    await site.until(lambda: site.reloads == 1)


async def test_a_file_that_is_replaced_and_a_new_folder_of_rules_are_noticed(site: Edited) -> None:
    home = site.main.parent
    (home / "new").write_text("last_resort: [lin]\n")
    (home / "new").replace(site.main)
    await site.until(lambda: site.reloads == 1)
    (home / "rules" / "recognise").mkdir(parents=True)
    await asyncio.sleep(0.8)  # no file of ours has changed yet
    assert site.reloads == 1
    (home / "rules" / "priority.yaml").write_text("overrides: []\n")
    await site.until(lambda: site.reloads == 2)


async def test_templates_of_one_s_own_are_watched_wherever_they_are(site: Edited, tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "words" / "en"
    folder.mkdir(parents=True)
    site.main.write_text("last_resort: [ann]\ntexts: {templates: mine/words}\n")
    await site.until(lambda: site.reloads == 1)
    await asyncio.sleep(0.8)  # the watch is set anew
    (folder / "open.txt.j2").write_text("x\ny\n")
    await site.until(lambda: site.reloads == 2)


async def test_other_files_and_a_touch_are_nothing(site: Edited) -> None:
    (site.main.parent / "notes.txt").write_text("x")
    site.main.touch()
    (site.main.parent / "other.yaml").write_text("x: 1\n")
    await asyncio.sleep(0.8)
    assert site.reloads == 0


async def test_a_system_without_watches_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object, **__: object) -> AsyncIterator[None]:
        raise OSError("no space left on device")
        yield

    monkeypatch.setattr(watch, "awatch", full)
    edited = Edited(tmp_path)
    async with asyncio.timeout(30):
        await watch.reload_on_change(edited.main, edited.reload)
