"""Whose reply a mail is, proven before it is committed: the step itself knows no key.

Every letter's Message-ID carries a token over incident, notification, day and person. A reply brings it back in
In-Reply-To or References, and mail programs that drop those quote the signed link in the body. It counts as the
person's if the token is good, is not too old, is hers by the address in From, and, where the site names the authserv-id
of its own mail server, if that server's topmost Authentication-Results says that the address is genuine (RFC 8601).
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from ingestd.decide import bounces
from ingestd.decide import mail as mails
from ingestd.decide.mail import Mail
from ingestd.decide.oncall import People
from ingestd.links import LinkError, Links
from ingestd.model import Answers, Message
from ingestd.settings import ReplySettings

DAY = 86400.0
TAG = 20  # hexadecimal digits of the token: 80 bits
MOST = 20  # tokens of one mail that are looked at
LONGEST_BODY = 512 * 1024  # characters in which a link is looked for
LONGEST_HEAD = 64 * 1024  # bytes
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_OURS = re.compile(r"<?ingestd\.(\d{1,15})\.(\d{1,15})\.(\d{1,7})\.([0-9a-f]{20})@")
_LINK = re.compile(r"/a/([\w.\-]{20,500})")
_RESULT = re.compile(r"\b(dmarc|dkim|spf)\s*=\s*pass\b([^;]*)", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:header\.d|header\.i|smtp\.mailfrom|header\.from)\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


class Letters:
    """Makes the Message-IDs of our letters and recognises them. ``now``: wall clock, epoch seconds."""

    def __init__(self, key: bytes, links: Links, *, max_age: float, now: Callable[[], float]) -> None:
        self._key, self._links = key, links
        self._max_age, self._now = max_age, now

    def message_id(self, domain: str, incident: int, notification: int, person: str, at: float) -> str:
        """The Message-ID of a letter: the same whenever it is made. ``at``: when it was decided."""
        day = int(at // DAY)
        tag = self._tag(incident, notification, day, person)
        return f"<ingestd.{incident}.{notification}.{day}.{tag}@{domain}>"

    def proven(self, message: Message, people: People, settings: ReplySettings) -> Message:
        """The mail, with who wrote it and which letter it answers if that is beyond doubt; else as it is."""
        if message.kind != "mail" or not _may_answer(message.body, people):
            return message
        mail = mails.read(message.body)
        if bounces.is_bounce(mail):
            return self._sent_back(message, mail, people)
        person = people.by_mail(mail.sender)
        found = next(self._answered(mail, person), None) if person and _returns(message, mail) else None
        if found is None or not _genuine(mail, settings.authserv_id):
            return message
        return replace(message, actor=person, answers=found)

    def _sent_back(self, message: Message, mail: Mail, people: People) -> Message:
        """A bounce of one of our letters carries its token; whose letter it was, the token says."""
        ours = _OURS.search(bounces.reports_on(mail).message_id or "")
        for person in people.persons if ours else ():
            found = self._read(ours, person)
            if found is not None:
                return replace(message, actor=person, answers=found)
        return message

    def _answered(self, mail: Mail, person: str) -> Iterator[Answers]:
        named = " ".join((mail.in_reply_to or "", *reversed(mail.references)))
        for _, ours in zip(range(MOST), _OURS.finditer(named), strict=False):
            found = self._read(ours, person)
            if found is not None:
                yield found
        for _, link in zip(range(MOST), _LINK.finditer(mail.text[:LONGEST_BODY]), strict=False):
            try:
                grant = self._links.read(link[1])
            except LinkError:
                continue
            if grant.person == person:
                yield Answers(grant.incident, grant.notification)

    def _read(self, ours: "re.Match[str] | None", person: str) -> Answers | None:
        """Which letter to this person a Message-ID names; None: none of ours, or an old one."""
        if ours is None:
            return None
        incident, notification, day = (int(part) for part in ours.groups()[:3])
        good = hmac.compare_digest(self._tag(incident, notification, day, person), ours[4])
        fresh = (day + 1) * DAY + self._max_age >= self._now()
        return Answers(incident, notification) if good and fresh else None

    def _tag(self, incident: int, notification: int, day: int, person: str) -> str:
        said = f"letter\0{incident}\0{notification}\0{day}\0{person}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:TAG]


def _may_answer(body: bytes, people: People) -> bool:
    """Whether a mail is worth reading for this: most are not, and are to be committed quickly."""
    if b"ingestd." in body:
        return True
    if b"/a/" not in body and b"base64" not in body[:LONGEST_HEAD].lower():
        return False
    head = _HEAD_END.split(body[:LONGEST_HEAD], maxsplit=1)[0]
    return bool(people.by_mail(mails.read(head).sender))


def _returns(message: Message, mail: Mail) -> bool:
    """Whether somebody wants an answer: nobody does who sends from the null address (RFC 3834)."""
    path = mail.header("return-path").strip()
    return path != "<>" and (message.source != "smtp" or bool(message.sender))


def _genuine(mail: Mail, authserv_id: str) -> bool:
    """Whether our mail server vouches for the address in From. It writes above all others; their lines do not count."""
    if not authserv_id:
        return True
    said, _, results = mail.header("authentication-results").partition(";")
    if said.split()[:1] != [authserv_id] and said.strip().casefold() != authserv_id.casefold():
        return False
    domain = mail.sender.rpartition("@")[2].casefold()
    return any(_vouches(found, domain) for found in _RESULT.finditer(results))


def _vouches(found: "re.Match[str]", domain: str) -> bool:
    """DMARC speaks for the address in From itself; DKIM and SPF only if their domain is its own, or above it."""
    if found[1].casefold() == "dmarc":
        return True
    theirs = (one.rpartition("@")[2].casefold() for one in _DOMAIN.findall(found[2]))
    return any(domain == one or domain.endswith(f".{one}") for one in theirs if "." in one)
