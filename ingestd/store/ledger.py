"""The ledger: every page with what became of it, and every answer, in the order of time. Read in pieces of one size.

Pages are numbered and entries positioned in the order of the engine's clock: two cursors, merged. Times are seconds of
that clock. Only the fields that count are decoded.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select

from ingestd.model import ASKING, REREAD, Answers, Command, Verdict
from ingestd.store.listing import listing
from ingestd.store.rows import clean
from ingestd.store.tables import inbox, inbox_body, incident, notification, timeline

SETTLED = frozenset({"handed_over", "failed"})
_MOST_LINKS = 50  # an incident linked to one that is linked …
DONE = -1  # a cursor behind the last row


class Asked(Struct, frozen=True, kw_only=True):
    """Which lines are wanted, and behind which to go on."""

    since: float = 0.0
    until: float = float("inf")
    person: str = ""
    incident: int = 0  # with those that were linked to it
    limit: int = 1000
    pages: int = 0  # behind this notification
    answers: int = 0  # behind this position


class LedgerLine(Struct, frozen=True, kw_only=True):
    """A page and what became of it, or an answer and what came of it."""

    what: Literal["page", "answer"]
    id: int  # of the notification, or of the inbox's row
    at: float
    incident: int
    priority: str  # page: then; answer: the incident's of now
    person: str
    kind: str  # of the page; answer: the command, "reply", "bounce" …
    step: int = 0
    channel: str = ""  # answer: by what it came
    outcome: str = ""
    attempts: int = 0
    detail: str = ""
    settled_at: float = 0.0  # page: when it was handed over or had failed
    acknowledged_at: float = 0.0  # page: when this very person took the incident after it
    by: str = ""  # and by what: link, mail, api, assigned by …


class _Facts(Struct):
    priority: str = ""
    step: int = 0


class _Page(Struct):
    """What is read of a notification."""

    facts: _Facts


class _Envelope(Struct):
    """What is read of a message."""

    kind: str
    source: str
    actor: str = ""
    answers: Answers | None = None


class _Taken(Struct, frozen=True):
    """Somebody took an incident."""

    incident: int
    person: str
    at: float
    by: str


_page = msgspec.json.Decoder(_Page).decode
_envelope = msgspec.json.Decoder(_Envelope).decode
_command = msgspec.json.Decoder(Command).decode
_verdict = msgspec.json.Decoder(Verdict).decode


def ledger(connection: Connection, asked: Asked, family: Select[Any]) -> tuple[tuple[LedgerLine, ...], Asked | None]:
    """The next lines, and how to ask on; None at the end. ``family``: the numbers that count as ``asked.incident``."""
    if asked.since > 0 and asked.pages == asked.answers == 0:
        pages_from = _before(connection, notification.c.id, notification.c.at, asked.since)
        answers_from = _before(connection, inbox.c.position, inbox.c.at, asked.since)
        asked = msgspec.structs.replace(asked, pages=pages_from, answers=answers_from)
    pages = [] if asked.pages == DONE else connection.execute(_pages(asked, family)).all()
    answers = [] if asked.answers == DONE else connection.execute(_answers(asked, family)).all()
    keyed = [(row.at, 0, row) for row in answers] + [(row.at, 1, row) for row in pages]
    taken = sorted(keyed, key=lambda one: one[:2])[: asked.limit]  # stable: each stream keeps its order
    shown = [[row for _, which, row in taken if which == number] for number in (1, 0)]
    lines = {("page", line.id): line for line in _page_lines(connection, shown[0])}
    lines |= {("answer", line.id): line for line in _answer_lines(shown[1])}
    following = msgspec.structs.replace(
        asked,
        pages=_cursor(asked.pages, pages, len(shown[0]), asked.limit, "id"),
        answers=_cursor(asked.answers, answers, len(shown[1]), asked.limit, "position"),
    )
    over = following.pages == following.answers == DONE
    return tuple(lines["page" if which else "answer", row.id] for _, which, row in taken), None if over else following


def _before(connection: Connection, key: ColumnElement[int], at: ColumnElement[float], since: float) -> int:
    """The last row before a time, found by halves: both go up together, and a long history is not read through."""
    low, high = 0, connection.scalar(select(func.max(key))) or 0
    while low < high:
        middle = (low + high + 1) // 2
        found = connection.scalar(select(at).where(key <= middle).order_by(key.desc()).limit(1))
        low, high = (middle, high) if found is None or found < since else (low, middle - 1)
    return low


def _cursor(before: int, rows: Any, shown: int, limit: int, key: str) -> int:
    """Behind the last row that is shown; DONE: there was none but these."""
    if shown == len(rows) < limit:
        return DONE
    return int(getattr(rows[shown - 1], key)) if shown else before


def _pages(asked: Asked, family: Select[Any]) -> Select[Any]:
    receipt = inbox.alias("receipt")
    query = select(notification, receipt.c.received.label("settled"))
    query = query.select_from(notification.outerjoin(receipt, receipt.c.id == notification.c.receipt))
    query = query.where(notification.c.id > asked.pages, *_within(notification.c.at, asked))
    if asked.person:
        query = query.where(notification.c.person == clean(asked.person))
    if asked.incident:
        query = query.where(or_(notification.c.incident.in_(family), listing(asked.incident)))
    return query.order_by(notification.c.id).limit(asked.limit)


def _answers(asked: Asked, family: Select[Any]) -> Select[Any]:
    own = case((inbox.c.kind == "command", inbox_body.c.body))  # mails are long and tell nothing more here
    query = select(inbox, own.label("body"), incident.c.priority).select_from(
        inbox.outerjoin(inbox_body, inbox_body.c.inbox_id == inbox.c.id).outerjoin(
            incident, incident.c.number == inbox.c.incident
        )
    )
    query = query.where(inbox.c.position > asked.answers, *_within(inbox.c.at, asked))
    query = query.where(inbox.c.kind.in_(("command", "mail")), inbox.c.actor != "")
    query = query.where(or_(inbox.c.origin.is_(None), ~inbox.c.origin.startswith(REREAD)))
    if asked.person:
        query = query.where(inbox.c.actor == clean(asked.person))
    if asked.incident:
        named = inbox.c.envelope.contains(f'"answers":{{"incident":{asked.incident},', autoescape=True)
        query = query.where(or_(inbox.c.incident.in_(family), named))
    return query.order_by(inbox.c.position).limit(asked.limit)


def _within(at: ColumnElement[float], asked: Asked) -> Iterator[ColumnElement[bool]]:
    yield at >= asked.since
    if asked.until != float("inf"):
        yield at < asked.until


# -- pages


def _page_lines(connection: Connection, rows: list[Any]) -> Iterator[LedgerLine]:
    into = _links(connection, {row.incident for row in rows if row.incident})
    taken: dict[tuple[str, int], list[_Taken]] = {}
    for one in _taken(connection, into, {row.person for row in rows}):
        taken.setdefault((one.person, one.incident), []).append(one)
    for row in rows:
        facts = _page(row.body).facts
        found = _taken_after(row, into, taken)
        yield LedgerLine(
            what="page",
            id=row.id,
            at=row.at,
            incident=row.incident,
            priority=facts.priority,
            person=row.person,
            kind=row.kind,
            step=facts.step,
            channel=row.channel,
            outcome=row.state,
            attempts=row.attempts,
            detail=row.detail,
            settled_at=row.settled or 0.0 if row.state in SETTLED else 0.0,
            acknowledged_at=found.at if found else 0.0,
            by=found.by if found else "",
        )


def _links(connection: Connection, numbers: set[int]) -> dict[int, int]:
    """Incident -> the one it was linked to, 0 for none; with those that lead on."""
    found: dict[int, int] = {}
    wanted = numbers
    for _ in range(_MOST_LINKS):
        if not wanted:
            break
        query = select(incident.c.number, incident.c.merged_into).where(incident.c.number.in_(wanted))
        found |= {row.number: row.merged_into for row in connection.execute(query)}
        wanted = {number for number in found.values() if number} - set(found)
    return found


def _taken(connection: Connection, numbers: Iterable[int], people: set[str]) -> Iterator[_Taken]:
    """When and how people took these incidents, in the order of time."""
    own = case((inbox.c.kind == "command", inbox_body.c.body))
    joined = timeline.join(inbox, inbox.c.position == timeline.c.position)
    query = select(timeline.c.incident, timeline.c.at, timeline.c.actor, inbox.c.envelope, own.label("body"))
    query = query.select_from(joined.outerjoin(inbox_body, inbox_body.c.inbox_id == inbox.c.id))
    query = query.where(timeline.c.what == "acknowledged", timeline.c.incident.in_(list(numbers)))
    for row in connection.execute(query.order_by(timeline.c.id)):
        if row.actor in people:
            yield _Taken(row.incident, row.actor, row.at, _by(_envelope(row.envelope), row.body, row.actor))


def _taken_after(row: Any, into: dict[int, int], taken: dict[tuple[str, int], list[_Taken]]) -> _Taken | None:
    """The first time after a page that its person took its incident, or what it was linked to."""
    if row.kind not in ASKING:
        return None
    homes, number = set(), row.incident
    while number and number not in homes:
        homes.add(number)
        number = into.get(number, 0)
    mine = (one for home in homes for one in taken.get((row.person, home), ()) if one.at >= row.at)
    return min(mine, key=lambda one: one.at, default=None)


def _by(message: _Envelope, body: bytes | None, person: str) -> str:
    """By what somebody acted, in one or a few words."""
    if message.kind == "command":
        command = _decoded(body)
        if command is not None and command.action == "assign" and message.actor != person:
            return f"assigned by {message.actor}"
        return "link" if command is not None and command.notification else "api"
    return message.kind if message.kind == "mail" else message.source


def _decoded(body: bytes | None) -> Command | None:
    """A command; None: its text was erased."""
    return _command(bytes(body)) if body else None


# -- answers


def _answer_lines(rows: list[Any]) -> Iterator[LedgerLine]:
    for row in rows:
        message, command = _envelope(row.envelope), _decoded(row.body)
        verdict = _verdict(row.verdict) if row.verdict else None
        about = row.incident or (message.answers.incident if message.answers else 0)
        yield LedgerLine(
            what="answer",
            id=row.id,
            at=row.at,
            incident=about,
            priority=row.priority or "",
            person=row.actor,
            kind=_kind(row, command, verdict),
            channel=_by(message, row.body, row.actor) if message.kind == "mail" or command else "",
            outcome="" if verdict is None else "done" if verdict.ok else "refused",
            detail=verdict.text if verdict else row.error,
        )


def _kind(row: Any, command: Command | None, verdict: Verdict | None) -> str:
    if row.kind == "command":
        return command.action if command is not None else "command"
    return "reply" if verdict is not None else row.recogniser or "mail"
