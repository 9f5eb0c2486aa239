"""``ingestd explain``: why something was decided (by number), or what would be decided (of a file), in ten lines."""

import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ingestd.cli.client import Client
from ingestd.cli.terminal import CommandError
from ingestd.config import Site
from ingestd.model import Alert, Changes, Incident, Message, Notification, Reason
from ingestd.trial.run import Trial
from ingestd.understand import read
from ingestd.web.api import One, Whole

MOST = 10  # lines
MOST_TOLD = 3  # of them about who was told
HORIZON = 600.0  # seconds after which nobody would still be held back


def of_number(client: Client, name: str) -> list[str]:
    """The stored reasons of an incident (``12``) or an alert (``a12``)."""
    digits = name.removeprefix("a")
    if not digits.isdigit():
        raise CommandError(f"expected an incident's number, an alert's (a12) or a file, got {name!r}", 2)
    if name.startswith("a"):
        return _shortened(_alert(client.get(f"/alerts/{digits}", One).alert))
    whole = client.get(f"/incidents/{digits}", Whole)
    first = [_reason(reason) for alert in whole.alerts[:1] for reason in alert.reasons]
    told = [
        f"told: {n.person} ({n.kind}, {n.state}{', ' + n.channel if n.channel else ''})" for n in whole.notifications
    ]
    return _shortened([*_incident(whole.incident, len(whole.alerts)), *first], told)


def of_file(site: Site, path: Path, source: str, content_type: str) -> list[str]:
    """What a mail or a webhook body is understood as and where it would go, if nothing else were going on."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from error
    message = _message(body, source, content_type)
    rules = site.rulebook
    reading = read(message, rules.recognisers, rules.names, rules.mappings)
    lines = [f"understood as {reading.kind} by {reading.recogniser or 'the fallback'}", *map(_reason, reading.reasons)]
    lines += [f"quiet, opens nothing: {event.summary}" for event in reading.events if event.quiet]
    steps: list[Changes] = []
    trial = Trial(rules, time.time(), on_step=lambda stepped: steps.append(stepped.changes))
    trial.message(message, trial.world.at)
    _until_the_first_pages(trial)
    lines += [line for alert in steps[0].alerts[:1] for line in _alert(alert)]
    incidents = list(trial.world.incidents.values())
    lines += [line for incident in incidents[:1] for line in _incident(incident, len(trial.world.alerts))]
    return _shortened(lines, _pages(page.notification for page in trial.told))


def _message(body: bytes, source: str, content_type: str) -> Message:
    kind, _, name = source.partition(":")
    if kind == "mail":
        return Message(kind="mail", source="smtp", body=body, received=time.time())
    if kind == "webhook" and name:
        return Message(kind="webhook", source=name, adapter=name, body=body, content_type=content_type)
    raise CommandError(f"unknown source {source!r}: expected mail or webhook:NAME", 2)


def _until_the_first_pages(trial: Trial) -> None:
    """Every timer goes off until somebody is told, or nobody would still be held back."""
    end = trial.world.at + HORIZON
    while not trial.told and trial.tick(end):
        pass


def _alert(alert: Alert) -> list[str]:
    known = "in the topology" if alert.known else "not in the topology"
    guessed = ", found in free text" if alert.guessed else ""
    head = f"a{alert.id} {alert.state}: {alert.node} {alert.check or ''} ({known}{guessed})"
    return [f"{head}, fingerprint {alert.fingerprint}", *map(_reason, alert.reasons)]


def _incident(incident: Incident, alerts: int) -> list[str]:
    cause = f"cause {incident.cause} ({incident.cause_kind})" if incident.cause else "cause not known"
    policy = f"policy {incident.policy or 'none'}, team {incident.team or 'none'}"
    head = f"incident {incident.number} {incident.priority} {incident.state}: {cause}, {alerts} alerts, {policy}"
    return [head, *map(_reason, incident.reasons)]


def _pages(notifications: Iterable[Notification]) -> list[str]:
    return [f"told: {n.person} ({n.kind}, held {n.facts.held:.0f} s)" for n in notifications]


def _reason(reason: Reason) -> str:
    return f"{reason.stage} {reason.rule}: {reason.text}"


def _shortened(lines: list[str], told: Iterable[str] = ()) -> list[str]:
    """At most ten, each once, those about people last; what is left out is counted."""
    once, people = (list(dict.fromkeys(" ".join(line.split()) for line in some)) for some in (lines, told))
    kept = people[:MOST_TOLD]
    room = MOST - len(kept)
    if len(once) <= room and len(people) == len(kept):
        return [*once, *kept]
    return [*once[: room - 1], *kept, f"… and {len(once[room - 1 :]) + len(people) - len(kept)} more"]


def as_json(lines: list[str]) -> str:
    """The lines as one JSON list, for a pipe."""
    return msgspec.json.encode(lines).decode()
