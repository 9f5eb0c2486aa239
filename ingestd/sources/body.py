"""The body of a webhook in whatever way it came: JSON, lines of JSON, a form, multipart, text with JSON in it, a query.

Everything is bounded: documents, form fields, parts, and how often JSON is looked for in text.
"""

import ast
import json
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from email.message import Message as Header
from functools import lru_cache
from typing import Any

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from ingestd.model import Message
from ingestd.sources import cef, logfmt, xmltext
from ingestd.sources.shared import SourceError

MOST_DOCUMENTS = 5000  # concatenated in one body
MOST_FIELDS = 1000  # of a form or query
MOST_PARTS = 100  # of a multipart body
LONG = 200_000  # characters: beyond it nothing is mended, and the decoder is the one without slow numbers
LONGEST_PYTHON = 20_000  # characters of what Python printed that are read
MOST_VALUES = 100_000  # lists and objects in one body: what a megabyte of brackets would become takes long to build
MOST_MEMBERS = 300_000  # values of all of them, by their commas: 20,000 alerts with a dozen labels have fewer
MOST_STARTS = 20  # places of a text at which JSON is tried
#: Form fields that are known to hold the whole payload as JSON.
CARRIERS = ("payload", "data", "alert", "json", "body", "message", "event", "content")
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # what is wrong with a body is told by the reading

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
#: Charsets that decode in linear time; Python knows others that do not.
_CHARSET = re.compile(
    r"(?i)utf-?(?:8|16|32)(?:-?[lb]e)?|iso-?8859-?\d{1,2}|(?:windows-|cp)125\d|latin-?1|(?:us-)?ascii|gbk|gb2312|gb18030"
    r"|big5|s(?:hift_)?jis|euc-(?:jp|kr)|koi8-[ru]"
)
_STRAY_BACKSLASH = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|)')
_TRAILING_COMMA = re.compile(r",(?=\s{0,100}[}\]])")
_PYTHON = re.compile(r"\[?\{u?'")
_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_FORM_LIKE = re.compile(r"[A-Za-z0-9_.%\[\]-]{1,100}=")
_LENIENT = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


def fields(message: Message) -> Any:
    """What the body says: an object, or a list of them; SourceError with the position or what was expected."""
    query = _pairs(message.query)
    if not message.body.strip(b"\0 \t\r\n"):
        if not query:
            raise SourceError("the body is empty: expected JSON or a form")
        return _carried(query)
    kind, parameters = content_type(message.content_type)
    if kind == MULTIPART:
        return _carried(query | _parts(message.body, parameters))
    text = decoded(message.body, parameters.get("charset", ""))
    if kind == FORM and not text.lstrip().startswith(("{", "[")):
        return _carried(query | (logfmt.pairs(text) or _pairs(text)))
    return documents(text)


@lru_cache(maxsize=256)  # a sender says the same every time
def content_type(text: str) -> tuple[str, Mapping[str, str]]:
    """A Content-Type header as the type in lower case and its parameters."""
    header: Header[str, str] = Header()
    header["content-type"] = "".join(c for c in text[:500] if c.isprintable())
    found = header.get_params([("", "")], unquote=True)
    return found[0][0].strip().lower(), {name.lower(): str(value) for name, value in found[1:]}


