"""Second deliveries: what a mail that was sent twice shares with the first copy."""

import hashlib
import re

from msgspec.structs import replace

from ingestd.model import Message

MESSAGE_ID = re.compile(rb"^message-id:[ \t]*<[^>\r\n]", re.IGNORECASE | re.MULTILINE)
HEADERS = 64 * 1024  # bytes in which a Message-ID is looked for


def told_apart(message: Message) -> Message:
    """A mail with what a second delivery of it shares with the first: its Message-ID, its peer, every byte of it."""
    if message.kind != "mail" or message.origin:
        return message
    found = MESSAGE_ID.search(message.body[:HEADERS])
    if found is None:
        return message
    digest = hashlib.blake2b(message.peer.encode() + b"\0" + message.body, digest_size=16).hexdigest()
    return replace(message, origin=f"mail:{digest}")
