"""The language of ``rules/recognise/*.yaml``: how one monitoring tool writes its mail, and what the words mean.

    when        alternatives; the one with the most patterns goes first
    needs       fields without which the mail is left to the other recognisers
    labels      field: the label, or labels, of its "Label: value" line (a value may stand in the next line)
    separator   what stands between label and value, ":" if not said
    take        patterns whose named groups are fields; they come after the labels, the first in the list first
    blocks      several alerts in one mail: where each begins, and section lines above them
    each        a field that lists several: one event for each
    compose     fields put together from others
    states      the tool's words -> firing | resolved; an unknown word counts as firing
    severities  the tool's words -> ours; ``severity`` is that of a problem whose mail states none
    notices     words of the field ``notice`` that make it a notice (acknowledgement, downtime ...): kept, pages nobody
    quiet       values of fields that make an event quiet (heartbeats)
    defaults    fields that the mail does not give
    identity    what identifies the alert, from fields, groups and {labels}; without one node and check do
    ends        recovery | ends_at | {unheard: 2h} | person (the default)
    guess_host  look for a host in the text where no field gives one
    examples    mails and what they must be understood as

Of several values for one field the first counts; for state, severity and notice the first that the table knows.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType, field

from ingestd.decide.mail import Mail
from ingestd.decide.match import Pattern, compiled
from ingestd.model import Ends, Event, Reading, ReadingKind, Reason, Severity
from ingestd.yamltypes import Duration

Field = Literal[
    "host", "check", "state", "severity", "summary", "external_id", "started_at", "ends_at", "url", "notice"
]  # fmt: skip
State = Literal["firing", "resolved"]
Notice = Literal["acknowledgement", "downtime", "flapping", "test", "custom", "info"]
NOTHING = Pattern("")
LONGEST_FIELD = 2000
MOST_BLOCKS = 1000


class _Config(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class When(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Patterns that must all occur. ``header`` sees all headers, one ``name: value`` a line, names in lower case."""

    subject: Pattern = NOTHING
    sender: Pattern = field(name="from", default=NOTHING)
    header: Pattern = NOTHING
    body: Pattern = NOTHING

    def __post_init__(self) -> None:
        if not any((self.subject, self.sender, self.header, self.body)):
            raise ValueError("expected at least one of subject, from, header, body")


