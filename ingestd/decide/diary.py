"""What stands in a site's iCalendar on a day: found by the days on which events start, however many there are."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from ingestd.decide.recurrence import Recurrence

DAY = 1440  # minutes
REMEMBERED = 8192  # days

Minutes = tuple[int, int]  # of a day, without the end


class DayEvent(Struct, frozen=True, kw_only=True):
    """A stretch of time, once or again and again. Days and times are those of ``zone``; None: of the site."""

    first: date
    minute: int = 0  # after midnight
    minutes: int = DAY  # how long
    work: bool = False
    title: str = ""
    attendees: tuple[str, ...] = ()  # mail addresses of who has not declined, in small letters
    rule: Recurrence | None = None
    also: frozenset[date] = frozenset()
    without: frozenset[date] = frozenset()
    zone: tzinfo | None = None
    site: tzinfo | None = None  # written where a zone is

    @property
    def whole_days(self) -> bool:
        """Whether it is about days rather than hours."""
        return self.minute == 0 and self.minutes % DAY == 0 and self.zone is None

    def starts(self, day: date) -> bool:
        """Whether it starts on a day of its zone."""
        if day in self.without:
            return False
        return day in self.also or (day == self.first if self.rule is None else self.rule.on(day))

    def begins(self, day: date) -> int:
        """When it begins that starts on a day of its zone: minutes at the site, from the midnight before that day."""
        if self.zone is None:
            return self.minute
        local = datetime.combine(day, time(self.minute // 60, self.minute % 60), self.zone).astimezone(self.site)
        return (local.date() - day).days * DAY + local.hour * 60 + local.minute


class Diary:
    """Events, by day."""

    def __init__(self, events: Iterable[DayEvent]) -> None:
        self._once: dict[date, tuple[DayEvent, ...]] = {}
        self._again: list[DayEvent] = []
        self._first, self._last = 0, -1  # how many days before a day the starts lie that reach it
        for event in events:
            self._last = max(self._last, (event.minute + event.minutes - 1) // DAY + (event.zone is not None))
            self._first = min(self._first, -(event.zone is not None))
            if event.rule is not None:
                self._again.append(event)
            else:
                self._put(event)
        self._known: dict[date, tuple[DayEvent, ...]] = {}

    def within(self, day: date) -> Iterator[tuple[DayEvent, Minutes]]:
        """The events of a day, each with the minutes that it takes of it."""
        for back in range(self._first, self._last + 1):
            start = day - timedelta(days=back)
            for event in self._starting(start):
                begin = event.begins(start) - back * DAY
                low, high = max(0, begin), min(DAY, begin + event.minutes)
                if low < high:
                    yield event, (low, high)

    def _put(self, event: DayEvent) -> None:
        for day in {event.first, *event.also} - event.without:
            self._once[day] = (*self._once.get(day, ()), event)

    def _starting(self, day: date) -> tuple[DayEvent, ...]:
        if not self._again:
            return self._once.get(day, ())
        found = self._known.get(day)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            again = (event for event in self._again if event.starts(day))
            found = self._known[day] = (*self._once.get(day, ()), *again)
        return found
