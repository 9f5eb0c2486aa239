"""Reads mails in the language of one recogniser file: which values stand where, and what they mean."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import TypeVar

from msgspec import Struct

from ingestd.decide import words
from ingestd.decide.mail import Mail
from ingestd.decide.match import GroupsOf, compiled
from ingestd.decide.recognise import Notice, RecogniserFile, State, Take, Unheard
from ingestd.model import Ends, Event, Reading, Reason, Severity, identified, kind_of

LONGEST_FIELD = 2000
LONGEST_LINE = 4000  # a longer line is no "Label: value"
MOST_BLOCKS = 1000
MOST_SECTIONS = 10_000  # in one mail: no tool writes more, and to find a hundred thousand takes too long
MOST_LINES = 5000  # of an alert that are looked at for labels

Values = dict[str, list[str]]  # field or group -> what was read for it, best first
# What an event is if the file leaves it to the words of the summary.
_BY_WORDS: Mapping[words.Verdict, State] = {"problem": "firing", "over": "resolved", "success": "resolved"}
_NOTICE_BY_WORDS: Mapping[words.Verdict, Notice] = {"success": "success"}
_SAYS_NOTHING_WRONG = frozenset({"success", "info", "report"})


class _Meant(Struct, frozen=True):
    """State, severity and notice of one alert, by the tables of the file."""

    state: State
    severity: Severity | None
    notice: Notice | None


class Recogniser:
    """A recogniser file, compiled."""

    def __init__(self, file: RecogniserFile) -> None:
        self.file = file
        self._name = file.tool or file.id
        self._labels = {name: tuple(map(_key, _several(wanted))) for name, wanted in file.labels.items()}
        self._known = frozenset(label for labels in self._labels.values() for label in labels)
        self._translate = {name: {_key(k): v for k, v in table.items()} for name, table in file.translate.items()}
        self._compose = {name: _several(wanted) for name, wanted in file.compose.items()}
        self._identities = _several(file.identity)
        self._separators = (file.separator,) if file.separator else (":", "：", "\t")
        self._take = [(place, GroupsOf(pattern)) for take in file.take for place, pattern in _place(take)]
        self._start = compiled(file.blocks.start) if file.blocks else None
        self._section = compiled(file.blocks.section) if file.blocks and file.blocks.section else None
        self._until = compiled(file.blocks.labels_until) if file.blocks and file.blocks.labels_until else None
        self._states = {_key(word): state for word, state in file.states.items()}
        self._severities = {_key(word): level for word, level in file.severities.items()}
        self._notices = {_key(word): notice for word, notice in file.notices.items()}
        self._quiet = {name: frozenset(map(_key, values)) for name, values in file.quiet.items()}

    def read(self, mail: Mail) -> Reading | None:
        """What the mail says in this tool's language; None if it lacks what the file ``needs``."""
        read = [
            (values, scope)
            for scope, section in self._scopes(mail)
            for values in self._each(self._values(mail, scope, section))
        ]
        if not read or any(name not in values for values, _ in read for name in self.file.needs):
            return None
        meant = [self._meant(mail, values) for values, _ in read]
        events = tuple(
            self._event(mail, values, scope, means) for (values, scope), means in zip(read, meant, strict=True)
        )
        notice = meant[0].notice
        return Reading(
            kind="other" if notice else kind_of(events),
            recogniser=self.file.id,
            events=events,
            reasons=self._reasons(notice, events),
            subject=mail.subject,
        )

    def _reasons(self, notice: Notice | None, events: tuple[Event, ...]) -> tuple[Reason, ...]:
        said = f"a notice of {self._name} ({notice})" if notice else f"mail of {self._name}"
        return (Reason("recognise", self.file.id, said), Reason("fingerprint", self.file.id, identified(events)))

    # where to look

    def _scopes(self, mail: Mail) -> Iterator[tuple[str, Mapping[str, str]]]:
        """The text of each alert and what the section above it says."""
        if self._start is None:
            yield mail.text, {}
            return
        cuts = [found.start() for found in islice(self._start.finditer(mail.text), MOST_BLOCKS)]
        sections = list(islice(self._section.finditer(mail.text), MOST_SECTIONS)) if self._section and cuts else []
        starts = [found.start() for found in sections]
        for start, end in zip(cuts, [*cuts[1:], len(mail.text)], strict=False):
            above = bisect_right(starts, start)
            below = min([end, *starts[above : above + 1]])
            yield mail.text[start:below], _groups(sections[above - 1].groupdict()) if above else {}

    def _values(self, mail: Mail, scope: str, section: Mapping[str, str]) -> Values:
        """All fields: label lines first, then the section above, then the patterns in order, then the defaults."""
        values: Values = {}
        lines = dict(reversed(list(self._lines(scope)))) if self._known else {}
        for wanted, labels in self._labels.items():
            for label in labels:
                if label in lines:
                    _add(values, wanted, lines[label])
        for name, value in section.items():
            _add(values, name, value)
        texts: dict[str, bytes] = {}  # as the patterns read them
        for place, groups in self._take:
            if place not in texts:
                texts[place] = _text_at(mail, scope, place).encode("utf-8", "replace")
            for name, value in groups.find(texts[place]):
                _add(values, name, value)
        for wanted, value in self.file.defaults.items():
            _add(values, wanted, value)
        for group, table in self._translate.items():
            values[group] = list(filter(None, (table.get(_key(value), value) for value in values.get(group, ()))))
        for name, templates in self._compose.items():
            text = next(filter(None, (_filled(template, values) for template in templates)), None)
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
        """``Label: value`` lines that are wanted; a label with nothing behind it has its value in the next line."""
        pending = ""
        for line in _short_lines(scope):
            known = [
                (key, value.strip(_TRAILING))
                for label, value in self._split(line)
                if (key := _key(label.strip(_DECORATION))) in self._known
            ]
            if pending and line.strip():
                if not known:
                    yield pending, line.strip()
                pending = ""
            for label, value in known:
                if value:
                    yield label, value
                else:
                    pending = label

    def _split(self, line: str) -> list[tuple[str, str]]:
        """The pairs of a line: one, or several of ``a=b, c=d``."""
        if self._separators == ("=",):
            return _pairs(line)
        line = line.strip()
        at = min((line.find(mark) for mark in self._separators if mark in line), default=-1)
        if at <= 0:
            return []
        value = line[at + 1 :]
        return [(line[:at], value.lstrip("\t :：") if line[at] == "\t" else value)]

    def _label_set(self, scope: str) -> tuple[tuple[str, str], ...]:
        stop = self._until.search(scope) if self._until else None
        lines = _short_lines(scope[: stop.start()] if stop else scope)
        return tuple(
            sorted((label.strip(_DECORATION), value.strip()) for line in lines for label, value in self._split(line))
        )

    # what it means

    def _meant(self, mail: Mail, values: Values) -> _Meant:
        state = _meaning(values, "state", self._states)
        level = _meaning(values, "severity", self._severities)
        notice = _meaning(values, "notice", self._notices)
        if self.file.by_words and state is None and notice is None:
            judged = words.judge(_first(values, "summary") or mail.subject)
            state = _BY_WORDS.get(judged.verdict)
            level = level or (judged.severity if state == "firing" else None)
            notice = _NOTICE_BY_WORDS.get(judged.verdict, self.file.wordless if judged.verdict == "none" else None)
        return _Meant(state or ("resolved" if notice in _SAYS_NOTHING_WRONG else "firing"), level, notice)

    def _event(self, mail: Mail, values: Values, scope: str, meant: _Meant) -> Event:
        labels = self._label_set(scope) if self._start else ()
        state = meant.state
        quiet = any(_key(value) in listed for name, listed in self._quiet.items() for value in values.get(name, ()))
        return Event(
            state=state,
            summary=_first(values, "summary") or _first(values, "check") or mail.subject or self._name,
            host=host_name(_first(values, "host")),
            check=_first(values, "check"),
            severity=meant.severity or ("info" if state == "resolved" or meant.notice else self.file.severity),
            external_id=_first(values, "external_id"),
            identity=self._identity(values, labels),
            started_at=_time(_first(values, "started_at")),
            url=_first(values, "url"),
            labels=labels,
            quiet=quiet or meant.notice not in (None, "success"),
            acknowledged=meant.notice == "acknowledgement" and state == "firing",
            sender=(_first(values, "sender") or "") if meant.notice == "acknowledgement" else "",
            ends=self._ends(values),
        )

    def _identity(self, values: Values, labels: tuple[tuple[str, str], ...]) -> str | None:
        """The first template that can be filled in; None if a part is missing: node and check identify the alert."""
        text = ",".join(f"{name}={value}" for name, value in labels)
        known = {**values, "labels": [text] if text else []}
        return next(filter(None, (_filled(template, known) for template in self._identities)), None)

    def _ends(self, values: Values) -> Ends:
        how = self.file.ends
        if isinstance(how, Unheard):
            return Ends("unheard", after=float(how.unheard))
        if how != "ends_at":
            return Ends(how)
        at = _time(_first(values, "ends_at"))
        return Ends("ends_at", at=at) if at else Ends("recovery")


