"""Where a tool's payload says what, declared: most sources are one ``Shape`` and a line that reads with it.

A place is written as paths, best first: ``alert.host | device.0.name``. A number counts in a list, ``^.`` begins at
the body when the alert is a part of it. A key is found whatever its case, spaces, dashes and underscores, for many
bodies are templates that an admin may edit; what a template left unfilled (``$HOST``, ``{{ host }}``) says nothing.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct, field

from ingestd.model import Ends, Event, Message, Reading, Severity
from ingestd.sources.body import fields
from ingestd.sources.shared import (
    SEVERITIES,
    STATES,
    Says,
    Severities,
    SourceError,
    States,
    host,
    link,
    reading,
    site,
    word,
)
from ingestd.sources.times import moment
from ingestd.spelling import unaccented

MOST_ALERTS = 3000  # in one body
MOST_KEYS = 500  # of one object that are looked at in all their spellings
LONGEST = 1000  # characters of one text
LONGEST_KNOWN = 60  # characters of a key that is worth remembering
LONGEST_CHECK = 120  # characters of a summary that stands in for the name of a check
_UNFILLED = re.compile(
    r"\$[A-Z_][A-Z0-9_:.]*\$?|\$\{[^{}]*\}|\{\{[^{}]*\}\}|\{[A-Z][A-Z0-9_.]*\}|%[a-z]+|##[A-Z.]+##"
    r"|\[[A-Z_]{3,}\]|\*UNKNOWN\*"
)
_NOTHING = frozenset({"", "null", "none", "n/a", "na", "undefined", "nil", "<nil>", "<unknown>", "-", "--"})

Prepare = Callable[[dict[str, Any]], dict[str, Any]]  # adds to an alert what must be worked out from its other texts


def as_it_is(alert: dict[str, Any]) -> dict[str, Any]:
    """An alert that says everything plainly."""
    return alert


def folded(key: object) -> str:
    """A key without what people spell differently."""
    text = str(key)
    return _folded(text) if len(text) <= LONGEST_KNOWN else _folded.__wrapped__(text)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    """Senders repeat their keys in every body."""
    plain = text.replace("_", "").replace("-", "").replace(" ", "").replace(".", "").lower()
    return unaccented(plain)


class Step(Struct, frozen=True):
    """One part of a path, ready to be looked up in very many objects."""

    name: str
    folded: str
    whole: str  # the rest of the path as one key with dots; "" at its end


class Path(Struct, frozen=True):
    """A place: the way to it, from the alert or from the body."""

    steps: tuple[Step, ...]
    first: Step | None = None  # where the way begins at the alert; None: it begins at the body


@cache
def paths(places: str) -> tuple[Path, ...]:
    """``a.b | c`` as paths."""
    return tuple(_path(one.strip().split(".")) for one in places.split("|")) if places.strip() else ()


def _path(names: list[str]) -> Path:
    own = names[1:] if names[0] == "^" else names
    last = len(own) - 1
    steps = tuple(Step(name, folded(name), ".".join(own[i:]) if i < last else "") for i, name in enumerate(own))
    return Path(steps, steps[0] if own is names else None)


def scalar(value: Any) -> str | None:
    """A text, number or truth value as text, the first of a list; None for what says nothing."""
    if isinstance(value, list):
        return next((found for found in map(scalar, value[:20]) if found), None)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return None
    text = str(value)[:LONGEST].strip()
    return None if text.lower() in _NOTHING or _UNFILLED.fullmatch(text) else text


def pairs(value: Any, key: str = "key", of: str = "value") -> dict[str, Any]:
    """A list of ``{key, value}`` objects, of two-part lists or of ``key:value`` texts as one object; the first wins."""
    found: dict[str, Any] = {}
    listed = value.split(",") if isinstance(value, str) else value
    for one in listed[:MOST_KEYS] if isinstance(listed, list) else ():
        name: Any
        rest: Any
        if isinstance(one, str):
            name, _, rest = one.strip().partition(":" if ":" in one else "=")
        elif isinstance(one, list) and len(one) == 2:
            name, rest = one
        else:
            name, rest = (one.get(key), one.get(of)) if isinstance(one, dict) else (None, None)
        if isinstance(name, str) and rest not in (None, ""):
            found.setdefault(name.strip(), rest.strip() if isinstance(rest, str) else rest)
    return value if isinstance(value, dict) else found


def lines(text: str | None) -> dict[str, str]:
    """The ``Label: value`` lines of a text; the first of a label wins."""
    found: dict[str, str] = {}
    for line in (text or "")[:20000].splitlines()[:200]:
        label, parted, value = line.strip().replace("：", ":", 1).partition(":")
        if parted and value.strip() and len(label) <= 60:
            found.setdefault(label.strip(" *"), value.strip(" *"))
    return found


class Payload:
    """An object of a body, asked by places."""

    __slots__ = ("_keys", "_names", "_root", "_value")

    def __init__(self, value: Any, root: "Payload | None" = None) -> None:
        self._value = value
        self._root = root or self
        self._names: dict[int, dict[str, Any]] = {}
        #: All its keys, also folded: most places do not exist, and are not worth a walk.
        self._keys = value.keys() | self._fold(value).keys() if isinstance(value, dict) else None

    def at(self, places: str) -> Any:
        """What stands at the first place that exists and is not null."""
        for path in paths(places):
            found = (self if path.first else self._root)._walk(path.steps)
            if found is not None:
                return found
        return None

    def texts(self, places: str) -> Iterator[str]:
        """What the places say, best first, without those that say nothing."""
        keys = self._keys
        for path in paths(places):
            first = path.first
            if first and keys is not None and keys.isdisjoint((first.name, first.folded, first.whole)):
                continue
            value = (self if first else self._root)._walk(path.steps)
            found = None if value is None else scalar(value)
            if found is not None:
                yield found

    def text(self, places: str) -> str | None:
        """The first text there is."""
        return next(self.texts(places), None)

    def _walk(self, steps: tuple[Step, ...]) -> Any:
        value = self._value
        for step in steps:
            if isinstance(value, dict):
                if step.name in value:
                    value = value[step.name]
                elif step.whole and step.whole in value:
                    return value[step.whole]
                else:
                    value = (self._names.get(id(value)) or self._fold(value)).get(step.folded)
            elif isinstance(value, list) and step.name.isdigit() and int(step.name) < len(value):
                value = value[int(step.name)]
            else:
                return None
        return value

    def _fold(self, value: dict[str, Any]) -> dict[str, Any]:
        names: dict[str, Any] = {}
        for key in list(value)[:MOST_KEYS]:
            names.setdefault(folded(key), value[key])
        self._names[id(value)] = names
        return names


class Shape(Struct, frozen=True, kw_only=True):
    """Where a tool says what; every text is a place unless another meaning is given."""

    tool: str
    needs: tuple[str, ...]  # each must say something, or the body is another tool's
    alerts: str = ""  # the list of alerts, each read by itself; none: the body is one
    state: str = ""
    states: States = field(default_factory=lambda: STATES)
    otherwise: Says = "firing"  # what a body without a state means
    host: str = ""
    address: str = ""  # a URL or address whose host it is about, after ``host``
    check: str = ""
    summary: str = ""
    severity: str = ""
    severities: Severities = field(default_factory=lambda: SEVERITIES)
    id: str = ""  # as people would look it up
    identity: tuple[str, ...] = ()  # what together identifies the problem; the first must be there
    started: str = ""  # when the problem began
    changed: str = ""  # when the state changed: the beginning if it fires
    utc: bool = False  # its times without a zone are UTC
    url: str = ""
    who: str = ""  # acknowledged by
    test: str = ""  # true if the message only tests the way
    hosts: bool = False  # an alert without a check is about the host itself
    ends: Ends = Ends("recovery")
    endless: str = ""  # true if nobody tells of this one's end: it is over when not said again for ``silence`` seconds
    silence: float = 86400.0

    def read(self, message: Message, prepare: Prepare = as_it_is) -> Reading:
        """The events of a body; SourceError names the place that is missing."""
        return self.understand(fields(message), prepare)

    def understand(self, body: Any, prepare: Prepare = as_it_is) -> Reading:
        """The events of a decoded body."""
        found = (self.event(part) for part in self.parts(body, prepare))
        events = tuple(event for event in found if event is not None)
        return reading(self.tool, events, f"{self.tool}'s webhook with {len(events)} alerts")

    def parts(self, body: Any, prepare: Prepare = as_it_is) -> Iterator[Payload]:
        """The alerts of a body; SourceError if there is no list where one is expected."""
        bodies = body if isinstance(body, list) else [body]
        if not bodies or len(bodies) > MOST_ALERTS:
            raise SourceError(f"{self.tool}: the body: expected 1 to {MOST_ALERTS} objects, got {len(bodies)}")
        for one in bodies:
            whole = self._object(one, "the body")
            if not self.alerts:
                yield Payload(prepare(whole))
                continue
            root = Payload(whole)
            found = root.at(self.alerts)
            if not isinstance(found, list) or len(found) > MOST_ALERTS:
                raise SourceError(f"{self.tool}: {self.alerts}: expected a list of at most {MOST_ALERTS} alerts")
            for index, alert in enumerate(found):
                yield Payload(prepare(self._object(alert, f"{self.alerts}[{index}]")), root)

    def event(self, p: Payload) -> Event | None:
        """The event of one alert; SourceError if a place that it needs says nothing."""
        for place in self.needs:
            if p.text(place) is None and not isinstance(p.at(place), dict | list):
                raise SourceError(f"{self.tool}: {place}: expected a text, got nothing")
        says = self.says(p)
        if says == "nothing":
            return None
        check = p.text(self.check)
        where = self.where(p)
        identity, summary = self.identified(p), p.text(self.summary) or check or where
        if summary is None and identity is None and says != "quiet":
            raise SourceError(f"{self.tool}: {self.summary or self.check}: expected a text, got nothing")
        summary = summary or f"an alert of {self.tool}"
        plain = where and (check or self.hosts)  # (node, check) identifies it
        return Event(
            state="resolved" if says == "resolved" else "firing",
            summary=summary,
            host=where,
            check=check or (None if self.hosts or len(summary) > LONGEST_CHECK else summary),
            severity=self.level(p),
            external_id=p.text(self.id),
            identity=identity or (None if plain else f"{self.tool}:{where or ''}:{check or summary}"),
            started_at=self.began(p, says),
            url=link(*p.texts(self.url)),
            quiet=says == "quiet" or p.text(self.test) == "true",
            acknowledged=says == "acknowledged",
            sender=(p.text(self.who) or "") if says == "acknowledged" else "",
            ends=Ends("unheard", after=self.silence) if p.text(self.endless) == "true" else self.ends,
        )

    def where(self, p: Payload) -> str | None:
        """The host, else that of an address."""
        named = (host(text) for text in p.texts(self.host))
        found = next((name for name in named if name), None)
        return found or next((name for name in map(site, p.texts(self.address)) if name), None)

    def says(self, p: Payload) -> Says:
        """What the first known state word means; a strange word fires."""
        said = [self.states.get(word(text)) for text in p.texts(self.state)]
        return next((one for one in said if one), "firing" if said else self.otherwise)

    def level(self, p: Payload) -> Severity:
        """The first severity word that is known."""
        found = (self.severities.get(word(text)) for text in p.texts(self.severity))
        return next((level for level in found if level), "unknown")

    def began(self, p: Payload, says: Says) -> float | None:
        """When the problem began, if the payload says so."""
        zone = UTC if self.utc else None
        places = self.started if says == "resolved" else f"{self.started} | {self.changed}".strip(" |")
        return next((found for text in p.texts(places) if (found := moment(text, zone)) is not None), None)

    def identified(self, p: Payload) -> str | None:
        """What identifies the problem; None if the payload has no such thing."""
        parts = [p.text(place) or "" for place in self.identity]
        return ":".join((self.tool, *parts)) if parts and parts[0] else None

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        raise SourceError(f"{self.tool}: {where}: expected an object, got {_kind(value)}")


def _kind(value: Any) -> str:
    kinds = {str: "text", list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), "nothing")
