"""Time intervals of Alertmanager: active ones as calendars, mute ones as hours of silences.

Its clocks are those of ``location``, else of UTC; ours are the site's.
"""

from collections.abc import Iterator

from ingestd.decide.calendar import CalendarSpec
from ingestd.decide.vocabulary import WEEKDAYS, Weekday
from ingestd.moving.sketch import Sketch
from ingestd.moving.source import Part
from ingestd.moving.turns import zone_named

UTC = "UTC"
KNOWN = frozenset({"times", "weekdays", "days_of_month", "months", "years", "location"})
BY_HAND = "write it in calendars of priority.yaml by hand, from an iCalendar if need be"


class Intervals:
    """The named intervals of a configuration."""

    def __init__(self, top: Part, sketch: Sketch) -> None:
        self._sketch = sketch
        listed = (*top.parts("time_intervals"), *top.parts("mute_time_intervals"))
        self._named = {one.text("name"): one for one in listed}
        self.zone = self._zone()

    def _zone(self) -> str:
        """The zone of the first interval; the others are named."""
        found: dict[str, Part] = {}
        for one in self._named.values():
            for entry in one.parts("time_intervals"):
                self._sketch.strange(entry, KNOWN)
                found.setdefault(entry.text("location") or UTC, entry)
        good = [name for name in found if zone_named(name) is not None]
        for name, entry in found.items():
            if name != next(iter(good), UTC):
                self._sketch.left(entry, f"hours by the clocks of {name}", "calendars go by the site's: move the hours")
        return next(iter(good), "")

    def calendar(self, name: str, where: Part) -> str:
        """The id of the calendar of an interval; "": it can't be said, which is named."""
        spec = self._spec(name, where)
        if spec is None:
            return ""
        self._sketch.calendar(spec)
        return spec.id

    def _spec(self, name: str, where: Part) -> CalendarSpec | None:
        entries = self._entries(name, where)
        if entries is None:
            return None
        times = entries[0].parts("times") if len(entries) == 1 else []
        hours = [_hours(one) for one in times]
        if len(entries) != 1 or len(times) > 1 or (hours and not hours[0]):
            self._sketch.left(where, f"{name}: several stretches of a day or week", BY_HAND)
            return None
        days = _month_days(entries[0])
        weekdays = _weekdays(entries[0])
        if days is None or weekdays is None or entries[0].get("months") or entries[0].get("years"):
            self._sketch.left(where, f"{name}: days, months or years that a calendar does not say", BY_HAND)
            return None
        first, last = next(filter(None, hours), ("", ""))
        id_ = self._sketch.calendar_ids.of(name, name)
        own, last_days = days
        return CalendarSpec(id=id_, weekdays=weekdays, days=own, last_days=last_days, from_=first, to=last)

    def weekly(self, names: tuple[str, ...], where: Part) -> Iterator[tuple[str, str]]:
        """The hours of some intervals, as ``silence add --weekly`` takes them, and the name of each."""
        for name in names:
            for entry in self._entries(name, where) or ():
                weekdays = _weekdays(entry)
                dated = [key for key in ("days_of_month", "months", "years") if entry.get(key)]
                hours = [_hours(one) for one in entry.parts("times")] or [("00:00", "24:00")]
                if dated or weekdays is None or not all(hours):
                    self._sketch.left(entry, f"{name}: {', '.join(dated) or 'not understood'}", BY_HAND)
                    continue
                days = ",".join(weekdays or WEEKDAYS)
                yield from ((f"{days} {one[0]}-{one[1]}", name) for one in hours if one)

    def _entries(self, name: str, where: Part) -> list[Part] | None:
        found = self._named.get(name)
        if found is None:
            self._sketch.left(where, f"no time interval is called {name!r}", "nothing was drafted for it")
            return None
        return found.parts("time_intervals")


def _hours(one: Part) -> tuple[str, str] | None:
    """From and to; None: no times of day."""
    found = [_clock(one.text(key)) for key in ("start_time", "end_time")]
    return (found[0], found[1]) if all(found) and found[0] != found[1] else None


def _clock(text: str) -> str:
    hour, colon, minute = text.partition(":")
    good = colon and hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2
    if not good or int(minute) > 59 or int(hour) * 60 + int(minute) > 1440:
        return ""
    return f"{int(hour):02}:{minute}"


def _weekdays(entry: Part) -> tuple[Weekday, ...] | None:
    """Its days of the week; (): all; None: something in it is none."""
    found: set[int] = set()
    for text in entry.texts("weekdays"):
        low, _, high = (part.strip().casefold()[:3] for part in text.partition(":"))
        high = high or low
        if low not in WEEKDAYS or high not in WEEKDAYS:
            return None
        start, end = (WEEKDAYS.index(day) for day in (low, high))
        # Alertmanager counts from Sunday: sunday:thursday is a stretch.
        found |= {(start + n) % 7 for n in range((end - start) % 7 + 1)}
    return () if len(found) in (0, 7) else tuple(WEEKDAYS[day] for day in sorted(found))


def _month_days(entry: Part) -> tuple[tuple[int, ...], int] | None:
    """Days of the month, and how many last ones; None: both, or something else."""
    days: set[int] = set()
    last = 0
    for text in entry.texts("days_of_month"):
        low, _, high = (part.strip() for part in text.partition(":"))
        try:
            start, end = int(low), int(high or low)
        except ValueError:
            return None
        if -31 <= start < 0 and end == -1:
            last = max(last, -start)
        elif 1 <= start <= end <= 31:
            days |= set(range(start, end + 1))
        else:
            return None
    return None if days and last else (tuple(sorted(days)), last)
