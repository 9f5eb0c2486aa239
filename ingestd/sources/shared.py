"""What the sources share: the error, links, host names, and the words of severity and state."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from ingestd.model import Event, Reading, Reason, Severity, identified, kind_of
from ingestd.spelling import unaccented

LEVELS: tuple[Severity, ...] = ("critical", "error", "warning", "info")
_WORDS: Mapping[Severity, str] = {
    "critical": "critical crit disaster emergency emerg fatal page blocker p1 p0 sev1 紧急 灾难 致命",
    "error": "error err major high severe p2 sev2 严重 重要 高",
    "warning": "warning warn minor average medium moderate degraded p3 sev3 警告 预警 次要 一般 中",
    "info": "info information informational notice low debug none ok p4 p5 sev4 提示 信息 低",
}
SEVERITIES: Mapping[str, Severity] = {word: level for level, words in _WORDS.items() for word in words.split()}

#: What a state word of a tool means: ``quiet`` is a test or the like, ``nothing`` a notice that is no alert at all.
Says = Literal["firing", "resolved", "acknowledged", "quiet", "nothing"]
States = Mapping[str, Says]
Severities = Mapping[str, Severity]

_ABSOLUTE = re.compile(r"https?://[^/:\s][^\s]*\Z", re.IGNORECASE)
_SCHEME = re.compile(r"\A[a-z][a-z0-9+.-]*://(?:[^/@\s]*@)?([^/?#\s]*).*\Z", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r":\d{1,5}\Z")


class SourceError(Exception):
    """A body that is not what its source sends; the text names the position or field and what was expected."""


def severity(word: object) -> Severity:
    """Our severity for a source's word; ``unknown`` for none or a strange one."""
    return SEVERITIES.get(str(word).strip().lower(), "unknown") if word is not None else "unknown"


def word(text: object) -> str:
    """A word as the tables have it: lower case, single spaces, no dashes and underscores."""
    return unaccented(" ".join(str(text)[:80].replace("_", " ").replace("-", " ").lower().split()))


def states(**words: str) -> States:
    """A table from lists of words parted by commas: ``states(firing="down, no data", resolved="up")``."""
    meanings: tuple[Says, ...] = ("firing", "resolved", "acknowledged", "quiet", "nothing")
    return {word(one): says for says in meanings for one in words.get(says, "").split(",") if one.strip()}


def severities(**words: str) -> Severities:
    """A table of severities from lists of words parted by commas."""
    return {word(one): level for level in LEVELS for one in words.get(level, "").split(",") if one.strip()}


STATES: States = states(
    firing="firing, fired, fire, problem, open, opened, trigger, triggered, re triggered, retriggered, alert, alerting,"
    " alarm, active, activated, activate, down, critical, crit, error, err, warning, warn, failed, failure, fail,"
    " failing,"
    " unknown, created, create, new, raised, raise, offline, unreachable, missing, late, degraded, degradation,"
    " no data,"
    " nodata, pending, trouble, major, minor, fatal, emergency, ongoing, started, start, updated, update, reopened,"
    " unresolved, unhealthy, unavailable, not responding, breached, anomalous, timeout, expired, high, medium,"
    " low, info, true, 故障, 告警, 异常",
    resolved="resolved, resolve, ok, okay, up, closed, close, recovery, recovered, recover, cleared, clear, success,"
    " successful, succeeded, healthy, normal, available, online, completed, complete, passing, passed, pass,"
    " restored, ended, end,"
    " fixed, deactivated, inactive, solved, back to normal, operational, reporting, stopped, manually resolved,"
    " auto resolved, autoresolved, 恢复, 已恢复, 正常, 已解决",
    acknowledged="acknowledged, acknowledge, acknowledgement, ack, acked",
    quiet="test, testing, maintenance, under maintenance",
)
#: P1..P5 and 1..5 where a tool counts its priorities so.
FIVE = severities(critical="p1, 1", error="p2, 2", warning="p3, 3", info="p4, p5, 4, 5")


def host(text: object) -> str | None:
    """A host without scheme, user, port and path; an IPv6 address whole and without brackets."""
    bare = _SCHEME.sub(r"\1", str(text).strip()) if text else ""
    if bare.startswith("["):
        return bare[1:].partition("]")[0] or None
    return (_PORT.sub("", bare) if bare.count(":") == 1 else bare) or None


def site(text: object) -> str | None:
    """The host of an address that may lack its scheme: ``shop.example/cart?x`` is ``shop.example``."""
    bare = host(text)
    return bare.partition("/")[0] or None if bare and not bare.startswith("/") else bare


def link(*candidates: object) -> str | None:
    """The first absolute link with a host."""
    return next((text for text in candidates if isinstance(text, str) and _ABSOLUTE.match(text)), None)


def epoch(text: str | None) -> float | None:
    """Epoch seconds of an ISO 8601 time with a zone; None for none, a zero time, or one without a zone."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.timestamp() if found is not None and found.tzinfo is not None and found.year > 1970 else None


def reading(source: str, events: tuple[Event, ...], said: str) -> Reading:
    """The reading of a body."""
    reasons = (Reason("recognise", source, said), Reason("fingerprint", source, identified(events)))
    subject = events[0].summary if events else ""
    return Reading(kind=kind_of(events), recogniser=source, events=events, reasons=reasons, subject=subject)
