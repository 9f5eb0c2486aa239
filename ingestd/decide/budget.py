"""How many letters a person gets: one a minute and ten an hour at most; what comes between goes out as one list.

The fuller her last hour, the longer her next list is gathered: a minute, then two, three, three, ten, so that the five
letters of a storm's first ten minutes are spread over them. P1 is told at once and costs nothing. A line of a list
counts as the page: its wait starts when the list is handed over, and what became of the list became of each line. Until
then it is told by no notification yet (0).
"""

from msgspec.structs import replace

from ingestd.decide.explain import why_down
from ingestd.decide.facts import facts_of
from ingestd.decide.state import State
from ingestd.model import (
    ASKING,
    PRIORITIES,
    URGENT,
    Batch,
    Budget,
    Facts,
    Incident,
    News,
    Notification,
    NotificationKind,
    Owed,
    Priority,
    Told,
    Word,
)

HOUR = 3600.0
GAPS = (1.0, 2.0, 3.0, 3.0)  # after so many letters of an hour, in page gaps
LONGEST_GAP = 600.0  # seconds, and after any more
MOST_BATCHES = 50  # remembered: those of five full hours
NOT_YET = 0  # the notification of what waits for her next letter
#: What answers a person: it never waits, and costs nothing.
ANSWERS: frozenset[NotificationKind] = frozenset({"answer", "confirm", "notice", "digest", "affected"})


def wait(s: State, incident: Incident, person: str, kind: NotificationKind) -> float | None:
    """Seconds until a person's next letter, if what there is to say has to wait for it; None: it goes out at once."""
    if _free(s, incident.priority, kind):
        return None
    budget = s.budget(person)
    due = budget.due_at or _next(s, budget)
    return due - s.at if budget.owed or due > s.at else None


def spend(s: State, priority: Priority, person: str, kind: NotificationKind) -> None:
    """A letter goes out."""
    if not _free(s, priority, kind):
        _spent(s, s.budget(person))


def line(
    s: State, incident: Incident, kind: NotificationKind, *, news: tuple[News, ...], step: int, without: tuple[str, ...]
) -> Owed:
    """What her next letter will say of an incident."""
    facts = facts_of(s, incident, news=news, step=step)
    return Owed(
        incident=incident.number,
        kind=kind,
        priority=facts.priority,
        title=facts.title,
        cause=facts.cause,
        since=facts.since,
        hit=facts.departments or facts.services,
        people=facts.people,
        news=news,
        step=step,
        without=without,
    )


def owe(s: State, person: str, owed: Owed, due_at: float) -> None:
    """Put a line into a person's next letter."""
    budget = s.budget(person)
    known = {one.incident: one for one in budget.owed}
    known[owed.incident] = _merged(known.get(owed.incident), owed)
    s.put_budget(replace(budget, owed=tuple(known.values()), due_at=min(budget.due_at or due_at, due_at)))


def withdraw(s: State, number: int, told: Told) -> None:
    """Take back a page that nobody has claimed yet."""
    if told.notification == NOT_YET:
        _strike(s, number, told.person)
    elif not listed(s, told.person, told.notification):
        s.cancel(told.notification)  # a list tells of others, too: once it is claimed, she is owed the end


def taken(s: State, number: int) -> None:
    """Somebody took it: whoever was to be asked by her next letter is not asked any more."""
    for told in s.survivor(number).told:
        if told.notification == NOT_YET and told.kind in ASKING:
            _strike(s, number, told.person)


def overtaken(s: State, incident: Incident, person: str, kind: NotificationKind) -> Owed | None:
    """What she was owed of an incident, when something goes out at once that says it all."""
    found = next((one for one in s.budget(person).owed if one.incident == incident.number), None)
    if found is None or kind in ANSWERS:
        return None
    _strike(s, incident.number, person)
    return found


def listed(s: State, person: str, notification: int) -> tuple[int, ...]:
    """The incidents that a letter told a person of."""
    return next((one.incidents for one in s.budget(person).batches if one.notification == notification), ())


def send(s: State, person: str) -> None:
    """Her next letter is due: a list, or a page if there is but one thing to say."""
    budget = s.budget(person)
    left = tuple(one for one in budget.owed if _waits(s, one))
    due = [one for one in budget.owed if one not in left]
    lines = sorted((_now(s, one) for one in due if _counts(s, one)), key=_order)
    s.put_budget(replace(budget, owed=left, due_at=s.at + s.rules.escalation.page_gap if left else 0.0))
    if not lines:
        return
    without = tuple(dict.fromkeys(address for one in lines for address in one.without))
    page = _letter(s, person, lines, without)
    for one in lines:
        among = f", one of {len(lines)} in a letter" if len(lines) > 1 else ""
        s.log(one.incident, "paged", f"{person}: {one.kind}{among}", rule=one.kind)
        _tell(s, one.incident, person, page, alone=len(lines) == 1)
    batches = s.budget(person).batches
    if len(lines) > 1:
        batches = (*batches, Batch(page, tuple(one.incident for one in lines)))[-MOST_BATCHES:]
    _spent(s, replace(s.budget(person), batches=batches))


def doubtful(s: State, priority: Priority) -> tuple[str, ...]:
    """The channels that urgent words can't rely on: a node that they hang on is down, or suspected to be."""
    if priority not in URGENT:
        return ()
    return tuple(name for name, nodes in s.rules.channels.items() if any(why_down(s, node) for node in nodes))


