"""Who is told what and when, until somebody takes it and it is over.

Two clocks: nobody acknowledged (``step_at``), and it is not resolved in time (``resolve_at``). *Functional* steps bring
in more skill, *hierarchic* ones more authority. A step that reaches nobody is followed by the next at once; a policy
that ends, or reaches nobody, falls to the last resort, repeated until somebody acknowledges. Outside the hours of a
policy its steps wait until they begin; one for the digest tells nobody.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from ingestd.decide import again, budget
from ingestd.decide.facts import facts_of
from ingestd.decide.rank import WORKING_TIME
from ingestd.decide.route import PolicySpec, StepSpec
from ingestd.decide.state import State
from ingestd.model import (
    ASKING,
    Alert,
    Answers,
    Incident,
    News,
    Notification,
    NotificationKind,
    Receipt,
    ReportsOn,
    Told,
    Verdict,
    Word,
)

MOMENT = 0.001  # seconds: two clocks that are added up differ by less
_NOBODY = PolicySpec(id="", steps=())
MOST_CONFIRMED = 30  # commands by mail of one incident
#: What nobody is told anything new by: it makes nobody one of those who are owed the end.
_LATER = frozenset({"update", "end", "confirm", "list"})
COUNTING = ASKING | {"answer", "affected"}  # who gets one of these was told of the incident
#: Told, and yet to be told what she can act on: it was no page.
_INFORMED = frozenset({"answer", "affected"})
#: News that make whoever hears them one of those who were told: owed what follows, and the end.
_INVOLVES = frozenset({"shift_begins", "helps"})
_KINDS: dict[str, NotificationKind] = {"notify": "open", "functional": "functional", "hierarchic": "hierarchic"}


def start(s: State, number: int) -> None:
    """The hold is over: tell the first people of the policy, or wait for its hours."""
    incident = s.survivor(number)
    policy = _policy(s, incident)
    opens = _opens(s, policy)
    if policy.digest or opens > s.at:
        _wait(s, incident, policy, 0.0 if policy.digest else opens)
        return
    remind_at = s.at + s.rules.escalation.remind_after
    s.put_incident(replace(incident, page_at=0.0, told_at=s.at, remind_at=remind_at))
    advance(s, number)


def waits(incident: Incident) -> bool:
    """Whether its page waits for the hours of its policy, or for the digest."""
    return bool(incident.waits_from) and not incident.told_at and incident.state == "triggered"


def _wait(s: State, incident: Incident, policy: PolicySpec, until: float) -> None:
    words = "told in the daily digest" if policy.digest else f"waits for {policy.hours}"
    s.log(incident.number, "waits", words, rule=policy.id)
    s.put_incident(replace(incident, page_at=until, waits_from=incident.waits_from or s.at))


def _opens(s: State, policy: PolicySpec) -> float:
    """When the hours of a policy begin; now, if they hold or if nobody knows them: somebody is always told."""
    hours = s.rules.ranker.calendar(policy.hours)
    ahead = 0.0 if hours is None else hours.next_start(s.wall) - s.wall
    return s.at + ahead if ahead > MOMENT else s.at


def _runs_out(s: State, policy: PolicySpec, seconds: float, *, roll: bool = False) -> float:
    """When so many seconds are over by the clock of a policy; ``roll``: a day off is passed over."""
    ranker = s.rules.ranker
    clock, working = ranker.calendar(policy.clock), ranker.calendar(WORKING_TIME)
    at = s.wall + seconds if clock is None else clock.after(s.wall, seconds)
    return (working.rolled(at) if roll and working is not None else at) - s.wall + s.at


def put_off(s: State, number: int) -> None:
    """It is over before anybody was told: nobody is, unless it comes back while it cools."""
    s.put_incident(replace(s.survivor(number), page_at=0.0))
    s.log(number, "held", "over before anybody was paged", rule="hold")


def unsaid(incident: Incident) -> bool:
    """Whether nobody was told because it was over too soon."""
    waits = incident.state == "triggered" and not incident.told_at and not incident.page_at
    return waits and not incident.suppressed and not incident.apart


def advance(s: State, number: int) -> None:
    """Take the next step that reaches somebody new; after the last one, the last resort."""
    incident = s.survivor(number)
    policy = _policy(s, incident)
    opens = _opens(s, policy)
    if opens > s.at:
        what = f"step {incident.step + 1}" if incident.step < len(policy.steps) else "the last resort"
        s.log(number, "waits", f"{what} waits for {policy.hours}", rule=policy.id)
        s.put_incident(replace(incident, step_at=opens))
        return
    for place in range(incident.step, len(policy.steps)):
        step = policy.steps[place]
        people = _reached(s, incident, step)
        if people:
            s.put_incident(replace(s.survivor(number), step=place + 1, step_at=_runs_out(s, policy, step.wait)))
            _tell_step(s, number, people, step, place + 1)
            return
        s.log(number, "skipped", f"step {place + 1} of policy {policy.id} reaches nobody new", rule=policy.id)
    s.put_incident(replace(s.survivor(number), step=len(policy.steps)))
    if policy.insist or _reached_nobody(incident.told):
        _last_resort(s, number, policy)
    else:
        s.put_incident(replace(s.survivor(number), step_at=0.0))


def overdue(s: State, number: int) -> None:
    """It is taken but not over in time: bring in more skill, then more authority."""
    incident = s.survivor(number)
    policy = _policy(s, incident)
    opens = _opens(s, policy)
    if opens > s.at:
        s.put_incident(replace(incident, resolve_at=opens))
        return
    for place in range(incident.resolve_step, len(policy.unresolved)):
        step = policy.unresolved[place]
        people = _reached(s, incident, step)
        if people:
            s.put_incident(replace(incident, resolve_step=place + 1, resolve_at=_runs_out(s, policy, step.wait)))
            _tell_step(s, number, people, step, 0)
            return
    s.put_incident(replace(incident, resolve_step=len(policy.unresolved), resolve_at=0.0))


def remind(s: State, number: int) -> None:
    """It has been open for long: say so to those who know of it."""
    days = round((s.at - s.survivor(number).began) / 86400)
    s.put_incident(replace(s.survivor(number), remind_at=s.at + s.rules.escalation.remind_after))
    news(s, number, News("open_for", str(days)))


def taken(s: State, number: int, by: str, *, owner: str) -> None:
    """Somebody acknowledged: the clocks of the policy stop, the clock to resolve starts. ``owner``: "" if unknown."""
    budget.taken(s, number)
    incident = s.survivor(number)
    s.put_incident(
        replace(
            incident,
            state="acknowledged",
            owner=owner or incident.owner,
            acknowledged_at=incident.acknowledged_at or s.at,
            page_at=0.0,
            step_at=0.0,
        )
    )
    run_for_owner(s, number)
    s.log(incident.number, "acknowledged", f"taken by {by}", actor=owner)


def run_for_owner(s: State, number: int) -> None:
    """Start the clocks that run while somebody has it: to resolve, and until her word is stale. Restored: neither."""
    incident = s.survivor(number)
    policy = _policy(s, incident)
    within = None if incident.restored_at else policy.resolve_within.get(incident.priority)
    stale = None if incident.restored_at else policy.stale_after
    s.put_incident(
        replace(
            incident,
            resolve_at=_runs_out(s, policy, within, roll=policy.roll) if within else 0.0,
            stale_at=_runs_out(s, policy, stale) if stale else 0.0,
        )
    )


def start_anew(s: State, number: int, why: str) -> None:
    """It has become more, or another team's: the policy begins again, and an acknowledgement of before lapses."""
    incident = s.survivor(number)
    if incident.state == "acknowledged":
        s.log(number, "lapsed", f"the acknowledgement of {incident.owner} lapses: {why}", rule="lapse")
    s.put_incident(replace(incident, state="triggered", step=0, resolve_at=0.0, resolve_step=0, stale_at=0.0))
    advance(s, number)


