"""A disk that can lose its power: what SQLite writes is passed on to the real file system, and modelled beside it.

``Disk`` remembers what was synced and what was not; ``torn`` is what might be found after a power cut. It sees the calls
by a VFS that stands before SQLite's own "unix" one, registered as the default in the very library that Python's sqlite3
is linked with. Structures: https://www.sqlite.org/c3ref/vfs.html and io_methods.html.

What is assumed of the disk: a sector has its old bytes or its new ones (SQLite's "powersafe overwrite"), pages of the
cache reach it in any order, a sync of a file covers its length, and a name that was made or deleted is safe when its
directory was synced, which SQLite does at the first sync of a new journal and at a deletion that it wants safe.
"""

import ctypes
import random
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

PAGE, SECTOR = 4096, 512
SURVIVES = (0.0, 0.0, 0.5, 0.9, 1.0)  # shares of what was not synced
CREATE, MAIN_DB, MAIN_JOURNAL, WAL = 0x4, 0x100, 0x800, 0x80000
NAME = b"losing-power"

Image = dict[str, bytes]


# -- what is on the disk


@dataclass(eq=False)
class File:
    """The bytes that are safe, and what was done since, in order: writes, and (None) new lengths."""

    name: str
    safe: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for offset, written in self.since:
            _apply(self.safe, offset, written)
        self.since.clear()

    def torn(self, chance: random.Random) -> bytes:
        """What may be left of it: each block as it was after any of its writes, the length as it was at any time."""
        survives = chance.choice(SURVIVES)
        if survives in (0.0, 1.0):
            return bytes(self._after(len(self.since) if survives else 0))
        block = chance.choice((PAGE, SECTOR))
        lengths, writes = [len(self.safe)], defaultdict[int, list[int]](list)
        for number, (offset, written) in enumerate(self.since):
            lengths.append(offset if written is None else max(lengths[-1], offset + len(written)))
            for one in range(offset // block, -(-(offset + len(written or b"")) // block)):
                writes[one].append(number)
        length = chance.choice(lengths)
        found = self.safe[:length].ljust(length, b"\0")
        for one, numbers in writes.items():
            count = len(numbers) if chance.random() < survives else chance.randrange(len(numbers) + 1)
            for number in numbers[:count]:
                _overlay(found, one * block, block, *self.since[number])
        return bytes(found)

    def _after(self, count: int) -> bytearray:
        found = bytearray(self.safe)
        for offset, written in self.since[:count]:
            _apply(found, offset, written)
        return found


def _apply(content: bytearray, offset: int, written: bytes | None) -> None:
    if written is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(written)] = written


def _overlay(content: bytearray, start: int, size: int, offset: int, written: bytes | None) -> None:
    """Write only what falls into one block."""
    if written is None:
        return
    low, high = max(start, offset), min(start + size, offset + len(written), len(content))
    if low < high:
        content[low:high] = written[low - offset : high - offset]


class Disk:
    """A folder's files; ``cut`` is asked before every change (of which name), and may take an image by ``torn``."""

    def __init__(self, folder: Path, cut: Callable[["Disk", str], None]) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self.changes = self.syncs = 0
        self._cut = cut
        self._files = {path.name: File(path.name, bytearray(path.read_bytes())) for path in folder.iterdir()}
        self._safe = dict(self._files)  # the names that survive

    def file(self, name: str) -> File:
        """The file, made if it is not there."""
        with self.lock:
            return self._files.setdefault(name, File(name))

    def change(self, file: File, offset: int, written: bytes | None) -> None:
        """A write, or (None) a new length."""
        with self._before(file.name):
            file.since.append((offset, written))

    def sync(self, file: File, *, folder: bool) -> None:
        """All of a file is safe from now on; the names as well if its folder is synced."""
        with self._before(file.name):
            self.syncs += 1
            file.sync()
            if folder:
                self._safe = dict(self._files)

    def delete(self, name: str, *, folder: bool) -> None:
        """A name goes."""
        with self._before(name):
            self._files.pop(name, None)
            if folder:
                self._safe = dict(self._files)

    def torn(self, chance: random.Random) -> Image:
        """What may be found after a power cut now."""
        image = {}
        for name in sorted(self._files.keys() | self._safe.keys()):
            file = chance.choice((self._files.get(name), self._safe.get(name)))
            if file is not None:
                image[name] = file.torn(chance)
        return image

    @contextmanager
    def _before(self, name: str) -> Iterator[None]:
        with self.lock:
            self.changes += 1
            self._cut(self, name)
            yield


# -- how SQLite comes to it

_POINTER, _INT, _LONG = ctypes.c_void_p, ctypes.c_int, ctypes.c_longlong
_CLOSE = ctypes.CFUNCTYPE(_INT, _POINTER)
_WRITE = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _INT, _LONG)
_TRUNCATE = ctypes.CFUNCTYPE(_INT, _POINTER, _LONG)
_SYNC = ctypes.CFUNCTYPE(_INT, _POINTER, _INT)
_OPEN = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _POINTER, _INT, _POINTER)
_DELETE = ctypes.CFUNCTYPE(_INT, _POINTER, ctypes.c_char_p, _INT)


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = [
        ("version", _INT),
        ("close", _CLOSE),
        ("read", _POINTER),
        ("write", _WRITE),
        ("truncate", _TRUNCATE),
        ("sync", _SYNC),
        *((f"other_{n}", _POINTER) for n in range(13)),
    ]


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = [
        ("version", _INT),
        ("file_size", _INT),
        ("path_size", _INT),
        ("next", _POINTER),
        ("name", ctypes.c_char_p),
        ("own", _POINTER),
        ("open", _OPEN),
        ("delete", _DELETE),
        *((f"other_{n}", _POINTER) for n in range(14)),
    ]


