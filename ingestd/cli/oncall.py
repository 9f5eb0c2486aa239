"""``ingestd oncall``: who is on call now, and the turns ahead as a calendar; read from the files of the site."""

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.cells import cell_len, set_cell_size

from ingestd.check.rotas import without_broken_rotas
from ingestd.cli.client import site_file
from ingestd.cli.terminal import CommandError, complain, is_terminal, lines, say
from ingestd.config import people_of, survey
from ingestd.decide.oncall import People, Roster
from ingestd.decide.rota import Clocks, Turn
from ingestd.sitefiles import everybody
from ingestd.web.oncall import ahead, moment, wanted

WIDTH = 80  # columns
NAME, DAY = 10, 10  # columns of a name and of a day
ON, NOBODY = "#", "!"  # signs of one width in every terminal
MINUTE, HOUR = 60, 3600
MOST_TURNS = 40  # that are listed

Names = Callable[[str], str]


def show(args: Namespace) -> int:
    """Each team's turns; 1 if something in the files is wrong, which is said too."""
    found = survey(site_file(args.config))
    people = people_of(found.parts, without_broken_rotas(everybody(found.parts)))
    try:
        at = moment(args.at, people.zone) if args.at else datetime.now().timestamp()
        until = at + ahead(args.next)
        teams = wanted(people, args.team)
    except ValueError as error:
        raise CommandError(f"--{error}", 2) from error
    rosters = [people.roster(team, at, until) for team in teams]
    if args.json or not is_terminal():
        lines(rosters)
    else:
        say("\n\n".join("\n".join(_shown(roster, people)) for roster in rosters) or "there is no team yet")
    for problem in found.errors:
        complain(str(problem))
    return 1 if found.errors else 0


def _shown(roster: Roster, people: People) -> Iterator[str]:
    zone = ZoneInfo(roster.timezone)

    def name(person: str) -> str:
        return people.persons[person].name or person

    yield _fitting(f"{roster.name or roster.team} ({roster.team}), {roster.timezone}")
    yield _fitting(_now(roster, zone, name))
    if len(roster.turns) > 1:
        yield ""
        yield from _calendar(roster, Clocks(zone), name)
        yield ""
        yield from _listed(roster, zone, name)
    yield from _trouble("nobody is on call:", roster.gaps, zone, lambda _: "")
    yield from _trouble("written for the same time:", roster.overlaps, zone, lambda turn: _both(turn, name))


def _now(roster: Roster, zone: ZoneInfo, name: Names) -> str:
    first, *later = roster.turns
    when = _moment(roster.start, zone)
    if not later:
        return f"{when}: {_who(first, name)}, all of the time until {_moment(roster.end, zone)}"
    return f"{when}: {_who(first, name)} until {_moment(first.end, zone)}, then {_who(later[0], name)}"


# -- calendar


def _calendar(roster: Roster, clocks: Clocks, name: Names) -> Iterator[str]:
    """A row for each person of each week, ten signs a day."""
    first, last = clocks.day(roster.start), clocks.day(roster.end)
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        days = [monday + timedelta(days=n) for n in range(7)]
        slots = [wall for day in days for wall in _slots(day, clocks)]
        held = [_at(roster.turns, wall) for wall in slots]
        yield set_cell_size(f"{monday:%b %Y}", NAME) + "".join(f"{day:%a %d}".ljust(DAY) for day in days).rstrip()
        shown = dict.fromkeys(person for turn in held if turn is not None for person in turn.people)
        for person in shown:
            signs = "".join(ON if turn is not None and person in turn.people else " " for turn in held)
            yield _row(name(person), signs)
        if any(turn is not None and not turn.people for turn in held):
            yield _row("nobody", "".join(NOBODY if turn is not None and not turn.people else " " for turn in held))
        monday += timedelta(days=7)


def _row(name: str, signs: str) -> str:
    return (set_cell_size(_fitting(name, NAME - 1), NAME) + signs).rstrip()


def _slots(day: date, clocks: Clocks) -> list[float]:
    """The middles of the parts of a day, however long it is."""
    start, end = clocks.at(day, 0), clocks.at(day, 1440)
    return [start + (end - start) * (n + 0.5) / DAY for n in range(DAY)]


def _at(turns: Sequence[Turn], wall: float) -> Turn | None:
    return next((turn for turn in turns if turn.start <= wall < turn.end), None)


# -- words


def _listed(roster: Roster, zone: ZoneInfo, name: Names) -> Iterator[str]:
    for turn in roster.turns[:MOST_TURNS]:
        by = f"  ({turn.layer})" if turn.layer else ""
        yield _fitting(f"{_stretch(turn, zone)}  {_who(turn, name)}{by}")
    if len(roster.turns) > MOST_TURNS:
        yield f"and {len(roster.turns) - MOST_TURNS} turns more: --json shows all of them"


def _trouble(title: str, turns: Sequence[Turn], zone: ZoneInfo, what: Callable[[Turn], str]) -> Iterator[str]:
    if turns:
        yield ""
        yield title
        for turn in turns:
            yield _fitting(f"  {_stretch(turn, zone)}  {_length(turn.end - turn.start)}{what(turn)}")


def _both(turn: Turn, name: Names) -> str:
    if turn.also:
        return f"  {_who(turn, name)}, not {', '.join(map(name, turn.also))}"
    return f"  {_who(turn, name)}"


def _who(turn: Turn, name: Names) -> str:
    return ", ".join(map(name, turn.people)) or "nobody"


def _stretch(turn: Turn, zone: ZoneInfo) -> str:
    return f"{_moment(turn.start, zone)} - {_moment(turn.end, zone)}"


def _moment(wall: float, zone: ZoneInfo) -> str:
    """A time by a zone's clocks; which of the two, if they show it twice."""
    local = datetime.fromtimestamp(wall, zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%a %d %b %H:%M}" + (f" {local:%Z}" if twice else "")


def _length(seconds: float) -> str:
    hours, rest = divmod(round(seconds), HOUR)
    return f"{hours}h" + (f"{rest // MINUTE:02}m" if rest >= MINUTE else "")


def _fitting(text: str, width: int = WIDTH) -> str:
    """Text cut to so many columns; a Chinese character takes two."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"