def decoded(body: bytes, charset: str = "") -> str:
    """A body as text: by its mark, its charset, as UTF-16 without a mark, as UTF-8, as GB 18030, byte by byte."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace").strip("\0 \t\r\n")
    if body[1:2] == b"\0" != body[:1]:
        return body.decode("utf-16-le", "replace").strip("\0 \t\r\n")
    if body[:1] == b"\0" != body[1:2] and body[2:3] == b"\0":
        return body.decode("utf-16-be", "replace").strip("\0 \t\r\n")
    for name in (charset if _CHARSET.fullmatch(charset) else "utf-8", "utf-8", "gb18030"):
        try:
            return body.decode(name).strip("\0 \t\r\n")
        except (UnicodeError, LookupError):
            continue
    return body.decode("latin-1").strip("\0 \t\r\n")


def documents(text: str) -> Any:
    """The JSON of a text: one value, several as a list, or the first object within other words."""
    if len(text) > LONG and text.count("{") + text.count("[") > MOST_VALUES:
        raise SourceError(f"more than {MOST_VALUES} lists and objects in one body")
    if len(text) > LONG and text.count(",") > MOST_MEMBERS:
        raise SourceError(f"more than {MOST_MEMBERS} values in one body")
    try:
        return _unwrapped(json.loads(text, parse_constant=_refused) if len(text) > LONG else msgspec.json.decode(text))
    except RecursionError as error:
        raise SourceError("not JSON: nested too deeply") from error
    except (msgspec.MsgspecError, ValueError) as error:
        strict = SourceError(f"not JSON: {error}")
    try:
        found = _several(text) or _within(text)
    except RecursionError as error:
        raise SourceError("not JSON: nested too deeply") from error
    if found is not None:
        return found
    if written := xmltext.pairs(text) or cef.events(text) or logfmt.pairs(text):
        return written
    if _FORM_LIKE.match(text):
        return _carried(_pairs(text))
    raise strict


def inner(value: Any) -> Any:
    """JSON inside a text, decoded; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return documents(value)
        except SourceError:
            return value
    return value


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _unwrapped(value: Any) -> Any:
    """A text that is itself JSON, as some senders encode twice."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except (msgspec.MsgspecError, UnicodeError):
            return value
    return value


def _several(text: str) -> Any:
    """Concatenated values, or one that templates spoiled: raw line ends, stray backslashes, a comma too many."""
    for mend in (str, _mended, _of_python):
        try:
            found = list(_concatenated(mend(text)))
        except ValueError:
            continue
        if len(found) == 1:
            return found[0]
        if all(isinstance(value, dict) for value in found):
            return found
    return None


def _mended(text: str) -> str:
    if len(text) > LONG:
        raise ValueError("too long to mend")
    return _TRAILING_COMMA.sub("", _STRAY_BACKSLASH.sub(lambda m: m[0] if m[1] else "\\\\", text))


def _of_python(text: str) -> str:
    """What Python prints of a dictionary, as JSON: single quotes, True, False, None."""
    if len(text) > LONGEST_PYTHON or not _PYTHON.match(text):
        raise ValueError("not what Python prints")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of stray backslashes
            return json.dumps(ast.literal_eval(text), default=str)
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("not what Python prints") from error


def _concatenated(text: str) -> Iterator[Any]:
    at = 0
    for _ in range(MOST_DOCUMENTS):
        if text[at : at + 1] not in ("{", "["):
            raise ValueError("no object here")
        value, at = _LENIENT.raw_decode(text, at)
        yield value
        while at < len(text) and text[at] in " \t\r\n,\0\x1e":
            at += 1
        if at >= len(text):
            return
    raise SourceError(f"more than {MOST_DOCUMENTS} documents in one body")


def _within(text: str) -> Any:
    """The first object or list within other words."""
    at = -1
    for _ in range(MOST_STARTS):
        at = min((found for found in (text.find("{", at + 1), text.find("[", at + 1)) if found >= 0), default=-1)
        if at < 0:
            return None
        try:
            found = _LENIENT.raw_decode(text, at)[0]
        except ValueError:
            continue
        if found and isinstance(found if isinstance(found, dict) else found[0], dict):
            return found
    return None


def _pairs(text: str) -> dict[str, Any]:
    """The fields of a form or query; of those with one name the last counts."""
    if text.count("&") >= MOST_FIELDS:
        raise SourceError(f"more than {MOST_FIELDS} form fields")
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {_unquoted(name): _unquoted(value) for name, _, value in pairs}


def _unquoted(text: str) -> str:
    """Without percent signs; the standard library takes half a second for a megabyte of them."""
    if "%" not in text and "+" not in text:
        return text
    raw = text.replace("+", " ").encode("utf-8", "replace")
    return _ESCAPES.sub(lambda found: bytes.fromhex(found[0].replace(b"%", b"").decode()), raw).decode(
        "utf-8", "replace"
    )


def _carried(form: Mapping[str, Any]) -> Any:
    """A form, or the JSON that one of its fields carries with the other fields beside it."""
    for name in form if len(form) == 1 else (key for key in form if key.lower() in CARRIERS):
        found = inner(form.get(name))
        if isinstance(found, list):
            return found
        if isinstance(found, dict):
            return {**{key: value for key, value in form.items() if key != name}, **found}
        if len(form) == 1 and not form[name] and name.lstrip()[:1] == "{":
            return documents(name)  # JSON posted as a form: the whole of it is a name without a value
    return dict(form)


class _Parts:
    """Collects the parts of a multipart body: name -> text."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self._count = 0
        self._headers: dict[str, str] = {}
        self._name, self._value, self._content = b"", b"", bytearray()

    def begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise SourceError(f"more than {MOST_PARTS} parts in one body")
        self._headers, self._content = {}, bytearray()

    def name(self, text: bytes, start: int, end: int) -> None:
        self._name += text[start:end]

    def value(self, text: bytes, start: int, end: int) -> None:
        self._value += text[start:end]

    def header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._name, self._value = b"", b""

    def content(self, text: bytes, start: int, end: int) -> None:
        self._content += text[start:end]

    def end(self) -> None:
        _, disposition = content_type(self._headers.get("content-disposition", ""))
        _, kind = content_type(self._headers.get("content-type", ""))
        name = disposition.get("name") or str(len(self.found))
        self.found[name] = decoded(bytes(self._content), kind.get("charset", ""))


def _parts(body: bytes, parameters: Mapping[str, str]) -> dict[str, Any]:
    parts = _Parts()
    try:
        parser = MultipartParser(
            parameters.get("boundary", "").encode(),
            {
                "on_part_begin": parts.begin,
                "on_part_data": parts.content,
                "on_part_end": parts.end,
                "on_header_field": parts.name,
                "on_header_value": parts.value,
                "on_header_end": parts.header,
            },
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise SourceError(f"not multipart: {error}") from error
    if not parts.found:
        raise SourceError("not multipart: no part between its boundaries")
    return parts.found
