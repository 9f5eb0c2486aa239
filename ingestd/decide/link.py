"""Identity: a merge is one link to the survivor. Numbers people were told stay valid, unsent pages are withdrawn."""

from msgspec.structs import replace

from ingestd.decide import budget
from ingestd.decide.state import State
from ingestd.model import CLOCKS, PRIORITIES, Incident, Reason

_REASONS = 40  # kept with an incident
#: The clocks of an incident that waits for nobody any more.
STOPPED = dict.fromkeys((name for name in CLOCKS if name != "silent_until"), 0.0)


def merge(s: State, one: int, other: int, cause: str, why: str) -> None:
    """Link two incidents and name the cause of what survives."""
    first, second = s.survivor(one), s.survivor(other)
    survivor, loser = sorted((first, second), key=_standing)
    origin = second if second.cause == cause else first
    named = replace(
        survivor,
        watches=origin.watches if origin.cause == cause else (cause,),
        cause=cause,
        cause_kind=origin.cause_kind or "reported",
        title=title(s, cause, survivor.title),
        page_at=_page_at(survivor, loser),
        reasons=(*survivor.reasons, *_why(survivor, loser, why)),
    )
    join(s, loser, named, why, rule="adopted")
    if survivor.cause != cause:
        s.log(survivor.number, "cause", f"cause: {cause}", rule="adopted")


def join(s: State, loser: Incident, survivor: Incident, why: str, *, rule: str, actor: str = "") -> None:
    """Link one incident to another as they are: nothing is said about causes."""
    told = {t.person for t in survivor.told if t.claimed and not t.failed}
    s.put_incident(
        replace(
            survivor,
            told=(*survivor.told, *(t for t in loser.told if t.claimed and t.person not in told)),
            began=min(survivor.began, loser.began),
            end_at=0.0,
        )
    )
    _retire(s, loser, survivor.number)
    s.log(survivor.number, "merged", f"#{loser.number} ({loser.title}) belongs here: {why}", rule=rule, actor=actor)
    s.log(loser.number, "merged", f"continues as #{survivor.number}: {why}", rule=rule, actor=actor)
    s.touch(survivor.number)


def set_cause(s: State, number: int, node: str, kind: str, why: Reason) -> None:
    """Name (or correct) the cause of an incident."""
    incident = s.survivor(number)
    if incident.cause == node and incident.cause_kind == kind:
        return
    s.put_incident(
        replace(
            incident,
            cause=node,
            cause_kind=kind,
            watches=(node,),
            title=title(s, node, incident.title),
            reasons=(*incident.reasons, why),
        )
    )
    s.log(incident.number, "cause", f"cause: {node} ({why.text})", rule=why.rule)
    s.touch(incident.number)


def _why(survivor: Incident, loser: Incident, why: str) -> tuple[Reason, ...]:
    """A storm merges thousands: the first few reasons tell as much as all of them."""
    if len(survivor.reasons) >= _REASONS:
        return ()
    return (Reason("correlate", "adopted", f"{loser.root or '#' + str(loser.number)}: {why}"),)


def title(s: State, cause: str, otherwise: str) -> str:
    """What an incident is called: by the words of its cause, where it reported itself."""
    said = next((a.summary for a in s.alerts_at(cause) if a.down), None)
    if said is not None:
        return f"{cause}: {said}"[:200]
    return f"{cause} is suspected to be down" if cause in s.rules.topology.nodes else otherwise


def _standing(incident: Incident) -> tuple[bool, bool, int, int]:
    """Who survives: acknowledged, else told, else of higher priority, else older."""
    return (incident.state != "acknowledged", not incident.told, PRIORITIES.index(incident.priority), incident.number)


def _page_at(survivor: Incident, loser: Incident) -> float:
    """The earlier page is kept, unless one of them has been told already."""
    if survivor.told or survivor.state != "triggered":
        return survivor.page_at
    due = [at for at in (survivor.page_at, loser.page_at) if at]
    return min(due, default=0.0)


def _retire(s: State, loser: Incident, survivor: int) -> None:
    for told in loser.told:
        if not told.claimed:
            budget.withdraw(s, loser.number, told)
    s.put_incident(replace(loser, merged_into=survivor, watches=(), joined=(), **STOPPED))
