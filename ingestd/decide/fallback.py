"""What no recogniser knows still becomes an event: its words, and the names in it, say what they can.

A host found here is marked guessed. A mail in which nothing speaks of a problem is kept and opens nothing; one that
tells of a success or of an end closes what it shares its sender and the rest of its subject with.
"""

import re

import msgspec
from msgspec import Struct

from ingestd.decide import hosts, kinds, labelled, phrases, words
from ingestd.decide.mail import Mail
from ingestd.decide.match import NameFinder
from ingestd.model import SEVERITIES, Event, Reading, ReadingKind, Reason, Severity

MOST_LINES = 40  # of a body that are believed
LONGEST_SUMMARY = 300
TELLING_LINES = 12  # of a body whose subject only says that it is an alert
LONGEST_WHOLE = 64 * 1024  # characters of JSON that are read as a whole
LONGEST_BROKEN = 20_000  # characters of broken JSON in which something is looked for
MOST_PAIRS = 100
LONGEST_NAME = 120  # of a check that is a message's heading
# "🔥 告警触发: ", "[RESOLVED] ": how it stands, before what it is
_TAGGED = re.compile(
    r"^\W{0,4}(?:(?:告警触发|告警恢复|告警通知|告警|报警|故障|恢复|触发|预警|已恢复|障害|復旧|alert|alarm|problem|resolved|recovered"
    r"|recovery|firing|critical|warning|error|ok|down|up|p[0-5])(?::\d{1,4})?\s?[\]】:：|-]\s{0,3}){1,3}",
    re.IGNORECASE,
)
_FIELD = re.compile(r"[^\s:：]{1,20}[:：]\s?\S{1,60}")  # "cluster: quay-2", all of a text that the keys gave
# "Copy finished: crane-3", not "success rate of ..."
_DONE = re.compile(r"(?i)(?:\b(?:finished|completed|succeeded|successful(?:ly)?)|成功|完成)\W{0,3}(?:$|[:：])")
_STATE_KEY = re.compile(r"(?i)(?:stat(?:e|us)|result|event|type|action|success|conclusion|outcome|resolved|状态|级别)$")
_SYNTAX = re.compile(r"\{|\[\s*(?:[\[{\"]|$)|<[?!/\w]")  # how a body begins that is broken
_SENTENCE = re.compile(r"[.!?]\s|[。！？]")
_RANK = re.compile(r"\W{0,4}[\[【(](P[0-5])[\]】)]", re.IGNORECASE)  # "[P1] belt stands"
CALM = "the text says that all is well"
WORDLESS = "no word of a problem"
LOUD = frozenset({"critical", "error", "warning"})  # levels that no line names of what is well
SELLS = 2  # words of selling in a mail that sells
LITTLE = 2  # words of a subject that tell little
_LINK = re.compile(r"https?://[^\s<>\"'\\()\[\]，。；]{4,500}")
_TRUTHS = frozenset({"True", "False", "true", "false"})
_PAIR = re.compile(r'"([\w .-]{1,60})"\s{0,5}:\s{0,5}(?:"([^"]{1,500})|([\w.+-]{1,40}))')
# The name of a check, in quotes in the subject: "Monitor 'till 4' is down"
_QUOTED = re.compile(
    r"\b(?:monitor|check|probe|sensor|service|job|task|alarm|rule|trigger)s? ['\"“‘«]([^'\"“”‘’«»\n]{1,80})['\"”’»]",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?i)\W{0,4}(?:(?:new|open|opened|closed|resolved|firing|critical|warning)\W{1,4})?(?:alert|alarm|incident|problem|event"
    r"|issue|case|ticket|告警|故障|事件)\s?#\s?(\d{1,20})\b"
)
# Notices that hold whatever else the subject says; the others give way to a word of failure ("daily report: failed").
SURE_NOTICES = frozenset({"acknowledgement", "downtime", "flapping", "test"})
# Where a JSON body of an unknown source says what it is about, best first.
TITLES = ("title", "summary", "subject", "message", "text", "description", "name", "alert", "event")


class _Verdict(Struct, frozen=True):
    """What the words of a mail amount to, and why."""

    kind: ReadingKind
    severity: Severity
    why: str
    quiet: bool = False
    acknowledged: bool = False


