"""What fails together although the topology does not say why: proposals with their reasons, for a person to judge.

Nothing is believed silently: every proposal says how often, on how many days, how likely that is by chance, and what
people said by hand. A merge counts for a link, a split against it.
"""

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.topology import NodeSpec, Topology
from ingestd.inventory.found import Found, order
from ingestd.inventory.kinds import guess
from ingestd.inventory.lacking import Group, Lacking, Link, Word, accepted, storm_groups
from ingestd.inventory.outages import SPREAD, Failure, History
from ingestd.inventory.together import Calendar, pairs
from ingestd.inventory.writing import WIDTH, comment, node_lines

MOST_NAMED = 8  # nodes in a sentence
LEAST_CHANCE = 12  # less than 1 in 10^12 is called that
CLOCKWORK = 20  # minutes around one time of day, within which what is planned happens
UNKNOWN = "unknown"  # how a dependency is called until somebody names it

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MERGED = re.compile(r"continues as #(\d{1,15}): (?!nothing of it is left)")
_SPLIT = re.compile(r"not part of #(\d{1,15}), ")
_MOVED = re.compile(r"(.+) from #(\d{1,15}) by ")


class Hint(Struct, frozen=True):
    """A line of history that a person's merge, split or move left, and the node that its incident is about."""

    incident: int
    node: str
    what: str  # merged, split, moved
    text: str


class Suggestion(Struct, frozen=True, kw_only=True):
    """A proposal: the nodes depend on ``on``; without it, on something that nobody knows. Times: wall clock."""

    nodes: tuple[str, ...]
    on: str = ""
    together: int  # times they went down within the spread of one another
    failures: int  # … of so many times that the dependent, or any of them, went down
    days: int  # different ones
    first: float
    last: float
    chance: float  # that it happens so often by itself
    merged: int = 0  # people put them together
    split: int = 0  # people took them apart
    notes: tuple[str, ...] = ()
    text: str = ""


def suggest(
    failures: Iterable[Failure],
    hints: Sequence[Hint],
    topology: Topology,
    *,
    at: float,
    least: int = 3,
    zone: tzinfo | None = UTC,
) -> tuple[Suggestion, ...]:
    """Links that are lacking, the surest first. ``at``: now, by the failures' clock; ``least``: different days."""
    history = History(failures, topology, at)
    calendar = Calendar(history, zone)
    words = _words(hints, history)
    often = sum(len(calendar.days(node)) >= least for node in history.roots_of)
    found = accepted(pairs(history, calendar, least, words), words, least, often)
    lacking = Lacking(history, found)
    said = [_link(link, words, calendar) for link in lacking.links]
    said += [_shared(group, words, calendar) for group in lacking.groups]
    on = {(link.pair.one, link.pair.other) for link in lacking.links}
    said += [_shared(group, words, calendar) for group in _less(storm_groups(history, calendar, least), on)]
    return tuple(sorted(said, key=lambda one: (one.chance, -one.together, order(one.nodes[0]))))


def snippet(suggestions: Sequence[Suggestion], topology: Topology) -> str:
    """The proposals as entries for ``nodes:`` of a topology.yaml, each under its reasons."""
    depends: dict[str, list[str]] = {}
    why: dict[str, list[str]] = {}
    names = _unknowns(topology, suggestions)
    for one in suggestions:
        on = one.on or next(names)
        for node in one.nodes:
            depends.setdefault(node, []).append(on)
        first = on if not one.on else one.nodes[0]
        why.setdefault(first, []).append(one.text)
        depends.setdefault(on, [])
    lines = ["nodes:" if depends else "nodes: []"]
    for name in sorted(depends, key=lambda name: (name not in why, bool(depends[name]), order(name))):
        if name in topology.nodes and not depends[name]:
            continue
        lines += [line for text in why.get(name, ()) for line in _comment_lines(text)]
        lines += node_lines(_entry(name, depends[name], topology), "  ")
    return "\n".join(lines) + "\n"


def _comment_lines(text: str) -> Iterator[str]:
    """A comment as wide as the file; names are never cut."""
    words = comment(text).removeprefix("# ")
    for line in textwrap.wrap(words, WIDTH - 4, break_long_words=False, break_on_hyphens=False):
        yield f"  # {line}"


# -- what people said


def _words(hints: Iterable[Hint], history: History) -> dict[frozenset[str], Word]:
    listed = list(hints)
    about = {hint.incident: history.called(hint.node) for hint in listed if hint.node}
    found: dict[frozenset[str], Word] = {}
    for hint in listed:
        for one, other, together in _said(hint, about, history):
            pair = frozenset((one, other))
            if len(pair) == 2:
                word = found.get(pair, Word())
                found[pair] = Word(word.together + together, word.apart + (not together))
    return found


def _said(hint: Hint, about: Mapping[int, str], history: History) -> Iterator[tuple[str, str, bool]]:
    """Each of these commands leaves a line in both incidents; one of them counts."""
    mine = about.get(hint.incident, "")
    merged, split, moved = (
        pattern.match(hint.text) if hint.what == what else None
        for what, pattern in (("merged", _MERGED), ("split", _SPLIT), ("moved", _MOVED))
    )
    if merged and int(merged[1]) in about:
        yield mine, about[int(merged[1])], True
    elif split and int(split[1]) in about:
        yield mine, about[int(split[1])], False
    elif moved:
        node = history.called(moved[1])
        yield node, mine, True
        if int(moved[2]) in about:
            yield node, about[int(moved[2])], False


# -- in words


