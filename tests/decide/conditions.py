"""Random conditions and situations, and what a condition means, evaluated the plain way."""

import re
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from hypothesis import strategies as st
from msgspec import Struct

from ingestd.decide.vocabulary import INCIDENT, WEEKDAYS, Facts
from ingestd.decide.when import Situation

WORDS = ("acc-sw-1", "ACC-sw-2", "core-1", "db", "ｄｂ", "Straße", "")
GLOBS = ("acc-*", "a*", "*", "?b", "*-1", "acc-sw-?")
PATTERNS = ("~^acc", "~sw-[12]$", "~b", "~DB|core", "~e$")
SEVERITIES = ("unknown", "info", "warning", "error", "critical")
CLASSES = ("reachability", "local", "unknown")
TEXTS = ("node", "check", "departments")
TIMES = ("08:00-18:00", "22:00-06:00", "06:00-06:30", ">= 18:00", "< 06:00", "00:00-24:00")
DATES = ("2027-01-31", "2027-01-24..2027-01-31", ">= 2027-01-30", "!= 2027-01-31", "*-01-3?")


class Made(Struct, frozen=True):
    """A rule with nothing but a condition."""

    FACTS: ClassVar[Facts] = INCIDENT

    id: str
    when: dict[str, Any]


def _one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


def _terms() -> st.SearchStrategy[tuple[str, Any]]:
    words = st.sampled_from([*WORDS, *GLOBS, *PATTERNS, "!= acc-sw-1", "!= db"])
    bounds = st.builds("{} {}".format, st.sampled_from([">=", "<=", ">", "<", "!="]), st.integers(0, 4))
    spans = st.tuples(st.integers(0, 4), st.integers(0, 3)).map(lambda pair: f"{pair[0]}..{sum(pair)}")
    levels = st.builds(
        "{}{}".format, st.sampled_from(["", ">= ", "<= ", "> ", "< ", "!= "]), st.sampled_from(SEVERITIES)
    )
    days = st.sampled_from([*WEEKDAYS, "mon-fri", "sat-sun", "fri-tue"])
    return st.one_of(
        st.tuples(st.sampled_from(TEXTS), _one_or_more(words)),
        st.tuples(st.just("people"), _one_or_more(bounds | spans | st.integers(0, 4))),
        st.tuples(st.just("report"), _one_or_more(st.booleans())),
        st.tuples(st.just("severity"), _one_or_more(levels)),
        st.tuples(st.just("class"), _one_or_more(st.sampled_from(CLASSES))),
        st.tuples(st.just("weekday"), _one_or_more(days)),
        st.tuples(st.just("time"), _one_or_more(st.sampled_from(TIMES))),
        st.tuples(st.just("date"), _one_or_more(st.sampled_from(DATES))),
    )


_FLAT = st.lists(_terms(), max_size=3).map(dict)


def _joined(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    parts = st.fixed_dictionaries({}, optional={"any": several, "all": several, "not": inner})
    return st.builds(lambda terms, more: {**terms, **more}, _FLAT, parts)


CONDITIONS = st.recursive(_FLAT, _joined, max_leaves=6)
RULES = st.lists(CONDITIONS, max_size=12).map(
    lambda whens: tuple(Made(f"r{number}", when) for number, when in enumerate(whens))
)
_SEVERAL = st.lists(st.sampled_from(WORDS), max_size=3).map(tuple)
SITUATIONS: st.SearchStrategy[Situation] = st.fixed_dictionaries(
    {},
    optional={
        "node": st.sampled_from(WORDS),
        "check": _SEVERAL,
        "departments": _SEVERAL,
        "people": st.integers(0, 5).map(float),
        "report": st.booleans(),
        "severity": st.sampled_from(SEVERITIES),
        "class": st.sampled_from(CLASSES),
        "weekday": st.sampled_from(WEEKDAYS),
        "time": st.integers(0, 1439).map(float) | st.sampled_from([360.0, 480.0, 1080.0, 1320.0]),
        "date": st.sampled_from(["2027-01-23", "2027-01-24", "2027-01-30", "2027-01-31", "2027-02-01"]),
    },
)


def plainly(when: dict[str, Any], situation: Situation) -> bool:
    """Whether a condition holds, by the words of the language alone."""
    return all(_key(key, wanted, situation) for key, wanted in when.items())


def _key(key: str, wanted: Any, situation: Situation) -> bool:
    if key == "not":
        return not plainly(wanted, situation)
    if key in ("any", "all"):
        found = [plainly(one, situation) for one in wanted]
        return any(found) if key == "any" else all(found)
    values = situation.get(key, "")
    several = (values or ("",)) if isinstance(values, tuple) else (values,)
    wanted_ones = wanted if isinstance(wanted, list) else [wanted]
    return any(_value(key, one, value) for one in wanted_ones for value in several)


_SAME = {"ｄｂ": "db", "straße": "strasse"}


def _small(text: str) -> str:
    return _SAME.get(text.lower(), text.lower())


def _value(key: str, wanted: Any, value: Any) -> bool:
    if key == "report":
        return bool(value) is wanted
    if key == "people":
        return value != "" and _number(str(wanted), float(value))
    if key == "time":
        return value != "" and _time(wanted, value)
    if key == "weekday":
        return value != "" and _weekday(wanted, value)
    if key == "date":
        return value != "" and _date(wanted, value)
    if key == "severity" and wanted.split()[0] in (">=", "<=", ">", "<"):
        sign, word = wanted.split()
        return value != "" and _compare(sign, SEVERITIES.index(value), SEVERITIES.index(word))
    return _text(wanted, value)


def _text(wanted: str, value: str) -> bool:
    if wanted.startswith("!="):
        return _small(value) != _small(wanted[2:].strip())
    if wanted.startswith("~"):
        return re.search(wanted[1:], value, re.IGNORECASE) is not None
    return fnmatchcase(_small(value), _small(wanted))


def _compare(sign: str, one: Any, other: Any) -> bool:
    found = {">=": one >= other, "<=": one <= other, ">": one > other, "<": one < other, "!=": one != other}
    return bool(found[sign])


def _number(wanted: str, value: float) -> bool:
    if ".." in wanted:
        low, high = wanted.split("..")
        return float(low) <= value <= float(high)
    sign, _, bound = wanted.rpartition(" ")
    return _compare(sign, value, float(bound)) if sign else value == float(bound)


def _minutes(clock: str) -> float:
    hours, minutes = clock.split(":")
    return int(hours) * 60.0 + int(minutes)


def _time(wanted: str, value: float) -> bool:
    if "-" not in wanted:
        sign, bound = wanted.split()
        return _compare(sign, value, _minutes(bound))
    start, end = map(_minutes, wanted.split("-"))
    return start <= value < end if start < end else value >= start or value < end


def _weekday(wanted: str, value: str) -> bool:
    first, _, last = wanted.partition("-")
    start, end, day = (WEEKDAYS.index(name) for name in (first, last or first, value))
    return start <= day <= end if start <= end else day >= start or day <= end


def _date(wanted: str, value: str) -> bool:
    if ".." in wanted:
        first, last = wanted.split("..")
        return first <= value <= last
    sign, _, bound = wanted.rpartition(" ")
    return _compare(sign, value, bound) if sign else fnmatchcase(value, wanted)
