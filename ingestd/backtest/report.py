"""The figures of one run or of two, as tables for a person and as JSON for a program."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.backtest.compare import Comparison, Difference, Line
from ingestd.backtest.tally import Run
from ingestd.model import PRIORITIES

Rows = list[tuple[str, ...]]


class Figures(Struct, frozen=True, kw_only=True):
    """What a period came to under one set of rules."""

    messages: int
    quiet: int
    unrecognised: int
    shunted: int
    lost_commands: int
    alerts: int
    incidents: dict[str, int]  # by priority
    pages: int
    escalations: int
    night: int
    people: dict[str, int]


class Report(Struct, frozen=True, kw_only=True):
    """Two runs and their differences, or (``after`` is None) one."""

    since: float  # wall
    until: float
    before: Figures
    after: Figures | None = None
    same: int = 0
    more: int = 0  # differences beyond those listed
    differences: tuple[Difference, ...] = ()


def figures(run: Run) -> Figures:
    """Of a run that has finished."""
    totals = run.totals
    counts = totals.incidents + type(totals.incidents)(
        case.priority for case in run.cases.values() if not case.merged_into
    )
    return Figures(
        messages=totals.messages,
        quiet=totals.quiet,
        unrecognised=totals.unrecognised,
        shunted=totals.shunted,
        lost_commands=totals.lost_commands,
        alerts=totals.alerts,
        incidents={one: counts[one] for one in PRIORITIES},
        pages=totals.pages,
        escalations=totals.escalations,
        night=totals.night,
        people=dict(sorted(totals.people.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def of_two(compared: Comparison, before: Figures, after: Figures, since: float, until: float) -> Report:
    """What two runs came to."""
    found = tuple(sorted(compared.differences, key=lambda one: (_began(one), one.what())))
    return Report(
        since=since,
        until=until,
        before=before,
        after=after,
        same=compared.same,
        more=compared.more,
        differences=found,
    )


def totals(report: Report) -> Rows:
    """One line a figure: its name, today's rules, the others, the difference."""
    rows: Rows = []
    for name, before, after in _lines(report):
        if report.after is None:
            rows.append((name, str(before)))
        else:
            rows.append((name, str(before), str(after), f"{after - before:+}" if after != before else ""))
    return rows


def changes(report: Report, zone: ZoneInfo) -> Rows:
    """One line a difference: since when, what, before, after."""
    return [
        (
            datetime.fromtimestamp(_began(one), zone).strftime("%m-%d %H:%M"),
            one.what(),
            "\n".join(map(_told, one.before)) or "nothing",
            "\n".join(map(_told, one.after)) or "nothing",
        )
        for one in report.differences
    ]


def _lines(report: Report) -> Iterable[tuple[str, int, int]]:
    one, other = report.before, report.after or report.before
    yield "messages", one.messages, other.messages
    yield "that opened nothing", one.quiet, other.quiet
    yield "understood by no recogniser", one.unrecognised, other.unrecognised
    yield "set aside", one.shunted, other.shunted
    yield "alerts", one.alerts, other.alerts
    yield "incidents", sum(one.incidents.values()), sum(other.incidents.values())
    for priority in PRIORITIES:
        yield f"  {priority}", one.incidents[priority], other.incidents[priority]
    yield "pages", one.pages, other.pages
    yield "escalations, if nobody answers", one.escalations, other.escalations
    yield "of both at night (22-07)", one.night, other.night
    for person in sorted({*one.people, *other.people}):
        yield f"  {person}", one.people.get(person, 0), other.people.get(person, 0)
    if one.lost_commands or other.lost_commands:
        yield "answers that found no incident", one.lost_commands, other.lost_commands


def _told(line: Line) -> str:
    people = dict.fromkeys(call.person for call in line.pages)
    night = ", at night" if any(call.night for call in line.pages) else ""
    who = f"{len(line.pages)} to {', '.join(people)}{night}" if line.pages else "nobody paged"
    cause = f"[{line.cause}] " if line.cause and line.cause not in line.title else ""
    return f"{line.priority} {cause}{line.title}: {who}"


def _began(one: Difference) -> float:
    return min(line.began for line in (*one.before, *one.after))