class Take(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One pattern over one place; each named group is a field (or a name of the file's own, for ``identity``)."""

    subject: Pattern = NOTHING
    sender: Pattern = field(name="from", default=NOTHING)
    header: Pattern = NOTHING
    body: Pattern = NOTHING

    def __post_init__(self) -> None:
        given = [pattern for pattern in (self.subject, self.sender, self.header, self.body) if pattern]
        if len(given) != 1:
            raise ValueError("expected exactly one of subject, from, header, body")
        if "(?P<" not in given[0]:
            raise ValueError("expected a named group such as (?P<host>...)")


class Blocks(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One mail, several alerts: each match of ``start`` begins one; ``section`` lines give fields to all below them."""

    start: Pattern
    section: Pattern = NOTHING
    labels_until: Pattern = NOTHING  # below this line of a block labels no longer belong to what identifies the alert


class Unheard(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The alert is over when it was not repeated for that long."""

    unheard: Duration


class Expected(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an example's event must say; what is left out is not compared."""

    state: State | UnsetType = UNSET
    host: str | UnsetType | None = UNSET
    check: str | UnsetType | None = UNSET
    severity: Severity | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    identity: str | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET
    quiet: bool | UnsetType = UNSET


class Example(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mail and what it must be understood as; every shipped one is a test."""

    mail: str
    kind: ReadingKind
    events: tuple[Expected, ...]


class RecogniserFile(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One tool. ``when`` lists alternatives; ``needs`` names fields without which the mail is left to the others."""

    id: str
    tool: str = ""
    when: tuple[When, ...]
    needs: tuple[Field, ...] = ()
    labels: dict[Field, str | tuple[str, ...]] = {}
    separator: str = ":"
    take: tuple[Take, ...] = ()
    blocks: Blocks | None = None
    each: Field | None = None  # a field that lists several (parted by blanks or commas): one event for each
    compose: dict[Field, str] = {}  # a field put together: "{plugin}-{instance}"; goes before what was read
    states: dict[str, State] = {}
    severities: dict[str, Severity] = {}
    severity: Severity = "unknown"  # of a problem whose mail states none
    notices: dict[str, Notice] = {}
    quiet: dict[Field, tuple[str, ...]] = {}  # values of a field that make the event a quiet one (heartbeats)
    defaults: dict[Field, str] = {}
    identity: str = ""  # "zabbix:{external_id}"; "{labels}" is the whole label set; empty: node and check identify
    ends: Literal["recovery", "ends_at", "person"] | Unheard = "person"
    guess_host: bool = False  # a host that no field gives is looked for in the text
    examples: tuple[Example, ...] = ()

    def __post_init__(self) -> None:
        if not self.when:
            raise ValueError("expected at least one alternative under when")
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", self.id):
            raise ValueError(f"expected an id of small letters, digits, - and _, got {self.id!r}")


Values = dict[str, list[str]]  # field or group -> what was read for it, best first


class Recogniser:
    """A recogniser file, compiled."""

    def __init__(self, file: RecogniserFile) -> None:
        self.file = file
        self._name = file.tool or file.id
        self._labels = {name: (wanted,) if isinstance(wanted, str) else wanted for name, wanted in file.labels.items()}
        self._known = frozenset(_key(label) for labels in self._labels.values() for label in labels)
        self._separators = (file.separator, "：") if file.separator == ":" else (file.separator,)
        self._take = [(place, compiled(pattern)) for take in file.take for place, pattern in _place(take)]
        self._start = compiled(file.blocks.start) if file.blocks else None
        self._section = compiled(file.blocks.section) if file.blocks and file.blocks.section else None
        self._until = compiled(file.blocks.labels_until) if file.blocks and file.blocks.labels_until else None
        self._states = {_key(word): state for word, state in file.states.items()}
        self._severities = {_key(word): level for word, level in file.severities.items()}
        self._notices = {_key(word): notice for word, notice in file.notices.items()}
        self._quiet = {name: frozenset(map(_key, words)) for name, words in file.quiet.items()}

    def read(self, mail: Mail) -> Reading | None:
        """What the mail says in this tool's language; None if it lacks what the file ``needs``."""
        read = [
            (values, scope)
            for scope, section in self._scopes(mail)
            for values in self._each(self._values(mail, scope, section))
        ]
        if not read or any(name not in values for values, _ in read for name in self.file.needs):
            return None
        notice = _meaning(read[0][0], "notice", self._notices)
        events = tuple(self._event(mail, values, scope, notice is not None) for values, scope in read)
        firing = any(event.state == "firing" for event in events)
        kind: ReadingKind = "other" if notice else "alert" if firing else "recovery"
        return Reading(
            kind=kind,
            recogniser=self.file.id,
            events=events,
            reasons=self._reasons(notice, events),
            subject=mail.subject,
        )

    def _reasons(self, notice: Notice | None, events: tuple[Event, ...]) -> tuple[Reason, ...]:
        said = f"a notice of {self._name} ({notice})" if notice else f"mail of {self._name}"
        named = next((event.identity for event in events if event.identity), None)
        how = f"identified by {named}" if named else "identified by node and check"
        return (Reason("recognise", self.file.id, said), Reason("fingerprint", self.file.id, how))

    # where to look

    def _scopes(self, mail: Mail) -> Iterator[tuple[str, Values]]:
        """The text of each alert and what the section above it says."""
        if self._start is None:
            yield mail.text, {}
            return
        cuts = [found.start() for found in self._start.finditer(mail.text)][:MOST_BLOCKS]
        sections = list(self._section.finditer(mail.text)) if self._section else []
        starts = [found.start() for found in sections]
        for start, end in zip(cuts, [*cuts[1:], len(mail.text)], strict=False):
            above = bisect_right(starts, start)
            below = min([end, *starts[above : above + 1]])
            yield mail.text[start:below], _groups(sections[above - 1].groupdict()) if above else {}

    def _values(self, mail: Mail, scope: str, section: Values) -> Values:
        """All fields: label lines first, then the patterns in order, then the section, then the defaults."""
        values: Values = {}
        lines = dict(reversed(list(self._lines(scope))))
        for name, labels in self._labels.items():
            _add(values, {name: [lines[_key(label)] for label in labels if _key(label) in lines]})
        for place, pattern in self._take:
            found = pattern.search(_text_at(mail, scope, place))
            _add(values, _groups(found.groupdict()) if found else {})
        _add(values, section)
        _add(values, {name: [value] for name, value in self.file.defaults.items()})
        for name, template in self.file.compose.items():
            text = _filled(template, values)
            if text:
                values[name] = [text, *values.get(name, ())]
        return values

    def _each(self, values: Values) -> Iterator[Values]:
        """Several of them where the file says that a field lists several."""
        name = self.file.each
        listed = _BETWEEN.split(_first(values, name) or "")[:MOST_BLOCKS] if name else []
        if name is None or len(listed) < 2:
            yield values
            return
        for one in filter(None, listed):
            yield {**values, name: [one]}

    def _lines(self, scope: str) -> Iterator[tuple[str, str]]:
        """``Label: value`` lines; a wanted label with nothing behind it has its value in the next line."""
        pending = ""
        for line in scope.split("\n"):
            label, value = self._split(line)
            if pending and line.strip():
                if label not in self._known:
                    yield pending, line.strip()
                pending = ""
            if label and value:
                yield label, value
            elif label in self._known:
                pending = label

    def _split(self, line: str) -> tuple[str, str]:
        at = min((line.find(mark) for mark in self._separators if mark in line), default=-1)
        return (_key(line[:at].strip("*_• \t")), line[at + 1 :].strip("*_ \t")) if at > 0 else ("", "")

    def _label_set(self, scope: str) -> tuple[tuple[str, str], ...]:
        stop = self._until.search(scope) if self._until else None
        lines = scope[: stop.start()].split("\n") if stop else scope.split("\n")
        pairs = (line.split(self.file.separator, 1) for line in lines if self.file.separator in line)
        return tuple(sorted((label.strip(), value.strip()) for label, value in pairs))

    # what it means

    def _event(self, mail: Mail, values: Values, scope: str, notice: bool) -> Event:
        labels = self._label_set(scope) if self._start else ()
        state = _meaning(values, "state", self._states) or "firing"
        level = _meaning(values, "severity", self._severities)
        quiet = any(_key(value) in words for name, words in self._quiet.items() for value in values.get(name, ()))
        return Event(
            state=state,
            summary=_first(values, "summary") or _first(values, "check") or mail.subject or self._name,
            host=host_name(_first(values, "host")),
            check=_first(values, "check"),
            severity=level or ("info" if state == "resolved" else self.file.severity),
            external_id=_first(values, "external_id"),
            identity=self._identity(values, labels),
            started_at=_time(_first(values, "started_at")),
            url=_first(values, "url"),
            labels=labels,
            quiet=quiet or notice,
            ends=self._ends(values),
        )

    def _identity(self, values: Values, labels: tuple[tuple[str, str], ...]) -> str | None:
        """The template filled in; None if a part is missing, so that node and check identify the alert."""
        text = ",".join(f"{name}={value}" for name, value in labels)
        return _filled(self.file.identity, {**values, "labels": [text] if text else []})

    def _ends(self, values: Values) -> Ends:
        how = self.file.ends
        if isinstance(how, Unheard):
            return Ends("unheard", after=float(how.unheard))
        if how != "ends_at":
            return Ends(how)
        at = _time(_first(values, "ends_at"))
        return Ends("ends_at", at=at) if at else Ends("recovery")


_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_BETWEEN = re.compile(r"[\s,;]+")
_PORT = re.compile(r":\d{1,5}\Z")
_T = TypeVar("_T")


def host_name(text: str | None) -> str | None:
    """A host as the source spells it, without scheme, path and port; an IPv6 address stays whole."""
    if not text:
        return None
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://([^/\s]*).*", r"\1", text)
    if bare.startswith("["):
        return bare[1:].split("]")[0] or None
    return (_PORT.sub("", bare) if bare.count(":") == 1 else bare).strip() or None


def _meaning(values: Values, name: str, table: Mapping[str, _T]) -> _T | None:
    """The first value that the table knows."""
    return next((table[_key(value)] for value in values.get(name, ()) if _key(value) in table), None)


def _first(values: Values, name: str) -> str | None:
    return next(iter(values.get(name, ())), None)


def _filled(template: str, values: Values) -> str | None:
    """The template with its ``{names}`` replaced; None if it has none or one has no value."""
    names = _PLACEHOLDER.findall(template)
    if not names or not all(values.get(name) for name in names):
        return None
    return _PLACEHOLDER.sub(lambda found: values[found[1]][0], template)


def _key(word: str) -> str:
    return " ".join(word.casefold().split())


def _groups(found: Mapping[str, str | None]) -> Values:
    return {name: [value] for name, value in found.items() if value}


def _add(values: Values, more: Values) -> None:
    for name, found in more.items():
        clean = [" ".join(value[:LONGEST_FIELD].split()) for value in found]
        if any(clean):
            values.setdefault(name, []).extend(filter(None, clean))


def _place(take: Take) -> Iterator[tuple[str, str]]:
    places = (("subject", take.subject), ("from", take.sender), ("header", take.header), ("body", take.body))
    return ((place, pattern) for place, pattern in places if pattern)


def _text_at(mail: Mail, scope: str, place: str) -> str:
    if place == "body":
        return scope
    return text_of(mail, place)


def text_of(mail: Mail, place: str) -> str:
    """The text that the patterns of a place look at."""
    if place == "header":
        return mail.header_text()
    return {"subject": mail.subject, "from": mail.header("from"), "body": mail.text}[place]


def _time(text: str | None) -> float | None:
    """Epoch seconds of a time that states its zone (ISO 8601, RFC 5322, a Unix time); None for any other."""
    if not text:
        return None
    if re.fullmatch(r"\d{9,10}(?:\.\d+)?", text):
        return float(text)
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if found.tzinfo is not None:
            return found.astimezone(UTC).timestamp()
    return None
