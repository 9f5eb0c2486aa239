"""What the tests of mail coming in share: an inbox, and clients over real connections."""

import asyncio
import smtplib
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from ingestd.intake.smtp import SmtpIntake, SmtpSettings
from ingestd.model import Message

T = TypeVar("T")
Start = Callable[..., Awaitable[SmtpIntake]]  # with settings

ENVELOPE = b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n"


class Inbox:
    """Keeps messages; ``fault`` is raised instead when set."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fault: Exception | None = None
        self.refused: list[tuple[str, int]] = []

    async def receive(self, message: Message) -> int:
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        self.messages.append(message)
        return len(self.messages)

    def refuse(self, source: str, code: int) -> None:
        self.refused.append((source, code))


@asynccontextmanager
async def listening(inbox: Inbox, received: float = 1.0, **usual: Any) -> AsyncIterator[Start]:
    """What starts listeners with these settings and others; all are stopped at the end."""
    running: list[SmtpIntake] = []

    async def begin(**settings: Any) -> SmtpIntake:
        wanted = SmtpSettings(**({"port": 0, "hostname": "in.example"} | usual | settings))
        intake = SmtpIntake(wanted, inbox.receive, lambda: received, inbox.refuse)
        await intake.start()
        running.append(intake)
        return intake

    yield begin
    for intake in running:
        await intake.stop()


async def talk(intake: SmtpIntake, client: Callable[[smtplib.SMTP], T], host: str = "") -> T:
    """What a client does on a connection, from an address of its own if ``host`` is given."""
    address, port = intake.addresses[0]

    def session() -> T:
        source = (host, 0) if host else None
        with smtplib.SMTP(address, port, timeout=30, source_address=source) as connection:
            return client(connection)

    return await asyncio.to_thread(session)


async def raw(intake: SmtpIntake, *parts: bytes) -> bytes:
    """Write parts as they are, return everything that is answered until the server or QUIT ends it."""
    return await spoken(await asyncio.open_connection(*intake.addresses[0]), *parts)


async def spoken(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], *parts: bytes) -> bytes:
    reader, writer = streams
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.005)
    answer = await asyncio.wait_for(reader.read(-1), 30)
    writer.close()
    await writer.wait_closed()
    return answer


def certificate(folder: Path) -> Path:
    """A folder with cert.pem and key.pem for localhost."""
    request = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", *request.split(), *names], cwd=folder, capture_output=True, check=True)
    return folder