def read_mail(mail: Mail, names: NameFinder, *, machine: bool | None = None) -> Reading:
    """A machine's mail by its words, a person's as a report. ``machine``: what ``kinds.is_machine`` says, if known."""
    if kinds.is_receipt(mail):
        return _reading("other", mail.subject, "a read receipt", ())
    if kinds.is_invitation(mail):
        return _reading("other", mail.subject, "an entry for a calendar", (_quiet(mail.subject),))
    if kinds.is_machine(mail) if machine is None else machine:
        return _machine(mail, names)
    return read_person(mail, names)


def read_person(mail: Mail, names: NameFinder) -> Reading:
    """A person's mail as her report, unless it says nothing, or a stranger's sells or concerns nothing here."""
    lines = _lines(mail.text)
    if not lines and words.severity(mail.subject) is None:
        return _reading("other", mail.subject, "a mail without text or a word of a problem", (_quiet(mail.subject),))
    unwanted = _announced(mail, names) or ("" if names.is_colleague(mail.sender) else _unwanted(mail, names))
    if unwanted:
        return _reading("other", mail.subject, unwanted, (_quiet(mail.subject or lines[0]),))
    return _reading(
        "human_report", mail.subject, f"written by a person ({mail.sender})", (_report(mail, lines, names),)
    )


def _announced(mail: Mail, names: NameFinder) -> str:
    """Why a mail is no report of a problem: its subject is a test, or tells of work to come; empty: it may be one."""
    notice = words.notice(mail.subject)
    paper = notice == "info" and not names.is_colleague(mail.sender) and words.judge(mail.text).verdict != "problem"
    if (notice not in SURE_NOTICES and not paper) or words.judge(mail.subject).verdict == "problem":
        return ""
    tells = names.is_colleague(mail.sender) and words.judge(mail.text).verdict == "problem"
    return "" if tells else f"a notice ({notice})"


def _unwanted(mail: Mail, names: NameFinder) -> str:
    """Why a mail of somebody who is no known colleague is nobody's report; empty: it may be one."""
    said = f"{mail.subject}\n{mail.text}"
    if words.is_advertising(said):
        return "advertising"
    if kinds.is_of_house(mail) or names.find(said):
        return ""
    if words.offers(said) >= SELLS:
        return "a stranger's offer"
    strange = names.knows_people and words.judge(said).verdict != "problem"
    return "a stranger's mail without a word of a problem or a name that is known here" if strange else ""


def read_text(text: str, source: str, names: NameFinder) -> Reading:
    """A webhook body that no source of ours understands: always an event, never a recovery on doubt."""
    pairs = _pairs(text)
    lines = _lines(_flattened(pairs) if pairs else text)
    first = next((line for line in lines if sum(map(str.isalpha, line[:200])) > 2), "a body without a word")
    labels = labelled.read("\n".join(lines))
    said = [value for _, value in pairs if value not in _TRUTHS] or lines  # the name of a key is no news
    heading = first if first in said and not labelled.is_line(first) else ""
    telling = heading if len(heading.split()) > LITTLE or not words.is_weak(heading) else ""
    title = f"{source}: {telling or labels.summary or heading or labels.check or first}"[:LONGEST_SUMMARY]
    verdict = _of_text(heading, " \n".join(said[:MOST_LINES]), labels)
    host = hosts.guess(first, "\n".join(lines), names)
    check = labels.check or _named(_TAGGED.sub("", heading))
    event = _event(verdict, title, host, f"{source}|{host or ''}|{labels.check or words.subject_key(heading or title)}")
    event = msgspec.structs.replace(event, check=check, url=_link(text), external_id=labels.external_id)
    return _reading(verdict.kind, title, verdict.why, (event,))


def _link(text: str) -> str | None:
    found = _LINK.search(text[:LONGEST_BROKEN])
    return found[0] if found else None


def _of_text(heading: str, text: str, labels: labelled.Labelled) -> _Verdict:
    """The end of something only by its heading, or by a line of state where there is no heading; else it fires."""
    if labels.over and not heading:
        return _Verdict("recovery", "info", "a line of the text says that it is over")
    verdict = _labelled(_judged(heading, text), heading, labels)
    if verdict.kind == "recovery" and not words.says_recovered(heading):
        return _Verdict("alert", "unknown", "an end that only the text speaks of")
    if verdict.kind == "other" and not words.says_success(heading):
        return _Verdict("alert", verdict.severity, "a body without a known word")
    return verdict