_DECORATION = "*_•·►>#- \t"  # around a label: emphasis, bullets, quotes
_TRAILING = "*_ \t"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_BETWEEN = re.compile(r"[\s,;]+")
_NEXT_PAIR = re.compile(r",\s+(?=[A-Za-z_]\w*=)")
_PORT = re.compile(r":\d{1,5}\Z")
_ADDRESS = re.compile(r"(?<=\S) +\(?\d{1,3}(?:\.\d{1,3}){3}\)?\Z")  # behind a name: "web-4 192.0.2.4"
_T = TypeVar("_T")


def host_name(text: str | None) -> str | None:
    """A host as the source spells it, without scheme, path and port; an IPv6 address stays whole."""
    if not text:
        return None
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://([^/\s]*).*", r"\1", text)
    if bare.startswith("["):
        return bare[1:].split("]")[0] or None
    return _ADDRESS.sub("", _PORT.sub("", bare) if bare.count(":") == 1 else bare).strip() or None


def _several(wanted: str | tuple[str, ...]) -> tuple[str, ...]:
    return (wanted,) if isinstance(wanted, str) else wanted


def _short_lines(text: str) -> Iterator[str]:
    return (line for line in text.split("\n", MOST_LINES)[:MOST_LINES] if len(line) <= LONGEST_LINE)


