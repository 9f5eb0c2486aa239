"""A receiver of HTTP that answers as told, and letters to post to it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from ingestd.channels import Letter
from ingestd.model import Facts, Reason

OK = '{"errcode": 0, "errmsg": "ok"}'
MESSAGE_ID = "<ingestd.7.2.11.00112233445566778899@shop.example>"
FACTS = Facts(
    number=7,
    priority="P1",
    title="acc-sw-3 unreachable",
    state="triggered",
    cause="acc-sw-3",
    cause_kind="reported",
    since=999_400.0,
    services=("till",),
    departments=("sales",),
    people=40,
    alerts=("till-1 unreachable",),
    alert_count=3,
    team="network",
    remedy="Swap the power supply.",
    reasons=(Reason("cause", "explain-upward", "acc-sw-3 is down"),),
)
TEXT = "P1: acc-sw-3 unreachable; hits sales (40 people); since 13:36\n\nCause: acc-sw-3 (reported)\n\nIncident #7\n"


def letter(**more: Any) -> Letter:
    fields: dict[str, Any] = {
        "notification": 2,
        "incident": 7,
        "kind": "open",
        "to": "13800000000",
        "subject": "[P1] acc-sw-3 unreachable (#7)",
        "text": TEXT,
        "language": "en",
        "date": 1_000_000.0,
        "message_id": MESSAGE_ID,
        "title": "P1: acc-sw-3 unreachable; hits sales (40 people); since 13:36 (#7)",
        "person": "lin",
        "link": "https://x.example/a/token",
        "decided": 999_999.0,
        "facts": FACTS,
    }
    return Letter(**(fields | more))


class Got(NamedTuple):
    """A request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Answers with what it was told, the last answer again and again."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = [(200, OK)]
        self.more_headers = ""
        self.silent = False
        self.got: list[Got] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/robot/send?key=sesame-1234"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.got.append(Got(first.split()[1], headers, body))
            if self.silent:
                await reader.read()
                return
            status, text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            said = text.encode()
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(said)}\r\n".encode())
            writer.write(f"{self.more_headers}Connection: close\r\n\r\n".encode() + said)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # only tried
        finally:
            writer.close()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
