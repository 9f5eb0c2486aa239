"""Who is meant by a name in a policy: a person, a team's rota, everybody of a team, a manager."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Language = Literal["en", "zh_CN"]


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to reach a person; tried in the order written."""

    channel: str = "mail"  # a channel of ingestd.yaml
    address: str = ""


class Person(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who can be told."""

    id: str
    name: str = ""
    mail: str = ""  # short for one contact by mail
    contacts: tuple[Contact, ...] = ()
    language: Language | None = None  # None: the site's
    manager: str = ""
    department: str = ""
    skills: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()  # "sha256:<hex>" of personal API tokens

    def ways(self) -> tuple[Contact, ...]:
        """Every contact, in the order to try."""
        return self.contacts or ((Contact(address=self.mail),) if self.mail else ())


class Rota(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose turn it is: people take turns of ``every``, from ``start`` on, handed over at ``handover``."""

    people: tuple[str, ...]
    every: Literal["day", "week"] = "week"
    start: str = "2024-01-01"  # a date; weeks begin on its weekday
    handover: str = "09:00"  # local time


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


class People:
    """People and teams by id, and who is on call at a moment."""

    def __init__(self, file: PeopleFile, timezone: str = "UTC") -> None:
        self.persons = {p.id: p for p in file.people}
        self.teams = {t.id: t for t in file.teams}
        self._zone = ZoneInfo(timezone)
        self._mails = {w.address.casefold(): p.id for p in file.people for w in p.ways() if "@" in w.address}
        self._mails |= {p.mail.casefold(): p.id for p in file.people if p.mail}

    def resolve(self, target: str, wall: float, *, owner_team: str = "", owner: str = "") -> tuple[str, ...]:
        """The ids of the people whom ``target`` names at wall time ``wall``.

        ``person:ann``, ``team:network`` (everybody), ``oncall:network`` (whose turn it is), ``owner`` (on call of
        the team that owns the cause), ``manager`` (of the incident's owner, or of who is on call). Empty: nobody.
        """
        word, _, name = target.partition(":")
        if word == "person":
            return (name,) if name in self.persons else ()
        if word == "team":
            return self._members(name)
        if word == "oncall":
            return self.on_call(name, wall)
        if target == "owner":
            return self.on_call(owner_team, wall)
        if target == "manager":
            return self._managers((owner,) if owner else self.on_call(owner_team, wall))
        return (target,) if target in self.persons else ()

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

    def on_call(self, team: str, wall: float) -> tuple[str, ...]:
        """Whose turn it is in a team; without a rota, all its members."""
        found = self.teams.get(team)
        if found is None:
            return ()
        if found.rota is None or not found.rota.people:
            return self._members(team)
        person = _turn(found.rota, wall, self._zone)
        return (person,) if person in self.persons else ()

    def _members(self, team: str) -> tuple[str, ...]:
        found = self.teams.get(team)
        return tuple(m for m in found.members if m in self.persons) if found else ()

    def _managers(self, people: Iterable[str]) -> tuple[str, ...]:
        bosses = (self.persons[p].manager for p in people if p in self.persons)
        return tuple(dict.fromkeys(b for b in bosses if b in self.persons))


def _turn(rota: Rota, wall: float, zone: ZoneInfo) -> str:
    """Count hand-overs in local calendar days, so that a day of 23 or 25 hours is still one turn."""
    hour, minute = (int(part) for part in rota.handover.split(":"))
    local = datetime.fromtimestamp(wall, zone) - timedelta(hours=hour, minutes=minute)
    days = (local.date() - datetime.fromisoformat(rota.start).date()).days
    return rota.people[days // (7 if rota.every == "week" else 1) % len(rota.people)]
