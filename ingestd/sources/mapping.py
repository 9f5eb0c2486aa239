"""A site's own webhook source in YAML: ``rules/webhooks/<id>.yaml`` says with JMESPath where a body says what.

    id          the name that ``adapter`` gives it
    tool        what people call it
    alerts      JMESPath of the list of alerts; none: the body is one alert
    fields      field: JMESPath from the alert; host, check, state, severity, summary, id, url, started_at, ends_at,
                sender
    needs       fields without which the body is not this tool's
    states      the tool's words -> firing | resolved | acknowledged | quiet | nothing; a strange word fires
    severities  the tool's words -> ours
    identity    what identifies an alert, from fields: ``{id}`` or ``{host}/{check}``; none: node and check
    ends        recovery (the default) | ends_at | {unheard: 2h} | person
    examples    bodies and what they must be understood as

JMESPath is described at https://jmespath.org. Words of the tables are compared without case, dashes and underscores.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal, Self

import jmespath
from jmespath.exceptions import JMESPathError
from msgspec import UNSET, Struct, UnsetType, to_builtins

from ingestd.model import Ends, Event, Message, Reading, Severity
from ingestd.sources.body import fields
from ingestd.sources.shape import MOST_ALERTS, scalar
from ingestd.sources.shared import SEVERITIES, STATES, Says, SourceError, host, link, reading, word
from ingestd.sources.times import moment
from ingestd.yamltypes import Duration

Field = Literal["host", "check", "state", "severity", "summary", "id", "url", "started_at", "ends_at", "sender"]
_FIELD = re.compile(r"\{(\w*)\}")
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,100}")
_IDENTITY = frozenset({"host", "check", "id", "summary", "severity"})


class Search(str):
    """A JMESPath expression, known to be one."""

    __slots__ = ()

    @classmethod
    def from_yaml(cls, value: object) -> Self:
        """Read an expression; ValueError says what is wrong with it."""
        if not isinstance(value, str):
            raise ValueError(f"expected a JMESPath expression, got {value!r}: put it in quotes")
        try:
            jmespath.compile(value)
        except (JMESPathError, RecursionError) as error:
            raise ValueError(f"not JMESPath: {' '.join(str(error).split())}") from error
        return cls(value)


class _Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Unheard(_Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert is over when it was not sent again for so long."""

    unheard: Duration


