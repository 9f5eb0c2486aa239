"""A JSON shape of our own, for whatever can post JSON.

The body is one alert, or ``{"alerts": [alert, ...]}``. An alert is an object; it needs at least one of ``summary``,
``check`` and ``host``, everything else may be absent:

    host        text    what it is about, as the topology or the sender spells it
    check       text    which check of it; without one the host itself
    state       text    firing (default), problem, open, down, critical ... | resolved, ok, up, closed, recovery ...
    severity    text    critical, error, warning, info or a common other word for one of them
    summary     text    what people read first
    id          text or number   what identifies the problem; its end must carry the same; default: host and check
    url         text    an absolute link
    started_at  text or number   ISO 8601 with a zone, or seconds since 1970
    labels      object  more, text to text
    ends_at     text or number   the alert is over then, unless it is sent again
    ends_after  text or number   "90s", "15m", "2h", "1d" or seconds: it is over when not sent again for that long
    ends        text    recovery (default: an alert with state resolved ends it) | person
    quiet       boolean kept, pages nobody (a heartbeat, a success)

Unknown keys are ignored. A wrong value refuses the body and is named: ``alerts[3].started_at: expected ...``.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ingestd.model import Ends, Event, Message, Reading
from ingestd.sources.body import fields
from ingestd.sources.shared import SEVERITIES, SourceError, epoch, host, link, reading

State = Literal["firing", "resolved"]
STATES: Mapping[str, State] = {
    **dict.fromkeys(
        ("firing", "problem", "open", "opened", "triggered", "alert", "alerting", "active", "down"), "firing"
    ),
    **dict.fromkeys(("critical", "error", "warning", "failed", "failure", "fail", "unknown", "acknowledged"), "firing"),
    **dict.fromkeys(("resolved", "ok", "up", "closed", "recovery", "recovered", "cleared", "success"), "resolved"),
}
MOST_ALERTS = 20000  # in one body
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_TYPES = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
}
_WRONG = re.compile(r"Expected `([^`]+)`, got `([^`]+)`(?: - at `(?:key in )?\$([^`]*)`)?")


class _Alert(Struct, frozen=True):
    host: str | None = None
    check: str | None = None
    state: str = "firing"
    severity: str | None = None
    summary: str | None = None
    id: str | int | None = None
    url: str | None = None
    started_at: str | float | None = None
    labels: dict[str, str | int | float | bool | None] = {}
    ends_at: str | float | None = None
    ends_after: str | float | None = None
    ends: Literal["recovery", "person"] = "recovery"
    quiet: bool = False


def read(message: Message) -> Reading:
    """One event an alert; SourceError says which field is wrong and what was expected."""
    body = fields(message)
    alerts = body.get("alerts") if isinstance(body, dict) and "alerts" in body else None
    if alerts is None:
        return reading("generic", (_event(_typed(body, ""), "", message.source),), "one alert in the generic shape")
    if not isinstance(alerts, list):
        raise SourceError("alerts: expected a list")
    if len(alerts) > MOST_ALERTS:
        raise SourceError(f"alerts: expected at most {MOST_ALERTS}, got {len(alerts)}")
    events = tuple(
        _event(_typed(alert, f"alerts[{index}]"), f"alerts[{index}].", message.source)
        for index, alert in enumerate(alerts)
    )
    return reading("generic", events, f"{len(events)} alerts in the generic shape")


def _typed(value: Any, path: str) -> _Alert:
    try:
        return msgspec.convert(value, _Alert)
    except msgspec.ValidationError as error:
        raise SourceError(_words(str(error), path)) from error


def _words(error: str, path: str) -> str:
    """The converter's message as ``path: expected what, got what``."""
    found = _WRONG.match(error)
    where = f"{path}{found[3] or ''}".lstrip(".") if found else path
    text = f"expected {_kinds(found[1])}, got {_kinds(found[2])}" if found else error
    return f"{where or 'the body'}: {text}"


def _kinds(words: str) -> str:
    return " or ".join(dict.fromkeys(_TYPES.get(word, word) for word in words.split(" | ") if word != "null"))


def _event(alert: _Alert, path: str, source: str) -> Event:
    state = STATES.get(alert.state.strip().lower())
    if state is None:
        raise SourceError(f"{path}state: expected firing or resolved, got {alert.state!r}")
    summary = alert.summary or alert.check or alert.host
    if not summary:
        raise SourceError(f"{path}summary: expected a text, or at least check or host")
    return Event(
        state=state,
        summary=summary,
        host=host(alert.host),
        check=alert.check or None,
        severity=_severity(alert.severity, path),
        external_id=_text(alert.id),
        identity=f"{source}:{alert.id}" if _text(alert.id) else None,
        started_at=_time(alert.started_at, f"{path}started_at"),
        url=_url(alert.url, path),
        labels=tuple(sorted((name, str(value)) for name, value in alert.labels.items() if value is not None)),
        quiet=alert.quiet,
        ends=_ends(alert, path),
    )


def _text(value: str | int | None) -> str | None:
    return None if value is None or value == "" else str(value)


def _severity(word: str | None, path: str) -> Any:
    if not word or word.strip().lower() == "unknown":
        return "unknown"
    found = SEVERITIES.get(word.strip().lower())
    if found is None:
        raise SourceError(f"{path}severity: expected critical, error, warning, info or unknown, got {word!r}")
    return found


def _url(text: str | None, path: str) -> str | None:
    if text and link(text) is None:
        raise SourceError(f"{path}url: expected an absolute http or https link, got {text!r}")
    return text or None


def _time(value: str | float | None, path: str) -> float | None:
    if value is None or value == "":
        return None
    found = epoch(value) if isinstance(value, str) else float(value)
    if found is None or not 0 <= found < 1e11:
        raise SourceError(f"{path}: expected ISO 8601 with a zone or seconds since 1970, got {value!r}")
    return found


def _ends(alert: _Alert, path: str) -> Ends:
    at = _time(alert.ends_at, f"{path}ends_at")
    if at is not None:
        return Ends("ends_at", at=at)
    if alert.ends_after is not None:
        return Ends("unheard", after=_seconds(alert.ends_after, f"{path}ends_after"))
    return Ends(alert.ends)


def _seconds(value: str | float, path: str) -> float:
    if isinstance(value, str):
        parts = _DURATION.findall(value)
        whole = parts and not _DURATION.sub("", value).strip()
        seconds = sum(float(number) * UNITS[unit] for number, unit in parts) if whole else -1.0
    else:
        seconds = float(value)
    if not 0 < seconds < 1e9:
        raise SourceError(f"{path}: expected a duration such as 15m or 2h, or seconds, got {value!r}")
    return seconds