def _pairs(line: str) -> list[tuple[str, str]]:
    """``a = b``, or several as ``Labels: a=b, c=d``."""
    if " = " not in line and ", " in line:
        parts = _NEXT_PAIR.split(line.split(": ", 1)[-1])
        return [(label, value) for label, equals, value in (part.partition("=") for part in parts) if equals]
    label, equals, value = line.partition("=")
    return [(label.rsplit(": ", 1)[-1], value)] if equals and label.strip() else []


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


def _groups(found: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in found.items() if value}


def _add(values: Values, name: str, value: str) -> None:
    if clean := " ".join(value[:LONGEST_FIELD].split()):
        values.setdefault(name, []).append(clean)


def _place(take: Take) -> Iterator[tuple[str, str]]:
    places = (("subject", take.subject), ("from", take.sender), ("header", take.header), ("body", take.body))
    return ((place, pattern) for place, pattern in places if pattern)


def _text_at(mail: Mail, scope: str, place: str) -> str:
    return scope if place == "body" else text_of(mail, place)


def text_of(mail: Mail, place: str) -> str:
    """The text that the patterns of a place look at."""
    match place:
        case "subject":
            return mail.subject
        case "from":
            return mail.header("from")
        case "header":
            return mail.head
        case _:
            return mail.text


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
