"""A site as another product's configuration drafts it: the frozen types, and the files that are made of them.

What is written reads back as it was meant, and passes ``ingestd check`` beside a site that can tell somebody. A route
that could not be said in our words is written as a comment: one that means something else pages the wrong people.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from ingestd.channels.mail import MailSettings
from ingestd.decide.calendar import CalendarSpec
from ingestd.decide.oncall import Person, Team
from ingestd.decide.route import PolicySpec, RouteSpec
from ingestd.inventory.writing import comment, scalar
from ingestd.model import Matcher
from ingestd.moving.source import Spot
from ingestd.yamltypes import Duration

WIDTH = 118
SHOWN = 5  # files that the head of a file names
UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


class Left(Struct, frozen=True):
    """Something that did not carry over: where it stands, why not, and what to do instead."""

    file: str
    path: str
    line: int
    column: int
    what: str
    instead: str

    @classmethod
    def at(cls, spot: Spot, what: str, instead: str) -> "Left":
        """Of a place in the source."""
        return cls(spot.file, spot.path, spot.line, spot.column, what, instead)

    def __str__(self) -> str:
        return f"{Spot(self.file, self.path, self.line, self.column)}: {self.what}. Instead: {self.instead}"


class Secret(Struct, frozen=True):
    """A file that the admin has to make, mode 0600: what goes in, in form only."""

    file: str
    form: str
    was: str  # where the source has it


class DraftChannel(Struct, frozen=True, kw_only=True):
    """An entry of ``channels``."""

    name: str
    type: str
    group: bool = True
    url_file: str
    note: str = ""


class DraftPolicy(Struct, frozen=True):
    """A policy, and where it came from."""

    spec: PolicySpec
    note: str = ""


class DraftRoute(Struct, frozen=True):
    """A route; ``off``: it is written as a comment, for the reason in ``note``."""

    spec: RouteSpec
    note: str = ""
    off: bool = False


class DraftSilence(Struct, frozen=True, kw_only=True):
    """A silence, as the command that makes it. Times are as the command line takes them."""

    matchers: tuple[Matcher, ...] = ()
    nodes: tuple[str, ...] = ()
    start: str = ""  # "": now
    until: str = ""
    weekly: str = ""  # "sat,sun 22:00-04:00"
    why: str


class Draft(Struct, frozen=True, kw_only=True):
    """All that was understood, and all that was not."""

    product: str
    sources: tuple[str, ...]  # the files it was made of
    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()
    policies: tuple[DraftPolicy, ...] = ()
    routes: tuple[DraftRoute, ...] = ()
    calendars: tuple[CalendarSpec, ...] = ()
    channels: tuple[DraftChannel, ...] = ()
    mail: MailSettings | None = None
    timezone: str = ""
    silences: tuple[DraftSilence, ...] = ()
    secrets: tuple[Secret, ...] = ()
    left: tuple[Left, ...] = ()


class File(Struct, frozen=True):
    """A file of the site: its name below the folder of ingestd.yaml, and its text."""

    name: str
    text: str


def files_of(draft: Draft) -> tuple[File, ...]:
    """Every file there is something for."""
    texts = {
        "ingestd.yaml": _main(draft) if draft.people else [],
        "people.yaml": _people(draft),
        "rules/escalation.yaml": _escalation(draft),
        "rules/priority.yaml": _listed("calendars", draft.calendars),
        "silences.sh": _silences(draft),
    }
    head = _head(draft)
    return tuple(File(name, _text(name, head, lines)) for name, lines in texts.items() if lines)


# -- the files


def _text(name: str, head: Sequence[str], lines: Iterable[str]) -> str:
    first = ["#!/bin/sh"] if name.endswith(".sh") else []
    return "\n".join((*first, *head, *lines)) + "\n"


def _head(draft: Draft) -> tuple[str, ...]:
    more = f" and {len(draft.sources) - SHOWN} more" if len(draft.sources) > SHOWN else ""
    names = f"{', '.join(draft.sources[:SHOWN])}{more}"
    return (
        comment(f"Drafted by `ingestd import {draft.product}` from {names}."),
        "# Look it through: `ingestd check` names what does not fit this site.",
        "",
    )


def _main(draft: Draft) -> list[str]:
    able = next((person.id for person in draft.people if person.ways()), "")
    lines = [
        "# If you have an ingestd.yaml: take over what is below, key by key.",
        f"last_resort: [{scalar(f'person:{able}')}]  # the first that was found: choose"
        if able
        else "# last_resort: [person:WHO]  # required; nobody here can be told",
    ]
    lines += [f"timezone: {scalar(draft.timezone)}"] if draft.timezone else []
    if draft.mail is not None:
        lines += ["mail:", *_block(draft.mail, "  ")]
    else:
        lines += ["maildir: {path: var/mails}  # for trying out; `mail` is the relay that takes our letters"]
    if draft.channels:
        lines += ["channels:", *(line for one in draft.channels for line in _channel(one))]
    return lines


def _channel(one: DraftChannel) -> Iterator[str]:
    if one.note:
        yield f"  {comment(one.note)}"
    group = "" if one.group is (one.type in OWN_GROUPS) else f"group: {'true' if one.group else 'false'}, "
    yield f"  {scalar(one.name)}: {{type: {one.type}, {group}url_file: {scalar(one.url_file)}}}"


#: Types that are groups unless they say otherwise.
OWN_GROUPS = frozenset({"wecom", "dingtalk", "feishu"})


def _people(draft: Draft) -> list[str]:
    lines = _listed("people", draft.people)
    teams = _listed("teams", draft.teams)
    return [*lines, *([""] if lines and teams else []), *teams]


def _escalation(draft: Draft) -> list[str]:
    lines = ["policies:"] if draft.policies else []
    for policy in draft.policies:
        lines += [f"  {comment(policy.note)}"] if policy.note else []
        lines += _entry(policy.spec, "  ")
    if not draft.routes:
        return lines
    live = any(not route.off for route in draft.routes)
    lines += ["", "routes:  # the first that matches counts" if live else "routes: []"]
    for route in draft.routes:
        lines += [f"  {comment(route.note)}"] if route.note else []
        lines += [f"  # {line.strip()}" if route.off else line for line in _entry(route.spec, "  ")]
    return lines


def _silences(draft: Draft) -> list[str]:
    return [_command(one) for one in draft.silences]


def _command(one: DraftSilence) -> str:
    """A line for a shell, every word of it quoted."""
    words = ["ingestd", "silence", "add", *map(said, one.matchers)]
    for node in one.nodes:
        words += [f"--node={node}"]
    for option, value in (("--from", one.start), ("--until", one.until), ("--weekly", one.weekly), ("--why", one.why)):
        words += [f"{option}={value}"] if value else []
    return shlex.join(words)


def said(matcher: Matcher) -> str:
    """A matcher as the command line takes it."""
    return f"{matcher.name}{SIGNS[matcher.regex, matcher.equal]}{matcher.value}"


#: By whether it is a pattern, and whether it must match.
SIGNS: Mapping[tuple[bool, bool], str] = {
    (False, True): "=",
    (False, False): "!=",
    (True, True): "=~",
    (True, False): "!~",
}


# -- YAML


def _listed(key: str, values: Sequence[Struct]) -> list[str]:
    return [f"{key}:", *(line for one in values for line in _entry(one, "  "))] if values else []


def _entry(value: Struct, indent: str) -> list[str]:
    """One entry of a list: on one line if it fits."""
    line = f"{indent}- {_flow(value)}"
    if len(line) <= WIDTH:
        return [line]
    first, *rest = _block(value, f"{indent}  ")
    return [f"{indent}- {first.strip()}", *rest]


def _block(value: Struct, indent: str) -> list[str]:
    """The keys of a value, one a line; what does not fit on its line, below it."""
    lines: list[str] = []
    for key, inner in _pairs(value):
        line = f"{indent}{key}: {_flow(inner)}"
        if len(line) <= WIDTH or not _deep(inner):
            lines.append(line)
        elif isinstance(inner, Struct):
            lines += [f"{indent}{key}:", *_block(inner, f"{indent}  ")]
        else:
            lines += [f"{indent}{key}:", *(deep for one in inner for deep in _entry(one, f"{indent}  "))]
    return lines


def _deep(value: Any) -> bool:
    return isinstance(value, Struct) or (isinstance(value, tuple) and any(isinstance(one, Struct) for one in value))


def _pairs(value: Struct) -> Iterator[tuple[str, Any]]:
    """Keys and values without what is as by default."""
    for field in fields(value):
        found = getattr(value, field.name)
        usual = field.default if field.default_factory is NODEFAULT else field.default_factory()
        if field.required or found != usual:
            yield field.encode_name, found


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Struct):
        return f"{{{', '.join(f'{key}: {_flow(inner)}' for key, inner in _pairs(value))}}}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{scalar(str(key))}: {_flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Duration):
        return duration(value)
    return scalar(value) if isinstance(value, str) else value.isoformat() if isinstance(value, date) else str(value)


def duration(seconds: float) -> str:
    """Seconds as ``1h30m``."""
    left, words = round(seconds), ""
    for unit, size in UNITS:
        words += f"{left // size}{unit}" if left >= size else ""
        left %= size
    return words or "0s"