def filled(event: Event, text: str, names: NameFinder) -> Event:
    """An event that the keys of JSON gave, with what they say as labels of any language where it lacks something."""
    if event.host and event.check != event.host and event.severity != "unknown":
        return event
    keys = _pairs(text)
    named = (f"{key}: {value}" for key, value in keys if not key.casefold().endswith("id"))
    within = (value for _, value in keys if ": " in value or "：" in value)  # {"details": "Host: web-4, ..."}
    plain = "\n".join((*named, *within)) if keys else text
    said = labelled.read(plain)
    prose = event.summary if " " in event.summary else ""
    if event.state == "firing" and event.severity == "unknown" and not _stands(keys) and _went_well(event):
        event = msgspec.structs.replace(event, state="resolved", severity="info")
    pair = phrases.pair(prose)
    host = event.host or hosts.labelled(plain) or (pair.host if pair else hosts.guess(prose, "", names))
    check = said.check or event.check if event.check in (None, event.host) else event.check
    check = pair.check if pair and check == event.summary else check
    return msgspec.structs.replace(
        event,
        host=host,
        check=check,
        summary=said.summary or check or event.summary if event.summary == event.host else event.summary,
        severity=(said.severity or "unknown") if event.severity == "unknown" else event.severity,
        guessed=host is not None,
    )


def _stands(keys: list[tuple[str, str]]) -> bool:
    """Whether a key is one for states, whatever it says."""
    return any(_STATE_KEY.search(key) for key, _ in keys)


def _went_well(event: Event) -> bool:
    """Whether its title ends in a success, or tells of an end, and its text tells of no problem."""
    title = event.check or event.summary
    done = _DONE.search(title) or words.says_recovered(title)
    return bool(done) and words.judge(event.summary).verdict != "problem"


def told(event: Event, text: str, source: str, names: NameFinder) -> Event:
    """An event that a message's keys gave, with what its text says of the host, the check, the level and the end."""
    said, first = labelled.read(text), next(iter(_lines(text)), "")
    title = _TAGGED.sub("", first)
    over = event.state == "firing" and (words.says_recovered(first) or (said.over and words.is_weak(first)))
    host = event.host or hosts.guess(title, text, names)
    own = _TAGGED.sub("", event.check) if event.check and event.check != event.summary else ""
    check = said.check or own or _named(title)
    rank = _RANK.match(first)
    named = said.severity or said.at_least or (labelled.LEVELS[rank[1].casefold()] if rank else "unknown")
    level = event.severity if event.severity != "unknown" else named
    return msgspec.structs.replace(
        event,
        state="resolved" if over else event.state,
        host=host,
        check=check,
        severity="info" if over else level,
        summary=_told_summary(event.summary, said.summary, text),
        external_id=event.external_id or said.external_id,
        url=event.url or _link(text),
        identity=f"{source}|{host or ''}|{check or words.subject_key(first)}",
        guessed=host is not None,
    )


def _told_summary(summary: str, labelled_so: str, text: str) -> str:
    """What a label calls the message; where the keys gave a word such as "Alarm", the first line that tells more."""
    if labelled_so and labelled_so not in summary:
        return labelled_so
    if _FIELD.match(summary):
        return _TAGGED.sub("", next(iter(_lines(text)), "")) or summary
    if len(summary.split()) > LITTLE or not words.is_weak(summary):
        return summary
    return next((line for line in _lines(text) if _adds(line, summary) and ": " not in line), summary)


def _named(title: str) -> str | None:
    """What a heading without its state names, if it is short enough for a name, and no piece of a broken body."""
    if _SYNTAX.match(title):
        return None
    sentence = title if len(title) <= LONGEST_NAME else _SENTENCE.split(title, maxsplit=1)[0]
    return phrases.thing(title) or (sentence if 0 < len(sentence) <= LONGEST_NAME else None)


def readable(text: str) -> str:
    """The text; of JSON its keys and values, one pair a line."""
    return _flattened(_pairs(text)) or text if text.lstrip().startswith("{") else text