def _link(link: Link, words: Mapping[frozenset[str], Word], calendar: Calendar) -> Suggestion:
    pair = link.pair
    child, parent, moments = pair.one, pair.other, sorted(pair.moments)
    together, failures = len(moments), len(moments) + pair.one_alone
    word = words.get(frozenset((child, parent)), Word())
    notes = [*_alone(link), *_by_hand(word), *_clockwork(moments, calendar)]
    text = (
        f"{child} went down within {SPREAD:g} s of {parent} in {together} of its {failures} failures "
        f"{_when(moments, pair.days, calendar)}; {_by_chance(pair.chance)}; "
        f"{''.join(f'{note}; ' for note in notes)}suggested: {child} depends_on {parent}"
    )
    return Suggestion(
        nodes=(child,),
        on=parent,
        together=together,
        failures=failures,
        days=pair.days,
        first=moments[0],
        last=moments[-1],
        chance=pair.chance,
        merged=word.together,
        split=word.apart,
        notes=tuple(notes),
        text=text,
    )


def _shared(group: Group, words: Mapping[frozenset[str], Word], calendar: Calendar) -> Suggestion:
    among = [word for pair, word in words.items() if pair <= set(group.nodes)]
    word = Word(sum(one.together for one in among), sum(one.apart for one in among))
    days = len({calendar.day(moment) for moment in group.moments})
    notes = [*_by_hand(word), *_clockwork(group.moments, calendar)]
    named = ", ".join(group.nodes[:MOST_NAMED])
    named += f" and {len(group.nodes) - MOST_NAMED} more" if len(group.nodes) > MOST_NAMED else ""
    text = (
        f"same unknown dependency: {named} went down within {SPREAD:g} s of one another in {len(group.moments)} "
        f"of the {group.failures} times that any of them did {_when(group.moments, days, calendar)}; "
        f"{_by_chance(group.chance)}{''.join(f'; {note}' for note in notes)}"
    )
    return Suggestion(
        nodes=group.nodes,
        together=len(group.moments),
        failures=group.failures,
        days=days,
        first=group.moments[0],
        last=group.moments[-1],
        chance=group.chance,
        merged=word.together,
        split=word.apart,
        notes=tuple(notes),
        text=text,
    )


def _alone(link: Link) -> Iterator[str]:
    """Why it is this way round."""
    child, parent, alone = link.pair.one, link.pair.other, link.pair.other_alone
    if alone:
        yield f"{parent} failed {_times(alone)} without it"
    if link.by_kind:
        yield "which of them hangs on the other is known by their kinds or names only"
    else:
        never = "" if alone else ", never the other way round"
        yield f"{child} failed {_times(link.pair.one_alone)} without {parent}{never}"


def _by_hand(word: Word) -> Iterator[str]:
    if word.together:
        yield f"people merged them {_times(word.together)}"
    if word.apart:
        yield f"people split them {_times(word.apart)}"


def _clockwork(moments: Sequence[float], calendar: Calendar) -> Iterator[str]:
    """What always happens at one time of the day may be planned."""
    local = [calendar.local(moment) for moment in moments]
    minutes = [60 * one.hour + one.minute for one in local]
    apart = (abs(minute - minutes[0]) for minute in minutes)
    if len(minutes) > 1 and all(min(gap, 1440 - gap) <= CLOCKWORK for gap in apart):
        yield f"always about {local[0]:%H:%M}: planned restarts look like this"


def _when(moments: Sequence[float], days: int, calendar: Calendar) -> str:
    first, last = calendar.local(moments[0]), calendar.local(moments[-1])
    year = "" if first.year == last.year else f" {first.year}"
    span = f"{first.day} {_MONTHS[first.month - 1]}{year}"
    if first.date() != last.date():
        span += f" … {last.day} {_MONTHS[last.month - 1]}{f' {last.year}' if year else ''}"
    return f"on {days} day{'s' if days > 1 else ''} ({span})"


def _by_chance(chance: float) -> str:
    if chance >= 0.001:
        return f"by chance: 1 in {1 / chance:.0f}"
    power = LEAST_CHANCE if chance <= 10.0**-LEAST_CHANCE else math.floor(-math.log10(chance))
    return f"by chance: {'less than ' if power == LEAST_CHANCE else ''}1 in 10^{power}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


# -- putting it together


def _less(groups: Iterable[Group], links: set[tuple[str, str]]) -> Iterator[Group]:
    """Groups without those that hang on another of its members."""
    for group in groups:
        members = set(group.nodes)
        hanging = {child for child, parent in links if child in members and parent in members}
        if len(members - hanging) > 1:
            yield replace(group, nodes=tuple(node for node in group.nodes if node not in hanging))


def _unknowns(topology: Topology, suggestions: Iterable[Suggestion]) -> Iterator[str]:
    """Names for what nobody knows, that nothing else has."""
    taken = {*topology.nodes, *(name for one in suggestions for name in (*one.nodes, one.on))}
    number = 0
    while True:
        number += 1
        if f"{UNKNOWN}-{number}" not in taken:
            yield f"{UNKNOWN}-{number}"


def _entry(name: str, on: Sequence[str], topology: Topology) -> Found:
    """The whole entry of a node: as the topology has it, with what it depends on besides."""
    spec = topology.nodes.get(name)
    if spec is not None:
        more = replace(spec, depends_on=tuple(dict.fromkeys((*spec.depends_on, *on))))
        return Found(more, ("instead of its entry there",))
    if not on and name.startswith(f"{UNKNOWN}-"):
        return Found(NodeSpec(id=name, kind=UNKNOWN), ("give it its name and kind: what do they share?",))
    guessed = guess(name)
    kind = guessed.kind if guessed else "server"
    return Found(NodeSpec(id=name, kind=kind, depends_on=tuple(dict.fromkeys(on))))
