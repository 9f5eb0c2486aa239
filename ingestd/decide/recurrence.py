"""Whether something that recurs happens on a day: the rules of RFC 5545 (RRULE) that calendars of days need.

Asked day by day, so that no rule, however odd, costs more than the days that are asked for. FREQ=DAILY, WEEKLY, MONTHLY
and YEARLY with INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY and BYDAY; anything else is refused. A COUNT that is
not over within eleven years is taken as none.
"""

import calendar as months
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY"})
LONGEST_COUNT = 4_000  # days that are counted

Nth = tuple[int, int]  # (0 any, 1 the first, -1 the last …, weekday)


class Recurrence(Struct, frozen=True, kw_only=True):
    """A rule, from its first day on."""

    first: date
    freq: str
    interval: int = 1
    until: date | None = None
    week_start: int = 0
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()  # -1: the last
    weekdays: frozenset[Nth] = frozenset()

    def on(self, day: date) -> bool:
        """Whether it happens on a day."""
        if day < self.first or (self.until is not None and day > self.until):
            return False
        if self.months and day.month not in self.months:
            return False
        return _PERIODS[self.freq](self, day) % self.interval == 0 and self._fits(day)

    def _fits(self, day: date) -> bool:
        if self.month_days and not _numbers(day) & self.month_days:
            return False
        if self.weekdays:
            return self._named(day)
        return bool(self.month_days) or _USUAL[self.freq](self, day)

    def _named(self, day: date) -> bool:
        """Whether a day is one of the weekdays, or the n-th such of its month; of its year, if years recur."""
        weekday, yearly = day.weekday(), self.freq == "YEARLY" and not self.months
        place = day.timetuple().tm_yday if yearly else day.day
        length = (366 if months.isleap(day.year) else 365) if yearly else months.monthrange(day.year, day.month)[1]
        places = (0, (place - 1) // 7 + 1, -((length - place) // 7 + 1))
        return any((which, weekday) in self.weekdays for which in places)


def recurrence(rule: Mapping[str, Any], first: datetime, *, timed: bool) -> Recurrence:
    """A rule as ``icalendar`` reads it: names to lists of values. ValueError: one that is not understood.

    ``first``: when it first begins, by the clock of its own zone; ``timed``: at a time, not on a day.
    """
    parts = {name.upper(): value for name, value in rule.items()}
    freq = str(next(iter(parts.get("FREQ", ())), ""))
    if set(parts) - KNOWN or freq not in _PERIODS:
        raise ValueError(f"expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY by {', '.join(sorted(KNOWN))}")
    until = next(iter(parts.get("UNTIL", ())), None)
    made = Recurrence(
        first=first.date(),
        freq=freq,
        interval=_positive(parts, "INTERVAL") or 1,
        until=_until(until, first, timed=timed) if isinstance(until, date) else None,
        week_start=DAYS.index(str(next(iter(parts.get("WKST", ())), "MO"))),
        months=frozenset(int(month) for month in parts.get("BYMONTH", ())),
        month_days=frozenset(int(day) for day in parts.get("BYMONTHDAY", ())),
        weekdays=frozenset(_weekday(str(day), freq) for day in parts.get("BYDAY", ())),
    )
    count = _positive(parts, "COUNT")
    return made if count is None else replace(made, until=_last(made, count))


def _positive(parts: Mapping[str, Any], name: str) -> int | None:
    """A number; None if it is not written."""
    written = next(iter(parts.get(name, ())), None)
    if written is not None and int(written) < 1:
        raise ValueError(f"expected {name}=1 or more")
    return None if written is None else int(written)


def _last(rule: Recurrence, count: int) -> date | None:
    """The day of the last of so many, if it is near; else what the rule itself says."""
    days = (rule.first + timedelta(days=n) for n in range(LONGEST_COUNT))
    happens: Iterator[date] = (day for day in days if rule.on(day))
    return next(islice(happens, count - 1, None), rule.until)


def _until(value: date, first: datetime, *, timed: bool) -> date:
    """The last day: one that begins later on the day of UNTIL is too late."""
    if not isinstance(value, datetime):
        return value
    local = value.astimezone(first.tzinfo) if value.tzinfo else value
    late = timed and local.time() < first.time()
    return local.date() - timedelta(days=late)


def _weekday(text: str, freq: str) -> Nth:
    """A weekday with its place, which only months and years have."""
    place, weekday = int(text[:-2] or 0), DAYS.index(text[-2:].upper())
    return (place if freq in ("MONTHLY", "YEARLY") else 0), weekday


def _numbers(day: date) -> frozenset[int]:
    """A day of the month, counted from the first and from the last."""
    return frozenset((day.day, day.day - months.monthrange(day.year, day.month)[1] - 1))


def _week(rule: Recurrence, day: date) -> int:
    return (day.toordinal() - 1 - rule.week_start) // 7


#: How many periods a day is after the first.
_PERIODS: Mapping[str, Callable[[Recurrence, date], int]] = {
    "DAILY": lambda rule, day: (day - rule.first).days,
    "WEEKLY": lambda rule, day: _week(rule, day) - _week(rule, rule.first),
    "MONTHLY": lambda rule, day: (day.year - rule.first.year) * 12 + day.month - rule.first.month,
    "YEARLY": lambda rule, day: day.year - rule.first.year,
}
#: What a rule means that names no days: those like the first.
_USUAL: Mapping[str, Callable[[Recurrence, date], bool]] = {
    "DAILY": lambda _rule, _day: True,
    "WEEKLY": lambda rule, day: day.weekday() == rule.first.weekday(),
    "MONTHLY": lambda rule, day: day.day == rule.first.day,
    "YEARLY": lambda rule, day: day.day == rule.first.day and (bool(rule.months) or day.month == rule.first.month),
}
