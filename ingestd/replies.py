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

from ingestd.decide import bounces, charset
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
_RESULT = re.compile(r"\s*(dmarc|dkim|spf)(?:\s*/\s*\d+)?\s*=\s*pass(?![\w-])(.*)", re.IGNORECASE | re.DOTALL)
LONGEST_FIELD = 20_000  # characters of a header field that are taken apart
#: Which property of a result names the domain that it vouches for (RFC 8601; those that a sender may choose do not).
_NAMED_IN = {"dmarc": ("header.from",), "dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}
#: What answering machines, lists and programs add to their mails, and no person's mail program does.
_UNMANNED = frozenset((
    "list-id", "list-unsubscribe", "list-post", "list-help", "list-subscribe", "list-owner", "mailing-list",
    "x-mailing-list", "x-autoreply", "x-autorespond", "x-autoresponder", "x-autoresponse", "x-auto-reply",
    "x-mail-autoreply", "x-vacation", "x-fc-machinegenerated", "x-cron-env", "x-ms-exchange-inbox-rules-loop",
    "x-failed-recipients", "x-ingestd-kind",
))  # fmt: skip
_WITH_ENVELOPE = frozenset({"smtp", "lmtp"})  # sources that know the address of the envelope; a mailbox keeps a header
_BULK = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply"})


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
        """The mail, with who wrote it and which letter it answers if that is beyond doubt; else as it is.

        One of our own letters that comes back is marked as such: it answers itself, and nobody has written it.
        """
        if message.kind != "mail" or not _may_answer(message, people):
            return message
        mail = mails.read(message.body)
        if bounces.is_bounce(mail):
            return self._sent_back(message, mail, people)
        own = self._letter(_OURS.match(mail.message_id or ""), people)
        if own is not None:
            return replace(message, answers=own[1])
        person = people.by_mail(mail.sender)
        spoken = bool(person) and _returns(message, mail) and _is_manned(mail) and _has_one_author(mail)
        found = next(self._answered(mail, person), None) if spoken else None
        if found is None or not _genuine(mail, settings.authserv_id):
            return message
        return replace(message, actor=person, answers=found)

    def _sent_back(self, message: Message, mail: Mail, people: People) -> Message:
        """A bounce of one of our letters carries its token; whose letter it was, the token says."""
        found = self._letter(_OURS.search(bounces.reports_on(mail).message_id or ""), people)
        return message if found is None else replace(message, actor=found[0], answers=found[1])

    def _letter(self, ours: "re.Match[str] | None", people: People) -> tuple[str, Answers] | None:
        """Whose letter a Message-ID is the name of, and which one."""
        readings = ((person, self._read(ours, person)) for person in people.persons) if ours else ()
        return next(((person, found) for person, found in readings if found is not None), None)

    def _answered(self, mail: Mail, person: str) -> Iterator[Answers]:
        for ours in _named(mail):
            found = self._read(ours, person)
            if found is not None:
                yield found
        for _, link in zip(range(MOST), _LINK.finditer(mail.text[:LONGEST_BODY]), strict=False):
            try:
                grant = self._links.read(link[1])
            except LinkError:
                continue
            if grant.person == person and grant.action == "ack":  # what was posted to a group is anybody's
                yield Answers(grant.incident, grant.notification)

    def _read(self, ours: "re.Match[str]", person: str) -> Answers | None:
        """Which letter to this person a Message-ID names; None: none of ours, or an old one."""
        incident, notification, day = (int(part) for part in ours.groups()[:3])
        good = hmac.compare_digest(self._tag(incident, notification, day, person), ours[4])
        fresh = (day + 1) * DAY + self._max_age >= self._now()
        return Answers(incident, notification) if good and fresh else None

    def _tag(self, incident: int, notification: int, day: int, person: str) -> str:
        said = f"letter\0{incident}\0{notification}\0{day}\0{person}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:TAG]


def _may_answer(message: Message, people: People) -> bool:
    """Whether a mail is worth reading for this: most are not, and are to be committed quickly."""
    body = message.body
    if b"ingestd." in body:
        return True
    if b"/a/" not in body and b"base64" not in body[:LONGEST_HEAD].lower():
        return False
    if _is_from_nobody(message):
        return True  # a bounce, perhaps
    head = _HEAD_END.split(body[:LONGEST_HEAD], maxsplit=1)[0]
    return bool(people.by_mail(mails.read(head).sender))


def _is_from_nobody(message: Message) -> bool:
    return message.source in _WITH_ENVELOPE and not message.sender


def _returns(message: Message, mail: Mail) -> bool:
    """Whether somebody wants an answer: nobody does who sends from the null address (RFC 3834)."""
    path = mail.header("return-path").strip()
    return path != "<>" and not _is_from_nobody(message)


def _named(mail: Mail) -> "list[re.Match[str]]":
    """Our letters that a mail refers to, the nearest first; an id may have been folded anywhere."""
    written = {"in-reply-to": "", "references": ""}
    for name, value in mail.headers:
        if name in written and not written[name]:
            written[name] = "".join(charset.header(value).split())
    nearest, older = (list(_OURS.finditer(text)) for text in written.values())
    return [*nearest, *reversed(older)][:MOST]


def _is_manned(mail: Mail) -> bool:
    """Whether a person may have written it: no mark of a program, of an answering machine or of a list (RFC 3834)."""
    submitted = mail.header("auto-submitted").split(";")[0].split("(")[0].strip().casefold()
    return (
        submitted in ("", "no")
        and mail.header("precedence").strip().casefold() not in _BULK
        and not any(name in _UNMANNED for name, _ in mail.headers)
    )


def _has_one_author(mail: Mail) -> bool:
    """Whether From names one address and that is the one we read, so that every mail server judges the same."""
    fields = [value for name, value in mail.headers if name == "from"]
    if len(fields) != 1:
        return False
    addressed = [one for one in _bare(fields[0]).split(",") if "@" in one]
    return len(addressed) == 1 and addressed[0].count("<") <= 1 and mail.sender.casefold() in addressed[0].casefold()


def _genuine(mail: Mail, authserv_id: str) -> bool:
    """Whether our mail server vouches for the address in From. It writes above all others; their lines do not count."""
    if not authserv_id:
        return True
    written, *results = _bare(mail.header("authentication-results")).split(";")
    if written.split()[:1] != [authserv_id.casefold()]:
        return False
    domain = mail.sender.rpartition("@")[2].casefold()
    return any(_vouches(found, domain) for found in map(_RESULT.match, results) if found)


def _vouches(found: "re.Match[str]", domain: str) -> bool:
    """DMARC speaks for the address in From itself; DKIM and SPF only if their domain is its own, or above it."""
    method = found[1].casefold()
    pairs = (pair.partition("=") for pair in re.sub(r"\s*=\s*", "=", found[2]).split())
    theirs = [value.rpartition("@")[2] for name, _, value in pairs if name in _NAMED_IN[method]]
    if method == "dmarc":
        return all(domain == one for one in theirs)
    return any(domain == one or domain.endswith(f".{one}") for one in theirs if "." in one)


def _bare(text: str) -> str:
    """A field in small letters without comments and quoted words: a sender may have chosen what stands in them."""
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for sign in text[:LONGEST_FIELD].casefold():
        if escaped or (sign == "\\" and (depth or quoted)):
            escaped = not escaped
        elif sign == '"' and not depth:
            quoted = not quoted
        elif not quoted and sign in "()":
            depth = max(0, depth + (1 if sign == "(" else -1))
        elif not quoted and not depth:
            out.append(sign)
    return "".join(out)
