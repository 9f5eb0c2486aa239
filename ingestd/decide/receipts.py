"""What became of letters: claimed, handed over, failed, or sent back by a mail server long after it took them.

Told = claimed. A wait starts at the hand-over. A page that did not arrive moves on: to the person's other addresses,
then to the next person; an update or an end is told again (``decide/again.py``).
"""

from collections.abc import Iterator

from msgspec.structs import replace

from ingestd.decide import again, budget, escalate, telling
from ingestd.decide.state import State
from ingestd.model import ASKING, Answers, Incident, NotificationKind, Receipt, ReportsOn, Told

#: What nobody is told anything new by: it makes nobody one of those who are owed the end.
_LATER = frozenset({"update", "end", "confirm", "list"})


def received(s: State, receipt: Receipt) -> None:
    """What became of a page: told = claimed; a wait starts at the hand-over; a failure moves on at once."""
    for incident in _about(s, receipt.incident, receipt.person, receipt.notification):
        _received(s, incident, receipt)


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
    for incident in _about(s, answers.incident, person, answers.notification):
        _sent_back(s, incident, answers, person, report)


def _about(s: State, incident: int, person: str, letter: int) -> Iterator[Incident]:
    """What a letter told her of: an incident, or those of a list (0); each as it is when its turn comes."""
    for number in (incident,) if incident else budget.listed(s, person, letter):
        if s.incident(number) is not None:
            yield s.survivor(number)


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
    telling.tell(s, incident.number, person, mine.kind, step=mine.step, without=without, listed=listed)


def _asks_still(incident: Incident, told: Told) -> bool:
    """Whether a page that came back is still to be told: what somebody has taken by now asks nobody else."""
    if incident.state == "triggered" or told.kind not in ASKING:
        return True
    return told.kind in ("functional", "hierarchic") and incident.resolve_step > 0


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
        telling.end(s, incident.number)


def _restart_wait(s: State, incident: Incident, receipt: Receipt) -> None:
    policy = escalate.policy_of(s, incident)
    steps = policy.steps
    last = next((t.notification for t in reversed(incident.told) if t.kind in ASKING), None)
    if incident.step_at and 0 < incident.step <= len(steps) and last == receipt.notification:
        runs_out = escalate.runs_out(s, policy, steps[incident.step - 1].wait)
        s.put_incident(replace(incident, step_at=max(incident.step_at, runs_out)))


def _failed(s: State, incident: Incident, mine: Told | None) -> None:
    if mine is None:
        return
    told = tuple(replace(t, failed=True) if t is mine else t for t in incident.told)
    s.put_incident(replace(incident, told=told))
    waiting = incident.state == "triggered" and not incident.suppressed
    if mine.kind == "last_resort":
        if waiting and not incident.step_at and escalate.reached_nobody(told):
            # somebody is told, however late
            step_at = s.at + s.rules.escalation.repeat_last_resort
            s.put_incident(replace(s.survivor(incident.number), step_at=step_at))
    elif waiting and incident.step_at and escalate.reached_nobody(t for t in told if t.step == incident.step):
        escalate.advance(s, incident.number)