def _machine(mail: Mail, names: NameFinder) -> Reading:
    title = (mail.subject or next(iter(_lines(mail.text)), "") or f"mail from {mail.sender or 'nobody'}")[
        :LONGEST_SUMMARY
    ]
    text = readable(mail.text)
    lines = _lines(text)
    said = labelled.Labelled() if kinds.is_bulk(mail) else labelled.read(text)
    verdict = _labelled(_judged(title, "" if kinds.is_bulk(mail) else "\n".join(lines)), title, said)
    if _is_newsletter(mail, title, names, critical=verdict.severity == "critical"):
        verdict = _Verdict("other", "info", "a newsletter", quiet=True)
    pair = phrases.pair(title)
    host = (pair.host if pair else None) or hosts.guess(title, text, names, mail.header("from"))
    event = _event(verdict, title, host, f"{mail.sender}|{words.subject_key(title)}")
    event = msgspec.structs.replace(
        event,
        check=said.check or (pair.check if pair else None) or _check(title, lines, host),
        summary=_summary(title, said, lines),
        external_id=said.external_id or _number(title),
    )
    return _reading(verdict.kind, mail.subject, verdict.why, (event,))


def _is_newsletter(mail: Mail, title: str, names: NameFinder, *, critical: bool) -> bool:
    """Sent to many, and it sells something; a service that watches may advertise beside what it tells."""
    mass, said = kinds.is_mass(mail), f"{title}\n{mail.text}"
    if not mass and not words.has_footer(mail.text):
        return False
    if not kinds.tells_like_a_monitor(mail) and not names.find(said):
        return bool(words.offers(title)) or words.offers(said) >= SELLS
    return mass and words.is_advertising(said) and (not critical or kinds.is_bulk(mail))


def _labelled(verdict: _Verdict, title: str, said: labelled.Labelled) -> _Verdict:
    """What the lines of state and severity make of it; the subject's own words go before a state."""
    if said.over and (verdict.kind == "alert" or verdict.why == CALM) and words.is_weak(title):
        return _Verdict("recovery", "info", "a line of the text says that it is over")
    if verdict.why == WORDLESS and said.severity in LOUD:
        return _Verdict("alert", said.severity or "unknown", f"a line says {said.severity}")
    if verdict.kind != "alert":
        return verdict
    rank = _RANK.match(title)
    least = said.at_least or (labelled.LEVELS[rank[1].casefold()] if rank else verdict.severity)
    severity = said.severity or _worse(verdict.severity, least)
    if severity == verdict.severity:
        return verdict
    return msgspec.structs.replace(verdict, severity=severity, why=f"{verdict.why}; a line {severity}")


def _check(title: str, lines: list[str], host: str | None) -> str | None:
    """What the subject, else the first lines, name as broken."""
    text = "\n".join(lines[:TELLING_LINES])
    return _quoted(title) or phrases.thing(title) or phrases.beside(title, host) or phrases.thing(text) or _quoted(text)


def _number(title: str) -> str | None:
    """The number that a subject gives the problem: "Alert #79685: disk full"."""
    found = _NUMBERED.match(title)
    return found[1] if found else None


def _quoted(title: str) -> str | None:
    found = _QUOTED.search(title)
    return " ".join(found[1].split()) if found else None


def _summary(title: str, said: labelled.Labelled, lines: list[str]) -> str:
    """The subject and the line that the mail calls its message, or else the first that tells of trouble."""
    more = said.summary
    if not more and (words.is_weak(title) or len(words.subject_key(title).split()) <= LITTLE):
        more = next((line for line in lines[:TELLING_LINES] if _adds(line, title)), "")
    return title if more in title else f"{title}: {more}"[:LONGEST_SUMMARY]


def _adds(line: str, title: str) -> bool:
    """Whether a line tells of trouble, and more than the subject or a bare label does."""
    return line not in title and not line.endswith((":", "：")) and not words.is_weak(line)


