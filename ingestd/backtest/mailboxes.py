"""Mail that lies elsewhere, in the order in which it came: mailbox files, Maildirs, folders of files, IMAP (read only).

When a mail came is said by the newest ``Received`` line, else by ``Date``; a mail that says neither is left out and
counted. An index of times is made first, so that the mails themselves are read one by one.
"""

import re
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from imapclient import IMAPClient  # type: ignore[import-untyped]
from msgspec import Struct

from ingestd.backtest.stream import Heard
from ingestd.model import Message

HEADERS = 64 * 1024  # bytes in which the headers are looked for
CHUNK = 50  # mails asked for at once
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_LINE = re.compile(rb"^(received|date|return-path):(.*)$", re.IGNORECASE | re.MULTILINE)


class MailboxError(Exception):
    """A mailbox that can't be read; the text says which and why."""


class Found(Struct, frozen=True, order=True):
    """A mail and where it lies."""

    at: float
    name: str  # of the file
    start: int = 0  # in a mailbox file; by IMAP its number
    end: int = 0


class Mailbox:
    """What ``--from`` names: the last ``span`` seconds before its newest mail. ``undated`` counts what was left out."""

    def __init__(self, name: str, span: float, password: str = "") -> None:
        self.undated = 0
        self.newest = 0.0
        self._name, self._span, self._password = name, span, password

    def __iter__(self) -> Iterator[Heard]:
        try:
            if re.match(r"imaps?://", self._name):
                yield from self._imap()
            else:
                yield from self._files(Path(self._name))
        except (OSError, IMAPClient.Error) as error:
            raise MailboxError(f"{_shown(self._name)} can't be read: {error}") from error

    # -- files
    def _files(self, path: Path) -> Iterator[Heard]:
        for one in self._lately(self._dated(_places(path))):
            with Path(one.name).open("rb") as file:
                file.seek(one.start)
                raw = file.read(one.end - one.start) if one.end else file.read()
            yield _heard(one.at, raw)

    def _dated(self, places: Iterator[tuple[Found, bytes]]) -> Iterator[Found]:
        for place, head in places:
            at = when(head)
            if at is None:
                self.undated += 1
            else:
                yield Found(at, place.name, place.start, place.end)

    # -- IMAP
    def _imap(self) -> Iterator[Heard]:
        url = urlsplit(self._name)
        folder = unquote(url.path.lstrip("/")) or "INBOX"
        with IMAPClient(url.hostname or "", port=url.port, ssl=url.scheme == "imaps", timeout=60) as client:
            client.login(unquote(url.username or ""), self._password or unquote(url.password or ""))
            client.select_folder(folder, readonly=True)
            yield from self._fetched(client)

    def _fetched(self, client: IMAPClient) -> Iterator[Heard]:
        uids = client.search()
        times: list[Found] = []
        for start in range(0, len(uids), 1000):
            found = client.fetch(uids[start : start + 1000], ["INTERNALDATE"])
            times += [Found(one[b"INTERNALDATE"].astimezone().timestamp(), "", uid) for uid, one in found.items()]
        wanted = self._lately(times)
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            bodies = client.fetch([one.start for one in chunk], ["BODY.PEEK[]"])
            yield from (_heard(one.at, bodies[one.start][b"BODY[]"]) for one in chunk if one.start in bodies)

    def _lately(self, found: Iterable[Found]) -> list[Found]:
        mails = sorted(found)
        self.newest = mails[-1].at if mails else 0.0
        return [one for one in mails if one.at >= self.newest - self._span]


def when(head: bytes) -> float | None:
    """When a mail came, by its headers; None if they do not say."""
    lines = _headers(head)
    received = [text.rpartition(b";")[2] for name, text in lines if name == b"received"]
    dates = [text for name, text in lines if name == b"date"]
    for text in (*received[:1], *dates):
        try:
            return parsedate_to_datetime(text.decode("ascii", "replace").strip()).timestamp()
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    block = re.split(rb"\r?\n\r?\n", head[:HEADERS], maxsplit=1)[0]
    return [(name.lower(), text) for name, text in _LINE.findall(_FOLDED.sub(b" ", block))]


def _heard(at: float, raw: bytes) -> Heard:
    paths = [text for name, text in _headers(raw[:HEADERS]) if name == b"return-path"]
    sender = paths[0].strip().strip(b"<>").decode("utf-8", "replace") if paths else ""
    return Heard(at, Message(kind="mail", source="mailbox", body=raw, received=at, sender=sender))


def _places(path: Path) -> Iterator[tuple[Found, bytes]]:
    """Every mail of a file or a folder, with the beginning of it."""
    if not path.is_dir():
        yield from _in_file(path)
        return
    for file in sorted(one for one in path.rglob("*") if one.is_file() and one.parent.name != "tmp"):
        yield from _in_file(file)


def _in_file(path: Path) -> Iterator[tuple[Found, bytes]]:
    with path.open("rb") as file:
        head = file.read(HEADERS)
        if not head.startswith(b"From "):
            yield Found(0.0, str(path)), head
            return
        for start, end in _mails(file):
            file.seek(start)
            yield Found(0.0, str(path), start, end), file.read(min(HEADERS, end - start))


def _mails(file: BinaryIO) -> list[tuple[int, int]]:
    """Where the mails of a mailbox file begin and end: each behind a line "From ..." that follows an empty one."""
    file.seek(0)
    found: list[tuple[int, int]] = []
    start, at, empty = 0, 0, True
    for line in file:
        if empty and line.startswith(b"From "):
            found += [(start, at)] if start else []
            start = at + len(line)
        at += len(line)
        empty = line in (b"\n", b"\r\n")
    return [*found, (start, at)]


def _shown(name: str) -> str:
    """A name without a password in it."""
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1@", name)
