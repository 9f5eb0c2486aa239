"""Time periods of Nagios as calendars: the hours of days of the week. Dates and exceptions are named, not drafted."""

import re

from ingestd.decide.calendar import CalendarSpec
from ingestd.decide.vocabulary import WEEKDAYS, Weekday
from ingestd.moving.nagiosobjects import DAYS, Defined, names
from ingestd.moving.sketch import Sketch

OTHER = frozenset({"timeperiod_name", "alias", "name", "register", "use", "exclude"})
_HOURS = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")
BY_HAND = "write a calendar of priority.yaml by hand, from an iCalendar if need be"
WHOLE = (("00:00", "24:00"),)


class Periods:
    """The time periods that there are, by name."""

    def __init__(self, found: tuple[Defined, ...], sketch: Sketch) -> None:
        self._sketch = sketch
        self._named = {one.sets.get("timeperiod_name", ""): one for one in found}

    def calendar(self, name: str) -> str:
        """The id of the calendar of a period; "": always, or it can't be said, which is named."""
        one = self._named.get(name)
        if one is None:
            return ""
        week = self._week(one)
        if not week or self.always(name):
            return ""
        stretches = {hours for hours in week.values() if hours}
        if len(stretches) != 1 or len(next(iter(stretches))) != 1:
            self._sketch.left(one.part(), f"{name}: other hours on other days", BY_HAND)
            return ""
        days: tuple[Weekday, ...] = tuple(WEEKDAYS[n] for n in sorted(week))
        ((first, last),) = next(iter(stretches))
        id_ = self._sketch.calendar_ids.of(name, name)
        hours = ("", "") if (first, last) == WHOLE[0] else (first, last)
        weekdays = () if len(days) == len(WEEKDAYS) else days
        self._sketch.calendar(CalendarSpec(id=id_, weekdays=weekdays, from_=hours[0], to=hours[1]))
        return id_

    def always(self, name: str) -> bool:
        """Whether a period leaves nothing out; one that is not defined does so."""
        one = self._named.get(name)
        week = self._week(one) if one is not None else {}
        return one is None or (len(week) == len(DAYS) and set(week.values()) == {WHOLE})

    def never(self, name: str) -> bool:
        """Whether a period has no hours at all."""
        one = self._named.get(name)
        return one is not None and not self._week(one) and not self._dated(one)

    def daily(self, name: str) -> tuple[str, str] | None:
        """From and to, if a period has the same hours every day."""
        one = self._named.get(name)
        week = self._week(one) if one is not None else {}
        hours = set(week.values())
        if len(week) != len(DAYS) or len(hours) != 1 or len(next(iter(hours))) != 1:
            return None
        return next(iter(hours))[0]

    def name_dated(self) -> None:
        """Name what calendars do not say: dates, days of a month, what is excluded."""
        for name, one in self._named.items():
            for text in self._dated(one):
                self._sketch.left(one.part(), f"{name}: {text}", BY_HAND)

    @staticmethod
    def _dated(one: Defined) -> list[str]:
        own = [line for line, _ in one.lines if line.split(" ", 1)[0] not in OTHER and not _weekly(line)]
        excluded = names(one.sets.get("exclude", ""))
        return own + ([f"exclude {', '.join(excluded)}"] if excluded else [])

    @staticmethod
    def _week(one: Defined) -> dict[int, tuple[tuple[str, str], ...]]:
        """Days of the week and their hours."""
        found = {}
        for n, day in enumerate(DAYS):
            hours = tuple(_clocks(text) for text in names(one.sets.get(day, "")) if _HOURS.fullmatch(text))
            if hours:
                found[n] = hours
        return found


def _weekly(line: str) -> bool:
    day, _, rest = line.partition(" ")
    return day in DAYS and all(_HOURS.fullmatch(text) for text in names(rest))


def _clocks(text: str) -> tuple[str, str]:
    first, _, last = text.partition("-")
    return first.rjust(5, "0"), last.rjust(5, "0")
