"""The relay refuses, hangs, goes away in the middle, or its name is not answered: pages go by the next channel, in time.

python tests/drills/relays.py [refuses | hangs | goes-away | no-name]
"""

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.channels.mail import MailChannel, MailSettings
from ingestd.demo import script
from ingestd.demo.site import free_port
from ingestd.outbox import Address, Contact, OutboxSettings
from ingestd.yamltypes import Duration
from tests.drills.clocks import LATE, SETTLE
from tests.drills.crowd import Say, main, site, twice_told, url_of
from tests.test_app import House, opened

NOWHERE = "relay.nowhere.example"


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """It never says a word."""
    await reader.read()
    writer.close()


async def goes_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """It is gone in the middle of the letter."""
    writer.write(b"220 relay\r\n")
    for answer in (b"250 relay\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        await reader.readline()
        writer.write(answer)
    await reader.readline()
    writer.close()


def relay(folder: Path, say: Say, how: str, patience: float = 10.0, pause: float = 2.0) -> bool:
    return asyncio.run(_relay(folder, say, how, patience, pause))


async def _relay(folder: Path, say: Say, how: str, patience: float, pause: float) -> bool:
    port, server = free_port(), None
    behaves = {"hangs": hangs, "goes-away": goes_away}.get(how)
    if behaves is not None:
        server = await asyncio.start_server(behaves, "127.0.0.1", port)
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def getaddrinfo(host: Any, *words: Any, **more: Any) -> Any:
        if host == NOWHERE:
            await asyncio.sleep(3600)
        return await real(host, *words, **more)

    loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign]
    host = NOWHERE if how == "no-name" else "127.0.0.1"
    settings = OutboxSettings(first_pause=pause)
    channel = MailChannel(MailSettings(host=host, port=port, sender="ingestd@x.example", timeout=Duration(patience)))
    async with asyncio.timeout(240), opened(site(folder)) as house:
        _by_mail_then_maildir(house, channel, settings)
        began = time.monotonic()
        await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))
        letters = house.stage.mails / "new"
        while not list(letters.glob("*")):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        took = time.monotonic() - began
        await house.until(partial(_told, house))
        delivered = await house.daemon.store.queries.notifications_of(1)
    if server is not None:
        server.close()
    promised = SETTLE + settings.tries * patience + 3 * pause + LATE
    words = delivered[0].detail
    doubled = twice_told(url_of(house.stage), house.stage.mails)
    say(f"the page was there after {took:.1f} s (promised: {promised:.1f} s), pages doubled {doubled}; {words}")
    return took <= promised and not doubled and "maildir" in words


async def _told(house: House) -> bool:
    return not house.daemon.outbox.waiting


def _by_mail_then_maildir(house: House, mail: MailChannel, settings: OutboxSettings) -> None:
    outbox = house.daemon.outbox
    outbox._settings = settings
    outbox.channels = {**outbox.channels, "mail": mail}
    outbox.contacts = {
        name: Contact("en", (Address("mail", f"{name}@x.example"), Address("maildir", f"{name}@x.example")))
        for name in outbox.contacts
    }


DRILLS: dict[str, Callable[[Path, Say], bool]] = {
    how: partial(relay, how=how) for how in ("refuses", "hangs", "goes-away", "no-name")
}

SHORT: dict[str, Callable[[Path, Say], bool]] = {
    how: partial(relay, how=how, patience=0.3, pause=0.1) for how in DRILLS
}

if __name__ == "__main__":
    sys.exit(main(__doc__, DRILLS, SHORT))
