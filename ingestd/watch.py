"""Waits for changes of a site's files: an edit that is saved is taken over, or refused, without another command."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import structlog
from watchfiles import Change, awatch

from ingestd.sitecache import digest
from ingestd.sitefiles import texts_folder

log = structlog.get_logger("ingestd.watch")

SETTLED = 1500  # ms without another change: an editor, or a checkout, writes in several steps
SUFFIXES = frozenset({".yaml", ".yml", ".ics", ".j2"})
RULES = "rules"


async def reload_on_change(path: Path, reload: Callable[[], Awaitable[object]]) -> None:
    """Call ``reload`` whenever the files of the site at ``path`` have become others; until cancelled."""
    known = await asyncio.to_thread(digest, path)
    while True:
        try:
            async for _ in _changes(path):
                found = await asyncio.to_thread(digest, path)
                if found != known:
                    known = found
                    await reload()
        except OSError as error:  # no more watches on this system
            log.warning("changed files are not noticed: reload by signal or by `ingestd reload`", error=str(error))
            return


async def _changes(path: Path) -> AsyncIterator[None]:
    """Once for each change beside ingestd.yaml, below its rules or its templates; ends when there are other folders."""
    folders = await asyncio.to_thread(_folders, path)
    async for _ in awatch(*folders, watch_filter=_is_ours, recursive=False, step=200, debounce=SETTLED):
        yield
        if folders != await asyncio.to_thread(_folders, path):
            return


def _folders(path: Path) -> tuple[Path, ...]:
    """The folder of the site, that of its rules and those in it, that of its templates and those directly in it."""
    rules, own = path.parent / RULES, texts_folder(path)
    found = [path.parent]
    if rules.is_dir():
        found += [rules, *sorted(one for one in rules.rglob("*") if one.is_dir())]
    if own is not None and own.is_dir():
        found += [own, *sorted(one for one in own.glob("*") if one.is_dir())]
    return tuple(dict.fromkeys(found))


def _is_ours(_change: Change, name: str) -> bool:
    path = Path(name)
    return path.suffix in SUFFIXES or RULES in (path.name, path.parent.name)
