"""What no recogniser knows still becomes an event: its words, and the names in it, say what they can.

A host found here is marked guessed. A mail in which nothing speaks of a problem is kept and opens nothing.
"""

import msgspec

from ingestd.decide import kinds, words
from ingestd.decide.mail import Mail
from ingestd.decide.match import NameFinder
from ingestd.model import Event, Reading, ReadingKind, Reason, Severity

MOST_LINES = 40  # of a body that are believed
LONGEST_SUMMARY = 300
# Where a JSON body of an unknown source says what it is about, best first.
TITLES = ("title", "summary", "subject", "message", "text", "description", "name", "alert", "event")


def read_mail(mail: Mail, names: NameFinder) -> Reading:
    """A machine's mail by its words; a person's mail as a report."""
    if kinds.is_receipt(mail):
        return _reading("other", mail.subject, "a read receipt", ())
    lines = _lines(mail.text)
    if kinds.is_machine(mail):
        return _machine(mail, lines, names)
    if not lines and words.severity(mail.subject) is None:
        return _reading("other", mail.subject, "a mail without text or a word of a problem", (_quiet(mail.subject),))
    return _reading(
        "human_report", mail.subject, f"written by a person ({mail.sender})", (_report(mail, lines, names),)
    )


def read_text(text: str, source: str, names: NameFinder) -> Reading:
    """A webhook body that no source of ours understands: always an event, never a recovery on doubt."""
    lines = _lines(_flattened(text))
    title = next(iter(lines), source)[:LONGEST_SUMMARY]
    kind, level, why = _judged(title, " \n".join(lines))
    if kind == "other" and not words.says_success(title):
        kind, why = "alert", "a body without a known word"
    host = next(iter(names.find(" \n".join(lines))), None)
    event = _event(kind, level, title, host, f"{source}|{words.subject_key(title)}")
    return _reading(kind, title, why, (event,))


def _machine(mail: Mail, lines: list[str], names: NameFinder) -> Reading:
    title = (mail.subject or next(iter(lines), "") or f"mail from {mail.sender or 'nobody'}")[:LONGEST_SUMMARY]
    kind, level, why = _judged(title, "" if kinds.is_bulk(mail) else "\n".join(lines))
    host = next(iter(names.find(f"{title}\n{mail.text}")), None)
    event = _event(kind, level, title, host, f"{mail.sender}|{words.subject_key(title)}")
    return _reading(kind, mail.subject, why, (event,))


def _judged(title: str, body: str) -> tuple[ReadingKind, Severity, str]:
    """Kind and severity by the words of the title, else of the body."""
    for place, text in (("subject", title), ("text", body)):
        if words.says_recovered(text):
            return "recovery", "info", f"the {place} says that it is over"
        level = words.severity(text)
        if level:
            return "alert", level, f"the {place} says {level}"
        if words.says_success(text):
            return "other", "info", f"the {place} says success"
    return "other", "unknown", "no word of a problem"


def _event(kind: ReadingKind, level: Severity, title: str, host: str | None, identity: str) -> Event:
    return Event(
        state="firing" if kind == "alert" else "resolved",
        summary=title,
        host=host,
        severity=level,
        identity=identity,
        guessed=host is not None,
        quiet=kind == "other",
    )


def _quiet(title: str) -> Event:
    return Event(state="resolved", summary=title or "an empty mail", quiet=True)


def _report(mail: Mail, lines: list[str], names: NameFinder) -> Event:
    """A person's report; the nodes and services it may be about are its labels ``mentions``."""
    found = names.find(f"{mail.subject}\n{mail.text}")
    first = next(iter(lines), "")
    return Event(
        state="firing",
        summary=": ".join(filter(None, (mail.subject, first)))[:LONGEST_SUMMARY],
        host=next(iter(found), None),
        identity=f"report|{mail.sender.casefold()}|{words.subject_key(mail.subject or first)}",
        labels=tuple(("mentions", node) for node in found),
        guessed=bool(found),
        report=True,
        sender=mail.sender,
    )


def _reading(kind: ReadingKind, subject: str, why: str, events: tuple[Event, ...]) -> Reading:
    reasons = [Reason("recognise", "fallback", why)]
    reasons += [Reason("fingerprint", "fallback", f"identified by {e.identity}") for e in events if e.identity]
    reasons += [Reason("fingerprint", "fallback", f"the text names {e.host}: a guess") for e in events if e.guessed]
    return Reading(kind=kind, events=events, reasons=tuple(reasons), subject=subject)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()][:MOST_LINES]


def _flattened(text: str) -> str:
    """JSON as ``key: value`` lines with the telling ones first; other text as it is."""
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text
    pairs = list(_leaves("", body, 0))
    titles = [value for title in TITLES for key, value in pairs if key.rsplit(".", 1)[-1].lower() == title]
    return "\n".join([*titles[:1], *(f"{key}: {value}" if key else value for key, value in pairs)])


def _leaves(key: str, value: object, depth: int) -> list[tuple[str, str]]:
    if depth > 8:
        return []
    if isinstance(value, dict):
        return [leaf for name, child in value.items() for leaf in _leaves(f"{key}.{name}".strip("."), child, depth + 1)]
    if isinstance(value, list):
        return [leaf for child in value[:100] for leaf in _leaves(key, child, depth + 1)]
    return [] if value is None or value == "" else [(key, " ".join(str(value).split()))]
