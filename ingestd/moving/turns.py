"""Turns of other products as layers of a rota.

Elsewhere several rotations of one schedule are on call at once; of our layers the last one counts. Rotations that never
meet share a rota; those that do become rotas of their own, and a policy tells all of them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.decide.rota import Layer, Restrict, Rota, TurnOverride, hours
from ingestd.decide.vocabulary import WEEKDAYS

DAY, WEEK = 1440, 10080  # minutes

Span = tuple[int, int]  # minutes of the week: from, and how many


class Shift(Struct, frozen=True, kw_only=True):
    """Turns as another product has them; ``level``: of those that meet the highest counts."""

    key: str  # by which overrides name it
    layers: tuple[Layer, ...]
    level: int = 0


class Built(Struct, frozen=True):
    """A rota, and the shifts that are in it."""

    rota: Rota
    keys: tuple[str, ...]


def restricts(spans: Iterable[Span]) -> tuple[Restrict, ...]:
    """Stretches of a week as hours of days: one for all days that have the same hours.

    A stretch of more than a day is cut at midnight.
    """
    days: dict[tuple[int, int], dict[int, None]] = {}
    for start, length in spans:
        for day, low, high in _daily(start % WEEK, min(length, WEEK)):
            days.setdefault((low, high), {})[day] = None
    return tuple(
        Restrict(
            weekdays=() if len(named) == len(WEEKDAYS) else tuple(WEEKDAYS[day] for day in sorted(named)),
            from_=clock(low),
            to=clock(high),
        )
        for (low, high), named in days.items()
    )


def _daily(start: int, length: int) -> Iterable[tuple[int, int, int]]:
    if length <= DAY:
        end = start % DAY + length
        yield start // DAY, start % DAY, end - DAY if end > DAY else end
        return
    while length > 0:
        part = min(length, DAY - start % DAY)
        yield start // DAY, start % DAY, start % DAY + part
        start, length = (start + part) % WEEK, length - part


def clock(minute: int) -> str:
    """``08:30``; the end of a day is ``24:00``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def always(restrict: Restrict) -> bool:
    """Whether it leaves nothing out."""
    low, high = hours(restrict)
    return not restrict.weekdays and high - low >= DAY


def layers(
    people: Sequence[str], every: str, start: datetime, spans: Sequence[Span] = (), name: str = ""
) -> tuple[Layer, ...]:
    """Turns that begin at ``start`` by the rota's clocks; ``spans``: when they hold, none: always."""
    held: tuple[Restrict | None, ...] = restricts(spans) or (None,)
    return tuple(
        Layer(
            name=name,
            people=tuple(people),
            every=every,
            start=start.date().isoformat(),
            handover=clock(start.hour * 60 + start.minute),
            restrict=None if one is None or always(one) else one,
        )
        for one in held
    )


def by_hours(people: Sequence[str], length: int, start: datetime, name: str = "") -> tuple[Layer, ...]:
    """Turns of some hours as layers of the day, one for each; (): a day has no whole number of rounds of them."""
    if length <= 0 or 24 % length or not people or (24 // length) % len(people):
        return ()
    found: list[Layer] = []
    for n in range(24 // length):
        low = (start.hour * 60 + start.minute + n * length * 60) % DAY
        held = [(day * DAY + low, length * 60) for day in range(7)]
        found += layers((people[n % len(people)],), "day", start, held, name)
    return tuple(found)


def every(days: int) -> str:
    """The length of a turn, as a rota says it."""
    weeks = days // 7 if days % 7 == 0 else 0
    return ("week" if weeks == 1 else f"{weeks} weeks") if weeks else ("day" if days == 1 else f"{days} days")


def lanes(groups: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Turns of several people at once, as turns of one each; who is alone in a turn has it in each."""
    filled = [group for group in groups if group]
    width = max(map(len, filled), default=0)
    return [tuple(group[min(n, len(group) - 1)] for group in filled) for n in range(width)]


# -- rotas


def rotas(shifts: Iterable[Shift], zone: str) -> tuple[Built, ...]:
    """As few rotas as say the same: what meets on the same level is apart, what is higher stands over all."""
    ordered = sorted(((shift, _minutes(shift)) for shift in shifts), key=lambda pair: pair[0].level)
    built: list[list[tuple[Shift, int]]] = []
    for shift, held in ordered:
        apart = [one for one in built if not any(held & other and shift.level == s.level for s, other in one)]
        if shift.level > ordered[0][0].level and len(apart) == len(built):
            for one in built:
                one.append((shift, held))
        elif apart:
            apart[0].append((shift, held))
        else:
            built.append([(shift, held)])
    rotated = [[shift for shift, _ in one] for one in built]
    return tuple(Built(_rota(one, zone), tuple(shift.key for shift in one)) for one in rotated)


def _minutes(shift: Shift) -> int:
    """The quarters of an hour of a week that it holds at, as bits."""
    found = 0
    for layer in shift.layers:
        low, high = hours(layer.restrict or Restrict())
        for n, day in enumerate(WEEKDAYS):
            if layer.restrict is None or not layer.restrict.weekdays or day in layer.restrict.weekdays:
                for quarter in range((n * DAY + low) // 15, -(-(n * DAY + high) // 15)):
                    found |= 1 << quarter % (WEEK // 15)
    return found


def _rota(shifts: Sequence[Shift], zone: str) -> Rota:
    """The first layer is the rota's own, where it has no name to lose."""
    listed = tuple(dict.fromkeys(layer for shift in shifts for layer in shift.layers))
    if not listed:
        return Rota(timezone=zone)
    first, *rest = listed
    if rest or first.name:
        return Rota(timezone=zone, layers=listed)
    return Rota(
        people=first.people,
        every=first.every,
        start=first.start,
        handover=first.handover,
        restrict=first.restrict,
        timezone=zone,
    )


# -- times


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A time as an API writes it, by the clocks of a zone, which one without an offset is of; None: it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1971 <= found.year <= 2998:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(zone)


def zone_named(name: str) -> ZoneInfo | None:
    """A zone by its name; None: nobody knows it."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def override(person: str, start: datetime, end: datetime) -> TurnOverride:
    """One person from a time to another, with their offsets."""
    return TurnOverride(person=person, from_=written(start), to=written(end))


def written(at: datetime) -> str:
    """A time with its offset, to the minute."""
    return at.isoformat(timespec="minutes")


def week_minute(at: datetime) -> int:
    """Minutes since the Monday of its week began."""
    return at.weekday() * DAY + at.hour * 60 + at.minute
