"""Files as text: whatever their encoding, bounded in size and number, with the files that they include."""

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ingestd.inventory.found import At
from ingestd.yamltypes import ConfigError, Problem

MOST_BYTES = 64 << 20  # of one file
MOST_FILES = 10_000
STDIN = Path("-")


class Text(Struct, frozen=True):
    """A file that was read."""

    name: str
    text: str
    path: Path

    def at(self, offset: int) -> At:
        """The line of a place in the text."""
        return At(self.name, self.text.count("\n", 0, max(offset, 0)) + 1)

    def line_of(self, word: str) -> At:
        """Where a word first stands; the first line if it does not."""
        return self.at(self.text.find(word))


Includes = Callable[[Text], Iterator[tuple[Path, At]]]


def unreadable(at: At, text: str) -> ConfigError:
    """A file that can't be used, and why."""
    return ConfigError(Problem(at.file, at.line, 1, text))


def read_text(path: Path, at: At | None = None) -> Text:
    """A file; ``-`` is what is piped in. ConfigError if it can't be read; ``at`` is the line that names it."""
    name = "-" if path == STDIN else str(path)
    where = at or At(name)
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1) if path == STDIN else _bytes(path)
    except OSError as error:
        raise unreadable(where, f"{name} can't be read: {error.strerror or error}") from error
    if len(raw) > MOST_BYTES:
        raise unreadable(where, f"{name} is larger than {MOST_BYTES >> 20} MB: export less at a time")
    return Text(name, decoded(raw).replace("\r\n", "\n").replace("\r", "\n"), path)


def texts(paths: Sequence[Path], suffixes: tuple[str, ...], includes: Includes | None = None) -> Iterator[Text]:
    """The files, all files with such a suffix in the folders, and what they include, each once."""
    seen: set[Path] = set()
    queue: deque[tuple[Path, At | None]] = deque((path, None) for path in paths)
    while queue:
        path, at = queue.popleft()
        if path.is_dir():
            inside = (file for file in path.rglob("*") if file.suffix in suffixes and file.is_file())
            queue.extendleft((file, at) for file in sorted(inside, reverse=True))
            continue
        real = path.resolve()
        if real in seen:
            continue
        seen.add(real)
        if len(seen) > MOST_FILES:
            raise unreadable(at or At(str(path)), f"more than {MOST_FILES} files")
        text = read_text(path, at)
        yield text
        if includes is not None:
            queue.extendleft(reversed([(other, line) for other, line in includes(text)]))


def decoded(raw: bytes) -> str:
    """UTF-8, UTF-16 with its mark, else GB18030, else Latin-1: what tables and exports are saved as."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