def awake(s: State, number: int) -> None:
    """A snooze, or the time an acknowledgement counts for, is over and it still fires: its owner is paged anew."""
    incident = s.survivor(number)
    policy = _policy(s, incident)
    wait = policy.steps[0].wait if policy.steps else s.rules.escalation.repeat_last_resort
    s.put_incident(
        replace(
            incident, state="triggered", step=min(1, len(policy.steps)), resolve_at=0.0, resolve_step=0, stale_at=0.0
        )
    )
    s.log(number, "lapsed", f"the time of {incident.owner or 'its owner'} is over and it still fires", rule="stale")
    if incident.owner in s.rules.people.persons:
        late = _tell(s, number, incident.owner, "open", news=(News("awake"),), step=1)
        s.put_incident(replace(s.survivor(number), step_at=late + _runs_out(s, policy, wait)))
    else:
        advance(s, number)


def confirm(s: State, number: int, person: str, verdict: Verdict) -> None:
    """Tell somebody what came of the command in her mail; so often that no two machines can talk for ever."""
    incident = s.survivor(number)
    if incident.confirmed < MOST_CONFIRMED:
        s.put_incident(replace(incident, confirmed=incident.confirmed + 1))
        asks = verdict.ok and incident.state == "resolved" and not incident.fixed_by
        _tell(s, number, person, "confirm", verdict=verdict, news=(News("what_fixed"),) if asks else ())


