"""What is said to whom: the one place that requests letters, and remembers who was told.

A letter goes out at once, or as a line of the person's next list (``decide/budget.py``). Whoever was told of a problem
is owed its end.
"""

from msgspec.structs import replace

from ingestd.decide import again, budget
from ingestd.decide.facts import facts_of
from ingestd.decide.state import State
from ingestd.model import ASKING, Alert, Incident, News, Notification, NotificationKind, Told, Verdict, Word

MOST_CONFIRMED = 30  # commands by mail of one incident
#: Told, and yet to be told what she can act on: it was no page.
INFORMED: frozenset[NotificationKind] = frozenset({"answer", "affected"})
COUNTING = ASKING | INFORMED  # who gets one of these was told of the incident
#: News that make whoever hears them one of those who were told: owed what follows, and the end.
_INVOLVES = frozenset({"shift_begins", "helps"})


def confirm(s: State, number: int, person: str, verdict: Verdict) -> None:
    """Tell somebody what came of the command in her mail; so often that no two machines can talk for ever."""
    incident = s.survivor(number)
    if incident.confirmed < MOST_CONFIRMED:
        s.put_incident(replace(incident, confirmed=incident.confirmed + 1))
        asks = verdict.ok and incident.state == "resolved" and not incident.fixed_by
        tell(s, number, person, "confirm", verdict=verdict, news=(News("what_fixed"),) if asks else ())


def update(s: State, number: int, person: str, *what: News) -> None:
    """One update to one person, whoever was told before."""
    tell(s, number, person, "update", news=what)


def news(s: State, number: int, *what: News, but: str = "", only: tuple[str, ...] | None = None) -> None:
    """One update to everybody who was told, or to some of them; also to who took it although no page told her."""
    incident = s.survivor(number)
    reached = (t.person for t in incident.told if not t.failed and not t.ended and t.kind not in INFORMED)
    for person in filter(None, dict.fromkeys((*reached, taken_by(s, incident)))):
        if person != but and person not in incident.muted and (only is None or person in only):
            tell(s, number, person, "update", news=what)


def answer(s: State, alert: Alert) -> None:
    """A colleague whose report we know gets one answer: the number, and what is known. Strangers get none."""
    person = s.rules.people.by_mail(alert.sender)
    number = s.survivor(s.alert(alert.id).incident).number
    if person and all(t.person != person for t in s.survivor(number).told):
        tell(s, number, person, "answer")


def inform(s: State, number: int, person: str, what: News) -> None:
    """Tell somebody who is hit; she is owed the end, and asked for nothing."""
    tell(s, number, person, "affected", news=(what,))


def hand_over(s: State, number: int, person: str, what: News) -> None:
    """Tell somebody that it is hers now; she counts as told."""
    incident = s.survivor(number)
    known = any(t.person == person and not t.failed for t in incident.told)
    tell(s, number, person, "update" if known else "open", news=(what,))


def end(s: State, number: int, *, by: str = "", owner: str = "") -> None:
    """Whoever was told of the problem is told of its end, once; also its ``owner``, who may have taken it untold.

    A page that nobody has claimed is withdrawn instead; an untold owner who ended it herself (``by``) knows.
    """
    incident = s.survivor(number)
    done = {t.person for t in incident.told if t.ended}
    for told in incident.told:
        if not told.claimed:
            budget.withdraw(s, number, told)
    for told in incident.told:
        if told.claimed and not told.failed and told.person not in done:
            done.add(told.person)
            kind: NotificationKind = "affected" if told.kind == "affected" else "end"
            tell(s, number, told.person, kind, news=_asks(incident, told.person))
    if owner and owner not in done and owner != by and not again.knows_end(incident, owner):
        tell(s, number, owner, "end", news=_asks(incident, owner))
    settled = tuple(replace(t, ended=t.person in done) for t in s.survivor(number).told)
    s.put_incident(replace(s.survivor(number), told=settled))


def _asks(incident: Incident, person: str) -> tuple[News, ...]:
    """Its owner is asked what fixed it, unless somebody has said so."""
    asks = person == incident.owner and not incident.fixed_by and not incident.closure_code
    return (News("what_fixed"),) if asks else ()


def taken_by(s: State, incident: Incident) -> str:
    """Who has it now; "": nobody, or nobody whom we know."""
    has = incident.state not in ("triggered", "resolved") and incident.owner in s.rules.people.persons
    return incident.owner if has else ""


def tell(
    s: State,
    number: int,
    person: str,
    kind: NotificationKind,
    *,
    news: tuple[News, ...] = (),
    step: int = 0,
    verdict: Verdict | None = None,
    without: tuple[str, ...] = (),
    listed: bool = False,
) -> float:
    """Request one page; who gets an opening, an escalation or a last resort counts among those told.

    ``without``: addresses that sent it back; ``listed``: as a line of a list. Returns the seconds until it goes out: 0,
    unless it has to wait for the next letter of this person.
    """
    incident = s.survivor(number)
    if kind == "update":
        news = (*again.missed(incident, person), *news)
    if without:  # what came back was no letter that she got
        late = 0.0 if listed else None
    else:
        late, without = budget.wait(s, incident, person, kind), again.dead_ends(s, incident, person)
    if late is not None:
        line = budget.line(s, incident, kind, news=news, step=step, without=without)
        budget.owe(s, person, line, s.at + late)
        page = budget.NOT_YET
        s.log(incident.number, "listed", f"{person}: {kind}, in her next letter ({late:.0f} s)", rule="budget")
    else:
        owed = budget.overtaken(s, incident, person, kind)
        if owed is not None and kind == "update":
            news = (*owed.news, *news)
            kind, step = (owed.kind, owed.step) if owed.kind in ASKING else (kind, step)
        incident = s.survivor(number)
        page = _page(s, incident, person, kind, news=news, step=step, verdict=verdict, without=without)
    if kind in COUNTING or any(n.what in _INVOLVES for n in news):
        told = (*incident.told, Told(person, page, kind, step=incident.step, without=without))
        s.put_incident(replace(s.survivor(number), told=told))
    if again.follows(kind, news):
        again.said(s, number, Word(person=person, kind=kind, at=s.at, notification=page, own=page, news=news))
    return late or 0.0


def _page(
    s: State,
    incident: Incident,
    person: str,
    kind: NotificationKind,
    *,
    news: tuple[News, ...],
    step: int,
    verdict: Verdict | None,
    without: tuple[str, ...],
) -> int:
    page = s.new_notification()
    doubtful = () if kind in budget.ANSWERS else budget.doubtful(s, incident.priority)
    facts = replace(facts_of(s, incident, news=news, step=step), verdict=verdict)
    s.notify(
        Notification(
            id=page,
            incident=incident.number,
            person=person,
            kind=kind,
            at=s.at,
            facts=facts,
            without=without,
            first=all(t.person != person for t in incident.told),
            doubtful=doubtful,
        )
    )
    words = [f"{n.what} {n.text} {n.who}".strip() for n in news] or [
        f"step {step} of {incident.policy}" if step else kind
    ]
    words += [f"{', '.join(doubtful)} hangs on what is down: by another channel, too"] if doubtful else []
    s.log(incident.number, "paged", f"{person}: {kind}, {'; '.join(words)}", rule=kind)
    budget.spend(s, incident.priority, person, kind)
    return page
