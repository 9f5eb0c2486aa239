"""What the auditor stands on in a daemon: whom the last resort names, and how to tell it past a stuck engine."""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from ingestd.auditor import Audit, Finding
from ingestd.check.chinese import CATALOGUE
from ingestd.config import Site
from ingestd.outbox import Outbox
from ingestd.problem import Said, said
from ingestd.slices import sender_domain
from ingestd.straight import Straight, Words
from ingestd.web.face import Stuck

log = structlog.get_logger("ingestd.auditor")

SUBJECT = said("ingestd itself is stuck: new alerts may not be told")
ADVICE = said(
    "Restart it (systemctl restart ingestd), then look with `ingestd doctor`. It loses nothing it has accepted."
)


def last_people(site: Site, wall: float) -> tuple[str, ...]:
    """Whom the last resort names at a wall time."""
    return site.rulebook.people.whoever(site.settings.last_resort, wall)


def reached(site: Site, outbox: Outbox, wall: float) -> bool:
    """Whether the last resort is somebody with an address on a channel that there is."""
    contacts = (outbox.contacts.get(person) for person in last_people(site, wall))
    return any(way.channel in outbox.channels for one in contacts if one is not None for way in one.addresses)


def shouting(
    site: Callable[[], Site], outbox: Outbox, wall: Callable[[], float]
) -> Callable[[Sequence[Finding]], Awaitable[bool]]:
    """What tells the last resort by one plain letter each, and says whether one was taken. Who observes sends none."""

    async def shout(findings: Sequence[Finding]) -> bool:
        if outbox.observing:
            return True
        now = site()
        domain = sender_domain(now)
        straight = Straight(outbox.channels, outbox.contacts, domain=domain, name="ingestd.audit", now=wall)
        handed = await straight.tell(last_people(now, wall()), letter(findings))
        for one in handed:
            log.critical("told straight", person=one.person, channel=one.channel, ok=one.ok, detail=one.detail)
        return any(one.ok for one in handed)

    return shout


def letter(findings: Sequence[Finding]) -> Words:
    """What is stuck, in the reader's language."""

    def words(language: str) -> tuple[str, str]:
        lines = [f"- {in_words(one.words, language)}" for one in findings]
        return in_words(SUBJECT, language), "\n".join(
            [in_words(SUBJECT, language), *lines, in_words(ADVICE, language), ""]
        )

    return words


def in_words(text: Said, language: str) -> str:
    """In Chinese if that is the language, else in English."""
    return text.translated(CATALOGUE) if language.casefold().startswith("zh") else str(text)


def shown(audit: Audit) -> tuple[Stuck, ...]:
    """A look, as the API tells it."""
    standing = frozenset((one.what, one.about) for one in audit.standing)
    return tuple(
        Stuck(
            what=one.what,
            about=one.about,
            text=str(one.words),
            words=one.words,
            standing=(one.what, one.about) in standing,
        )
        for one in audit.findings
    )
