"""Whether somebody is reached: by each team's rota now and for two weeks, and by the last resort."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from ingestd.check.people import used_teams
from ingestd.config import Site
from ingestd.doctor.case import Case, Finding, Trial, as_said, aside, fail, ok, warn
from ingestd.problem import said
from ingestd.settings import given_ways
from ingestd.shouting import last_people
from ingestd.slices import contacts

AHEAD = 14 * 86400.0  # seconds


def trials(case: Case) -> Iterator[Trial]:
    """One for each team that is called, one for the last resort."""
    if case.site is None:
        return
    for team in sorted(called_teams(case.site)):
        yield aside(said("on call: {team}", team=team), partial(_team, case.site, team, case.now))
    yield aside(said("last resort"), partial(_last, case.site, case.now))


def called_teams(site: Site) -> frozenset[str]:
    """Teams whose turns decide who is told."""
    teams = site.rulebook.people.teams
    owners = {node.owner for node in site.topology.nodes} | {route.team for route in site.escalation.routes}
    known = sorted(owner for owner in owners if owner in teams)
    used = used_teams(site.escalation.policies, site.settings.last_resort, known)
    return frozenset(team for team in used if team in teams)


def on_call(site: Site, now: float) -> tuple[str, ...]:
    """Everybody who would be called now, the last resort last."""
    turns = (p for team in sorted(called_teams(site)) for p in site.rulebook.people.on_call(team, now))
    return tuple(dict.fromkeys((*turns, *last_people(site, now))))


def reachable(site: Site, person: str) -> bool:
    """Whether a person has an address on a channel that is configured."""
    contact, ways = contacts(site).get(person), given_ways(site.settings)
    return contact is not None and any(way.channel in ways for way in contact.addresses)


def _team(site: Site, team: str, now: float) -> Finding:
    people = site.rulebook.people
    roster, zone = people.roster(team, now, now + AHEAD), people.zone
    first = roster.turns[0] if roster.turns else None
    remedy = said("add people, a layer or an override to the rota of {team}", team=team)
    if first is None or not first.people:
        until = _clock(first.end, zone) if first is not None else "?"
        return fail(said("nobody is on call until {until}", until=until), remedy)
    mute = [person for person in first.people if not reachable(site, person)]
    if mute:
        words = said("{people} is on call and has no address on a channel that is configured", people=", ".join(mute))
        return fail(words, said("add `mail` or `contacts` in people.yaml"))
    if roster.gaps:
        gap = roster.gaps[0]
        start, end = _clock(gap.start, zone), _clock(gap.end, zone)
        return warn(said("nobody is on call from {start} to {end}", start=start, end=end), remedy)
    return ok(as_said(", ".join(first.people)))


def _last(site: Site, now: float) -> Finding:
    people = last_people(site, now)
    reached = [person for person in people if reachable(site, person)]
    if not reached:
        words = said("the last resort is nobody who can be told now")
        return fail(words, said("name somebody with an address in `last_resort`"))
    return ok(as_said(", ".join(reached)))


def _clock(wall: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(wall, zone).strftime("%Y-%m-%d %H:%M")
