"""Short bodies go straight to their door, and are answered as they are behind an application."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from ingestd.intake.door import Door, HttpSource
from ingestd.intake.http import Webhooks
from ingestd.intake.httpconnection import Bounds, bounded
from ingestd.intake.httpvisit import LONGEST
from ingestd.model import Message
from tests.intake.webserver import serving

TOKEN = b"X-Ingestd-Token: secret\r\n"


class House:
    """A listener with one door; everything else is answered 404 by its application. ``gate`` holds commits."""

    def __init__(self) -> None:
        self.kept: list[Message] = []
        self.by_application = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.door = Webhooks({"mon": HttpSource("mon", "generic", ("secret",))}, self._receive, lambda: 1.0)
        config = uvicorn.Config(
            self._application,
            host="127.0.0.1",
            port=0,
            http=bounded(Bounds(), find=self._find),
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            server_header=False,
        )
        self.server = uvicorn.Server(config)

    def _find(self, _method: str, path: str) -> Door | None:
        return self.door if path.startswith("/webhooks/") else None

    async def _application(self, scope: Any, read: Any, send: Any) -> None:
        self.by_application += 1
        if scope["path"].startswith("/webhooks/"):
            await self.door(scope, read, send)
            return
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def _receive(self, message: Message) -> int:
        await self.gate.wait()
        if self.fault:
            raise self.fault
        self.kept.append(message)
        return len(self.kept)

    async def say(self, words: bytes) -> bytes:
        """All that is answered on a new connection until it is closed; the last request must ask for that."""
        reader, writer = await self.open()
        writer.write(words)
        said = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return said

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.server.servers[0].sockets[0].getsockname()[1])


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    async with serving(made.server):
        yield made


def post(path: bytes, body: bytes, head: bytes = TOKEN, *, last: bool = False) -> bytes:
    close = b"Connection: close\r\n" if last else b""
    return b"POST %b HTTP/1.1\r\nHost: x\r\n%b%bContent-Length: %d\r\n\r\n%b" % (path, head, close, len(body), body)


async def test_requests_in_one_packet_are_answered_in_order_each_by_its_own_words(house: House) -> None:
    one, two = post(b"/webhooks/mon?a=1", b'{"n": 1}'), post(b"/webhooks/none", b"{}")
    three = post(b"/elsewhere", b"", last=True)
    said = await house.say(one + three)
    assert said.index(b'{"accepted":1}') < said.index(b"404 Not Found")
    assert house.kept[0].query == "a=1"
    assert b"404" in await house.say(two)  # refused: nothing more is read from it
    said = await house.say(post(b"/webhooks/mon?b=2", b'{"n": 2}') + post(b"/webhooks/mon?c=3", b'{"n": 3}', last=True))
    assert said.count(b"200 OK") == 2
    assert [(m.query, m.body) for m in house.kept[1:]] == [("b=2", b'{"n": 2}'), ("c=3", b'{"n": 3}')]


async def test_an_answer_is_whole_and_the_connection_stays_open(house: House) -> None:
    reader, writer = await house.open()
    for number in (1, 2):
        writer.write(post(b"/webhooks/mon", b"{}"))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\ncontent-type: application/json\r\ncontent-length: 14\r\n" in head
        assert b"connection: close" not in head
        assert b"\r\ndate: " in head
        assert await reader.readexactly(14) == b'{"accepted":%d}' % number
    writer.close()
    assert house.by_application == 0


async def test_who_asks_for_it_is_hung_up_on_after_the_answer(house: House) -> None:
    said = await house.say(post(b"/webhooks/mon", b"{}", last=True))
    assert b"connection: close\r\n" in said
    assert said.endswith(b'{"accepted":1}')


async def test_a_refusal_is_said_and_closes(house: House) -> None:
    said = await house.say(post(b"/webhooks/mon", b"{}", b"X-Ingestd-Token: guess\r\n"))
    assert said.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert said.count(b"connection: close") == 1


async def test_a_body_comes_in_pieces(house: House) -> None:
    reader, writer = await house.open()
    request = post(b"/webhooks/mon", b'{"long": "%b"}' % (b"x" * 5000), last=True)
    for start in range(0, len(request), 1000):
        writer.write(request[start : start + 1000])
        await asyncio.sleep(0.01)
    assert b"200 OK" in await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert len(house.kept[0].body) == 5012


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (TOKEN + b"X-Forwarded-For: 10.1.2.3\r\n", b"{}"),
        (TOKEN, b'"' + b"x" * LONGEST + b'"'),
        (TOKEN + b"Expect: 100-continue\r\n", b"{}"),
    ],
    ids=["by a proxy", "long", "after leave to go on"],
)
async def test_what_wants_more_goes_the_longer_way(house: House, head: bytes, body: bytes) -> None:
    assert b"200 OK" in await house.say(post(b"/webhooks/mon", body, head, last=True))
    assert (house.by_application, house.kept[0].body) == (1, body)
    assert house.kept[0].peer == ("10.1.2.3" if b"Forwarded" in head else "127.0.0.1")


async def test_old_clients_other_methods_and_written_out_paths_go_the_longer_way(house: House) -> None:
    old = post(b"/webhooks/mon", b"{}").replace(b"HTTP/1.1", b"HTTP/1.0")
    written_out = post(b"/webhooks/m%6Fn", b"{}", last=True)
    asked = b"GET /webhooks/mon?state=down HTTP/1.1\r\nHost: x\r\n" + TOKEN + b"Connection: close\r\n\r\n"
    for words in (old, written_out, asked):
        assert b"200 OK" in await house.say(words)
    assert (house.by_application, len(house.kept)) == (3, 3)


async def test_a_fault_of_ours_is_said_and_leaves_others_alone(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.fault = RuntimeError("odd")
    said = await house.say(post(b"/webhooks/mon", b"{}"))
    assert said.startswith(b"HTTP/1.1 500 ")
    assert b"send it again" in said
    assert "a request failed" in caplog.text
    house.fault = None
    assert b"200 OK" in await house.say(post(b"/webhooks/mon", b"{}", last=True))


async def test_a_client_that_is_gone_is_not_answered_and_its_message_is_kept(house: House) -> None:
    house.gate.clear()
    _, writer = await house.open()
    writer.write(post(b"/webhooks/mon", b"{}"))
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    house.gate.set()
    async with asyncio.timeout(5):
        while not house.kept:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert b"200 OK" in await house.say(post(b"/webhooks/mon", b"{}", last=True))
