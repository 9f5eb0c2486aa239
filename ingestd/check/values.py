"""Values that their type allows and that starting would refuse: ports, sizes, stores, certificates, times of day."""

import ssl
from collections.abc import Iterator
from datetime import time
from email.utils import parseaddr
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ingestd import channels
from ingestd.channels.mail import MailSettings, RelaySettings
from ingestd.decide.rank import CalendarSpec, PriorityRules
from ingestd.intake.imapsettings import imap_problem
from ingestd.intake.smtp import smtp_problem
from ingestd.settings import CHANNELS, Settings
from ingestd.yamltypes import Document, Place, Problem, Said, said

HIGHEST_PORT = 65535
LONGEST_SOCKET = 107  # bytes of the path of a Unix socket
BACKENDS = frozenset({"sqlite", "postgresql"})
#: Settings that count something, of which there must be at least one.
COUNTS: tuple[Place, ...] = (
    ("webhooks", "size_limit"),
    ("webhooks", "refusals"),
    *(
        ("listen", part, key)
        for part in ("smtp", "lmtp")
        for key in ("size_limit", "header_limit", "max_connections", "memory", "timeout", "data_timeout")
    ),
    ("listen", "smtp", "connections_per_peer"),
    ("link_age",),
)
PORTS: tuple[Place, ...] = (("listen", "smtp", "port"), ("listen", "http", "port"), ("mail", "port"))


def value_problems(main: Document[Settings]) -> Iterator[Problem]:
    """What is wrong with the values of ingestd.yaml, before any file that it names is looked at."""
    settings = main.value
    timeouts = (("channels", name, "timeout") for name in settings.channels)
    for place in (*COUNTS, *timeouts):
        value = _at(settings, place)
        if value is not None and value <= 0:
            yield main.problem(place, said("expected more than 0, got {got}", got=f"{value:g}"))
    relays = range(len(settings.mail.relays)) if settings.mail is not None else ()
    ports = (
        *PORTS,
        *(("imap", i, "port") for i in range(len(settings.imap))),
        *(("mail", "relays", i, "port") for i in relays),
    )
    for place in ports:
        value = _at(settings, place)
        if value is not None and not 0 <= value <= HIGHEST_PORT:
            yield main.problem(place, said("expected a port from 0 to {most}, got {got}", most=HIGHEST_PORT, got=value))
    for name in CHANNELS:
        sender = _at(settings, (name, "sender"))
        if sender is not None and "@" not in parseaddr(sender)[1]:
            yield main.problem((name, "sender"), said("expected a mail address, got {got!r}", got=sender))
    lmtp = settings.listen.lmtp
    if lmtp is not None and len(lmtp.path.encode()) > LONGEST_SOCKET:
        words = said("expected a path of at most {most} bytes", most=LONGEST_SOCKET)
        yield main.problem(("listen", "lmtp", "path"), words)
    store = store_problem(settings.store)
    if store is not None:
        yield main.problem(("store",), store)


def store_problem(url: str) -> Said | None:
    """Why a store can't be used; None: it can, or it is the usual one."""
    wanted = "a URL such as sqlite:////var/lib/ingestd/ingestd.db or postgresql://user@host/name"
    try:
        parsed = make_url(url or "sqlite:///x")
    except (ArgumentError, ValueError):
        return said("expected {wanted}", wanted=said(wanted))
    backend = parsed.get_backend_name()
    if backend not in BACKENDS:
        return said("a store is sqlite or postgresql, not {backend}", backend=backend)
    if backend == "sqlite" and (not parsed.database or parsed.database == ":memory:"):
        return said("an SQLite store needs a file: sqlite:////var/lib/ingestd/ingestd.db")
    return None


