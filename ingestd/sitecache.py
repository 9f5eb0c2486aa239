"""A site's files, checked in a child process and kept decoded in the state folder, so that a large one stalls nobody.

Reading 20,000 nodes of YAML takes seconds in which a process does nothing else. So a reload has a child read and check
the files; what it read is kept under the digest of the files and of the program, and the daemon decodes that in small
pieces. A start uses what is kept as well. ingestd.yaml itself is read by the daemon: it is small, and its secrets stay
out of what is kept.
"""

import asyncio
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ingestd import __version__
from ingestd.config import SHIPPED_RULES, Site, Survey, site_of, survey
from ingestd.decide.classify import CorrelateRules
from ingestd.decide.heartbeat import HeartbeatFile
from ingestd.decide.normalise import RecogniserFile
from ingestd.decide.oncall import PeopleFile
from ingestd.decide.rank import PriorityRules
from ingestd.decide.route import EscalationRules
from ingestd.decide.topology import DepartmentSpec, MaintenanceSpec, NodeSpec, TopologyFile
from ingestd.feeds import Feed
from ingestd.overridden import record
from ingestd.settings import Settings
from ingestd.sitefiles import TEMPLATES, Files, Parts, Rules, every_file
from ingestd.sources.mapping import MappingFile
from ingestd.yamlnodes import without_collector
from ingestd.yamltypes import ConfigError, Document, Problem, read, said

T = TypeVar("T")
PATIENCE = 120.0  # seconds for the child
SLICE = 500  # nodes that are decoded at once: about a millisecond
KEPT = 2  # files: the one in force and the one before it
PREFIX = "site-"
SUFFIX = ".cache"
RULES = "rules/"  # how the names of a site's own rule files begin
CHILD = (sys.executable, "-m", "ingestd.sitecache")
NICENESS = 10  # of the child: the daemon goes first


class Kept(Struct, frozen=True, kw_only=True, array_like=True):
    """What is kept of a site: its parts, each encoded on its own."""

    people: msgspec.Raw
    nodes: tuple[msgspec.Raw, ...]  # lists of at most SLICE
    departments: msgspec.Raw
    maintenance: msgspec.Raw
    heartbeats: msgspec.Raw
    correlate: msgspec.Raw
    priority: msgspec.Raw
    escalation: msgspec.Raw
    recognisers: tuple[msgspec.Raw, ...]
    mappings: tuple[msgspec.Raw, ...]
    texts: tuple[tuple[str, str], ...]
    warnings: tuple[tuple[str, int, int, str], ...]
    feeds: tuple[Feed, ...]


class Answer(Struct, frozen=True):
    """What the child says."""

    errors: tuple[tuple[str, int, int, str], ...] = ()
    upgraded: bool = False  # it is another program than the daemon that asked


async def reload_site(path: Path, state: Path) -> Site:
    """Read a site again beside a running event loop; ConfigError says what is wrong, also with the reading itself."""
    path, key = await asyncio.to_thread(_key, path)
    file = _kept(state, key)
    if not file.is_file():
        await _ask(path, state, key)
    try:
        return await asyncio.to_thread(_load, path, file)
    except (OSError, msgspec.DecodeError) as error:
        file.unlink(missing_ok=True)
        raise ConfigError(_about(path, said("what was read can't be loaded: {why}", why=str(error)))) from error


def start_site(path: Path) -> Site:
    """Read a site before anything runs, from what is kept if nothing changed; ConfigError says what is wrong."""
    path, key = _key(path)
    try:
        state = path.parent / read(path, Settings).value.state
        return _load(path, _kept(state, key))
    except (ConfigError, OSError, msgspec.DecodeError):
        pass  # nothing is kept of it, or not as this program wants it
    found = survey(path)
    if found.errors:
        raise ConfigError(*found.errors)
    _keep(found, Path(found.settings.state), key)
    return site_of(found)


def _key(path: Path) -> tuple[Path, str]:
    return path.absolute(), digest(path.absolute())


def digest(path: Path) -> str:
    """What the files of a site and the program that reads them are, in 64 hexadecimal digits."""
    found = hashlib.sha256(program().encode())
    for file in every_file(path, SHIPPED_RULES):
        try:
            raw = file.read_bytes()
        except OSError:
            raw = b"?"
        found.update(f"{file}\0{len(raw)}\0".encode())
        found.update(raw)
    return found.hexdigest()


