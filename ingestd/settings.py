"""ingestd.yaml: its keys, and what can't be of their values. The parts' own settings are the parts' own types."""

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Union
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msgspec import Struct

from ingestd import channels, sources
from ingestd.channels import ChannelSettings
from ingestd.channels.mail import MailSettings
from ingestd.channels.maildir import MaildirSettings
from ingestd.decide.oncall import Language, Person, Team
from ingestd.intake.door import SourceSettings, WebhookSettings
from ingestd.intake.imapsettings import ImapSettings
from ingestd.intake.lmtp import LmtpSettings
from ingestd.intake.smtp import SmtpSettings
from ingestd.problem import Refused
from ingestd.references import unknown
from ingestd.yamltypes import Clock, Document, Duration, Problem, near_to, said

#: The ways out that ingestd.yaml may configure, each under its own name; the others stand under ``channels``.
CHANNELS = ("mail", "maildir")
#: Names that mean something else as a contact's channel.
TAKEN = frozenset({*CHANNELS, "observe"})
LEAST_KEPT = 3600.0  # seconds: a shorter time for bodies is a slip
if TYPE_CHECKING:
    AnyChannel = ChannelSettings
else:
    AnyChannel = Union[channels.settings_types()]  # noqa: UP007  (found by scanning the folder)


class HttpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where webhooks, the API and the pages are served."""

    host: str = "127.0.0.1"
    port: int = 8025
    certificate: str = ""  # PEM chain; with it everything is served by HTTPS
    key: str = ""  # PEM; empty: it is in the certificate's file
    max_connections: int = 1000
    connections_per_peer: int = 500  # of one address; a proxy in front is one, too


class Listen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ways in; loopback until told otherwise."""

    smtp: SmtpSettings = SmtpSettings()
    lmtp: LmtpSettings | None = None
    http: HttpSettings = HttpSettings()


class TextSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``texts`` of the site file."""

    templates: str = ""  # folder: its files take the place of the shipped templates of the same name


class DigestSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened in a day, in one mail: above all what was kept without paging anybody."""

    at: Clock = Clock(8 * 60)  # local time
    to: tuple[str, ...] | None = None  # None: the last resort; empty: nobody


class RetentionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long messages are kept as they came; what was decided about them is kept for good.

    Never erased: what waits, was set aside or not recognised, and what an open incident is made of.
    """

    bodies: Duration = Duration(90 * 86400.0)  # 0: for good
    people: Duration = Duration(30 * 86400.0)  # mails of people, and their answers; 0: for good
    octets: int = 0  # of all bodies together, above which the oldest go; 0: as many as there are

    def __post_init__(self) -> None:
        if self.octets < 0:
            raise Refused("octets: expected 0 or more")
        if any(0 < kept < LEAST_KEPT for kept in (self.bodies, self.people)):
            raise Refused("bodies and people: expected at least 1h, or 0 for good; a number without a unit is seconds")


class ReplySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``replies`` of the site file."""

    authserv_id: str = ""  # what our own mail server calls itself in Authentication-Results; empty: not asked for
    invite: bool = False  # letters say that they can be answered: where answers to them reach us


class DeadManSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``dead_man`` of the site file: whom to tell that all is well, for as long as it is."""

    url: str = ""  # fetched by GET; a secret
    url_file: str = ""  # the file with the URL
    every: Duration = Duration(60)
    timeout: Duration = Duration(10)

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError("every: expected at least 1s")

    def address(self) -> str:
        """The URL; OSError: its file can't be read."""
        return Path(self.url_file).read_text("utf-8").strip() if self.url_file else self.url


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ingestd.yaml."""

    version: int = 1
    state: str = "var"  # folder for what the daemon itself writes: the store, the key of the links
    store: str = ""  # SQLAlchemy URL; empty: SQLite in the state folder
    listen: Listen = Listen()
    public_url: str = ""  # as people reach the pages; empty: no links in mails
    link_age: Duration = Duration(7 * 86400.0)  # how long links in letters, and answers to them, count
    replies: ReplySettings = ReplySettings()
    texts: TextSettings = TextSettings()
    dead_man: DeadManSettings | None = None
    sources: dict[str, SourceSettings] = {}  # by name: POST /webhooks/NAME
    webhooks: WebhookSettings = WebhookSettings()
    imap: tuple[ImapSettings, ...] = ()  # mailboxes to read
    mail: MailSettings | None = None
    maildir: MaildirSettings | None = None
    channels: dict[str, AnyChannel] = {}  # further ways out, by the names that contacts use: {type: wecom, …}
    watch: bool = True  # take over changed files as soon as they are saved; else by SIGHUP or `ingestd reload`
    mode: Literal["page", "observe"] = "page"  # observe: decide everything, send the digest only
    digest: DigestSettings = DigestSettings()
    retention: RetentionSettings = RetentionSettings()
    language: Language = "en"
    timezone: str = "UTC"
    last_resort: tuple[str, ...] = ()  # required: somebody is always told
    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()


def given_ways(settings: Settings) -> dict[str, MailSettings | MaildirSettings | ChannelSettings]:
    """Every way out that is configured, by its name."""
    own = {name: way for name in CHANNELS if (way := getattr(settings, name)) is not None}
    return {**own, **settings.channels}


def ways_out(main: Document[Settings]) -> frozenset[str]:
    """What a contact may name: what is written, and mail (on a site that only tries things out, the folder)."""
    settings = main.value
    only_others = bool(settings.channels) and main.whole and not any(map(main.writes, CHANNELS))
    return frozenset(given_ways(settings)) | main.keys("channels") | (frozenset() if only_others else {"mail"})


def settings_problems(main: Document[Settings], mappings: frozenset[str]) -> Iterator[Problem]:
    """What is wrong with ingestd.yaml by itself; ``mappings``: the ids of the site's own webhook sources."""
    value = main.value
    if not is_zone(value.timezone):
        hint = near_to(value.timezone, available_timezones()) or ""
        hint = hint if "mean" in str(hint) else said(": expected a name such as Asia/Shanghai")
        yield main.problem(("timezone",), said("unknown time zone {name!r}{hint}", name=value.timezone, hint=hint))
    if main.whole and not given_ways(value) and not any(map(main.writes, (*CHANNELS, "channels"))):
        ways = f"{', '.join(CHANNELS)} or channels"
        yield main.problem((), said("nobody can be told: expected {channels}", channels=ways))
    yield from _channel_names(main)
    if value.dead_man is not None and not (value.dead_man.url or value.dead_man.url_file):
        yield main.problem(("dead_man",), said("{key!r} is missing", key="url"))
    if value.public_url and not re.match(r"https?://[^/\s]+", value.public_url):
        words = said("expected http:// or https:// and a host, got {got!r}", got=value.public_url)
        yield main.problem(("public_url",), words)
    for i, network in enumerate(value.listen.smtp.allowed_networks):
        if not _is_network(network):
            words = said("expected a network such as 10.0.0.0/8, got {got!r}", got=network)
            yield main.problem(("listen", "smtp", "allowed_networks", i), words)
    taken = set(value.sources)
    for i, mailbox in enumerate(value.imap):
        if mailbox.name in taken:
            yield main.problem(("imap", i, "name"), said("{name!r} names two sources", name=mailbox.name))
        taken.add(mailbox.name)
    known = (*sources.names(), *mappings)
    for name, source in value.sources.items():
        if source.adapter not in known:
            yield main.problem(("sources", name, "adapter"), unknown("adapter", source.adapter, known))
        if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
            words = said(
                "expected a name of letters, digits, '.', '_' and '-' (part of an address), got {got!r}", got=name
            )
            yield main.problem(("sources", name), words, key=True)


def _channel_names(main: Document[Settings]) -> Iterator[Problem]:
    for name in main.value.channels:
        if name in TAKEN:
            yield main.problem(("channels", name), said("{name!r} can't name a channel", name=name), key=True)


def is_zone(name: str) -> bool:
    """Whether the time-zone database knows the name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
