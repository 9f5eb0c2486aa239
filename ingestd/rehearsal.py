"""What a message would lead to now: decided on a draft of the live world that nobody applies or commits.

The judgement is the pipeline's own. After it the clock of the draft alone goes on: the hold of what was opened or
joined runs out, as if nothing else happened until then, and shows who would be told and when.
"""

from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from ingestd import pipeline
from ingestd.model import Alert, Event, Incident, Message, Notification, NotificationKind, Priority, Reading
from ingestd.trial.delivery import contacts_of
from ingestd.world import Draft, World

MOST_UNITS = 50  # events of one body that are judged
MOST_INCIDENTS = 3  # whose hold is run out
MOST_RINGS = 12  # timers until somebody is told
EVENT = Reading(kind="alert", recogniser="event")  # how an event is read that nobody had to understand


class Telling(Struct, frozen=True, kw_only=True):
    """Who would be told; ``at``: the engine's clock; ``channel``: the first to try, "" if nobody knows one."""

    person: str
    kind: NotificationKind
    incident: int
    priority: Priority
    channel: str
    at: float
    held: float


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What would be: the reading, the alerts and incidents as they would be at once, and who would be told."""

    reading: Reading
    alerts: tuple[Alert, ...] = ()
    incidents: tuple[Incident, ...] = ()  # that these alerts would open or join
    opened: tuple[int, ...] = ()  # those of them that are new
    told: tuple[Telling, ...] = ()
    left_out: int = 0  # events that were not looked at
    shunted: str = ""  # why it would be set aside
    wall_offset: float = 0.0


def of_event(event: Event, source: str) -> tuple[Message, Reading]:
    """An event as the message of a source that says just this."""
    return Message(kind="webhook", source=source), replace(EVENT, events=(event,))


def rehearse(world: World, message: Message, at: float, reading: Reading | None = None) -> Rehearsal:
    """What a mail, a webhook body or (with its reading) an event would lead to at ``at``. Changes nothing."""
    message = pipeline.addressed(world, message)
    reading = reading or pipeline.understand(world, message)
    draft = Draft(world, max(at, world.at))
    try:
        for unit in islice(pipeline.units_of(world, message, reading), MOST_UNITS):
            unit(draft)
        pipeline.conclude(draft)
    except Exception as broken:  # whatever it is: so much is known
        return Rehearsal(reading=reading, shunted=f"{type(broken).__name__}: {broken}")
    first = draft.changes()
    numbers = tuple(dict.fromkeys(draft.survivor(a.incident).number for a in first.alerts))[:MOST_INCIDENTS]
    incidents = tuple(map(draft.survivor, numbers))
    for number in numbers:
        _hold_out(draft, number)
    ways, last = contacts_of(world.rules.people), draft.changes()
    asked = (page for page in last.notifications if page.id not in last.cancelled)
    return Rehearsal(
        reading=reading,
        alerts=first.alerts,
        incidents=incidents,
        opened=tuple(number for number in numbers if number not in world.incidents),
        told=tuple(_telling(page, ways.get(page.person, ())) for page in asked),
        left_out=max(0, len(reading.events) - MOST_UNITS),
        wall_offset=draft.wall - draft.at,
    )


def _hold_out(draft: Draft, number: int) -> None:
    """Go on to the page of an incident, through every hold and the hours of its policy."""
    for _ in range(MOST_RINGS):
        incident = draft.survivor(number)
        told = any(page.incident == incident.number for page in draft.changes().notifications)
        if told or incident.suppressed or not incident.page_at:
            return
        ahead = max(0.0, incident.page_at - draft.at)
        draft.at, draft.wall = draft.at + ahead, draft.wall + ahead
        draft.explanations.clear()
        pipeline.ring(draft, number)
        pipeline.conclude(draft)


def _telling(page: Notification, ways: tuple[str, ...]) -> Telling:
    return Telling(
        person=page.person,
        kind=page.kind,
        incident=page.incident,
        priority=page.facts.priority,
        channel=next(iter(ways), ""),
        at=page.at,
        held=page.facts.held,
    )
