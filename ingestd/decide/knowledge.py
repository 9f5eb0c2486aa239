"""What is learnt from an incident for the next time: when it was, how long, what fixed it, who had it.

Of each thing that fails the last three times are kept. What ended before anybody was told of it teaches nothing. For a
week after the end it may be said what fixed it, also when the incident itself has left the world.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.state import State
from ingestd.model import FAILURES, Alert, Before, Facts, Incident, Known, Notification, Verdict, Work

TIMES = 3  # of one thing
ANSWERED = 7 * 86400.0  # seconds after the end in which it may be said what fixed it
MOST_CONFIRMED = 30  # answers by mail about one incident that is closed
MOST_MERGED = 50  # numbers of one incident


class _Said(Struct, frozen=True):
    """What somebody adds to what is known."""

    text: str
    minutes: float
    actor: str


def thing(incident: Incident, alerts: Iterable[Alert]) -> str:
    """What failed, and where: the same the next time it does. ``alerts``: of the incident, in the order they came."""
    node = incident.cause or incident.root
    if incident.cause_kind in FAILURES:
        return f"down {node}"  # said by itself or not
    first = None
    for alert in alerts:
        if first is None or alert.node == node:
            first = alert
        if alert.node == node:
            break
    return f"{first.cls} {first.check or ''} {node}" if first is not None else f"unknown  {node}"


def times_of(known: Known | None, incident: Incident) -> tuple[Before, ...]:
    """The last times before this one, the newest first."""
    return tuple(one for one in known.times if one.number != incident.number) if known is not None else ()


def before(s: State, incident: Incident) -> tuple[Before, ...]:
    """The last times that what an incident is happened."""
    return times_of(s.known(_thing(s, incident)), incident)


def remember(s: State, incident: Incident, actor: str) -> None:
    """An incident is over: keep what it took, if anybody knew of it. ``actor``: who ended it, if anybody did."""
    if not incident.told and not incident.owner and not actor:
        return
    name, line = _thing(s, incident), _line(s, incident, incident.owner or actor)
    s.put_known(Known(id=name, at=s.at, times=(line, *times_of(s.known(name), incident))[:TIMES]))


def fixed(s: State, number: int, text: str, minutes: float, actor: str) -> Verdict:
    """Somebody says what fixed an incident that is over, or how long she worked on it."""
    incident = s.incident(number)
    if incident is not None:
        over = s.survivor(number)
        worked = (*over.worked, Work(actor, minutes)) if minutes else over.worked
        s.put_incident(replace(over, fixed_by=text or over.fixed_by, worked=worked))
        number = over.number
    elif not closed_lately(s, number):
        return Verdict(False, f"incident {number} is not open", number)
    known, said = s.known_of(number), _Said(text, minutes, actor)
    if known is not None:
        s.put_known(
            replace(known, times=tuple(_said(s, one, said) if _is(one, number) else one for one in known.times))
        )
    s.log(number, "fixed", _words(text, minutes), actor=actor)
    return Verdict(True, f"kept with incident {number}", number)


def closed_lately(s: State, number: int) -> bool:
    """Whether an incident that has left the world was over less than a week ago."""
    line = line_of(s, number)
    return line is not None and s.wall - line.began - line.lasted <= ANSWERED


def confirm(s: State, number: int, person: str, verdict: Verdict) -> None:
    """Tell somebody what came of what she wrote about a closed incident; so often that no machines talk for ever."""
    known, line = s.known_of(number), line_of(s, number)
    if known is None or line is None or line.confirmed >= MOST_CONFIRMED:
        return
    once_more = replace(line, confirmed=line.confirmed + 1)
    s.put_known(replace(known, times=tuple(once_more if one is line else one for one in known.times)))
    facts = Facts(
        number=line.number,
        priority=line.priority,
        title=line.title,
        state="resolved",
        since=line.began - (s.wall - s.at),
        owner=line.who,
        verdict=verdict,
        wall_offset=s.wall - s.at,
    )
    page = s.new_notification()
    s.notify(Notification(id=page, incident=line.number, person=person, kind="confirm", at=s.at, facts=facts))
    s.log(line.number, "paged", f"{person}: confirm", rule="confirm")


def line_of(s: State, number: int) -> Before | None:
    """What is kept of one incident."""
    known = s.known_of(number)
    return next((one for one in known.times if _is(one, number)), None) if known else None


def _thing(s: State, incident: Incident) -> str:
    return thing(incident, (alert for number in s.group(incident.number) for alert in s.members(number)))


def _line(s: State, incident: Incident, who: str) -> Before:
    return Before(
        number=incident.number,
        began=incident.began + s.wall - s.at,
        lasted=max(0.0, incident.resolved_at - incident.began),
        title=incident.title,
        priority=incident.priority,
        who=who,
        name=called(s, who),
        fixed=incident.fixed_by,
        workaround=incident.workaround,
        by_person=incident.closure_code == "person",
        worked=sum(work.minutes for work in incident.worked),
        merged=tuple(s.group(incident.number)[1 : MOST_MERGED + 1]),
    )


def _said(s: State, line: Before, said: _Said) -> Before:
    who, name = (line.who, line.name) if line.who else (said.actor, called(s, said.actor))
    return replace(line, fixed=said.text or line.fixed, worked=line.worked + said.minutes, who=who, name=name)


def called(s: State, person: str) -> str:
    """How a person is called."""
    found = s.rules.people.persons.get(person)
    return (found.name if found else "") or person


def _is(line: Before, number: int) -> bool:
    return number == line.number or number in line.merged


def _words(text: str, minutes: float) -> str:
    spent = f"worked {minutes:g} min" if minutes else ""
    return "; ".join(filter(None, (text, spent)))
