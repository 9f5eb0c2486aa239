"""What the conditions of each kind of rule may ask: every fact with its type and its meaning.

The language over them is in ``when.py``; docs/rules.md lists them for the admin. A rule type names its table as
``FACTS``, so that whoever reads, checks or describes rules finds it there.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from ingestd.model import PRIORITIES, SEVERITIES

Kind = Literal["text", "level", "number", "truth", "time", "date", "weekday"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: The end of a fact's name that stands for any name: ``label.NAME`` is asked as ``label.app``.
ANY_NAME = ".NAME"


class Fact(Struct, frozen=True):
    """A fact that a condition may ask."""

    kind: Kind
    means: str
    words: tuple[str, ...] = ()  # the values there are, if there are no others; of a level from low to high
    several: bool = False  # it may have several values; one that matches is enough


Facts = Mapping[str, Fact]


def text(means: str, *words: str) -> Fact:
    """A fact with one text."""
    return Fact("text", means, words)


def texts(means: str) -> Fact:
    """A fact with several texts."""
    return Fact("text", means, several=True)


def number(means: str) -> Fact:
    """A fact with a number."""
    return Fact("number", means)


def truth(means: str) -> Fact:
    """A fact that is true or false."""
    return Fact("truth", means)


def _level(means: str, words: tuple[str, ...]) -> Fact:
    return Fact("level", means, tuple(reversed(words)))


#: How far an incident reaches, from a little to all.
SCOPES = ("person", "team", "department", "departments", "site", "everybody")
DIFFICULTIES = ("easy", "normal", "hard")
_CLASSES = ("reachability", "local", "unknown")
_SEVERITY = _level("the worst that is said of it", SEVERITIES)
_REPORT = truth("people report it, no monitor does")
_LABEL: Facts = {"label.NAME": text("the label NAME of its source")}

#: Where a node stands, by the topology.
PLACE: Facts = {
    "node": text("the node's id in the topology, or its name as heard"),
    "kind": text("the node's kind: server, switch, service …"),
    "site": text("the node's site"),
    "rack": text("the node's rack"),
}

#: When it is, in the site's local time.
MOMENT: Facts = {
    "calendar": texts("the calendars of priority.yaml that it is now"),
    "weekday": Fact("weekday", "mon, tue, wed, thu, fri, sat or sun"),
    "time": Fact("time", "the time of day"),
    "date": Fact("date", "the day"),
    "working_time": truth("it is working time"),
}

#: priority.yaml, and the routes of escalation.yaml.
INCIDENT: Facts = {
    **PLACE,
    "department": text("the department that reports it, or that owns the node"),
    "team": text("the team that owns the node"),
    "known": truth("the node stands in the topology"),
    "departments": texts("the departments that it reaches"),
    "department_count": number("how many departments it reaches"),
    "services": texts("the services that it reaches"),
    "service_count": number("how many services it reaches"),
    "service_class": text("the most important class among these services"),
    "people": number("how many people it reaches"),
    "people_percent": number("how many of all people, in percent"),
    "scope": Fact("level", "how far it reaches", SCOPES),
    "nodes": number("how many nodes it reaches"),
    "redundant": truth("another node stands in for it"),
    "flapping": truth("one of its alerts goes up and down"),
    "new_alerts": number("how many of its alerts are new in the last ten minutes"),
    "new_nodes": number("on how many nodes these are"),
    "deadline": texts("the next deadline of what it reaches"),
    "deadline_hours": number("in how many hours that is"),
    "difficulty": Fact("level", "how hard it looks", DIFFICULTIES),
    "people_free": number("how many people on call of its team work on nothing urgent"),
    "severity": _SEVERITY,
    "check": texts("the checks of its alerts"),
    "text": texts("the summaries of its alerts"),
    "source": texts("the sources that report it"),
    "class": text("a node out of reach, or a problem inside one", *_CLASSES),
    "cause_kind": text("how the cause is known; empty: it is not", "reported", "inferred", "local"),
    "report": _REPORT,
    "came_by": text("how it came: monitor, mail, phone, walk-in, web"),
    "priority": _level("its priority; routes only", PRIORITIES),
    "label.NAME": texts("the label NAME of its alerts"),
    **MOMENT,
}

#: The classes of correlate.yaml.
ALERT: Facts = {
    **PLACE,
    "host": text("the host as its source spells it"),
    "check": text("the check's name; empty: the host itself"),
    "text": text("the summary"),
    "host_check": truth("it is about the host itself"),
    "severity": _level("what its source says", SEVERITIES),
    "source": text("the source that reports it"),
    "report": _REPORT,
    **_LABEL,
}

#: The groups of correlate.yaml.
GROUPED: Facts = {
    **ALERT,
    "department": text("the department that owns the node"),
    "class": text("a node out of reach, or a problem inside one", *_CLASSES),
}

#: The signals of correlate.yaml.
CHECK: Facts = {"check": text("the check's name")}

#: The overrides of correlate.yaml.
NODE: Facts = {**PLACE, "department": text("the department that owns the node")}

#: The recognisers.
MAIL: Facts = {
    "subject": text("the subject, decoded"),
    "from": text("the sender, with name and address"),
    "header": text("all headers, one `name: value` a line, names in small letters"),
    "body": text("the text"),
}

#: heartbeats.yaml.
SIGN_OF_LIFE: Facts = {
    "source": text("the source that it came by"),
    "recogniser": text("the recogniser that read it; `none`: no one did"),
    "sender": text("the address of the sender"),
    "subject": text("the subject"),
    "host": text("the host that it speaks of"),
    "check": text("the check that it speaks of"),
    "text": text("the summary"),
}


def fact_of(facts: Facts, name: str) -> Fact | None:
    """The fact of that name; None if there is none."""
    family, dot, rest = name.partition(".")
    return facts.get(name) or (facts.get(family + ANY_NAME) if dot and rest else None)