def update(s: State, number: int, person: str, *what: News) -> None:
    """One update to one person, whoever was told before."""
    _tell(s, number, person, "update", news=what)


def news(s: State, number: int, *what: News, but: str = "", only: tuple[str, ...] | None = None) -> None:
    """One update to everybody who was told, or to some of them; also to who took it although no page told her."""
    incident = s.survivor(number)
    reached = (t.person for t in incident.told if not t.failed and not t.ended and t.kind not in _INFORMED)
    for person in dict.fromkeys((*reached, *_owner(s, incident))):
        if person != but and person not in incident.muted and (only is None or person in only):
            _tell(s, number, person, "update", news=what)


def answer(s: State, alert: Alert) -> None:
    """A colleague whose report we know gets one answer: the number, and what is known. Strangers get none."""
    person = s.rules.people.by_mail(alert.sender)
    number = s.survivor(s.alert(alert.id).incident).number
    if person and all(t.person != person for t in s.survivor(number).told):
        _tell(s, number, person, "answer")


def inform(s: State, number: int, person: str, what: News) -> None:
    """Tell somebody who is hit; she is owed the end, and asked for nothing."""
    _tell(s, number, person, "affected", news=(what,))


def end(s: State, number: int, by: str = "") -> None:
    """Whoever was told of the problem, or took it, is told of its end, once.

    A page that nobody has claimed is withdrawn instead; who took it untold and ended it herself (``by``) knows.
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
            _tell(s, number, told.person, kind, news=_asks(incident, told.person))
    for owner in _owner(s, incident):
        if owner not in done and owner != by and not again.knows_end(incident, owner):
            _tell(s, number, owner, "end", news=_asks(incident, owner))
    settled = tuple(replace(t, ended=t.person in done) for t in s.survivor(number).told)
    s.put_incident(replace(s.survivor(number), told=settled))


def _asks(incident: Incident, person: str) -> tuple[News, ...]:
    """Its owner is asked what fixed it, unless somebody has said so."""
    asks = person == incident.owner and not incident.fixed_by and not incident.closure_code
    return (News("what_fixed"),) if asks else ()


def _owner(s: State, incident: Incident) -> tuple[str, ...]:
    """Who has it."""
    has = incident.state != "triggered" and incident.owner in s.rules.people.persons
    return (incident.owner,) if has else ()


def received(s: State, receipt: Receipt) -> None:
    """What became of a page: told = claimed; a wait starts at the hand-over; a failure moves on at once."""
    about = (receipt.incident,) if receipt.incident else budget.listed(s, receipt.person, receipt.notification)
    for number in about:
        if s.incident(number) is not None:
            _received(s, s.survivor(number), receipt)


def _received(s: State, incident: Incident, receipt: Receipt) -> None:
    mine = next((t for t in incident.told if t.notification == receipt.notification), None)
    if receipt.outcome == "claimed":
        _claimed(s, incident, receipt, mine)
    elif receipt.outcome == "handed_over":
        s.log(incident.number, "delivered", f"{receipt.person}: handed over by {receipt.channel}", rule=receipt.channel)
        _restart_wait(s, incident, receipt)
        again.arrived(s, s.survivor(incident.number), receipt)
    else:
        s.log(incident.number, "undelivered", f"{receipt.person}: {receipt.detail}", rule=receipt.channel)
        _failed(s, incident, mine)
        again.failed(s, s.survivor(incident.number), receipt)


def sent_back(s: State, answers: Answers, person: str, report: ReportsOn) -> None:
    """A letter bounced after its hand-over: her other addresses are tried at once, then the next person."""
    about = (answers.incident,) if answers.incident else budget.listed(s, person, answers.notification)
    for number in about:
        if s.incident(number) is not None:
            _sent_back(s, s.survivor(number), answers, person, report)


def _sent_back(s: State, incident: Incident, answers: Answers, person: str, report: ReportsOn) -> None:
    words = " ".join(filter(None, (report.action, report.status, report.recipient)))
    if report.action != "failed":
        s.log(incident.number, "delayed", f"{person}: {words}", rule="bounce")
        return
    s.log(incident.number, "undelivered", f"{person}: sent back: {words}", rule="bounce")
    address, listed = (report.recipient or "").casefold(), not answers.incident
    if again.sent_back(s, incident, person, answers.notification, address, listed=listed):
        return
    mine = next((t for t in incident.told if t.notification == answers.notification and not t.failed), None)
    if mine is None or mine.kind == "update":
        return  # she has had a newer one
    dead = replace(mine, without=(*mine.without, address) if address else mine.without)
    known = tuple(dead if t is mine else t for t in incident.told)
    incident = replace(incident, told=known)
    s.put_incident(incident)
    if incident.state == "resolved":
        return  # the end knows of it
    without = again.dead_ends(s, incident, person)
    if address not in without or not _asks_still(incident, dead):
        _failed(s, incident, dead)
        return
    s.put_incident(replace(incident, told=tuple(replace(t, failed=True) if t is dead else t for t in known)))
    _tell(s, incident.number, person, mine.kind, step=mine.step, without=without, listed=listed)


def _asks_still(incident: Incident, told: Told) -> bool:
    """Whether a page that came back is still to be told: what somebody has taken by now asks nobody else."""
    if incident.state == "triggered" or told.kind not in ASKING:
        return True
    return told.kind in ("functional", "hierarchic") and incident.resolve_step > 0


# -- receipts
def _claimed(s: State, incident: Incident, receipt: Receipt, mine: Told | None) -> None:
    if mine is None and receipt.kind in _LATER:
        return  # who gets one was told before
    if mine is None:  # claimed before its withdrawal arrived: the person knows, and is owed the end
        kind: NotificationKind = "open"
        told = (*incident.told, Told(receipt.person, receipt.notification, kind, claimed=True))
    else:
        told = tuple(replace(t, claimed=True, failed=False) if t is mine else t for t in incident.told)
    s.put_incident(replace(incident, told=told))
    if incident.state == "resolved" and not any(t.ended for t in told if t.person == receipt.person):
        end(s, incident.number)


def _restart_wait(s: State, incident: Incident, receipt: Receipt) -> None:
    policy = _policy(s, incident)
    steps = policy.steps
    last = next((t.notification for t in reversed(incident.told) if t.kind in ASKING), None)
    if incident.step_at and 0 < incident.step <= len(steps) and last == receipt.notification:
        s.put_incident(
            replace(incident, step_at=max(incident.step_at, _runs_out(s, policy, steps[incident.step - 1].wait)))
        )


def _failed(s: State, incident: Incident, mine: Told | None) -> None:
    if mine is None:
        return
    told = tuple(replace(t, failed=True) if t is mine else t for t in incident.told)
    s.put_incident(replace(incident, told=told))
    waiting = incident.state == "triggered" and not incident.suppressed
    if mine.kind == "last_resort":
        if waiting and not incident.step_at and _reached_nobody(told):
            # somebody is told, however late
            again = s.at + s.rules.escalation.repeat_last_resort
            s.put_incident(replace(s.survivor(incident.number), step_at=again))
    elif waiting and incident.step_at and _reached_nobody(t for t in told if t.step == incident.step):
        advance(s, incident.number)


def _reached_nobody(told: Iterable[Told]) -> bool:
    """Whether no page arrived, or none that still counts. Those who were only informed have nothing to do."""
    return all(t.failed or t.lapsed for t in told if t.kind in ASKING)


# -- telling
def _policy(s: State, incident: Incident) -> PolicySpec:
    return s.rules.router.policies.get(incident.policy, _NOBODY)


def _reached(s: State, incident: Incident, step: StepSpec) -> list[str]:
    """The people of a step who have not been told yet. A site without teams has one answer: its last resort."""
    people = s.rules.people
    found: list[str] = []
    for target in step.tell:
        hit = people.resolve(target, s.wall, owner_team=incident.team, owner=incident.owner)
        if not hit and target == "owner" and not people.teams:
            hit = _last_people(s)
        found += hit
    told = {t.person for t in incident.told if t.kind not in (*_INFORMED, "update") and not t.lapsed}
    return [p for p in dict.fromkeys(found) if p not in told]


def _last_people(s: State) -> tuple[str, ...]:
    return s.rules.people.whoever(s.rules.last_resort, s.wall)


def _tell_step(s: State, number: int, people: Iterable[str], step: StepSpec, place: int) -> None:
    late = min([_tell(s, number, person, _KINDS[step.kind], step=place) for person in people], default=0.0)
    incident = s.survivor(number)
    if late and place and incident.step_at:  # her list goes out later: the wait starts with it
        s.put_incident(replace(incident, step_at=incident.step_at + late))


def _last_resort(s: State, number: int, policy: PolicySpec) -> None:
    incident = s.survivor(number)
    repeat = s.rules.escalation.repeat_last_resort
    s.put_incident(replace(incident, step_at=s.at + repeat if policy.insist else 0.0))
    late = min([_tell(s, number, person, "last_resort") for person in _last_people(s)], default=0.0)
    if late and policy.insist:
        s.put_incident(replace(s.survivor(number), step_at=s.at + late + repeat))


def _tell(
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


def hand_over(s: State, number: int, person: str, what: News) -> None:
    """Tell somebody that it is hers now; she counts as told."""
    incident = s.survivor(number)
    known = any(t.person == person and not t.failed for t in incident.told)
    _tell(s, number, person, "update" if known else "open", news=(what,))
