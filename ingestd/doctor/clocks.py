"""The clock: against an HTTP server that the site names and against NTP, only when asked to look at others.

SNTP by RFC 4330: 48 bytes there and back, times in seconds since 1900 with a 32-bit fraction.
"""

import asyncio
import struct
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import urlsplit

import httpx

from ingestd.doctor.case import Case, Finding, Trial, at_once, fail, ok, skip, warn, why
from ingestd.problem import said
from ingestd.settings import DeadManSettings

PATIENCE = 4.0  # seconds
NTP_PORT = 123
SINCE_1900 = 2_208_988_800  # seconds from there to 1970
ASK = bytes([0x23]) + bytes(47)  # version 4, client
MUCH, TOO_MUCH = 2.0, 30.0  # seconds


def trials(case: Case) -> Iterator[Trial]:
    """One for each clock to compare with."""
    if not case.net:
        remedy = said("`--net` asks {server} and the host of `dead_man`", server=case.ntp)
        yield at_once(said("clock"), skip(said("it was compared with no other"), remedy))
        return
    yield Trial(said("clock by {server}", server=case.ntp), partial(_by_ntp, case.ntp), "warn")
    dead_man = case.site.settings.dead_man if case.site is not None else None
    if dead_man is not None:
        yield Trial(said("clock by {server}", server="dead_man"), partial(_by_http, dead_man), "warn")


async def _by_ntp(server: str) -> Finding:
    host, _, port = server.partition(":") if server.count(":") == 1 else (server, "", "")
    try:
        async with asyncio.timeout(PATIENCE):
            offset = await _ask(host, int(port or NTP_PORT))
    except (OSError, ValueError) as error:  # a time-out is an OSError
        return warn(
            said("no answer: {why}", why=why(error)), said("UDP port 123 may be closed: `--ntp HOST` asks another")
        )
    return judged(offset, 0.0)


async def _ask(host: str, port: int) -> float:
    """Seconds by which the server's clock is ahead of ours; ValueError: no answer to our question."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Heard(answer), remote_addr=(host, port))
    try:
        sent = time.time()
        transport.sendto(ASK)
        raw: bytes = await answer
        heard = time.time()
    finally:
        transport.close()
    if len(raw) < 48 or raw[0] & 7 != 4 or raw[0] >> 6 == 3 or not raw[1]:
        raise ValueError("it is no time server, or does not know the time")
    there, back = (_seconds(raw, at) for at in (32, 40))
    return ((there - sent) + (back - heard)) / 2


class _Heard(asyncio.DatagramProtocol):
    """The first answer."""

    def __init__(self, answer: "asyncio.Future[bytes]") -> None:
        self._answer = answer

    def datagram_received(self, raw: bytes, _address: object) -> None:
        """It is here."""
        if not self._answer.done():
            self._answer.set_result(raw)

    def error_received(self, error: Exception) -> None:
        """Nobody listens there."""
        if not self._answer.done():
            self._answer.set_exception(error)


def _seconds(raw: bytes, at: int) -> float:
    whole, part = map(float, struct.unpack_from("!II", raw, at))
    return whole - SINCE_1900 + part / 2**32


async def _by_http(settings: DeadManSettings) -> Finding:
    """By the Date of its front page: the URL itself would be a sign of life."""
    try:
        parts = urlsplit(settings.address())
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.head(f"{parts.scheme}://{parts.netloc}/")
        theirs = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, KeyError, TypeError) as error:
        return warn(said("no answer: {why}", why=type(error).__name__))  # its words may hold the URL
    return judged(theirs - time.time(), 1.0)


def judged(offset: float, rough: float) -> Finding:
    """What an offset in seconds means; ``rough``: how inexact it is."""
    words, remedy = (
        said("off by {seconds} s", seconds=f"{offset:+.1f}"),
        said("let chrony or systemd-timesyncd keep the time"),
    )
    beyond = abs(offset) - rough
    return fail(words, remedy) if beyond > TOO_MUCH else warn(words, remedy) if beyond > MUCH else ok(words)
