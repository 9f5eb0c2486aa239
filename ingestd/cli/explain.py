"""``ingestd explain``: why something was decided (by its id), or what an event or a file would lead to, in ten lines.

What would be is asked of the running daemon, which decides it beside what is open now, on a draft that it throws away.
Where none answers, the site's files are judged alone, as if nothing else were going on.
"""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from ingestd import explanation, rehearsal, sources
from ingestd.cli.client import Client, NoDaemonError, find_token, find_url, site_file
from ingestd.cli.terminal import CommandError, complain
from ingestd.config import Site, load_site
from ingestd.decide.state import Rulebook
from ingestd.model import Message, Reading, Snapshot
from ingestd.rehearsal import Telling, rehearse
from ingestd.trial.delivery import Delivery, contacts_of
from ingestd.trial.run import Page, Trial
from ingestd.web.answers import BODY_LIMIT, RefusalError
from ingestd.web.api import One, Whole
from ingestd.web.explain import AskedExplanation, Explained, SupposedEvent, webhook
from ingestd.world import World
from ingestd.yamltypes import ConfigError, loads

HORIZON = 600.0  # seconds after which nobody would still be held back
SENT = BODY_LIMIT // 4 * 3 - 1024  # bytes of a body that fit a request as base64
_PARTS = ("host", "check", "severity", "summary", "state")


def explain(args: Namespace) -> list[str]:
    """What the words of the command ask for."""
    if args.event or any(getattr(args, name) for name in _PARTS):
        return _of_event(args, _event(args))
    if args.what is None:
        raise CommandError("explain what? Say an id (12, a31, n17), a file, --event JSON or --host HOST", 2)
    if Path(args.what).is_file():
        return _of_body(args, Path(args.what))
    with _client(args) as client:
        return of_number(client, args.what)


def of_number(client: Client, name: str) -> list[str]:
    """The stored reasons of an incident (``12``), an alert (``a12``) or a page (``n12``)."""
    kind, digits = (name[:1], name[1:]) if name[:1] in ("a", "n") else ("", name)
    if not (digits.isascii() and digits.isdigit()):
        raise CommandError(
            f"expected an incident's number, an alert's (a12), a page's (n12) or a file, got {name!r}", 2
        )
    if kind == "n":
        return list(client.get(f"/explain/{name}", Explained).lines)
    if kind == "a":
        return explanation.shortened(explanation.of_alert(client.get(f"/alerts/{digits}", One).alert))
    whole = client.get(f"/incidents/{digits}", Whole)
    first = [explanation.of_reason(reason) for alert in whole.alerts[:1] for reason in alert.reasons]
    told = [
        f"told: {n.person} ({n.kind}, {n.state}{', ' + n.channel if n.channel else ''}), n{n.id}"
        for n in whole.notifications
    ]
    return explanation.shortened([*explanation.of_incident(whole.incident, len(whole.alerts)), *first], told)


# -- what would be


def _of_event(args: Namespace, event: SupposedEvent) -> list[str]:
    def alone() -> list[str]:
        return alone_with(load_site(site_file(args.config)).rulebook, *event.message())

    return _asked_or_alone(args, AskedExplanation(event=event), alone)


def _of_body(args: Namespace, path: Path) -> list[str]:
    body = _read(path)

    def alone() -> list[str]:
        return of_file(load_site(site_file(args.config)), path, args.source, args.content_type)

    if not 0 < len(body) <= SENT:
        return alone()
    kind, name = _source(args.source)
    asked = AskedExplanation(kind=kind, source=name, content_type=args.content_type, body=body)
    return _asked_or_alone(args, asked, alone)


def _asked_or_alone(args: Namespace, asked: AskedExplanation, alone: Callable[[], list[str]]) -> list[str]:
    """By the daemon, beside what is open now; where none answers, alone."""
    try:
        with _client(args) as client:
            return list(client.post("/explain", asked, Explained).lines)
    except NoDaemonError:
        complain("no daemon was asked: this is what would be if nothing else were going on")
        return alone()


def of_file(site: Site, path: Path, source: str, content_type: str) -> list[str]:
    """What a mail or a webhook body is understood as and where it would go, if nothing else were going on."""
    body = _read(path)
    kind, name = _source(source)
    if kind == "mail":
        return alone_with(site.rulebook, Message(kind="mail", source="smtp", body=body))
    configured = {name: one.adapter for name, one in site.settings.sources.items()}
    known = (*configured, *site.rulebook.mappings, *sources.names())
    try:
        message = webhook(name, configured, known, body, content_type)
    except RefusalError as refusal:
        raise CommandError(f"{refusal.text}; a mail is --source mail", 2) from refusal
    return alone_with(site.rulebook, message)


def alone_with(rules: Rulebook, message: Message, reading: Reading | None = None) -> list[str]:
    """What a message would lead to in an empty world; its hold runs out in a trial."""
    now = time.time()
    message = replace(message, received=now)
    would = rehearse(World(rules, Snapshot(at=now)), message, now, reading)
    told = _told_in_trial(rules, message, now, would.reading)
    return explanation.of_rehearsal(replace(would, told=told or would.told), rules.ranker.zone)


def _told_in_trial(rules: Rulebook, message: Message, now: float, reading: Reading) -> tuple[Telling, ...]:
    """The first pages: every timer goes off until somebody is told, or nobody would still be held back."""
    trial = Trial(rules, now, delivery=Delivery(channels=contacts_of(rules.people)))
    if reading.recogniser == rehearsal.EVENT.recogniser:
        for event in reading.events:
            trial.event(event, now, message.source, reading)
    else:
        trial.message(message, now)
    while not trial.told and trial.tick(now + HORIZON):
        pass
    return tuple(map(_telling, trial.told))


def _telling(page: Page) -> Telling:
    held = page.notification.facts.held
    return Telling(
        person=page.person,
        kind=page.kind,
        incident=page.incident,
        priority=page.priority,
        channel=page.channel,
        at=page.at,
        held=held,
    )


# -- what is asked


def _event(args: Namespace) -> SupposedEvent:
    """The event as JSON, from a file (``@file``), or by the words of the command."""
    if args.event and any(getattr(args, name) for name in _PARTS):
        raise CommandError("say the event by --event, or by --host, --check, --severity, --summary: not by both", 2)
    name = "--event"
    if args.event.startswith("@"):
        name = args.event[1:]
        text = _read(Path(name)).decode(errors="replace")
    else:
        text = args.event or msgspec.json.encode({n: getattr(args, n) for n in _PARTS if getattr(args, n)}).decode()
    try:
        event = loads(text.replace("\t", " "), SupposedEvent, name)
    except ConfigError as error:
        raise CommandError(str(error), 2) from error
    return event if args.source == "mail" else replace(event, source=args.source.removeprefix("webhook:"))


def _source(text: str) -> tuple[Literal["mail", "webhook"], str]:
    """``mail``, ``webhook:NAME``, or the NAME alone."""
    return ("mail", "") if text == "mail" else ("webhook", text.removeprefix("webhook:"))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from error


@contextmanager
def _client(args: Namespace) -> Iterator[Client]:
    """The running daemon, asked as the person whose token this is."""
    site = site_file(args.config)
    client = Client(find_url(args.url, site), find_token(args.token_file, site))
    try:
        yield client
    finally:
        client.close()


def as_json(lines: list[str]) -> str:
    """The lines as one JSON list, for a pipe."""
    return msgspec.json.encode(lines).decode()
