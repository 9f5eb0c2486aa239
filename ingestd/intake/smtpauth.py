"""Who may log in to send mail: argon2 hashes, checked off the event loop, two at a time.

PLAIN is RFC 4616; LOGIN is the older way that printers and Windows tools know; both within AUTH of RFC 4954. Failures
cost the address that they come from a growing wait. A name that nobody has takes as long as a wrong password.
"""

import asyncio
import binascii
import hashlib
import hmac
import logging
import os
import secrets
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError
from msgspec import Struct

from ingestd.intake.smtpcommands import SyntaxRefused

log = logging.getLogger("ingestd.intake.smtpauth")

MECHANISMS = ("PLAIN", "LOGIN")
#: OWASP's second choice for argon2id: 19 MiB, two passes. A daemon that is asked often can't take the first.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE = 2  # hashes computed at the same time
MOST_WAITING = 64  # logins that may wait for their hash; more are told to come back
SLOWEST = 10.0  # seconds that a failure waits for its answer at most
FIRST_WAIT = 0.5  # seconds; doubled by each further failure of the same peer
FORGOTTEN_AFTER = 900.0  # seconds after which a peer's failures no longer count
MOST_PEERS = 10_000  # whose failures are remembered
LONGEST = 1024  # octets of a name or a password

Admitted = Literal["yes", "no", "busy"]
Ask = Callable[[str], Awaitable[bytes | None]]  # a challenge (base64) -> the client's answer, decoded; None: refused


class Credentials(Struct, frozen=True):
    """What a client says of itself."""

    name: str
    password: str


def hash_password(text: str) -> str:
    """What an admin writes under ``users`` for a password: ``$argon2id$…``."""
    return HASHER.hash(text)


def read_users(text: str) -> dict[str, str]:
    """The lines ``name:hash`` of a users file; empty lines and # comments count for nothing. ValueError: the line."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, hashed = line.strip().partition(":")
        if not name or not is_hash(hashed):
            raise ValueError(f"line {number}: expected name:$argon2id$… as `ingestd password` prints it")
        found[name] = hashed
    return found


def is_hash(text: str) -> bool:
    """Whether it is a hash that a password can be held against."""
    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


class Users:
    """The names and hashes of a site; the file is read anew when it has changed."""

    def __init__(self, users: Mapping[str, str], users_file: str = "") -> None:
        """ValueError or OSError: the file can't be used."""
        self._fixed = dict(users)
        self._file = Path(users_file) if users_file else None
        self._stamp: tuple[int, int] | None = None
        self._all = dict(users)
        self._known: dict[str, tuple[str, bytes]] = {}  # name -> its hash, and the mark of the password that fits
        self._secret = secrets.token_bytes(32)
        if self._file is not None:
            self._read(self._file)
        self._nobody = _decoy(self._all.values()) if self else ""  # costs a start tens of milliseconds

    def __bool__(self) -> bool:
        return bool(self._all) or self._file is not None

    def verify(self, name: str, password: str) -> bool:
        """Hold a password against the hash. It computes for tens of milliseconds: not on the event loop."""
        self._refresh()
        hashed = self._all.get(name, "")
        seen = (hashed, self._mark(password))
        if hashed and self._known.get(name) == seen:
            return True
        fits = _fits(hashed or self._nobody, password)
        if hashed and fits:
            self._known[name] = seen
        return bool(hashed) and fits

    def _mark(self, password: str) -> bytes:
        """A good password's mark, in memory only: who logs in for each mail need not wait for argon2 each time."""
        return hmac.digest(self._secret, password.encode("utf-8", "surrogatepass"), hashlib.sha256)

    def _refresh(self) -> None:
        if self._file is None:
            return
        try:
            if _stamp(self._file) != self._stamp:
                self._read(self._file)
        except (OSError, ValueError) as error:
            log.error("%s can't be read, the users from before stay: %s", self._file, error)

    def _read(self, path: Path) -> None:
        stamp = _stamp(path)
        self._all = read_users(path.read_text("utf-8")) | self._fixed
        self._stamp = stamp


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _decoy(hashes: Iterable[str]) -> str:
    """A hash that nothing fits, as dear as that of the first user."""
    first = next(iter(hashes), None)
    hasher = PasswordHasher.from_parameters(extract_parameters(first)) if first else HASHER
    return hasher.hash(secrets.token_hex(16))


def _fits(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


class Porter:
    """Lets people in, slowly where it was tried in vain before."""

    def __init__(self, users: Users, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._users = users
        self._sleep = sleep
        self._hashing = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # peer -> how many, and the last

    async def admit(self, peer: str, given: Credentials) -> Admitted:
        """Whether a name and password fit; "busy": too many others wait for the same."""
        if self._waiting >= MOST_WAITING:
            return "busy"
        self._waiting += 1
        try:
            async with self._hashing:
                fits = await asyncio.to_thread(self._users.verify, given.name, given.password)
        finally:
            self._waiting -= 1
        if fits:
            self._failures.pop(peer, None)
            return "yes"
        await self._sleep(self._count(peer))
        return "no"

    def _count(self, peer: str) -> float:
        """Remember a failure; the seconds that its answer waits."""
        now = asyncio.get_running_loop().time()
        before, last = self._failures.pop(peer, (0, now))
        count = 1 if now - last > FORGOTTEN_AFTER else before + 1
        self._failures[peer] = (count, now)
        while len(self._failures) > MOST_PEERS:
            self._failures.popitem(last=False)
        return min(FIRST_WAIT * 2.0 ** min(count - 1, 10), SLOWEST)


async def credentials(mechanism: str, first: str | None, ask: Ask) -> Credentials | None:
    """The exchange of a mechanism; ``first`` is what came with the command. None: the client broke it off."""
    initial = None if first is None else decoded(first.encode("ascii", "replace"))
    return await (_plain if mechanism == "PLAIN" else _login)(initial, ask)


def decoded(line: bytes) -> bytes:
    """What the base64 of an answer says; "=" is an empty one (RFC 4954, 4). SyntaxRefused: it is no base64."""
    try:
        return b"" if line == b"=" else b64decode(line, validate=True)
    except binascii.Error:
        raise SyntaxRefused("501 5.5.2 can't decode the base64") from None


async def _plain(initial: bytes | None, ask: Ask) -> Credentials | None:
    given = await ask("") if initial is None else initial
    if given is None:
        return None
    parts = given.split(b"\0")
    if len(parts) != 3:
        raise SyntaxRefused("501 5.5.2 expected an identity, a name and a password")
    return _checked(parts[1], parts[2])


async def _login(initial: bytes | None, ask: Ask) -> Credentials | None:
    name = await ask("VXNlcm5hbWU6") if initial is None else initial  # "Username:"
    password = None if name is None else await ask("UGFzc3dvcmQ6")  # "Password:"
    return None if name is None or password is None else _checked(name, password)


def _checked(name: bytes, password: bytes) -> Credentials:
    if max(len(name), len(password)) > LONGEST:
        raise SyntaxRefused("501 5.5.2 the name or the password is too long")
    return Credentials(os.fsdecode(name), os.fsdecode(password))
