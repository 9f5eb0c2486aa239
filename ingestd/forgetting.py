"""A person's address, wherever it stands: in a text, in a mail however it is encoded, in a webhook's body."""

import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

from ingestd.config import Site
from ingestd.decide import mail

TOKEN = "forgotten@address.invalid"  # noqa: S105  (takes its place; no such domain can be, RFC 2606)
_PLAIN = re.compile(r"[^\s@<>\"'\\,;:()\[\]{}]+@[^\s@<>\"'\\,;:()\[\]{}/]+\.[^\s@<>\"'\\,;:()\[\]{}/.]{2,}")
_ENCODED = re.compile(rb"=\?|base64|quoted-printable", re.IGNORECASE)
_BEFORE, _AFTER = r"(?<![\w.+\-])", r"(?![\w\-]|\.\w)"  # ann@x.example is neither joann@x.example nor ann@x.example.org


class Address:
    """One address; ValueError: it is none. Small and capital letters are the same."""

    def __init__(self, text: str) -> None:
        if not _PLAIN.fullmatch(text):
            raise ValueError(f"expected an address such as ann@example.com, got {text!r}")
        self._pattern = re.compile(_BEFORE + re.escape(text) + _AFTER, re.IGNORECASE)

    def replaced(self, text: str) -> str:
        """A text with the token in its place."""
        return self._pattern.sub(TOKEN, text)

    def is_in(self, text: str) -> bool:
        """Whether a text names it."""
        return self._pattern.search(text) is not None

    def is_in_body(self, kind: str, body: bytes) -> bool:
        """Whether a message holds it, also where it is encoded."""
        plain = body.replace(b"\0", b"")  # UTF-16
        if b"%40" in plain:
            plain += b"\n" + unquote_to_bytes(plain)
        if self.is_in(plain.replace(b"\\u0040", b"@").decode("utf-8", "replace")):
            return True
        return kind == "mail" and _ENCODED.search(body) is not None and self._is_in_mail(mail.read(body))

    def _is_in_mail(self, read: mail.Mail) -> bool:
        texts = (read.head, read.text, read.html, *(part.text for part in read.parts))
        fields = (value for part in read.parts for _, value in part.fields)
        return any(map(self.is_in, (*texts, *fields)))


def named_in(site: Site, address: Address) -> list[str]:
    """Where a site's files still name it: file:line."""
    return [
        f"{Path(name)}:{number}"
        for name, text in sorted(site.sources)
        for number, line in enumerate(text.splitlines(), 1)
        if address.is_in(line)
    ]
