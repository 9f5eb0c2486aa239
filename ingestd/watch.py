"""Waits for changes of a site's files: an edit that is saved is taken over, or refused, without another command."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import structlog
from watchfiles import Change, awatch

from ingestd.sitecache import digest

log = structlog.get_logger("ingestd.watch")

SETTLED = 1500  # ms without another change: an editor, or a checkout, writes in several steps
SUFFIXES = frozenset({".yaml", ".yml", ".ics"})
RULES = "rules"


async def reload_on_change(path: Path, reload: Callable[[], Awaitable[object]]) -> None:
    """Call ``reload`` whenever the files of the site at ``path`` have become others; until cancelled."""
    known = await asyncio.to_thread(digest, path)
    while True:
        try:
            async for _ in _changes(path.parent):
                found = await asyncio.to_thread(digest, path)
                if found != known:
                    known = found
                    await reload()
        except OSError as error:  # no more watches on this system
            log.warning("changed files are not noticed: reload by signal or by `ingestd reload`", error=str(error))
            return


async def _changes(home: Path) -> AsyncIterator[None]:
    """Once for each change beside ingestd.yaml or below its rules; ends when there is a folder of rules to watch."""
    rules = home / RULES
    had_rules = rules.is_dir()
    folders = (home, *_below(rules)) if had_rules else (home,)
    async for _ in awatch(*folders, watch_filter=_is_ours, recursive=False, step=200, debounce=SETTLED):
        yield
        if folders != ((home, *_below(rules)) if rules.is_dir() else (home,)):
            return


def _below(rules: Path) -> tuple[Path, ...]:
    """The folder of rules and those in it."""
    return (rules, *sorted(one for one in rules.rglob("*") if one.is_dir()))


def _is_ours(_change: Change, name: str) -> bool:
    path = Path(name)
    return path.suffix in SUFFIXES or RULES in (path.name, path.parent.name)
