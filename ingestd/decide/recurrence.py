"""Whether something that recurs happens on a day: the rules of RFC 5545 (RRULE) that calendars of days need.

Asked day by day, so that no rule, however odd, costs more than the days that are asked for. FREQ=DAILY, WEEKLY, MONTHLY
and YEARLY with INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY and BYDAY; anything else is refused.
"""

import calendar as months
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY"})
LONGEST_COUNT = 4_000  # days within which a COUNT must be over

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
    weekdays: tuple[Nth, ...] = ()

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
            return any(self._nth(day, which, weekday) for which, weekday in self.weekdays)
        return bool(self.month_days) or _USUAL[self.freq](self, day)

    def _nth(self, day: date, which: int, weekday: int) -> bool:
        """Whether a day is the n-th such weekday of its month; of its year, if the rule is about years."""
        if day.weekday() != weekday:
            return False
        if not which or self.freq in ("DAILY", "WEEKLY"):
            return True
        yearly = self.freq == "YEARLY" and not self.months
        place = day.timetuple().tm_yday if yearly else day.day
        length = (366 if months.isleap(day.year) else 365) if yearly else months.monthrange(day.year, day.month)[1]
        return which in ((place - 1) // 7 + 1, -((length - place) // 7 + 1))


def recurrence(rule: Mapping[str, Any], first: date, zone: tzinfo) -> Recurrence:
    """A rule as ``icalendar`` reads it: names to lists of values. ValueError: one that is not understood."""
    parts = {name.upper(): value for name, value in rule.items()}
    strange = sorted(set(parts) - KNOWN)
    freq = str(next(iter(parts.get("FREQ", ())), ""))
    if strange or freq not in _PERIODS:
        raise ValueError(f"expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY by {', '.join(sorted(KNOWN))}")
    made = Recurrence(
        first=first,
        freq=freq,
        interval=max(1, int(next(iter(parts.get("INTERVAL", ())), 1))),
        until=_until(next(iter(parts.get("UNTIL", ())), None), zone),
        week_start=DAYS.index(str(next(iter(parts.get("WKST", ())), "MO"))),
        months=frozenset(int(month) for month in parts.get("BYMONTH", ())),
        month_days=frozenset(int(day) for day in parts.get("BYMONTHDAY", ())),
        weekdays=tuple(_weekday(str(day)) for day in parts.get("BYDAY", ())),
    )
    count = next(iter(parts.get("COUNT", ())), None)
    return made if count is None else replace(made, until=_last(made, int(count)))


def _last(rule: Recurrence, count: int) -> date:
    """The day of the last of so many."""
    days = (rule.first + timedelta(days=n) for n in range(LONGEST_COUNT))
    happens: Iterator[date] = (day for day in days if rule.on(day))
    last = rule.first - timedelta(days=1)
    for _ in range(count):
        found = next(happens, None)
        if found is None:
            raise ValueError(f"expected a COUNT that is over within {LONGEST_COUNT} days")
        last = found
    return last


def _until(value: Any, zone: tzinfo) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(zone).date() if value.tzinfo else value.date()
    return value if isinstance(value, date) else None


def _weekday(text: str) -> Nth:
    return int(text[:-2] or 0), DAYS.index(text[-2:].upper())


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
