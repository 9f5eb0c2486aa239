"""Signed links: the page in a mail by which its reader acknowledges without logging in.

A link says who was told, of which incident, by which notification, what it may do and until when; the signature makes
it unforgeable. The key is a file of its own beside the store, made at the first start.
"""

import os
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

LinkAction = Literal["ack", "ask"]  # ask: many read it, who acts is asked first


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """What the bearer of a link may do."""

    person: str
    incident: int
    notification: int
    action: LinkAction = "ack"
    expires: int = 0  # epoch seconds; set when the link is made


class LinkError(Exception):
    """A link that is not ours, or no longer."""

    def __init__(self, text: str, *, expired: bool) -> None:
        super().__init__(text)
        self.expired = expired


class Links:
    """Makes and reads links. Without a public URL there are none. ``now`` is the wall clock, in epoch seconds."""

    def __init__(
        self, key: bytes, public_url: str, *, max_age: float = 7 * 86400.0, now: Callable[[], float] = time.time
    ) -> None:
        self._signer = URLSafeSerializer(key, salt="ingestd.link")
        self._base = public_url.rstrip("/")
        self._max_age = max_age
        self._now = now

    def make(self, grant: Grant) -> str | None:
        """The address for a mail; None without a public URL."""
        return f"{self._base}/a/{self.token(grant)}" if self._base else None

    def token(self, grant: Grant) -> str:
        """The signed part of the address, good for ``max_age`` seconds from now."""
        dated = msgspec.structs.replace(grant, expires=int(self._now() + self._max_age))
        return str(self._signer.dumps(msgspec.to_builtins(dated)))

    def read(self, token: str) -> Grant:
        """What a token grants; LinkError if it is forged, damaged or too old."""
        try:
            grant = msgspec.convert(self._signer.loads(token), Grant)
        except (BadSignature, msgspec.ValidationError) as error:
            raise LinkError("the link is not valid", expired=False) from error
        if grant.expires < self._now():
            raise LinkError("the link has expired", expired=True)
        return grant


def load_key(path: Path) -> bytes:
    """The signing key in ``path`` (mode 0600), made if there is none; ValueError if the file is too short to be one."""
    try:
        key = path.read_bytes().strip()
    except FileNotFoundError:
        return _made(path)
    if len(key) < 32:
        raise ValueError(f"{path}: expected at least 32 characters of key; delete the file for a new one")
    return key


def _made(path: Path) -> bytes:
    """A new key, under its name only when it is whole: half of one, left by a kill, would stop every start."""
    key = secrets.token_hex(32).encode()
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(key + b"\n")
        file.flush()
        os.fsync(file.fileno())
    Path(aside).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
