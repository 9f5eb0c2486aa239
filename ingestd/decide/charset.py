"""Bytes -> text, whatever the mail says its charset is.

Senders mislabel: Chinese tools declare us-ascii or ISO-8859-1 over GB18030 or UTF-8, and gb2312 over anything. So the
label is a hint: bytes that are clearly UTF-8 are UTF-8, bytes that are clearly Chinese under a Western label are
Chinese, and what fits nothing is still shown with replacement characters rather than dropped.
"""

import binascii
import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

# What the label says -> the codec that also reads what senders really put under it.
WIDER = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "ms936": "gb18030", "chinese": "gb18030", "euc-cn": "gb18030", "x-euc-cn": "gb18030", "gb18030-2000": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "x-x-big5": "big5hkscs", "cp950": "cp950",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252",
    "ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "windows-1252": "cp1252",
    "hz-gb-2312": "hz", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8",
}  # fmt: skip
WESTERN = frozenset({"cp1252"})
SLOW = ("utf-7", "utf_7")  # Python takes a microsecond a byte for some texts in it
LONGEST_SLOW = 64 * 1024  # bytes of them that are read
STATEFUL = ("iso2022", "hz", "utf-7", "utf_7", "utf-16", "utf-32", "utf_16", "utf_32")
# Codecs that are no charset of mail: slow on purpose-made input, or not about text at all.
REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
LONGEST = 4 * 1024 * 1024
LONGEST_HEADER = 64 * 1024

_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
_UNWANTED = re.compile("[\x00\ud800-\udfff]")  # databases and encoders refuse them
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?((?:[^?]|\?(?!=)){0,2000})\?=")


def decode(raw: bytes, declared: str = "") -> str:
    """Text of ``raw``; never raises, never holds a NUL or a lone surrogate."""
    return _UNWANTED.sub("", _decoded(raw[:LONGEST], declared))


def _decoded(raw: bytes, declared: str) -> str:
    codec = _codec(declared)
    if codec.startswith(SLOW) and len(raw) > LONGEST_SLOW:
        return _decoded(raw[:LONGEST_SLOW], declared)
    if raw.isascii() and not codec.startswith(STATEFUL):
        return raw.decode("ascii")
    for attempt in _attempts(raw, codec):
        try:
            return raw.decode(attempt)
        except (UnicodeError, ValueError):
            continue
    return _damaged(raw, codec)


@lru_cache(maxsize=256)
def _codec(declared: str) -> str:
    """The codec to try for a label, "" for a label that names none."""
    label = declared.strip().strip("\"'").lower().split("*")[0]
    name = WIDER.get(label, label)
    try:
        found = codecs.lookup(name)
        "a".encode(name)  # refuses what is no text encoding: hex, rot13, zlib
    except (LookupError, ValueError, UnicodeError):
        return ""
    return "" if found.name in REFUSED or found.name.replace("-", "_") in REFUSED else WIDER.get(name, found.name)


def _attempts(raw: bytes, codec: str) -> Iterator[str]:
    if codec.startswith(STATEFUL):
        yield codec
    if _reads_as_utf8(raw, codec):
        yield "utf-8"
    if codec in WESTERN or not codec or codec == "utf-8":
        yield from _chinese(raw)
    if codec and codec != "utf-8":
        yield codec
    if codec.startswith(("gb", "big5", "cp950")):
        yield from ("gb18030", "big5hkscs", "cp950") if codec == "gb18030" else ("cp950", "big5hkscs", "gb18030")
    if not codec and not _looks_western(raw):
        yield from ("gb18030", "big5hkscs")


def _reads_as_utf8(raw: bytes, codec: str) -> bool:
    """Valid UTF-8; under a Chinese label it must also read as Chinese, since two-byte accidents do happen."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if not codec.startswith(("gb", "big5", "cp950")):
        return True
    foreign = [c for c in text if c > "\x7f"]
    likely = sum("\u4e00" <= c <= "\u9fff" or "\u2010" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" for c in foreign)
    return likely * 2 > len(foreign)


def _chinese(raw: bytes) -> Iterator[str]:
    """GB18030 or Big5 if the bytes come in pairs whose first bytes are those of the common characters."""
    runs = _HIGH_RUNS.findall(raw[:4096])
    pairs = [run[i : i + 2] for run in runs for i in range(0, len(run) - 1, 2)]
    even = sum(len(run) % 2 == 0 for run in runs)
    if pairs and even * 10 >= len(runs) * 9:
        common = sum(0xB0 <= pair[0] <= 0xD7 or 0xA1 <= pair[0] <= 0xA3 for pair in pairs)
        if common * 10 >= len(pairs) * 7 and len(pairs) >= 2:
            yield "gb18030"
    leads = _big5_leads(raw[:4096])
    if len(leads) >= 2 and sum(0xA4 <= lead <= 0xC6 or lead == 0xA1 for lead in leads) * 10 >= len(leads) * 8:
        yield "big5hkscs"


def _big5_leads(raw: bytes) -> list[int]:
    """First bytes of the double bytes, [] where a trail byte is none of Big5's."""
    leads, i = [], 0
    while i < len(raw):
        if raw[i] < 0x81:
            i += 1
            continue
        trail = raw[i + 1] if i + 1 < len(raw) else 0
        if not (0x40 <= trail <= 0x7E or 0xA1 <= trail <= 0xFE):
            return []
        leads.append(raw[i])
        i += 2
    return leads


def _looks_western(raw: bytes) -> bool:
    """Lone high bytes between letters: an accent, not half of a Chinese character."""
    runs = _HIGH_RUNS.findall(raw[:4096])
    return sum(len(run) == 1 for run in runs) * 2 > len(runs)


def _damaged(raw: bytes, codec: str) -> str:
    """The reading with the fewest replacement characters; a character cut off at the end is no fault."""
    readings = [raw.decode(name, "replace") for name in dict.fromkeys(("utf-8", codec or "cp1252", "gb18030"))]
    return min(readings, key=lambda text: text.rstrip("\ufffd").count("\ufffd"))


def header(value: str) -> str:
    """A header's raw value (as the parser leaves it, surrogates for raw 8-bit bytes) as one line of text.

    Neighbouring encoded words of one charset are joined before decoding: many senders split a character between them.
    """
    text = value[:LONGEST_HEADER]
    if not text.isascii():
        text = decode(text.encode("utf-8", "surrogateescape"))
    if "=?" in text:
        text = _UNWANTED.sub("", _unfolded_words(text))
    return " ".join(text.split())


def _unfolded_words(text: str) -> str:
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        raw = _word_bytes(word[2], word[3])
        label = word[1].split("*")[0].lower()
        if pending and not between.strip() and label == charset:
            pending += raw
        else:
            out.append(decode(pending, charset))
            out.append("" if end and not between.strip() else between)
            pending, charset = raw, label
        end = word.end()
    out += [decode(pending, charset), text[end:]]
    return "".join(out)


def _word_bytes(how: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if how in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b" "), header=True)
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    clean = clean[:-1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
