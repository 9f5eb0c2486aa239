"""Who is meant by a name in a policy: a person, a team's rota, everybody of a team, a manager; and how she is told.

Who is away is on call of nothing and is told nothing, except as the last resort.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from ingestd.decide import ical, rota
from ingestd.decide.calendar import Calendar
from ingestd.decide.diary import DAY, DayEvent
from ingestd.decide.rota import Clocks, Layer, Restrict, Rota, Schedule, Turn, TurnOverride, everybody_of, zone_of
from ingestd.model import Priority
from ingestd.yamltypes import Clock

__all__ = [
    "Away",
    "Contact",
    "Language",
    "Layer",
    "People",
    "PeopleFile",
    "Person",
    "Restrict",
    "Roster",
    "Rota",
    "Team",
    "Turn",
    "TurnOverride",
    "quiet_hours",
    "ways_for",
]

#: Shipped are en and zh_CN; a site may add others by templates of its own.
Language = Annotated[str, Meta(examples=["en", "zh_CN"])]

URGENT: Priority = "P1"  # goes through quiet hours
LAST_DAY = date(2999, 12, 31)  # till which somebody can be away
MOST_TITLES = 10_000  # of events, whose people are remembered
#: What makes words of one alphabet one: also a dot or a hyphen between two letters.
_LATIN, _BEGINS, _ENDS = (
    re.compile("[a-z0-9]"),
    re.compile("[a-z0-9_@]|[-.][a-z0-9]"),
    re.compile("[a-z0-9][-.]$|[a-z0-9_@]$"),
)


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"priorities": "for"}):
    """One way to reach a person; tried in the order written."""

    channel: str = "mail"  # a channel of ingestd.yaml
    address: str = ""
    priorities: tuple[Priority, ...] = ()  # that it is used for; none: all of them
    not_between: str = ""  # "22:00-07:00": quiet hours by the person's clocks; P1 always goes through


class Away(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Days on which a person is on call of nothing and is told only as the last resort."""

    from_: date  # the first day
    to: date  # the last day