def _judged(title: str, body: str) -> _Verdict:
    """Kind and severity by the words of the title, else of the body."""
    notice, judged = words.notice(title), words.judge(title)
    if notice in SURE_NOTICES or (notice and judged.verdict != "over" and judged.severity not in ("critical", "error")):
        return _notice(notice or "", judged.severity)
    if notice == "report" and judged.verdict == "over" and not words.says_end(title):
        return _Verdict("other", "info", CALM)
    if judged.verdict == "none" and words.says_full(title):
        return _Verdict("alert", "warning", "the subject speaks of a high use")
    for place, text in (("subject", title), ("text", body)):
        found = words.judge(text)
        if place == "subject" and found.verdict == "problem" and words.is_weak(text):
            found = words.Judged("problem", _worse(found.severity, words.judge(_head(body)).severity))
        if found.verdict == "over" and place == "text" and not words.says_end(text):
            return _Verdict("other", "info", CALM)
        if found.verdict == "over":
            return _Verdict("recovery", "info", f"the {place} says that it is over")
        if found.verdict == "problem":
            if place == "text" and words.notice(body) == "test":
                return _notice("test", found.severity)
            return _Verdict("alert", found.severity, f"the {place} says {found.severity}")
        if found.verdict == "success":
            return _Verdict("other", "info", f"the {place} says success")
    if words.says_full(_head(body)) and words.notice(title) != "report":
        return _Verdict("alert", "warning", "the text speaks of a high use")
    return _Verdict("other", "unknown", WORDLESS, quiet=True)


def _head(body: str) -> str:
    return "\n".join(body.split("\n", TELLING_LINES)[:TELLING_LINES])


def _worse(one: Severity, other: Severity) -> Severity:
    return min(one, other, key=SEVERITIES.index)


def _notice(notice: str, severity: Severity) -> _Verdict:
    return _Verdict("other", severity, f"a notice ({notice})", quiet=True, acknowledged=notice == "acknowledgement")


def _event(verdict: _Verdict, title: str, host: str | None, identity: str) -> Event:
    firing = verdict.kind == "alert" or verdict.acknowledged
    return Event(
        state="firing" if firing else "resolved",
        summary=title,
        host=host,
        severity=verdict.severity,
        identity=identity,
        guessed=host is not None,
        quiet=verdict.quiet,
        acknowledged=verdict.acknowledged,
    )


def _quiet(title: str) -> Event:
    return Event(state="resolved", summary=title or "an empty mail", quiet=True)


def _report(mail: Mail, lines: list[str], names: NameFinder) -> Event:
    """A person's report; the nodes and services it may be about are its labels ``mentions``."""
    found = names.find(f"{mail.subject}\n{mail.text}")
    first = next((line for line in lines if not kinds.is_greeting(line)), next(iter(lines), ""))
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
    return [line.strip() for line in text.split("\n", 4 * MOST_LINES)[: 4 * MOST_LINES] if line.strip()][:MOST_LINES]


def _pairs(text: str) -> list[tuple[str, str]]:
    """The keys and values of JSON, broken or not; none of other text."""
    if len(text) > LONGEST_WHOLE:  # msgspec takes long for numbers such as 1e308
        return _salvaged(text) if text.lstrip().startswith(("{", "[")) else []
    try:
        return _leaves("", msgspec.json.decode(text), 0)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return _salvaged(text) if text.lstrip().startswith(("{", "[")) else []


def _flattened(pairs: list[tuple[str, str]]) -> str:
    """``key: value`` lines, the most telling value first."""
    titles = [value for title in TITLES for key, value in pairs if key.rsplit(".", 1)[-1].lower() == title]
    return "\n".join([*titles[:1], *(f"{key}: {value}" if key else value for key, value in pairs)])


def _salvaged(text: str) -> list[tuple[str, str]]:
    """The keys and values that stand in broken JSON."""
    found = _PAIR.findall(text[:LONGEST_BROKEN])
    return [(key, " ".join((quoted or bare).split())) for key, quoted, bare in found[:MOST_PAIRS]]


def _leaves(key: str, value: object, depth: int) -> list[tuple[str, str]]:
    if depth > 8:
        return []
    if isinstance(value, dict):
        return [leaf for name, child in value.items() for leaf in _leaves(f"{key}.{name}".strip("."), child, depth + 1)]
    if isinstance(value, list):
        return [leaf for child in value[:100] for leaf in _leaves(key, child, depth + 1)]
    return [] if value is None or value == "" else [(key, " ".join(str(value).split()))]
