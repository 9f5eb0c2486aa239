"""How the commands of SMTP are written: lines, paths and parameters (RFC 5321, 4.1).

It is strict with parameters, which change what a mail means, and lenient with addresses: many a device writes its own
as it likes, and its alert must not be lost for that. So an address may have spaces in it, or no angle brackets.
"""

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

SYNTAX: Final = {
    "AUTH": "AUTH mechanism [initial-response]",
    "DATA": "DATA",
    "EHLO": "EHLO hostname",
    "HELO": "HELO hostname",
    "HELP": "HELP [command]",
    "LHLO": "LHLO hostname",
    "MAIL": "MAIL FROM:<address> [parameters]",
    "NOOP": "NOOP [anything]",
    "QUIT": "QUIT",
    "RCPT": "RCPT TO:<address> [parameters]",
    "RSET": "RSET",
    "STARTTLS": "STARTTLS",
    "VRFY": "VRFY address",
}
VALUES: Final = {  # what stands behind the = of a parameter of MAIL
    "AUTH": re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+"),  # RFC 4954, 5: who wrote the mail; we don't ask
    "BODY": re.compile(r"7BIT|8BITMIME", re.IGNORECASE),  # RFC 6152, 2
    "SIZE": re.compile(r"[0-9]{1,20}"),  # RFC 1870, 6
    "SMTPUTF8": re.compile(r""),  # RFC 6531, 3.4
}
_CONTROLS = r"\x00-\x1f\x7f"
_QUOTED = rf'"(?:[^"\\{_CONTROLS}]|\\[^{_CONTROLS}])*"'
_ROUTE = r'@[^\s<>":]+:'  # by which hosts it is to come: not looked at (RFC 5321, 4.1.1.3)
_LITERAL = rf'\[[^\s<>"\[\]{_CONTROLS}]*\]'  # a host by its number
_PLAIN = rf'<>",:;\[\]{_CONTROLS}'  # what else there is none of
PATH = re.compile(rf"<(?:{_ROUTE})?((?:{_QUOTED})?[^{_PLAIN}]*(?:{_LITERAL})?\s*)>(.*)", re.DOTALL)
BARE_PATH = re.compile(rf"((?:{_QUOTED})?[^\s{_PLAIN}]+(?:{_LITERAL})?)(?:\s(.*))?", re.DOTALL)
PARAMETER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:=[!-<>-~\x80-\U0010ffff]+)?")


class CommandRefused(Exception):  # noqa: N818  (what happened, as the client sees it)
    """A command that is not obeyed; the text is the reply."""


class SyntaxRefused(CommandRefused):
    """A command that is not written as it must be. A client may not do so for ever."""


class Sender(Struct, frozen=True):
    """What MAIL says."""

    address: str  # "": the null sender
    size: int = 0  # octets that the mail is said to have


def text(line: bytes | bytearray) -> str:
    """A line as text, with ? for each octet that is no UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()


def wrong(command: str) -> SyntaxRefused:
    """The reply that tells how a command is written."""
    return SyntaxRefused(f"501 5.5.4 Syntax: {SYNTAX[command]}")


def sender(argument: str, known: Iterable[str]) -> Sender:
    """What is said behind MAIL; ``known``: parameters that may be given. CommandRefused: what is not as it must be."""
    if argument[:5].upper() != "FROM:":
        raise wrong("MAIL")
    address, rest = _path(argument[5:].lstrip(), "501 5.1.7 the sender can't be read")
    if not rest:
        return Sender(address)
    given = parameters(rest)
    _check(given, known)
    return Sender(address, int(given.get("SIZE", 0)))


def recipient(argument: str) -> str:
    """The address behind RCPT; there are no parameters. CommandRefused: what is not as it must be."""
    if argument[:3].upper() != "TO:":
        raise wrong("RCPT")
    unreadable = "501 5.1.3 the recipient can't be read"
    address, rest = _path(argument[3:].lstrip(), unreadable)
    if not address:
        raise SyntaxRefused(unreadable)
    if rest:
        _check(parameters(rest), ())
    return address


def parameters(rest: str) -> dict[str, str]:
    """Keywords in capitals -> values, "" where there is none. SyntaxRefused: it is no list of parameters."""
    found: dict[str, str] = {}
    for word in rest.split():
        keyword, _, value = word.partition("=")
        if not PARAMETER.fullmatch(word) or keyword.upper() in found:
            raise SyntaxRefused("501 5.5.4 expected parameters, each once, as KEYWORD or KEYWORD=value")
        found[keyword.upper()] = value
    return found


def _path(written: str, unreadable: str) -> tuple[str, str]:
    """An address, and what follows it."""
    found = PATH.fullmatch(written) or BARE_PATH.fullmatch(written)
    if found is None:
        raise SyntaxRefused(unreadable)
    address, rest = found.groups("")
    return address.strip(), rest.strip()


def _check(given: dict[str, str], known: Iterable[str]) -> None:
    for keyword, value in given.items():
        if keyword not in known:
            raise CommandRefused(f"555 5.5.4 there is no parameter {keyword} here")
        if not VALUES[keyword].fullmatch(value):
            raise SyntaxRefused(f"501 5.5.4 this can't be the value of {keyword}")
