"""HTTP clients that are slow, silent or too many: told so, hung up on, and in nobody's way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from ingestd.intake import httpconnection
from ingestd.intake.httpconnection import Bounds, bounded
from tests.intake.webserver import serving

HEAD = b"POST /x HTTP/1.1\r\nHost: x\r\n"


class Site:
    """A listener whose application takes a body and says how long it was; ``gate`` holds its answers."""

    def __init__(self, bounds: Bounds) -> None:
        self.refused: list[tuple[str, int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.size = 1  # of an answer
        self.gone = 0
        self.server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                host="127.0.0.1",
                port=0,
                http=bounded(bounds, lambda *one: self.refused.append(one)),
                interface="asgi3",
                ws="none",
                lifespan="off",
                log_config=None,
                timeout_keep_alive=1,
            )
        )

    async def _app(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        while (event := await receive()).get("more_body"):
            pass
        if event["type"] == "http.disconnect":
            self.gone += 1
            return
        await self.gate.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % self.size)]})
        await send({"type": "http.response.body", "body": b"x" * self.size})

    async def client(self, address: str = "127.0.0.1") -> "Client":
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return Client(*await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)))


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, words: bytes) -> None:
        self.writer.write(words)

    async def status(self) -> int:
        """Of the next answer, whose body is one octet at most."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        if b"content-length: 1\r\n" in head:
            await self.reader.readexactly(1)
        return int(head.split()[1])

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), 5)

    async def ask(self) -> int:
        self.say(HEAD + b"Content-Length: 2\r\n\r\nab")
        return await self.status()


@asynccontextmanager
async def site(**bounds: int) -> AsyncIterator[Site]:
    made = Site(Bounds(**bounds))
    async with serving(made.server):
        yield made


def patience(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> None:
    for name, value in seconds.items():
        monkeypatch.setattr(httpconnection, name, value)


async def test_requests_one_after_the_other_and_several_at_once_are_answered() -> None:
    async with site() as one:
        client = await one.client()
        assert [await client.ask() for _ in range(3)] == [200] * 3
        client.say((HEAD + b"Content-Length: 2\r\n\r\nab") * 3)
        assert [await client.status() for _ in range(3)] == [200] * 3
        assert await client.rest() == b""  # it kept quiet for a second
        client.writer.close()
    assert one.refused == []


async def test_who_says_nothing_or_not_all_of_a_head_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, HEAD=0.1)
    async with site() as one:
        silent, slow = await one.client(), await one.client()
        slow.say(HEAD)
        for client in (silent, slow):
            assert await client.status() == 408
            assert await client.rest() == b""
            client.writer.close()
    assert one.refused == [("http", 408)] * 2


async def test_one_octet_after_the_other_does_not_help_after_an_answer_either(monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, HEAD=0.2)
    async with site() as one:
        client = await one.client()
        assert await client.ask() == 200
        for octet in HEAD * 2:
            if client.reader.at_eof() or client.writer.is_closing():
                break
            client.say(bytes([octet]))
            await asyncio.sleep(0.02)
        assert one.refused == [("http", 408)]
        client.writer.close()


async def test_a_body_that_does_not_come_is_given_up_and_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, BODY=0.1)
    async with site() as one:
        client = await one.client()
        client.say(HEAD + b"Content-Length: 10\r\n\r\nab")
        assert await client.rest() == b""
        client.writer.close()
        assert one.gone == 1
    assert one.refused == [("http", 408)]


async def test_a_head_without_end_is_refused() -> None:
    async with site() as one:
        client = await one.client()
        client.say(HEAD + b"X-Long: " + b"y" * httpconnection.HEAD_OCTETS)
        assert await client.status() == 431
        client.writer.close()


async def test_who_does_not_take_the_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, ANSWER=0.2)
    async with site() as one:
        one.size = 50_000_000
        client = await one.client()
        client.say(HEAD + b"Content-Length: 2\r\n\r\nab")
        while not one.server.server_state.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            while one.server.server_state.connections:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        client.writer.close()


async def test_a_request_whose_answer_takes_too_long_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, ANSWER=0.1)
    async with site() as one:
        one.gate.clear()
        client = await one.client()
        client.say(HEAD + b"Content-Length: 2\r\n\r\nab")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await client.status()
        one.gate.set()
        client.writer.close()


async def test_one_address_may_not_take_all_places() -> None:
    async with site(most=3, per_peer=2) as one:
        clients = [await one.client() for _ in range(2)]
        third = await one.client()
        assert await third.status() == 503
        other = await one.client("127.0.0.2")
        assert await other.ask() == 200
        for client in (*clients, third, other):
            client.writer.close()
    assert one.refused == [("http", 503)]


async def test_where_all_places_are_taken_the_idlest_of_the_greediest_goes() -> None:
    async with site(most=3, per_peer=3) as one:
        idle, asked, busy = [await one.client() for _ in range(3)]
        one.gate.clear()
        busy.say(HEAD + b"Content-Length: 2\r\n\r\nab")
        asked.say(HEAD)
        await asyncio.sleep(0.05)
        other = await one.client("127.0.0.2")
        assert await idle.status() == 503
        another = await one.client("127.0.0.2")
        assert await another.status() == 503 or await asked.status() == 503
        one.gate.set()
        assert await busy.status() == 200
        assert await other.ask() == 200
        for client in (idle, asked, busy, other, another):
            client.writer.close()
