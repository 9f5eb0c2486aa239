"""What the crash drill counts: what the senders saw, what the store has, and what the sink heard."""

import json
import re
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import create_engine, select

from ingestd.model import Alert
from ingestd.store import tables
from tests.drills.crashload import Letter, Story, marked

STORED = re.compile(rb"disk of (q\d{6}[fr])")
SHOWN = 5  # faults of a sort that are printed


class Found(NamedTuple):
    """What the store has: copies of each message, and the incidents of each problem."""

    kept: Mapping[str, int]
    incidents: Mapping[str, frozenset[int]]
    set_aside: frozenset[str] = frozenset()  # problems of which something is set aside: an incident of its own says so


def found(url: str) -> Found:
    """Look into a store."""
    engine = create_engine(url)
    inbox, bodies = tables.inbox, tables.inbox_body
    messages = select(inbox.c.kind, inbox.c.state, bodies.c.body).join(bodies, bodies.c.inbox_id == inbox.c.id)
    incidents: defaultdict[str, set[int]] = defaultdict(set)
    with engine.connect() as connection:
        numbers = select(tables.incident.c.number, tables.incident.c.merged_into)
        survivors = {number: into or number for number, into in connection.execute(numbers)}
        for (body,) in connection.execute(select(tables.alert.c.body)):
            alert = msgspec.json.decode(body, type=Alert)
            incidents[marked(alert.check or "")].add(survivors[alert.incident])
        rows = connection.execute(messages.where(inbox.c.kind.in_(("mail", "webhook", "receipt")))).all()
    engine.dispose()
    kept = Counter(mark for row in rows if row.kind != "receipt" for mark in _stored(row.body))
    of = {number: mark for mark, some in incidents.items() for number in some}
    aside = [row for row in rows if row.state == "shunted"]
    marks = {mark[:-1] for row in aside for mark in _stored(row.body)}
    marks |= {of.get(json.loads(row.body)["incident"], "") for row in aside if row.kind == "receipt"}
    return Found(kept, {mark: frozenset(some) for mark, some in incidents.items()}, frozenset(marks))


def _stored(body: bytes) -> list[str]:
    """The mark of a message."""
    return [mark.decode() for mark in STORED.findall(body)[:1]]


def judged(
    stories: Sequence[Story], store: Found, letters: Sequence[Letter], starts: Sequence[float]
) -> dict[str, list[str]]:
    """Every fault, by its sort. What was set aside must be kept as well, and is told in another way."""
    messages = [(one, sent) for one in stories for sent in (one.problem, one.over)]
    stories = [one for one in stories if one.mark not in store.set_aside]
    heard: defaultdict[tuple[str, str], list[Letter]] = defaultdict(list)
    for letter in letters:
        if letter.mark not in store.set_aside:
            heard[letter.mark, letter.kind].append(letter)
    return {
        "never taken": [f"{one.way} {sent.mark}" for one, sent in messages if sent.sendings and not sent.accepted],
        "lost": [f"{one.way} {sent.mark}" for one, sent in messages if sent.accepted and not store.kept.get(sent.mark)],
        "kept twice": [
            f"{one.way} {sent.mark}: {copies} copies, sent {sent.sendings} times"
            for one, sent in messages
            if (copies := store.kept.get(sent.mark, 0)) > (sent.sendings if one.way == "webhook" else 1)
        ],
        "incidents doubled": _doubled_incidents(stories, store.incidents),
        "pages lost": [
            f"{one.way} {one.mark}" for one in stories if one.problem.accepted and not heard[one.mark, "open"]
        ],
        "ends lost": [f"{one.way} {one.mark}" for one in stories if one.over.accepted and not heard[one.mark, "end"]],
        "pages doubled": _doubled(heard, "open", starts),
        "ends doubled": _doubled(heard, "end", starts),
        "other letters": sorted({f"{mark}: {kind}" for mark, kind in heard if mark and kind not in ("open", "end")}),
    }


def _doubled_incidents(stories: Iterable[Story], incidents: Mapping[str, frozenset[int]]) -> list[str]:
    shared = Counter(number for some in incidents.values() for number in some)
    return [
        f"{one.way} {one.mark}: {sorted(some) or 'none'}"
        for one in stories
        if one.problem.accepted and (len(some := incidents.get(one.mark, frozenset())) != 1 or shared[min(some)] != 1)
    ]


def _doubled(heard: Mapping[tuple[str, str], Sequence[Letter]], kind: str, starts: Sequence[float]) -> list[str]:
    """Told under two names, or twice by one process."""
    wrong = []
    for (mark, said), letters in heard.items():
        came = [(one.id, bisect(starts, one.at)) for one in letters]
        if mark and said == kind and (len({name for name, _ in came}) > 1 or len(set(came)) < len(came)):
            wrong.append(f"{mark}: {came}")
    return wrong


def again(letters: Sequence[Letter]) -> int:
    """How many letters came again under their own name."""
    return len(letters) - len({one.id for one in letters})


def told(faults: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> bool:
    """Say what is wrong; whether nothing is."""
    say(", ".join(f"{sort} {len(some)}" for sort, some in faults.items()))
    for sort, some in faults.items():
        for words in some[:SHOWN]:
            say(f"  {sort}: {words}")
    return not any(faults.values())
