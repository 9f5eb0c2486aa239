"""Mail -> ``Reading``: what a message is understood as, and why.

The order is the judgement: bounces and answers first (they quote alerts), then the tools' recognisers, then what only
headers and quotes tell, then the fallback, which understands anything.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from ingestd.decide import bounces, echo, fallback, hosts, kinds, quotes, words
from ingestd.decide.mail import Mail
from ingestd.decide.mail import read as read_mail
from ingestd.decide.match import NameFinder
from ingestd.decide.reader import Recogniser, text_of
from ingestd.decide.recognise import RecogniserFile
from ingestd.decide.ruleset import RuleSet, weight
from ingestd.decide.vocabulary import MAIL, Facts
from ingestd.decide.when import BadCondition, parse
from ingestd.model import Event, Message, Reading, ReadingKind, Reason
from ingestd.yamltypes import said

__all__ = ["RecogniserFile", "Recognisers", "fallback_text"]


class _Way(msgspec.Struct, frozen=True):
    """One alternative of one recogniser, and how much it asks."""

    FACTS: ClassVar[Facts] = MAIL

    id: str
    when: dict[str, Any]
    recogniser: int
    weight: int


class Recognisers:
    """All recognisers, ready: which of them a mail is for takes one pass over each of its parts.

    BadCondition names the file and, from its ``when`` on, the place of a condition that can't be read.
    """

    def __init__(self, files: Sequence[RecogniserFile]) -> None:
        self._all = tuple(Recogniser(file) for file in files)
        self._ways = RuleSet(way for index, file in enumerate(files) for way in _ways(index, file))

    @classmethod
    def compile(cls, files: Sequence[RecogniserFile]) -> "Recognisers":
        """Build from files that were loaded; of two with one id the later (a site's own) counts."""
        return cls(tuple({file.id: file for file in files}.values()))

    def read(self, message: Message, names: NameFinder) -> Reading:
        """Understand a mail; always a reading, whatever the bytes."""
        mail = read_mail(message.body)
        if (early := self._early(mail)) is not None:
            return early
        colleague = names.is_colleague(mail.sender)
        if kinds.is_forward(mail, colleague=colleague):
            return fallback.read_person(mail, names)
        if (recognised := self._recognised(mail, names) or self._recognised_fields(mail, names)) is not None:
            return recognised
        machine = kinds.is_machine(mail, colleague=colleague)
        return _late(mail, machine=machine) or fallback.read_mail(mail, names, machine=machine)

    def _early(self, mail: Mail) -> Reading | None:
        """What quotes an alert without being one."""
        if bounces.is_bounce(mail):
            return _bounce(mail)
        if kinds.is_complaint(mail):
            return _plain(mail, "other", "a complaint about a mail (RFC 5965)")
        if echo.is_echo(mail):
            return _plain(mail, "other", "a letter of ours, passed on without a word")
        if kinds.is_auto_reply(mail):
            return _plain(mail, "auto_reply", "the subject or the headers are an answering machine's")
        return _reply(mail, "the subject begins with Re:") if kinds.is_reply(mail) else None

    def _recognised(self, mail: Mail, names: NameFinder) -> Reading | None:
        found = self._ways.matching({part: text_of(mail, part) for part in MAIL})
        ways = sorted(found, key=lambda way: -way.weight)
        for index in dict.fromkeys(way.recogniser for way in ways):
            reading = self._all[index].read(mail)
            if reading is not None:
                return _with_host(reading, mail, names) if self._all[index].file.guess_host else reading
        return None

    def _recognised_fields(self, mail: Mail, names: NameFinder) -> Reading | None:
        """A mail of JSON, whose keys are what other sites write as labels."""
        text = fallback.readable(mail.text)
        return self._recognised(msgspec.structs.replace(mail, text=text), names) if text is not mail.text else None


def fallback_text(text: str, source: str, names: NameFinder) -> Reading:
    """Understand a webhook's body that no source reads; ``source`` is its configured name."""
    return fallback.read_text(text, source, names)


def _ways(index: int, file: RecogniserFile) -> Iterator[_Way]:
    for number, when in enumerate(file.when):
        try:
            asks = weight(parse(when, MAIL, file.id))
        except BadCondition as bad:
            raise bad.within(number) from None
        if not asks:
            raise BadCondition(file.id, (number,), said("expected at least one of subject, from, header, body"))
        yield _Way(file.id, when, index, asks)


def _with_host(reading: Reading, mail: Mail, names: NameFinder) -> Reading:
    if all(event.host for event in reading.events):
        return reading
    found = hosts.guess(mail.subject, mail.text, names, mail.header("from"))
    if not found:
        return reading
    return msgspec.structs.replace(reading, events=tuple(_guessed(event, found) for event in reading.events))


def _guessed(event: Event, host: str) -> Event:
    return event if event.host else msgspec.structs.replace(event, host=host, guessed=True)


def _late(mail: Mail, *, machine: bool) -> Reading | None:
    """Answers that only headers or quotes show: a recogniser that knows the mail goes first."""
    if kinds.is_marked_auto_reply(mail):
        return _plain(mail, "auto_reply", "the headers are an answering machine's")
    if kinds.is_receipt(mail) or (machine and not _answers_above(mail)):
        return None
    if kinds.is_quoting_reply(mail):
        return _reply(mail, "it quotes another mail")
    return _reply(mail, "it refers to another mail") if mail.in_reply_to and mail.references else None


def _answers_above(mail: Mail) -> bool:
    """An answer in spite of what its sender's service adds: above another mail's header, and it tells of nothing."""
    tells = words.judge(mail.subject).verdict != "none" or words.judge(quotes.of(mail)).verdict != "none"
    return not tells and quotes.answers_above(mail.text)


def _plain(mail: Mail, kind: ReadingKind, why: str) -> Reading:
    return Reading(
        kind=kind, subject=mail.subject, in_reply_to=_answers(mail), reasons=(Reason("recognise", kind, why),)
    )


def _reply(mail: Mail, why: str) -> Reading:
    return msgspec.structs.replace(_plain(mail, "reply", why), reply_text=quotes.of(mail))


def _bounce(mail: Mail) -> Reading:
    return msgspec.structs.replace(_plain(mail, "bounce", "a delivery report"), reports_on=bounces.reports_on(mail))


def _answers(mail: Mail) -> str | None:
    return mail.in_reply_to or (mail.references[-1] if mail.references else None)