@cache
def program() -> str:
    """Which program this is: its version, and which files it was started from."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    stamps = [(str(file), stat.st_size, stat.st_mtime_ns) for file in files for stat in [file.stat()]]
    return hashlib.sha256(repr((__version__, sys.version, stamps)).encode()).hexdigest()


# -- the child


async def _ask(path: Path, state: Path, key: str) -> None:
    """Have a child read and keep the site; ConfigError with what it says, or with how it failed to say anything."""
    child = await asyncio.create_subprocess_exec(
        *(*CHILD, str(path), str(state), key, program()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(child.communicate(), PATIENCE)
    except TimeoutError:
        words = said("checking the files did not end in {seconds} s: the reload is given up", seconds=f"{PATIENCE:.0f}")
        raise ConfigError(_about(path, words)) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    try:
        answer = msgspec.json.decode(out, type=Answer)
    except msgspec.DecodeError:
        why = err.decode("utf-8", "replace").strip()[-300:] or "it said nothing"
        words = said("checking the files ended with status {status}: {why}", status=child.returncode, why=why)
        raise ConfigError(_about(path, words)) from None
    if answer.upgraded:
        raise ConfigError(_about(path, said("the program was upgraded since this daemon started: restart it")))
    if answer.errors:
        raise ConfigError(*(Problem(*error) for error in answer.errors))


def child(path: Path, state: Path, key: str, asked_by: str) -> Answer:
    """Read, check and keep a site for a daemon."""
    if asked_by != program():
        return Answer(upgraded=True)
    found = survey(path)
    if not found.errors:
        _keep(found, state, key)
    return Answer(tuple((one.file, one.line, one.column, one.text) for one in found.errors))


def _about(path: Path, words: Any) -> Problem:
    return Problem(str(path), 1, 1, words)


# -- what is kept


def _kept(state: Path, key: str) -> Path:
    return state / f"{PREFIX}{key}{SUFFIX}"


def _keep(found: Survey, state: Path, key: str) -> None:
    """Write what was read, for its owner only; old ones go. A folder that can't be written to keeps nothing."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=state, prefix=f".{PREFIX}")  # mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(_encoded(_kept_of(found)))
        Path(aside).replace(_kept(state, key))
        record(state, found.parts)
        written = sorted(state.glob(f"{PREFIX}*{SUFFIX}"), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for old in written[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def running_texts(state: Path) -> dict[str, str] | None:
    """The files but ingestd.yaml as they were read last, without secrets; None if nothing is kept."""
    files = sorted(state.glob(f"{PREFIX}*{SUFFIX}"), key=lambda one: one.stat().st_mtime_ns)
    try:
        return dict(msgspec.msgpack.decode(files[-1].read_bytes(), type=Kept).texts) if files else None
    except (OSError, msgspec.DecodeError):
        return None


def _kept_of(found: Survey) -> Kept:
    parts, home = found.parts, found.path.parent
    nodes = parts.topology.value.nodes
    main = parts.main.name
    return Kept(
        people=_raw(parts.people.value),
        nodes=tuple(_raw(nodes[i : i + SLICE]) for i in range(0, len(nodes), SLICE)),
        departments=_raw(parts.topology.value.departments),
        maintenance=_raw(parts.topology.value.maintenance),
        heartbeats=_raw(parts.heartbeats.value),
        correlate=_raw(parts.correlate.value),
        priority=_raw(parts.priority.value),
        escalation=_raw(parts.escalation.value),
        recognisers=tuple(_raw(document.value) for document in parts.recognisers),
        mappings=tuple(_raw(document.value) for document in parts.mappings),
        texts=tuple((name, text) for name, text in found.texts if str(home / name) != main),
        feeds=parts.feeds,
        warnings=tuple((one.file, one.line, one.column, one.text) for one in found.warnings),
    )


def _load(path: Path, file: Path) -> Site:
    """A site from what is kept of it and from its ingestd.yaml."""
    with suppress(OSError):
        os.utime(file)  # the newest is the one in force
    with without_collector():  # what is built here stays: walking it while it grows would stall the loop
        kept = msgspec.msgpack.decode(file.read_bytes(), type=Kept)
        files = Files(path.parent, SHIPPED_RULES)
        main = files.main(path)
        parts = _parts(main, kept)
        settings, http_sources = files.settings(main), files.http_sources(main)
        if files.problems:
            raise ConfigError(*files.problems)
        texts = tuple(sorted((*files.texts.items(), *kept.texts)))
        problems = tuple(Problem(*warning, "warning") for warning in kept.warnings)
        return site_of(
            Survey(path=path, parts=parts, settings=settings, http_sources=http_sources, texts=texts, problems=problems)
        )


def _parts(main: Document[Settings], kept: Kept) -> Parts:
    topology = TopologyFile(
        nodes=tuple(chain.from_iterable(_decoded(part, tuple[NodeSpec, ...]) for part in kept.nodes)),
        departments=_decoded(kept.departments, tuple[DepartmentSpec, ...]),
        maintenance=_decoded(kept.maintenance, tuple[MaintenanceSpec, ...]),
    )
    return Parts(
        main=main,
        people=_document(_decoded(kept.people, PeopleFile)),
        topology=_document(topology),
        heartbeats=_document(_decoded(kept.heartbeats, HeartbeatFile)),
        correlate=Rules(_decoded(kept.correlate, CorrelateRules), ()),
        priority=Rules(_decoded(kept.priority, PriorityRules), ()),
        escalation=Rules(_decoded(kept.escalation, EscalationRules), ()),
        recognisers=tuple(_document(_decoded(part, RecogniserFile)) for part in kept.recognisers),
        mappings=tuple(_document(_decoded(part, MappingFile)) for part in kept.mappings),
        icals={name.removeprefix(RULES): text for name, text in kept.texts if name.endswith(".ics")},
        feeds=kept.feeds,
        templates={name.removeprefix(TEMPLATES): text for name, text in kept.texts if name.startswith(TEMPLATES)},
    )


def _document(value: T) -> Document[T]:
    return Document("", "", value, None)


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(_encoded(value))


def _encoded(value: Any) -> bytes:
    return msgspec.msgpack.encode(value, enc_hook=_base)


def _base(value: Any) -> Any:
    """A duration, a clock or a pattern as the number or text that it is."""
    return next(base(value) for base in (float, int, str) if isinstance(value, base))


def _decoded(raw: msgspec.Raw, kind: type[T]) -> T:
    return msgspec.msgpack.decode(raw, type=kind, dec_hook=lambda made, value: made(value))


def main(arguments: Sequence[str]) -> None:
    """The child's life: four arguments, one answer."""
    path, state, key, asked_by = arguments
    with suppress(OSError):  # a sandbox may forbid it
        os.nice(NICENESS)
    sys.stdout.buffer.write(msgspec.json.encode(child(Path(path), Path(state), key, asked_by)))


if __name__ == "__main__":
    main(sys.argv[1:])