# -- the hour
def _free(s: State, priority: Priority, kind: NotificationKind) -> bool:
    return kind in ANSWERS or priority == "P1" or not s.rules.escalation.pages_an_hour


def _next(s: State, budget: Budget) -> float:
    """When a person may get a letter again."""
    lately, most = _lately(s, budget), s.rules.escalation.pages_an_hour
    if not lately:
        return s.at
    times = GAPS[len(lately) - 1] if len(lately) <= len(GAPS) else LONGEST_GAP
    gap = min(s.rules.escalation.page_gap * times, LONGEST_GAP)
    hourly = lately[-most] + HOUR if len(lately) >= most else 0.0
    return max(lately[-1] + gap, hourly)


def _spent(s: State, budget: Budget) -> None:
    s.put_budget(replace(budget, sent=(*_lately(s, budget), s.at)))


def _lately(s: State, budget: Budget) -> tuple[float, ...]:
    return tuple(at for at in budget.sent if at > s.at - HOUR)[-s.rules.escalation.pages_an_hour :]


# -- what is owed
def _merged(before: Owed | None, new: Owed) -> Owed:
    """Two lines about one incident are one: what asks outweighs what only tells, of equals the newer counts."""
    if before is None or new.kind != "update":
        return new
    news = (*before.news, *new.news)
    if before.kind == "update":
        return replace(new, news=news)
    return replace(new, kind=before.kind, step=before.step, news=news, without=before.without)


def _strike(s: State, number: int, person: str) -> None:
    """Take an incident off a person's next letter."""
    budget, incident = s.budget(person), s.numbered(number)
    left = tuple(one for one in budget.owed if one.incident != number)
    s.put_budget(replace(budget, owed=left, due_at=budget.due_at if left else 0.0))
    told = tuple(t for t in incident.told if t.person != person or t.notification != NOT_YET)
    s.put_incident(replace(incident, told=told))


def _letter(s: State, person: str, lines: list[Owed], without: tuple[str, ...]) -> int:
    """The letter that says them: a list, or what there is to say of one, which may have gone out before."""
    top, alone = lines[0], len(lines) == 1
    before = _own(s, person, top) if alone else None
    page = before.own if before is not None else s.new_notification()
    s.notify(
        Notification(
            id=page,
            incident=top.incident if alone else 0,
            person=person,
            kind=top.kind if alone else "list",
            at=before.at if before is not None else s.at,
            facts=_facts(s, lines),
            without=without,
            doubtful=doubtful(s, top.priority),
            again=before is not None,
        )
    )
    return page


def _own(s: State, person: str, owed: Owed) -> Word | None:
    """What she is owed, if it went out before in a letter of its own."""
    words = s.numbered(owed.incident).words if s.incident(owed.incident) is not None else ()
    return next((w for w in words if w.person == person and w.own and w.kind == owed.kind), None)


def _tell(s: State, number: int, person: str, page: int, *, alone: bool) -> None:
    """She is told now, by this letter."""
    if s.incident(number) is None:
        return
    incident = s.numbered(number)
    told = tuple(replace(t, notification=page) if _awaits(t, person) else t for t in incident.told)
    words = tuple(_written(s, w, page, alone=alone) if _awaits(w, person) else w for w in incident.words)
    s.put_incident(replace(incident, told=told, words=words))


def _awaits(one: Told | Word, person: str) -> bool:
    """Whether it waits for the next letter of this person."""
    return one.person == person and one.notification == NOT_YET


def _written(s: State, word: Word, page: int, *, alone: bool) -> Word:
    if not alone or word.own:
        return replace(word, notification=page)
    return replace(word, notification=page, own=page, at=s.at)


def _waits(s: State, owed: Owed) -> bool:
    """Whether it is hidden, or seems to be over: nobody is asked about that."""
    if owed.kind == "end" or s.incident(owed.incident) is None:
        return False
    incident = s.survivor(owed.incident)
    return incident.suppressed or (owed.kind in ASKING and bool(incident.end_at))


def _counts(s: State, owed: Owed) -> bool:
    """Whether it is still to be told: an end always is, all else as long as it is not over."""
    return owed.kind == "end" or (
        s.incident(owed.incident) is not None and s.survivor(owed.incident).state != "resolved"
    )


def _now(s: State, owed: Owed) -> Owed:
    """The line as things stand."""
    if s.incident(owed.incident) is None or s.numbered(owed.incident).merged_into:
        return owed
    incident = s.numbered(owed.incident)
    said = tuple(n for n in owed.news if n.what != "what_fixed" or not incident.fixed_by)
    return line(s, incident, owed.kind, news=said, step=owed.step, without=owed.without)


def _order(owed: Owed) -> tuple[bool, int, int]:
    return (owed.kind == "end", PRIORITIES.index(owed.priority), owed.incident)


def _facts(s: State, lines: list[Owed]) -> Facts:
    top = lines[0]
    if len(lines) > 1:
        return Facts(
            number=0, priority=top.priority, title="", state="", listed=tuple(lines), wall_offset=s.wall - s.at
        )
    if s.incident(top.incident) is not None:
        return facts_of(s, s.survivor(top.incident), news=top.news, step=top.step)
    return Facts(  # closed meanwhile
        number=top.incident,
        priority=top.priority,
        title=top.title,
        state="resolved",
        cause=top.cause,
        since=top.since,
        services=top.hit,
        people=top.people,
        news=top.news,
        wall_offset=s.wall - s.at,
    )
