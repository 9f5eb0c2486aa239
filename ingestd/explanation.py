"""Why something was decided, or would be, in at most ten lines: the shortest complete chain of reasons."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from ingestd.decide.state import Rulebook
from ingestd.model import Alert, Facts, Incident, Notification, NotificationKind, Reason
from ingestd.rehearsal import Rehearsal, Telling
from ingestd.store import Delivery

MOST = 10  # lines
MOST_TOLD = 3  # of them about who was told
MOST_RANKED = 3  # of them about the priority of what does not exist yet

#: What a page of each kind is.
KINDS: dict[NotificationKind, str] = {
    "open": "first word of",
    "functional": "asks for more skill for",
    "hierarchic": "asks for more authority for",
    "last_resort": "last resort for",
    "update": "news of",
    "end": "the end of",
    "answer": "the answer to a report that belongs to",
    "confirm": "the answer to a command by mail about",
    "notice": "a notice, about no incident",
    "affected": "tells a department that it is hit by",
    "digest": "the daily digest, about no incident",
    "list": "several in one letter, about no single",
}
#: Why people are told although no step of a policy names them.
UNASKED: dict[NotificationKind, str] = {
    "last_resort": "the steps of policy {policy} ended or reached nobody, so last_resort was told",
    "update": "who was told of an incident is told what changed in it",
    "end": "who was told of a problem is told of its end",
    "answer": "a colleague who reports something gets one answer",
    "confirm": "who asks for something by mail hears what came of it",
    "notice": "who made the silence hears of its end",
    "affected": "the contact of a department hears of a P1 or major incident that hits it, and of its end",
    "digest": "digest.to, else last_resort, names who gets the digest",
    "list": "she had as many letters as page_gap and pages_an_hour allow: what came meanwhile is one",
}
_STEPS = frozenset({"open", "functional", "hierarchic"})


def of_alert(alert: Alert) -> list[str]:
    """An alert and why it is what it is."""
    known = "in the topology" if alert.known else "not in the topology"
    guessed = ", found in free text" if alert.guessed else ""
    head = f"a{alert.id} {alert.state}: {alert.node} {alert.check or ''} ({known}{guessed})"
    return [f"{head}, fingerprint {alert.fingerprint}", *map(of_reason, alert.reasons)]


def of_incident(incident: Incident, alerts: int) -> list[str]:
    """An incident and why it is what it is."""
    return [f"incident {incident.number} {_state(incident)}, {alerts} alerts", *map(of_reason, incident.reasons)]


def of_reason(reason: Reason) -> str:
    """One reason in one line."""
    return f"{reason.stage} {reason.rule}: {reason.text}"


def shortened(lines: Iterable[str], told: Iterable[str] = ()) -> list[str]:
    """At most ten, each once, those about people last; what is left out is counted."""
    once, people = (list(dict.fromkeys(" ".join(line.split()) for line in some)) for some in (lines, told))
    kept = people[:MOST_TOLD]
    room = MOST - len(kept)
    if len(once) <= room and len(people) == len(kept):
        return [*once, *kept]
    return [*once[: room - 1], *kept, f"… and {len(once[room - 1 :]) + len(people) - len(kept)} more"]


# -- a page


def of_page(delivery: Delivery, incident: Incident | None, rules: Rulebook) -> list[str]:
    """Why this person, this channel, at this moment."""
    page, facts = delivery.notification, delivery.notification.facts
    about = f" incident {page.incident} {facts.priority}: {facts.title}" if page.incident else ""
    lines = [f"n{page.id} to {page.person}: {KINDS[page.kind]}{about}", f"why {page.person}: {_why(page, rules)}"]
    lines += [f"news: {news.what} {news.text} {news.who}" for news in facts.news]
    lines.append(f"when: {_when(page, rules.ranker.zone)}")
    reasons = facts.reasons or (incident.reasons if incident else ())
    found = [reason for stage in ("correlate", "rank", "route", "person") for reason in _of_stage(reasons, stage)]
    lines += map(of_reason, found)
    return shortened(lines, [_delivered(delivery, rules)])


def _of_stage(reasons: Iterable[Reason], stage: str) -> list[Reason]:
    """The reasons of a stage; of where it belongs only the last, which holds."""
    found = [reason for reason in reasons if reason.stage == stage]
    return found[-1:] if stage == "correlate" else found


def _why(page: Notification, rules: Rulebook) -> str:
    facts = page.facts
    if page.kind not in _STEPS:
        return UNASKED[page.kind].format(policy=facts.policy or "none")
    policy = rules.router.policies.get(facts.policy)
    steps = policy.steps if facts.step and policy else policy.unresolved if policy else ()
    place = f"step {facts.step}" if facts.step else "not resolved in time: a step"
    targets = [t for step in (steps[facts.step - 1 : facts.step] if facts.step else steps) for t in step.tell]
    naming = [target for target in targets if page.person in _named(target, page, rules)]
    if naming:
        return f"{place} of policy {facts.policy} tells {' and '.join(naming)}, by which {page.person} was meant then"
    return f"{place} of policy {facts.policy or 'none'}, as it was then (today's rules name others), or handed over"


def _named(target: str, page: Notification, rules: Rulebook) -> tuple[str, ...]:
    facts = page.facts
    wall = page.at + facts.wall_offset
    return rules.people.resolve(target, wall, owner_team=facts.team, owner=facts.owner)


def _when(page: Notification, zone: ZoneInfo) -> str:
    return f"{_clock(page.at + page.facts.wall_offset, zone)}{_held(page.facts, zone)}"


def _held(facts: Facts, zone: ZoneInfo) -> str:
    if facts.waits_from:
        since = _clock(facts.waits_from + facts.wall_offset, zone)
        return f", it waited for the hours of policy {facts.policy} since {since}"
    return f", the incident was held {facts.held:.0f} s before anybody was told" if facts.number else ""


def _delivered(delivery: Delivery, rules: Rulebook) -> str:
    page, channel = delivery.notification, delivery.channel
    person = rules.people.persons.get(page.person)
    ways = [way.channel for way in person.ways()] if person else []
    place = f" (way {ways.index(channel) + 1} of {len(ways)}: {', '.join(ways)})" if channel in ways else ""
    said = f", {delivery.attempts} attempts: {delivery.detail}" if delivery.attempts or delivery.detail else ""
    by = f" by {channel}{place}" if channel else f", to go by {', '.join(ways) or 'no channel'}"
    return {
        "queued": f"delivery: queued{by}",
        "claimed": f"delivery: claimed, on its way{by}",
        "handed_over": f"delivery: handed over{by}{said}",
        "failed": f"delivery: failed{by}{said}",
        "cancelled": "delivery: withdrawn before anybody had claimed it",
    }[page.state]


# -- what would be


def of_rehearsal(rehearsal: Rehearsal, zone: ZoneInfo) -> list[str]:
    """What a message would be understood as and lead to."""
    reading, offset = rehearsal.reading, rehearsal.wall_offset
    if rehearsal.shunted:
        return shortened([*understood(rehearsal), f"it would be set aside: {rehearsal.shunted}"])
    lines = [*understood(rehearsal), *_quiet(rehearsal)]
    for incident in rehearsal.incidents[:1]:
        lines += _placed(rehearsal, incident)
    if not rehearsal.incidents and not any(event.quiet for event in reading.events):
        lines.append("it opens nothing and changes no alert")
    lines += [f"… {len(rehearsal.alerts) - 1} more alerts"] if len(rehearsal.alerts) > 1 else []
    lines += [f"… {rehearsal.left_out} more events, not looked at"] if rehearsal.left_out else []
    return shortened(lines, list(_told(rehearsal, offset, zone)))


def understood(rehearsal: Rehearsal) -> Iterator[str]:
    """What it is understood as, and why."""
    reading = rehearsal.reading
    why = next((reason.text for reason in reading.reasons if reason.stage == "recognise"), "")
    yield f"understood as {reading.kind} by {reading.recogniser or 'the fallback'}{': ' if why else ''}{why}"


def _quiet(rehearsal: Rehearsal) -> Iterator[str]:
    for event in rehearsal.reading.events:
        if event.quiet:
            yield f"quiet, opens nothing: {event.summary}"


def _placed(rehearsal: Rehearsal, incident: Incident) -> Iterator[str]:
    """The alert, what explains it, the incident, and who had a say in its priority."""
    for alert in rehearsal.alerts[:1]:
        yield f"{of_alert(alert)[0]}, class {alert.cls}, {_occurs(alert)}"
        yield from (of_reason(reason) for reason in _of_stage(alert.reasons, "correlate"))
    verb = "would open" if incident.number in rehearsal.opened else "belongs to"
    yield f"{verb} incident {incident.number} {_state(incident)}"
    yield from map(of_reason, _of_stage(incident.reasons, "silence"))
    yield from map(of_reason, _of_stage(incident.reasons, "rank")[-MOST_RANKED:])
    yield from map(of_reason, _of_stage(incident.reasons, "route")[-1:])


def _occurs(alert: Alert) -> str:
    return "new" if alert.count == 1 and alert.state == "firing" else f"known, {alert.state}, {alert.count} times"


def _told(rehearsal: Rehearsal, offset: float, zone: ZoneInfo) -> Iterator[str]:
    """Who would be told and when; why nobody."""
    yield from (told_line(one, offset, zone) for one in rehearsal.told)
    if rehearsal.told or not rehearsal.incidents:
        return
    incident = rehearsal.incidents[0]
    if incident.suppressed:
        yield "told: nobody, it is hidden (maintenance, or a silence)"
    elif incident.state == "acknowledged":
        yield f"told: nobody anew, {incident.owner or 'somebody'} has it"
    elif incident.told:
        yield f"told: nobody anew, {', '.join(dict.fromkeys(t.person for t in incident.told))} know of it"
    else:
        yield f"told: nobody now (policy {incident.policy or 'none'})"


def told_line(one: Telling, offset: float, zone: ZoneInfo) -> str:
    """One person who would be told, if nothing else happens until then."""
    way = f", {one.channel}" if one.channel else ""
    return f"told: {one.person} ({one.kind}{way}) at {_clock(one.at + offset, zone)}, held {one.held:.0f} s"


def _state(incident: Incident) -> str:
    cause = f"cause {incident.cause} ({incident.cause_kind})" if incident.cause else "cause not known"
    policy = f"policy {incident.policy or 'none'}, team {incident.team or 'none'}"
    return f"{incident.priority} {incident.state}: {cause}, {policy}"


def _clock(wall: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(wall, zone):%a %H:%M:%S}"
