"""The journal stepped again: under the rules that it names, it decides again what it decided.

Every start and every reload in the journal names a configuration that the store keeps by its digest. An entry that the
engine itself had set aside (``aside.ASIDE``) is set aside again: stepping it may be what killed a process.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from ingestd import pipeline
from ingestd.aside import ASIDE, set_aside
from ingestd.config import load_rulebook
from ingestd.decide.state import Rulebook
from ingestd.model import Changes
from ingestd.store.queries import Journalled
from ingestd.world import World, combine

SHIPPED = "shipped/"  # how recorded names of the rules in the package begin
BESIDE = ("people.yaml", "topology.yaml", "heartbeats.yaml")
RULES = "rules/"
UNREAD = frozenset({".ics", ".j2"})  # what is never a site's main file


class Origin(Struct, frozen=True):
    """The body of a start or a reload: what decided from then on."""

    configuration: str  # digest of the recorded files
    version: str  # of the code


def replay(entries: Iterable[Journalled], rules_of: Callable[[str], Rulebook]) -> Iterator[tuple[Journalled, Changes]]:
    """Step a journal, from its first entry on, in an empty world. ``rules_of`` builds the rules under a digest."""
    world: World | None = None
    for entry in entries:
        named = _rules(entry, rules_of)
        world = world or World(_first(entry, named))
        if named is not None and entry.entry.message.kind == "start":
            world.reload(named)
        world.at = entry.at
        changes = combine(_step(world, entry))
        if named is not None:  # a reload holds for what comes after it
            world.reload(named)
        world.position = entry.position
        yield entry, changes


def rulebook(recorded: bytes) -> Rulebook:
    """The rules of a recorded configuration: JSON of (name, text) pairs, without secrets, which judge nothing.

    ConfigError: this version of the program does not understand what was recorded.
    """
    texts = msgspec.json.decode(recorded, type=list[tuple[str, str]])
    with tempfile.TemporaryDirectory(prefix="ingestd-replay-") as folder:
        site, shipped = Path(folder, "site"), Path(folder, "shipped")
        main = site / "ingestd.yaml"
        for name, text in texts:
            path = shipped / name.removeprefix(SHIPPED) if name.startswith(SHIPPED) else site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            if name not in BESIDE and not name.startswith((SHIPPED, RULES)) and path.suffix not in UNREAD:
                main = path
        return load_rulebook(main, shipped)


def _rules(entry: Journalled, rules_of: Callable[[str], Rulebook]) -> Rulebook | None:
    message = entry.entry.message
    if message.kind not in ("start", "reload"):
        return None
    return rules_of(msgspec.json.decode(message.body, type=Origin).configuration)


def _first(entry: Journalled, rules: Rulebook | None) -> Rulebook:
    if rules is None:
        raise ValueError(f"the journal begins at position {entry.position}, not with a start: its rules are unknown")
    return rules


def _step(world: World, entry: Journalled) -> Iterator[Changes]:
    """The units of one entry, each applied before the next is decided."""
    if entry.error in ASIDE:
        units = iter([set_aside(world, entry.entry.message, entry.at, entry.error)])
    else:
        units = pipeline.step(world, entry.entry, entry.at)
    for changes in units:
        world.apply(changes)
        yield changes