class Person(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who can be told."""

    id: str
    name: str = ""
    mail: str = ""  # short for one contact by mail
    contacts: tuple[Contact, ...] = ()
    language: Language | None = None  # None: the site's
    timezone: str = ""  # of her quiet hours and days away; the site's unless it is written
    manager: str = ""
    department: str = ""
    skills: tuple[str, ...] = ()
    away: tuple[Away, ...] = ()
    outsider: bool = False  # of a provider, say: may be told and acknowledge by link, has no token
    tokens: tuple[str, ...] = ()  # "sha256:<hex>" of personal API tokens

    def ways(self) -> tuple[Contact, ...]:
        """Every contact, in the order to try."""
        return self.contacts or ((Contact(address=self.mail),) if self.mail else ())


class Team(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People who are responsible for something together."""

    id: str
    name: str = ""
    members: tuple[str, ...]
    rota: Rota | None = None  # None: everybody, in the order written


class PeopleFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """config/people.yaml."""

    version: int = 1
    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()


class Roster(Struct, frozen=True, kw_only=True):
    """A team's turns from one moment to another (wall time, epoch seconds), without holes."""

    team: str
    name: str
    timezone: str  # of its clocks
    start: float
    end: float
    turns: tuple[Turn, ...]
    gaps: tuple[Turn, ...]  # those of the turns in which nobody is on call
    overlaps: tuple[Turn, ...]  # those for which more people are written than one


class People:
    """People and teams by id, and who is on call at a moment.

    ``calendars``: those that rotas name, by id; ``icals``: the texts of the files that rotas name. ValueError: a rota
    can't be read.
    """

    def __init__(
        self,
        file: PeopleFile,
        timezone: str = "UTC",
        calendars: Mapping[str, Calendar] | None = None,
        icals: Mapping[str, str] | None = None,
    ) -> None:
        self.persons = {p.id: p for p in file.people}
        self.teams = {t.id: t for t in file.teams}
        self.calendars, self.icals = calendars or {}, icals or {}
        self.zone = ZoneInfo(timezone)
        self._mails = {w.address.casefold(): p.id for p in file.people for w in p.ways() if "@" in w.address}
        self._mails |= {p.mail.casefold(): p.id for p in file.people if p.mail}
        self._away = {p.id: tuple(_absences(p, self.zone)) for p in file.people if p.away}
        self._edges = sorted({edge for spans in self._away.values() for span in spans for edge in span})
        self._words = _Words(file.people, self._mails)
        self._schedules = {team.id: self._schedule(team) for team in file.teams}

    def resolve(
        self, target: str, wall: float, *, owner_team: str = "", owner: str = "", even_away: bool = False
    ) -> tuple[str, ...]:
        """The ids of the people whom ``target`` names at wall time ``wall``.

        ``person:ann``, ``team:network`` (everybody), ``oncall:network`` (whose turn it is), ``owner`` (on call of
        the team that owns the cause), ``manager`` (of the incident's owner, or of who is on call). Empty: nobody.
        ``even_away``, for the last resort: rather somebody who is away, or whose turn it is not, than nobody.
        """
        named = self._named(target, wall, owner_team, owner)
        return named or (self.ever(target, owner_team=owner_team, owner=owner) if even_away else ())

    def whoever(self, targets: Iterable[str], wall: float) -> tuple[str, ...]:
        """All whom some targets name, each once: rather somebody who is away than nobody."""
        return tuple(dict.fromkeys(p for target in targets for p in self.resolve(target, wall, even_away=True)))

    def ever(self, target: str, *, owner_team: str = "", owner: str = "") -> tuple[str, ...]:
        """Whom a target names, whoever is away and whosever turn it is."""
        word, _, name = target.partition(":")
        if word == "team":
            return self._members(name)
        if word == "oncall" or target == "owner":
            return self.may_call(name or owner_team)
        if target == "manager":
            return self._managers((owner,) if owner else self.may_call(owner_team), None)
        one = name if word == "person" else target
        return (one,) if one in self.persons else ()

    def addresses(self) -> Iterable[str]:
        """Everybody's mail addresses."""
        return self._mails

    def by_mail(self, address: str) -> str:
        """The person with this mail address, or ""."""
        return self._mails.get(address.casefold(), "")

    def called(self, name: str) -> str:
        """The person with this id, mail address or name, or ""."""
        wanted = name.strip().casefold()
        named = (p.id for p in self.persons.values() if wanted and wanted in (p.id.casefold(), p.name.casefold()))
        return self.by_mail(wanted) or next(named, "")

    def away(self, person: str, wall: float) -> bool:
        """Whether a person is away."""
        return any(start <= wall < end for start, end in self.absences(person))

    def absences(self, person: str) -> tuple[tuple[float, float], ...]:
        """When a person is away, in wall time, without the ends."""
        return self._away.get(person, ())

    @property
    def anybody_away(self) -> bool:
        """Whether anybody is ever away."""
        return bool(self._away)

    # -- turns
    def on_call(self, team: str, wall: float) -> tuple[str, ...]:
        """Whose turn it is in a team; without a rota, all its members."""
        found = self._schedules.get(team)
        return found.at(wall).people if found is not None else ()

    def takes_turns(self, team: str) -> bool:
        """Whether a team has a rota; else all of it is always on call."""
        found = self.teams.get(team)
        return found is not None and found.rota is not None

    def turns(self, team: str, start: float, end: float) -> tuple[Turn, ...]:
        """Every turn of a team between two moments, in order and without holes; KeyError: there is no such team."""
        return self._schedules[team].turns(start, end)

    def roster(self, team: str, start: float, end: float) -> Roster:
        """A team's turns, its gaps and overlaps; KeyError: there is no such team."""
        turns = self.turns(team, start, end)
        return Roster(
            team=team,
            name=self.teams[team].name,
            timezone=str(self._schedules[team].clocks.zone),
            start=start,
            end=end,
            turns=turns,
            gaps=tuple(turn for turn in turns if not turn.people),
            overlaps=tuple(turn for turn in turns if turn.overlaps),
        )

    def may_call(self, team: str) -> tuple[str, ...]:
        """Everybody whom a team's rota may ever call; without one, its members."""
        found = self.teams.get(team)
        if found is None:
            return ()
        named = self._words.of_file(self._events(found.rota)) if found.rota is not None else ()
        called = (*everybody_of(found.rota), *named) if found.rota is not None else ()
        return tuple(dict.fromkeys(p for p in called or found.members if p in self.persons))

    def nameless(self, team: str) -> tuple[str, ...]:
        """The titles of events in a team's iCalendar that name nobody; KeyError: there is no such team."""
        found = self.teams[team].rota
        events = self._events(found) if found is not None else ()
        return tuple(dict.fromkeys(event.title for event in events if not self._words.of(event)))

    def _schedule(self, team: Team) -> Schedule:
        spec = team.rota
        clocks = Clocks(zone_of(spec.timezone, self.zone) if spec is not None else self.zone)
        if spec is None or not (spec.people or spec.layers or spec.holiday or spec.ical or spec.overrides):
            found: tuple[rota.Source, ...] = (rota.everybody(team.members, clocks),)
        else:
            found = rota.sources(spec, clocks, self.calendars, self._events(spec), self._words.of)
        return Schedule(found, clocks, self._free, self._edges)

    def _events(self, spec: Rota) -> tuple[DayEvent, ...]:
        text = self.icals.get(spec.ical, "") if spec.ical else ""
        return _read(text, zone_of(spec.timezone, self.zone)) if text else ()

    def _free(self, person: str, wall: float) -> bool:
        return person in self.persons and not self.away(person, wall)

    # -- names
    def _named(self, target: str, wall: float, owner_team: str, owner: str) -> tuple[str, ...]:
        word, _, name = target.partition(":")
        if word == "person":
            return (name,) if self._free(name, wall) else ()
        if word == "team":
            return tuple(person for person in self._members(name) if not self.away(person, wall))
        if word == "oncall":
            return self.on_call(name, wall)
        if target == "owner":
            return self.on_call(owner_team, wall)
        if target == "manager":
            return self._managers((owner,) if owner else self.on_call(owner_team, wall), wall)
        return (target,) if self._free(target, wall) else ()

    def _members(self, team: str) -> tuple[str, ...]:
        found = self.teams.get(team)
        return tuple(m for m in found.members if m in self.persons) if found else ()

    def _managers(self, people: Iterable[str], wall: float | None) -> tuple[str, ...]:
        """The manager of each; of one who is away at ``wall``, the manager's manager."""
        bosses = (self._manager(person, wall) for person in people if person in self.persons)
        return tuple(dict.fromkeys(boss for boss in bosses if boss))

    def _manager(self, person: str, wall: float | None) -> str:
        seen = {person}
        boss = self.persons[person].manager
        while boss in self.persons and wall is not None and self.away(boss, wall):
            seen.add(boss)
            boss = self.persons[boss].manager
            if boss in seen:
                return ""
        return boss if boss in self.persons else ""


# -- ways


def ways_for(person: Person, priority: str, wall: float, zone: ZoneInfo) -> tuple[Contact, ...]:
    """The contacts to try for a page of this priority at a wall time, in order; empty only if there is none at all.

    ``zone``: of quiet hours, unless the person has her own. A contact for other priorities, or in its quiet hours, is
    held back as long as another is left. P1 goes through quiet hours.
    """
    ways = person.ways()
    wanted = tuple(way for way in ways if not way.priorities or priority in way.priorities) or ways
    if priority == URGENT:
        return wanted
    local = datetime.fromtimestamp(wall, zone_of(person.timezone, zone))
    minute = local.hour * 60 + local.minute
    return tuple(way for way in wanted if not _quiet(way.not_between, minute)) or wanted


@lru_cache(maxsize=256)
def quiet_hours(text: str) -> tuple[int, int]:
    """``22:00-07:00`` in minutes after midnight; ValueError: it is none."""
    start, dash, end = (part.strip() for part in text.partition("-"))
    low, high = int(Clock.from_yaml(start)), int(Clock.from_yaml(end))
    if not dash or low % DAY == high % DAY:
        raise ValueError(f"expected hours such as 22:00-07:00, got {text!r}")
    return low, high


def _quiet(text: str, minute: int) -> bool:
    if not text:
        return False
    low, high = quiet_hours(text)
    return low <= minute < high if low < high else minute >= low or minute < high


# -- inside


def _absences(person: Person, site: ZoneInfo) -> Iterator[tuple[float, float]]:
    """When a person is away, in wall time; stretches that end before they begin are left out."""
    clocks = Clocks(zone_of(person.timezone, site))
    first = date.fromordinal(1) + timedelta(days=1)
    for one in person.away:
        start, end = max(one.from_, first), min(one.to, LAST_DAY)
        if start <= end:
            yield clocks.at(start, 0), clocks.at(end, DAY)


@lru_cache(maxsize=16)
def _read(text: str, zone: ZoneInfo) -> tuple[DayEvent, ...]:
    """The events of an iCalendar; the same again as long as nothing changes, since it takes a while."""
    return ical.read(text, zone).events


class _Words:
    """Finds the people whom an event names: in its title by name or address, else by id; else among who attends."""

    def __init__(self, people: Iterable[Person], mails: Mapping[str, str]) -> None:
        names = {p.name.casefold(): p.id for p in people if p.name} | dict(mails)
        ids = {p.id.casefold(): p.id for p in people}
        self._lists = [sorted(words.items(), key=lambda pair: -len(pair[0])) for words in (names, ids)]
        self._mails = mails
        self._known: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}

    def of(self, event: DayEvent) -> tuple[str, ...]:
        """The ids of those whom an event names."""
        key = (event.title, event.attendees)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_TITLES:
                self._known.clear()
            found = self._known[key] = self._look(event)
        return found

    def of_file(self, events: Iterable[DayEvent]) -> tuple[str, ...]:
        """Those of all events."""
        return tuple(dict.fromkeys(person for event in events for person in self.of(event)))

    def _look(self, event: DayEvent) -> tuple[str, ...]:
        for words in self._lists:
            named = tuple(_in_title(event.title.casefold(), words))
            if named:
                return named
        guests = (self._mails.get(address, "") for address in event.attendees)
        return tuple(dict.fromkeys(person for person in guests if person))


def _in_title(title: str, words: Iterable[tuple[str, str]]) -> list[str]:
    """The people in a title in its order; a longer name is not taken for a shorter one that it begins with."""
    found: list[tuple[int, str]] = []
    for word, person in words:
        place = title.find(word)
        if place >= 0 and _apart(title, place, place + len(word)):
            found.append((place, person))
            title = title[:place] + "\0" * len(word) + title[place + len(word) :]
    return list(dict.fromkeys(person for _, person in sorted(found)))


def _apart(title: str, start: int, end: int) -> bool:
    """Whether no letter of the same word stands beside it; Chinese has no spaces between words."""
    before = _LATIN.match(title[start]) and _ENDS.search(title[max(0, start - 2) : start])
    after = _LATIN.match(title[end - 1]) and _BEGINS.match(title[end : end + 2])
    return not before and not after