@dataclass
class _Open:
    """A file that SQLite has open."""

    file: File
    syncs_folder: bool  # a journal that may be new: its first sync is its folder's as well


def library() -> ctypes.CDLL | None:
    """The SQLite that Python's sqlite3 is linked with; None: it is linked statically, and can't be reached."""
    sqlite3.sqlite_version  # noqa: B018  (it is loaded by now)
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libsqlite3" in line}
    return ctypes.CDLL(mapped.pop()) if len(mapped) == 1 else None


class Shim:
    """The VFS before the real one."""

    kept: ClassVar[list["Shim"]] = []  # whoever else has opened a file meanwhile may call it as long as it is open

    def __init__(self, sqlite: ctypes.CDLL, disk: Disk) -> None:
        self.broken: list[BaseException] = []  # what went wrong in here: SQLite can't be told
        self._disk, self._sqlite = disk, sqlite
        sqlite.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        sqlite.sqlite3_vfs_register.argtypes = [ctypes.POINTER(_Vfs), _INT]
        sqlite.sqlite3_vfs_unregister.argtypes = [ctypes.POINTER(_Vfs)]
        self._real = sqlite.sqlite3_vfs_find(None)
        self._ours = _Vfs.from_buffer_copy(self._real.contents)
        self._ours.name, self._ours.open, self._ours.delete = NAME, _OPEN(self._open), _DELETE(self._delete)
        self._open_files: dict[int, _Open] = {}
        self._methods: dict[int, tuple[Any, _Methods]] = {}  # by the address of the real ones: those, and ours

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """What is opened meanwhile goes through it; all of it must be closed at the end."""
        self.kept.append(self)
        self._sqlite.sqlite3_vfs_register(ctypes.byref(self._ours), 1)
        try:
            yield
        finally:
            self._sqlite.sqlite3_vfs_unregister(ctypes.byref(self._ours))
            self._sqlite.sqlite3_vfs_register(self._real, 1)
        if self.broken:
            raise self.broken[0]

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        status = int(self._real.contents.open(ctypes.addressof(self._real.contents), name, file, flags, out))
        path = Path(ctypes.string_at(name).decode()) if name else Path()
        if status == 0 and flags & (MAIN_DB | MAIN_JOURNAL | WAL) and path.parent == self._disk.folder:
            journal = bool(flags & CREATE and flags & (MAIN_JOURNAL | WAL))
            self._open_files[file] = _Open(self._disk.file(path.name), journal)
            place = ctypes.cast(file, ctypes.POINTER(_POINTER))
            place[0] = ctypes.addressof(self._wrapped(place[0])[1])
        return status

    def _wrapped(self, address: int) -> tuple[Any, _Methods]:
        if address not in self._methods:
            real = _Methods.from_address(address)
            ours = _Methods.from_buffer_copy(real)
            ours.close, ours.write = _CLOSE(self._close(real)), _WRITE(self._write(real))
            ours.truncate, ours.sync = _TRUNCATE(self._truncate(real)), _SYNC(self._sync)
            self._methods[address] = real, ours
        return self._methods[address]

    def _close(self, real: _Methods) -> Callable[[int], int]:
        def close(file: int) -> int:
            self._open_files.pop(file, None)
            return int(real.close(file))

        return close

    def _write(self, real: _Methods) -> Callable[[int, int, int, int], int]:
        def write(file: int, content: int, size: int, offset: int) -> int:
            self._note(lambda: self._disk.change(self._open_files[file].file, offset, ctypes.string_at(content, size)))
            return int(real.write(file, content, size, offset))

        return write

    def _truncate(self, real: _Methods) -> Callable[[int, int], int]:
        def truncate(file: int, size: int) -> int:
            self._note(lambda: self._disk.change(self._open_files[file].file, size, None))
            return int(real.truncate(file, size))

        return truncate

    def _sync(self, file: int, _flags: int) -> int:
        """Only modelled: the real disk keeps its power."""

        def sync() -> None:
            one = self._open_files[file]
            self._disk.sync(one.file, folder=one.syncs_folder)
            one.syncs_folder = False

        self._note(sync)
        return 0

    def _delete(self, _vfs: int, name: bytes, folder: int) -> int:
        path = Path(name.decode())
        if path.parent == self._disk.folder:
            self._note(lambda: self._disk.delete(path.name, folder=bool(folder)))
        return int(self._real.contents.delete(ctypes.addressof(self._real.contents), name, folder))

    def _note(self, change: Callable[[], None]) -> None:
        try:
            change()
        except BaseException as error:
            self.broken.append(error)
