"""The dead man's switch is held while all is well, and only then."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from ingestd.deadman import DeadMan
from ingestd.settings import DeadManSettings
from ingestd.yamltypes import Duration

URL = "https://watch.example/ping/secret-1"


async def run(answer: Callable[[httpx.Request], httpx.Response], ready: list[tuple[str, ...]]) -> list[str]:
    """The log lines of some rounds; each has its own reasons not to be ready."""
    left = iter(ready)
    done = asyncio.Event()

    async def is_ready() -> tuple[str, ...]:
        found = next(left, None)
        if found is None:
            done.set()
            await asyncio.sleep(60)
        return found or ()

    settings = DeadManSettings(url=URL, every=Duration(60))
    switch = DeadMan(lambda: settings, is_ready, httpx.MockTransport(answer), lambda _: asyncio.sleep(0))
    with capture_logs() as said:
        task = asyncio.create_task(switch.run())
        async with asyncio.timeout(30):
            await done.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return [f"{line['event']}: {line.get('why', '')}" for line in said]


async def test_it_is_held_while_all_is_well() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200)

    assert await run(answer, [(), ()]) == []
    assert asked == [URL, URL]


async def test_it_is_let_go_when_the_daemon_is_not_ready_and_that_is_said_once() -> None:
    behind = ("the pipeline is 90 s behind",)
    said = await run(lambda _: httpx.Response(200), [(), behind, behind, ()])
    assert said == [
        "the dead man's switch is not held: not pinged: the pipeline is 90 s behind",
        "the dead man's switch is held again: ",
    ]


async def test_a_watcher_that_does_not_answer_is_told_without_its_address() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route to {request.url}")

    said = [*await run(broken, [()]), *await run(lambda _: httpx.Response(404), [()])]
    assert said == [
        "the dead man's switch is not held: no answer: ConnectError",
        "the dead man's switch is not held: HTTP 404",
    ]


async def test_a_site_without_one_asks_nobody(tmp_path: Path) -> None:
    task = asyncio.create_task(DeadMan(lambda: None, _never).run())
    await asyncio.sleep(0.01)
    task.cancel()
    (tmp_path / "url").write_text(f"{URL}\n")
    assert DeadManSettings(url_file=str(tmp_path / "url")).address() == URL


async def _never() -> tuple[str, ...]:
    raise AssertionError


def test_it_is_not_asked_all_the_time() -> None:
    with pytest.raises(ValueError, match="at least 1s"):
        DeadManSettings(url=URL, every=Duration(0))
