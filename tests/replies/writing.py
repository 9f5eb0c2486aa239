"""What mail programs have in common: a letter to be answered, and the bytes of parts, headers and quotes."""

import base64
import html
import quopri
import textwrap
import zlib
from email import message_from_bytes
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime

from msgspec import Struct

ZONE = 8 * 3600  # seconds: they sit in Shanghai
ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CHINESE = "一二三四五六日"
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip


class Original(Struct, frozen=True):
    """A letter of ours as a mail program shows it."""

    message_id: str
    references: str
    subject: str
    sender: str  # the bare address
    sender_name: str
    to: str
    to_name: str
    text: str
    html: str
    year: int
    month: int
    day: int
    weekday: int
    hour: int
    minute: int

    @property
    def body(self) -> str:
        """What stands between the tags of its body."""
        inner = self.html.partition("<body")[2].partition(">")[2].partition("</body>")[0]
        return inner or f"<pre>{html.escape(self.text)}</pre>"

    @property
    def clock(self) -> str:
        return f"{self.hour % 12 or 12}:{self.minute:02} {'AM' if self.hour < 12 else 'PM'}"

    @property
    def clock24(self) -> str:
        return f"{self.hour:02}:{self.minute:02}"

    @property
    def clock_zh(self) -> str:
        return f"{'上午' if self.hour < 12 else '下午'}{self.hour % 12 or 12}:{self.minute:02}"

    @property
    def date_zh(self) -> str:
        return f"{self.year}年{self.month}月{self.day}日"

    @property
    def date_us(self) -> str:
        return f"{MONTHS[self.month - 1][:3]} {self.day}, {self.year}"

    @property
    def date_long(self) -> str:
        return f"{ENGLISH[self.weekday]}, {MONTHS[self.month - 1]} {self.day}, {self.year}"

    @property
    def iso(self) -> str:
        return f"{self.year}-{self.month:02}-{self.day:02}"


def original(raw: bytes) -> Original:
    """A letter as it lies in a mailbox."""
    mail = message_from_bytes(raw, policy=default)
    sender_name, sender = parseaddr(mail["From"])
    to_name, to = parseaddr(mail["To"])
    when = parsedate_to_datetime(mail["Date"])
    local = when.fromtimestamp(when.timestamp() + ZONE, when.tzinfo)
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    return Original(
        message_id=mail["Message-ID"],
        references=mail["References"] or "",
        subject=mail["Subject"],
        sender=sender,
        sender_name=sender_name or sender,
        to=to,
        to_name=to_name or "Lin Hao",
        text=parts["text/plain"].replace("\r\n", "\n").rstrip("\n"),
        html=parts.get("text/html", ""),
        year=local.year,
        month=local.month,
        day=local.day,
        weekday=local.weekday(),
        hour=local.hour,
        minute=local.minute,
    )


# -- headers of quotes

EN = ("From", "Sent", "To", "Subject")
ZH = ("发件人", "发送时间", "收件人", "主题")
DE = ("Von", "Gesendet", "An", "Betreff")


def fields_of(o: Original, names: tuple[str, ...], when: str, mark: str = ": ") -> list[tuple[str, str]]:
    values = (f"{o.sender_name} <{o.sender}>", when, f"{o.to_name} <{o.to}>", o.subject)
    return [(name + mark, value) for name, value in zip(names, values, strict=True)]


# -- quotes


def cited(text: str, mark: str = "> ", columns: int = 0) -> str:
    """The text with a mark before each line; ``columns``: longer lines are broken first, words kept whole."""
    lines = [part for line in text.split("\n") for part in (_broken(line, columns) if columns else [line])]
    return "\n".join(f"{mark}{line}" if line else mark.rstrip() for line in lines)


def _broken(line: str, columns: int) -> list[str]:
    return textwrap.wrap(line, columns, break_long_words=False, break_on_hyphens=False) or [""]


def paragraphs(words: str) -> str:
    """Each line in a ``div`` of its own."""
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in words.split("\n"))


# -- bytes


def encoded_word(text: str, charset: str) -> str:
    """A header's value as RFC 2047 wants it, folded; ASCII stays as it is."""
    if text.isascii():
        return text
    words = [text[at : at + 12] for at in range(0, len(text), 12)]
    return "\r\n ".join(f"=?{charset}?B?{base64.b64encode(word.encode(charset)).decode()}?=" for word in words)


def part(kind: str, text: str, charset: str = "utf-8", encoding: str = "base64", more: str = "") -> bytes:
    """One part with its header. ``more``: parameters of its type."""
    body = text.replace("\r\n", "\n").replace("\n", "\r\n").encode(charset)
    if encoding == "base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    head = f'Content-Type: {kind}; charset="{charset}"{more}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + body + b"\r\n"


def alternative(*parts: bytes, boundary: str = "=_0001_part") -> bytes:
    """The parts as alternatives of one another."""
    head = f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\nThis is a multi-part message.\r\n'
    joined = b"".join(f"--{boundary}\r\n".encode() + one for one in parts)
    return head.encode() + joined + f"--{boundary}--\r\n".encode()


def mail(
    o: Original, prefix: str, body: bytes, *, charset: str = "utf-8", refers: str = "both", more: str = ""
) -> bytes:
    """The whole reply. ``refers``: which of In-Reply-To and References it has: both, reply, references, none, folded."""
    ids = f"{o.references} {o.message_id}".strip()
    lines = [
        f"From: {o.to_name} <{o.to}>",
        f"To: {o.sender_name} <{o.sender}>",
        f"Subject: {encoded_word(f'{prefix}{o.subject}', charset)}",
        f"Date: {ENGLISH[o.weekday][:3]}, {o.day} {MONTHS[o.month - 1][:3]} {o.year} {o.hour:02}:{o.minute:02}:31 +0800",
        f"Message-ID: <{zlib.crc32(prefix.encode() + body)}.reply@mail.trading.example>",
        "MIME-Version: 1.0",
        *_references(o, ids, refers),
    ]
    return ("\r\n".join(lines) + "\r\n" + more.replace("\n", "\r\n")).encode() + body


def _references(o: Original, ids: str, refers: str) -> list[str]:
    if refers == "none":
        return []
    if refers == "folded":  # a program that folds whatever is long, also within an id
        cut = len(o.message_id) // 2
        return [f"In-Reply-To:\r\n {o.message_id}", f"References: {o.message_id[:cut]}\r\n\t{o.message_id[cut:]}"]
    if refers == "torn":  # only what a gateway left of it: broken in two
        cut = len(o.message_id) // 2
        return [f"In-Reply-To: {o.message_id[:cut]}\r\n {o.message_id[cut:]}"]
    found = {"reply": f"In-Reply-To: {o.message_id}", "references": f"References: {ids}"}
    return list(found.values()) if refers == "both" else [found[refers]]
