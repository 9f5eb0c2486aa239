"""Why a rule matched, in plain words: the facts that it asked, with their values."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from ingestd.decide.when import Situation

#: When the next deadline is (epoch seconds, wall clock): kept beside the facts for the words.
DEADLINE_AT = "deadline at"
NAMED = 4  # names in one text
Called = Callable[[str], str]  # an id -> the name that people know
Words = Callable[[Situation, Called, ZoneInfo], str]


def because(asked: Iterable[str], situation: Situation, called: Called, zone: ZoneInfo) -> str:
    """What the facts were, joined; facts that say nothing are left out."""
    said = (_WORDS.get(fact, _plainly(fact))(situation, called, zone) for fact in asked)
    return ", ".join(dict.fromkeys(filter(None, said)))


def names(ids: Iterable[str], called: Called) -> str:
    """A few names, with dots for the others."""
    listed = [called(one) for one in ids]
    return ", ".join([*listed[:NAMED], "…"] if len(listed) > NAMED else listed)


def _plainly(fact: str) -> Words:
    def words(situation: Situation, _called: Called, _zone: ZoneInfo) -> str:
        value = situation.get(fact, "")
        if isinstance(value, bool):
            return fact if value else ""
        shown = ", ".join(value[:NAMED]) if isinstance(value, tuple) else _number(value)
        return f"{fact} {shown}"[:120] if shown else ""

    return words


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _count(fact: str, one: str, many: str) -> Words:
    def words(situation: Situation, _called: Called, _zone: ZoneInfo) -> str:
        found = situation.get(fact, 0.0)
        return f"{found:g} {one if found == 1 else many}" if isinstance(found, int | float) and found else ""

    return words


def _several(fact: str, one: str, many: str) -> Words:
    def words(situation: Situation, called: Called, _zone: ZoneInfo) -> str:
        found = situation.get(fact, ())
        ids = found if isinstance(found, tuple) else ()
        return f"{len(ids)} {one if len(ids) == 1 else many} ({names(ids, called)})" if ids else ""

    return words


def _services(situation: Situation, called: Called, _zone: ZoneInfo) -> str:
    found = situation.get("services", ())
    ids = found if isinstance(found, tuple) else ()
    return f"{situation.get('service_class', '')} service {names(ids, called)}".strip() if ids else ""


def _deadline(situation: Situation, called: Called, zone: ZoneInfo) -> str:
    at, listed = situation.get(DEADLINE_AT), situation.get("deadline", ())
    if not isinstance(at, float) or not isinstance(listed, tuple):
        return ""
    local = datetime.fromtimestamp(at, zone)
    day = "today" if local.date().isoformat() == situation.get("date") else f"{local:%Y-%m-%d}"
    hours = situation.get("deadline_hours", "")
    return (
        f"{names(listed, called)} deadline {day} {local:%H:%M}, in {round(hours, 1):g} h"
        if isinstance(hours, float)
        else ""
    )


def _clock(situation: Situation, _called: Called, _zone: ZoneInfo) -> str:
    minutes = situation.get("time")
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}" if isinstance(minutes, int | float) else ""


def _either(fact: str, yes: str, no: str) -> Words:
    return lambda situation, _called, _zone: yes if situation.get(fact) else no


def _of(fact: str, texts: Mapping[str, str]) -> Words:
    return lambda situation, _called, _zone: texts.get(str(situation.get(fact, "")), "")


_CLASSES = {"reachability": "out of reach", "local": "a problem inside", "unknown": "of unknown kind"}
_SCOPES = {
    "person": "one person",
    "team": "a few people",
    "department": "a department",
    "departments": "several departments",
    "site": "most people",
    "everybody": "everybody",
}
_DEPARTMENTS = _several("departments", "department", "departments")
_WORDS: Mapping[str, Words] = {
    "departments": _DEPARTMENTS,
    "department_count": _DEPARTMENTS,
    "services": _services,
    "service_class": _services,
    "service_count": _services,
    "people": _count("people", "person", "people"),
    "people_percent": _count("people_percent", "% of all people", "% of all people"),
    "scope": _of("scope", _SCOPES),
    "nodes": _count("nodes", "node", "nodes"),
    "new_alerts": _count("new_alerts", "new alert in ten minutes", "new alerts in ten minutes"),
    "new_nodes": _count("new_nodes", "new node in ten minutes", "new nodes in ten minutes"),
    "people_free": _count("people_free", "person on call is free", "people on call are free"),
    "deadline": _deadline,
    "deadline_hours": _deadline,
    "class": _of("class", _CLASSES),
    "report": _either("report", "reported by people", ""),
    "working_time": _either("working_time", "in working time", "outside working time"),
    "time": _clock,
}
