"""Slices of a site, as the parts of the daemon want them."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from ingestd.channels import Channel, build
from ingestd.channels.mail import MailChannel
from ingestd.channels.maildir import MaildirChannel
from ingestd.config import Site
from ingestd.decide.oncall import Contact as Way
from ingestd.decide.oncall import Person, ways_for
from ingestd.intake import CountRefused, Receive
from ingestd.intake.lmtp import LmtpIntake
from ingestd.outbox import Address, Contact
from ingestd.settings import HttpSettings, Settings

FIXED = (
    "state",
    "store",
    "listen",
    "imap",
    "public_url",
    "link_age",
    "webhooks",
    "timezone",
    "watch",
)  # settings of a whole run


def channels(site: Site) -> dict[str, Channel]:
    """The ways out that the site configures."""
    settings = site.settings
    ways: dict[str, Channel] = {}
    if settings.mail is not None:
        ways["mail"] = MailChannel(settings.mail)
    if settings.maildir is not None:
        ways["maildir"] = MaildirChannel(settings.maildir)
    ways |= {name: build(way) for name, way in settings.channels.items()}
    return ways


def lmtp_intake(
    settings: Settings, receive: Receive, clock: Callable[[], float], count_refused: CountRefused
) -> LmtpIntake | None:
    """The socket for a mail server on this machine, if the site has one."""
    found = settings.listen.lmtp
    return LmtpIntake(found, receive, clock, count_refused) if found is not None else None


def answerable(site: Site) -> frozenset[str]:
    """The channels whose letters say that they can be answered."""
    return frozenset({"mail", "maildir"}) if site.settings.replies.invite else frozenset()


def contacts(site: Site) -> dict[str, Contact]:
    """How each person is told. On a site that only tries things out, mail goes to the folder."""
    mail = "mail" if site.settings.mail is not None else "maildir"
    found = {}
    for person in site.people.people:
        at = partial(_ways_at, person, site.rulebook.ranker.zone, mail)
        ways = tuple(_address(way, mail) for way in person.ways())
        found[person.id] = Contact(person.language or site.settings.language, ways, at)
    return found


def _ways_at(person: Person, zone: ZoneInfo, mail: str, priority: str, wall: float) -> tuple[Address, ...]:
    return tuple(_address(way, mail) for way in ways_for(person, priority, wall, zone))


def _address(way: Way, mail: str) -> Address:
    return Address(mail if way.channel == "mail" else way.channel, way.address)


def address(http: HttpSettings) -> str:
    """Where the web is served."""
    return f"{'https' if http.certificate else 'http'}://{http.host}:{http.port}"


def needs_restart(old: Site, new: Site) -> tuple[str, ...]:
    """What a reload can't take over, in words."""
    changed = [key for key in FIXED if getattr(old.settings, key) != getattr(new.settings, key)]
    return (f"changed, and in force after a restart only: {', '.join(changed)}",) if changed else ()


def sender_domain(site: Site) -> str:
    """The domain of our Message-IDs: that of the sender."""
    sender = site.settings.mail.sender if site.settings.mail else ""
    return sender.rpartition("@")[2].strip(" >") or "ingestd.localdomain"


def recorded(site: Site) -> bytes:
    """What the journal keeps of a configuration: every file, without secrets."""
    return msgspec.json.encode(site.sources)
