"""What the crash drill sends, and who hears the pages: senders that see every answer, and a sink for mail and webhooks.

All of it runs on one event loop beside the process that is killed.
"""

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import NamedTuple

from ingestd.demo.site import free_port

PATIENCE = 30.0  # seconds for any answer
AGAIN = 0.1  # seconds until what was not taken is sent again
MARK = re.compile(r"q\d{6}")
ROOM = 1 << 20  # bytes that a reader holds


@dataclass(eq=False)
class Sent:
    """One message: how often it left whole (the answer may not have come), and whether its sender was told 2xx."""

    mark: str
    sendings: int = 0
    accepted: bool = False


@dataclass(eq=False)
class Story:
    """One problem: which way it comes, on which host, and what is said of it."""

    number: int
    way: str
    host: str
    problem: Sent = field(init=False)
    over: Sent = field(init=False)

    def __post_init__(self) -> None:
        self.problem, self.over = Sent(f"{self.mark}f"), Sent(f"{self.mark}r")

    @property
    def mark(self) -> str:
        return f"q{self.number:06d}"


class Letter(NamedTuple):
    """A page or an end as the sink got it."""

    mark: str  # of the problem that it speaks of; "": of none of ours
    kind: str
    id: str  # Message-ID, or the delivery's id
    at: float


Once = Callable[[Sent], Awaitable[bool]]


async def until_accepted(once: Once, sent: Sent) -> None:
    """Send until it is answered well, as a mail server or a monitor with a queue does."""
    while not sent.accepted:
        try:
            sent.accepted = await asyncio.wait_for(once(sent), PATIENCE)
        except (OSError, EOFError, TimeoutError):
            await asyncio.sleep(AGAIN)
        else:
            await asyncio.sleep(0 if sent.accepted else AGAIN)


async def post(port: int, head: str, body: bytes, sent: Sent) -> bool:
    """Post a body; whether the answer was 2xx."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"POST {head}\r\nHost: x\r\nContent-Type: application/json\r\n".encode())
        sent.sendings += 1
        writer.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readline()
        if not answer:
            raise ConnectionResetError
        return answer.split()[1].startswith(b"2")
    finally:
        writer.close()


async def mail(place: int | str, text: bytes, sent: Sent) -> bool:
    """Hand a mail over, by SMTP to a port or by LMTP to a socket's path; whether the answer was 250."""
    if isinstance(place, int):
        (reader, writer), hello = await asyncio.open_connection("127.0.0.1", place), b"EHLO mon\r\n"
    else:
        (reader, writer), hello = await asyncio.open_unix_connection(place), b"LHLO mon\r\n"

    async def said(line: bytes = b"") -> bytes:
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        if not answer:
            raise ConnectionResetError
        return answer

    try:
        await said()
        for line in (hello, b"MAIL FROM:<nagios@mon.example>\r\n", b"RCPT TO:<alerts@ops.example>\r\n", b"DATA\r\n"):
            if (await said(line))[:1] not in (b"2", b"3"):
                return False
        sent.sendings += 1
        return (await said(text.replace(b"\n", b"\r\n") + b".\r\n")).startswith(b"250")
    finally:
        writer.close()


# -- what is said of a problem


def nagios(host: str, mark: str, *, over: bool) -> bytes:
    """A Nagios mail; its Message-ID tells it from all others."""
    kind, state = ("RECOVERY", "OK") if over else ("PROBLEM", "CRITICAL")
    return (
        f"From: nagios@mon.example\nTo: alerts@ops.example\n"
        f"Subject: ** {kind} Service Alert: {host}/disk-{mark[:7]} is {state} **\nMessage-ID: <{mark}@mon.example>\n\n"
        f"***** Nagios *****\n\nNotification Type: {kind}\n\nService: disk-{mark[:7]}\nHost: {host}\n"
        f"Address: 10.0.0.1\nState: {state}\n\nDate/Time: now\n\nAdditional Info:\n\ndisk of {mark}\n"
    ).encode()


def alert(host: str, mark: str, *, over: bool) -> dict[str, object]:
    """An alert as Prometheus words it."""
    now = time.time()
    end = now - 1 if over else now + 3600
    return {
        "labels": {"alertname": f"disk-{mark[:7]}", "instance": f"{host}:9100", "severity": "critical"},
        "annotations": {"summary": f"disk of {mark}"},
        "startsAt": _rfc3339(now - 60),
        "endsAt": _rfc3339(end),
        "generatorURL": "http://prometheus.example:9090/graph",
    }


def webhook(host: str, mark: str, *, over: bool) -> bytes:
    """The body that Alertmanager would send of it."""
    status = "resolved" if over else "firing"
    one = {**alert(host, mark, over=over), "status": status, "fingerprint": mark[:7]}
    return json.dumps({"version": "4", "status": status, "receiver": "x", "alerts": [one]}).encode()


def _rfc3339(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


# -- who hears


class Sink:
    """A relay for mail and a receiver of webhooks, which take everything at once."""

    def __init__(self) -> None:
        self.smtp, self.http = free_port(), free_port()
        self.letters: list[Letter] = []
        self._heard: defaultdict[tuple[str, str], asyncio.Event] = defaultdict(asyncio.Event)
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        for take, port in ((self._relay, self.smtp), (self._hook, self.http)):
            self._servers.append(await asyncio.start_server(take, "127.0.0.1", port, limit=ROOM))

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for writer in self._open:
            writer.close()
        while self._open:  # noqa: ASYNC110  (their handlers end by themselves)
            await asyncio.sleep(0)

    async def told(self, mark: str, kind: str) -> None:
        """Wait for a letter of a kind about a problem."""
        await self._heard[mark, kind].wait()

    def hear(self, mark: str, kind: str, name: str) -> None:
        self.letters.append(Letter(mark, kind, name, time.monotonic()))
        self._heard[mark, kind].set()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self._open.add(writer)
            writer.write(b"220 sink\r\n")
            while line := await reader.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    writer.write(b"354 go on\r\n")
                    letter = message_from_bytes(await reader.readuntil(b"\r\n.\r\n"), policy=policy.default)
                    text = letter.get_body(("plain",))
                    said = f"{letter['Subject']} {text.get_content() if text else ''}"
                    self.hear(marked(said), str(letter["X-Ingestd-Kind"]), str(letter["Message-ID"]))
                writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        except (OSError, EOFError):  # who sent it was killed
            pass
        finally:
            writer.close()
            self._open.discard(writer)

    async def _hook(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self._open.add(writer)
            while await reader.readline():
                body = json.loads(await _body(reader))
                if "kind" in body:
                    self.hear(marked(body["title"] + body["text"]), body["kind"], body["id"])
                for one in body.get("alerts", ()):  # Alertmanager's
                    kind = "open" if one["status"] == "firing" else "end"
                    self.hear(marked(one["labels"]["alertname"]), kind, body["groupKey"])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except (OSError, EOFError):
            pass
        finally:
            writer.close()
            self._open.discard(writer)


def marked(text: str) -> str:
    """The problem that a text speaks of."""
    found = MARK.search(text)
    return found[0] if found else ""


async def _body(reader: asyncio.StreamReader) -> bytes:
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return await reader.readexactly(length)