class ExpectedEvent(_Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an example must be understood as; what is left out is not compared."""

    state: Literal["firing", "resolved"] | UnsetType = UNSET
    host: str | UnsetType | None = UNSET
    check: str | UnsetType | None = UNSET
    severity: Severity | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    identity: str | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET
    quiet: bool | UnsetType = UNSET
    acknowledged: bool | UnsetType = UNSET


class BodyExample(_Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body as the tool sends it, and its events in order."""

    body: str
    content_type: str = "application/json"
    query: str = ""
    events: tuple[ExpectedEvent, ...]


class MappingFile(_Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tool."""

    id: str
    tool: str = ""
    alerts: Search = Search("")
    fields: dict[Field, Search]
    needs: tuple[Field, ...] = ()
    states: dict[str, Says] = {}
    severities: dict[str, Severity] = {}
    identity: str = ""
    ends: Literal["recovery", "ends_at", "person"] | Unheard = "recovery"
    examples: tuple[BodyExample, ...] = ()

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"expected an id of small letters, digits, - and _, got {self.id!r}")
        if not {"summary", "check", "host"} & set(self.fields):
            raise ValueError("expected at least one of the fields summary, check, host")
        for name in _FIELD.findall(self.identity):
            if name not in self.fields or name not in _IDENTITY:
                known = ", ".join(sorted(_IDENTITY & set(self.fields)))
                raise ValueError(f"identity: there is no field {name!r}: known are {known}")
        for name in self.needs:
            if name not in self.fields:
                raise ValueError(f"needs: there is no field {name!r}")
        if self.ends == "ends_at" and "ends_at" not in self.fields:
            raise ValueError("ends: ends_at needs the field ends_at")


class Mapping:
    """A mapping file, ready for use."""

    def __init__(self, file: MappingFile) -> None:
        self.file = file
        self._alerts = jmespath.compile(file.alerts) if file.alerts else None
        self._searches = {name: jmespath.compile(search) for name, search in file.fields.items()}
        self._states: dict[str, Says] = {**STATES, **{word(said): says for said, says in file.states.items()}}
        self._severities = dict(SEVERITIES) | {word(said): level for said, level in file.severities.items()}

    @classmethod
    def compile(cls, file: MappingFile) -> Self:
        """Compile what a file says; the file itself was checked when it was read."""
        return cls(file)

    def read(self, message: Message) -> Reading:
        """One event an alert; SourceError names the field that does not fit."""
        body = fields(message)
        alerts = _search(self._alerts, body, "alerts") if self._alerts else body
        listed = alerts if isinstance(alerts, list) else [alerts]
        if alerts is None or len(listed) > MOST_ALERTS:
            raise SourceError(f"{self.file.id}: alerts: expected a list of at most {MOST_ALERTS}, got {_size(alerts)}")
        found = [self._event(alert, index) for index, alert in enumerate(listed)]
        events = tuple(event for event in found if event is not None)
        return reading(self.file.id, events, f"the mapping {self.file.id} with {len(events)} alerts")

    def mistakes(self) -> Iterator[tuple[int, str]]:
        """The examples that are not understood as they say: their index, and what is different."""
        for index, example in enumerate(self.file.examples):
            message = Message(
                kind="webhook",
                source=self.file.id,
                adapter=self.file.id,
                body=example.body.encode(),
                content_type=example.content_type,
                query=example.query,
            )
            try:
                events = self.read(message).events
            except SourceError as error:
                yield index, str(error)
                continue
            if len(events) != len(example.events):
                yield index, f"expected {len(example.events)} events, got {len(events)}"
            for wanted, got in zip(example.events, events, strict=False):
                for name, value in to_builtins(wanted).items():
                    if value != getattr(got, name):
                        yield index, f"{name}: expected {value!r}, got {getattr(got, name)!r}"

    def _event(self, alert: Any, index: int) -> Event | None:
        if not isinstance(alert, dict):
            raise SourceError(f"{self.file.id}: alerts[{index}]: expected an object, got {_size(alert)}")
        for name in self.file.needs:
            if scalar(_search(self._searches[name], alert, name)) is None:
                raise SourceError(f"{self.file.id}: alerts[{index}]: {name}: expected a text, got nothing")
        values = {name: _search(search, alert, name) for name, search in self._searches.items()}
        texts: dict[str, str | None] = {name: scalar(value) for name, value in values.items()}
        says = self._says(texts.get("state"))
        if says == "nothing":
            return None
        where, check = host(texts.get("host")), texts.get("check")
        summary = texts.get("summary") or check or where
        if summary is None:
            raise SourceError(f"{self.file.id}: alerts[{index}]: expected a summary, check or host, got none")
        return Event(
            state="resolved" if says == "resolved" else "firing",
            summary=summary,
            host=where,
            check=check,
            severity=self._severities.get(word(texts.get("severity")), "unknown"),
            external_id=texts.get("id"),
            identity=self._identity({**texts, "host": where, "summary": summary}),
            started_at=moment(values.get("started_at")),
            url=link(texts.get("url")),
            quiet=says == "quiet",
            acknowledged=says == "acknowledged",
            sender=(texts.get("sender") or "") if says == "acknowledged" else "",
            ends=self._ends(values.get("ends_at")),
        )

    def _says(self, said: str | None) -> Says:
        return self._states.get(word(said), "firing") if said is not None else "firing"

    def _identity(self, texts: dict[str, str | None]) -> str | None:
        """The filled template; None if there is none, or none of its fields is there."""
        named = [texts.get(name) for name in _FIELD.findall(self.file.identity)]
        if not any(named):
            return None
        return f"{self.file.id}:" + _FIELD.sub(lambda found: texts.get(found[1]) or "", self.file.identity)

    def _ends(self, at: Any) -> Ends:
        over, how = moment(at), self.file.ends
        if isinstance(how, Unheard):
            return Ends("unheard", after=float(how.unheard))
        if how == "ends_at":
            return Ends("ends_at", at=over) if over is not None else Ends("recovery")
        return Ends(how)


def _search(search: Any, value: Any, name: str) -> Any:
    try:
        return search.search(value)
    except (JMESPathError, RecursionError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise SourceError(f"{name}: JMESPath failed: {' '.join(str(error).split())[:300]}") from error


def _size(value: Any) -> str:
    return f"{len(value)} of them" if isinstance(value, list) else "nothing" if value is None else "a text or number"