def file_problems(main: Document[Settings], ready: Settings) -> Iterator[Problem]:
    """What is wrong with the files that ingestd.yaml names; ``ready`` has their paths and secrets."""
    wrong = smtp_problem(ready.listen.smtp)
    if wrong:
        yield main.problem(("listen", "smtp", wrong[0]), wrong[1])
    for i, mailbox in enumerate(ready.imap):
        wrong = imap_problem(mailbox)
        if wrong:
            yield main.problem(("imap", i, wrong[0]), wrong[1])
        if mailbox.tls != "none":
            yield from _authority(main, ("imap", i, "ca_file"), mailbox.ca_file)
    if ready.mail is not None:
        yield from _mail(main, ready.mail)
    for name, way in ready.channels.items():
        unfit = channels.problem(way)
        if unfit is not None:
            yield main.problem(("channels", name, unfit[0]), unfit[1])
        if ca_file := getattr(way, "ca_file", ""):
            yield from _authority(main, ("channels", name, "ca_file"), ca_file)
    for part, served in (("smtp", ready.listen.smtp), ("http", ready.listen.http)):
        yield from _certificate(main, ("listen", part), served.certificate, served.key)


def priority_problems(document: Document[PriorityRules]) -> Iterator[Problem]:
    """Times and days that a calendar can't be read by; overrides that change nothing."""
    for i, override in enumerate(document.value.overrides):
        if override.at_least is None and override.at_most is None and not override.page_at_once:
            words = said("this override changes nothing: expected at_least, at_most or page_at_once")
            yield document.problem(("overrides", i), words)
    for i, calendar in enumerate(document.value.calendars):
        for key, words in _calendar(calendar):
            yield document.problem(("calendars", i, *key), words)


def _calendar(spec: CalendarSpec) -> Iterator[tuple[Place, Said]]:
    for key, text in (("from", spec.from_), ("to", spec.to)):
        try:
            time.fromisoformat(text or "00:00")
        except ValueError:
            yield (key,), said("expected a time of day such as 06:00, got {got!r}", got=text)
    for key, days in (("first_days", spec.first_days), ("last_days", spec.last_days)):
        if not 0 <= days <= 31:
            yield (key,), said("expected 1 to {most} days, got {got}", most=31, got=days)
    for j, day in enumerate(spec.days):
        if not 1 <= day <= 31:
            yield ("days", j), said("expected a day of the month, got {got}", got=day)


def _at(settings: Any, place: Place) -> Any:
    found = settings
    for step in place:
        found = found[step] if isinstance(step, int) or isinstance(found, dict) else getattr(found, step, None)
    return found


def _mail(main: Document[Settings], mail: MailSettings) -> Iterator[Problem]:
    """What is wrong with the relays."""
    if not mail.host and not mail.relays:
        yield main.problem(("mail",), said("{key!r} is missing", key="host"))
    places: tuple[tuple[Place, MailSettings | RelaySettings], ...] = (
        (("mail",), mail),
        *((("mail", "relays", i), relay) for i, relay in enumerate(mail.relays)),
    )
    for place, relay in places:
        if relay.tls != "none":
            yield from _authority(main, (*place, "ca_file"), relay.ca_file)
        if relay.timeout <= 0:
            yield main.problem((*place, "timeout"), said("expected more than 0, got {got}", got=f"{relay.timeout:g}"))


def _authority(main: Document[Settings], place: Place, path: str) -> Iterator[Problem]:
    try:
        ssl.create_default_context(cafile=path or None)
    except (OSError, ValueError):
        yield main.problem(place, said("there is no certificate in this file: expected PEM"))


def _certificate(main: Document[Settings], place: Place, certificate: str, key: str) -> Iterator[Problem]:
    if not certificate:
        if key:
            yield main.problem((*place, "key"), said("a key without a certificate"))
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key or None, _no_password)
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error.strerror if isinstance(error, OSError) else str(error)
        words = said(
            "certificate and key can't be used ({why}): expected PEM files of one pair, without a password", why=why
        )
        yield main.problem((*place, "certificate"), words)


def _no_password() -> str:
    """Nobody is there to type one when the daemon starts."""
    raise ValueError("it needs a password")
