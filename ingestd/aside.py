"""Entries that the engine sets aside by itself: what killed a process twice, what leads to rows that no store takes."""

from msgspec.structs import replace

from ingestd import pipeline
from ingestd.model import Changes, Entry, Message
from ingestd.world import World

#: Why the engine itself sets an entry aside; the journal says so in these words, which a replay knows it by.
DIED = "the process died twice while stepping it"
REFUSED = "the store refuses what it leads to"
HOPELESS = "neither what it leads to nor an incident about it can be kept"
ASIDE = frozenset({DIED, REFUSED, HOPELESS})
NOTES = ("start", "gap", "clock", "reload", "rerank")  # what only the engine's memory holds until it is committed


def set_aside(world: World, message: Message, at: float, why: str) -> Changes:
    """What becomes of an entry that must not be stepped again, or that can't be; ``why`` is one of ``ASIDE``."""
    if why == HOPELESS or message.kind in NOTES:
        return Changes(shunted=why)
    if message.kind == "tick":
        return replace(pipeline.put_off(world, at, message, why), shunted=why)
    return replace(pipeline.shunt(world, message, at, RuntimeError(why)), shunted=why)


def is_note(entry: Entry) -> bool:
    """Whether it is one of the engine's own notes."""
    return entry.message.kind in NOTES
