"""Mail -> ``Reading``: what a message is understood as, and why.

The order is the judgement: bounces and answers first (they quote alerts), then the tools' recognisers, then what only
headers and quotes tell, then the fallback, which understands anything.
"""

from collections.abc import Sequence

import msgspec

from ingestd.decide import bounces, fallback, hosts, kinds, quotes
from ingestd.decide.mail import Mail
from ingestd.decide.mail import read as read_mail
from ingestd.decide.match import LONGEST, NameFinder, PatternSet
from ingestd.decide.reader import Recogniser, text_of
from ingestd.decide.recognise import RecogniserFile, When
from ingestd.model import Event, Message, Reading, ReadingKind, Reason

__all__ = ["RecogniserFile", "Recognisers", "fallback_text"]

PLACES = ("subject", "from", "header", "body")


class _Way(msgspec.Struct, frozen=True):
    """One alternative of one recogniser: the patterns that must all occur, by place and index in that place's set."""

    recogniser: int
    needs: frozenset[tuple[str, int]]


class Recognisers:
    """All recognisers, ready: which of them a mail is for takes one pass over each of its places."""

    def __init__(self, files: Sequence[RecogniserFile]) -> None:
        self._all = tuple(Recogniser(file) for file in files)
        patterns: dict[str, list[str]] = {place: [] for place in PLACES}
        self._ways = tuple(
            _Way(index, frozenset(_registered(patterns, way))) for index, file in enumerate(files) for way in file.when
        )
        self._sets = {place: PatternSet(found) for place, found in patterns.items() if found}

    @classmethod
    def compile(cls, files: Sequence[RecogniserFile]) -> "Recognisers":
        """Build from files that were loaded; of two with one id the later (a site's own) counts."""
        return cls(tuple({file.id: file for file in files}.values()))

    def read(self, message: Message, names: NameFinder) -> Reading:
        """Understand a mail; always a reading, whatever the bytes."""
        mail = read_mail(message.body)
        if (early := self._early(mail)) is not None:
            return early
        if kinds.is_forward(mail):
            return fallback.read_person(mail, names)
        if (recognised := self._recognised(mail, names)) is not None:
            return recognised
        machine = kinds.is_machine(mail)
        return _late(mail, machine=machine) or fallback.read_mail(mail, names, machine=machine)

    def _early(self, mail: Mail) -> Reading | None:
        """What quotes an alert without being one."""
        if bounces.is_bounce(mail):
            return _bounce(mail)
        if kinds.is_complaint(mail):
            return _plain(mail, "other", "a complaint about a mail (RFC 5965)")
        if kinds.is_auto_reply(mail):
            return _plain(mail, "auto_reply", "the subject or the headers are an answering machine's")
        return _reply(mail, "the subject begins with Re:") if kinds.is_reply(mail) else None

    def _recognised(self, mail: Mail, names: NameFinder) -> Reading | None:
        hits = {
            (place, index)
            for place, patterns in self._sets.items()
            for index in patterns.hits(text_of(mail, place)[:LONGEST])
        }
        ways = sorted((way for way in self._ways if way.needs <= hits), key=lambda way: -len(way.needs))
        for index in dict.fromkeys(way.recogniser for way in ways):
            reading = self._all[index].read(mail)
            if reading is not None:
                return _with_host(reading, mail, names) if self._all[index].file.guess_host else reading
        return None


def fallback_text(text: str, source: str, names: NameFinder) -> Reading:
    """Understand a webhook's body that no source reads; ``source`` is its configured name."""
    return fallback.read_text(text, source, names)


def _registered(patterns: dict[str, list[str]], way: When) -> list[tuple[str, int]]:
    given = zip(PLACES, (way.subject, way.sender, way.header, way.body), strict=True)
    needs = []
    for place, pattern in given:
        if pattern:
            needs.append((place, len(patterns[place])))
            patterns[place].append(pattern)
    return needs


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
    if machine or kinds.is_receipt(mail):
        return None
    if kinds.is_quoting_reply(mail):
        return _reply(mail, "it quotes another mail")
    return _reply(mail, "it refers to another mail") if mail.in_reply_to and mail.references else None


def _plain(mail: Mail, kind: ReadingKind, why: str) -> Reading:
    return Reading(
        kind=kind, subject=mail.subject, in_reply_to=_answers(mail), reasons=(Reason("recognise", kind, why),)
    )


def _reply(mail: Mail, why: str) -> Reading:
    return msgspec.structs.replace(_plain(mail, "reply", why), reply_text=quotes.new_text(mail.text))


def _bounce(mail: Mail) -> Reading:
    return msgspec.structs.replace(_plain(mail, "bounce", "a delivery report"), reports_on=bounces.reports_on(mail))


def _answers(mail: Mail) -> str | None:
    return mail.in_reply_to or (mail.references[-1] if mail.references else None)
