"""Nouns to rows and back. Encoding runs on the event loop's side, so that the writer thread only executes SQL."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from ingestd.model import (
    Alert,
    Budget,
    Changes,
    Entry,
    Heartbeat,
    Incident,
    Known,
    Message,
    NodeMark,
    Notification,
    Silence,
    Stepped,
    TimelineRow,
    Verdict,
)

Row = dict[str, Any]

_encoder = msgspec.json.Encoder()
_message = msgspec.json.Decoder(Message)
_notification = msgspec.json.Decoder(Notification)
_verdict = msgspec.json.Decoder(Verdict)
decode_alert = msgspec.json.Decoder(Alert).decode
decode_incident = msgspec.json.Decoder(Incident).decode
decode_mark = msgspec.json.Decoder(NodeMark).decode
decode_silence = msgspec.json.Decoder(Silence).decode
decode_budget = msgspec.json.Decoder(Budget).decode
decode_known = msgspec.json.Decoder(Known).decode
decode_heartbeat = msgspec.json.Decoder(Heartbeat).decode


class Progress(Struct, frozen=True):
    """How far the engine is: one row of ``meta``, rewritten with every batch."""

    position: int = 0
    at: float = 0.0
    wall_offset: float = 0.0
    next_alert: int = 1
    next_incident: int = 1
    next_notification: int = 1


decode_progress = msgspec.json.Decoder(Progress).decode


def advance(progress: Progress, batch: Iterable[Stepped]) -> Progress:
    """The progress once ``batch`` is committed on top of ``progress``."""
    position, at, offset, alert, incident, notification = msgspec.structs.astuple(progress)
    for stepped in batch:
        changes = stepped.changes
        position, at = stepped.position, stepped.at
        offset = offset if changes.wall_offset is None else changes.wall_offset
        alert = max(alert, *(a.id + 1 for a in changes.alerts), 0)
        incident = max(incident, *(i.number + 1 for i in changes.incidents), 0)
        notification = max(notification, *(n.id + 1 for n in changes.notifications), 0)
    return Progress(position, at, offset, alert, incident, notification)


def clean(text: str) -> str:
    """Text that every database takes: no NUL (PostgreSQL), no lone surrogate (UTF-8)."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def json(value: Struct) -> str:
    """A noun as JSON text."""
    return _encoder.encode(value).decode()


def inbox_row(message: Message) -> Row:
    """A message that nobody stepped yet; ``id`` is filled in by the writer."""
    envelope = msgspec.structs.replace(message, body=b"")
    text = _plain(envelope)
    if text is None:
        envelope = _cleaned(envelope)
        text = json(envelope)
    return {
        "id": 0,
        "position": None,
        "at": None,
        "kind": envelope.kind,
        "source": envelope.source,
        "actor": envelope.actor,
        "received": envelope.received,
        "envelope": text,
        "state": "new",
        "error": "",
        "attempts": 0,
        "recogniser": None,
        "verdict": None,
        "incident": None,
        "origin": envelope.origin or None,
    }


def _plain(envelope: Message) -> str | None:
    """Its JSON, if nothing in it has to be cleaned for certain: nearly always."""
    try:
        text = json(envelope)
    except UnicodeEncodeError:
        return None
    return text if text.isascii() and "\\u0000" not in text else None


def _cleaned(envelope: Message) -> Message:
    return msgspec.structs.replace(
        envelope,
        source=clean(envelope.source),
        actor=clean(envelope.actor),
        origin=clean(envelope.origin),
        sender=clean(envelope.sender),
        recipients=tuple(clean(r) for r in envelope.recipients),
        content_type=clean(envelope.content_type),
        query=clean(envelope.query),
    )


def outcome_row(stepped: Stepped) -> Row:
    """What stepping an inbox row adds to it."""
    changes = stepped.changes
    return {
        "row_id": stepped.entry.id,
        "position": stepped.position,
        "at": stepped.at,
        "state": "shunted" if changes.shunted else "done",
        "error": clean(changes.shunted),
        "recogniser": changes.recogniser,
        "verdict": json(changes.verdict) if changes.verdict else None,
        "incident": _incident_of(changes),
    }


def journal_row(stepped: Stepped) -> Row:
    """An inbox row for what the engine itself journals: written and stepped at once."""
    stepped_row = outcome_row(stepped)
    del stepped_row["row_id"]
    return inbox_row(stepped.entry.message) | stepped_row


def _incident_of(changes: Changes) -> int | None:
    if changes.verdict and changes.verdict.incident:
        return changes.verdict.incident
    if changes.alerts:
        return changes.alerts[0].incident
    return changes.incidents[0].number if changes.incidents else None


def alert_row(alert: Alert) -> Row:
    """One upsert into ``alert``."""
    return {
        "id": alert.id,
        "fingerprint": clean(alert.fingerprint),
        "node": clean(alert.node),
        "state": alert.state,
        "incident": alert.incident,
        "last_at": alert.last_at,
        "body": json(alert),
    }


def incident_row(incident: Incident) -> Row:
    """One upsert into ``incident``."""
    return {
        "number": incident.number,
        "state": incident.state,
        "priority": incident.priority,
        "merged_into": incident.merged_into,
        "began": incident.began,
        "closed_at": incident.closed_at,
        "owner": clean(incident.owner),
        "body": json(incident),
    }


def mark_row(mark: NodeMark) -> Row:
    """One upsert into ``node_mark``."""
    return {"node": clean(mark.node), "body": json(mark)}


def silence_row(silence: Silence) -> Row:
    """One upsert into ``silence``."""
    return {"id": clean(silence.id), "ends_at": silence.ends_at, "body": json(silence)}


def heartbeat_row(heartbeat: Heartbeat) -> Row:
    """One upsert into ``heartbeat``."""
    return {"id": clean(heartbeat.id), "body": json(heartbeat)}


def budget_row(budget: Budget) -> Row:
    """One upsert into ``budget``."""
    return {"person": clean(budget.person), "body": json(budget)}


def known_row(known: Known) -> Row:
    """One upsert into ``known``."""
    return {"id": clean(known.id), "at": known.at, "incident": known.times[0].number, "body": json(known)}


def timeline_row(line: TimelineRow, position: int) -> Row:
    """One line of history and the entry that caused it."""
    return {
        "incident": line.incident,
        "at": line.at,
        "what": clean(line.what),
        "text": clean(line.text),
        "actor": clean(line.actor),
        "rule": clean(line.rule),
        "position": position,
    }


def notification_row(notification: Notification) -> Row:
    """A notification as it was requested."""
    return {
        "id": notification.id,
        "incident": notification.incident,
        "person": clean(notification.person),
        "kind": notification.kind,
        "at": notification.at,
        "state": notification.state,
        "attempts": 0,
        "channel": "",
        "detail": "",
        "message_id": "",
        "token": "",
        "receipt": 0,
        "body": json(notification),
    }


def entry(row: Any) -> Entry:
    """An entry from ``id, envelope, attempts, body``; an erased body reads as empty."""
    return Entry(row.id, with_body(row.envelope, row.body), row.attempts)


def with_body(envelope: str, body: bytes | None) -> Message:
    """A message from its two tables."""
    message = _message.decode(envelope)
    return msgspec.structs.replace(message, body=bytes(body)) if body else message


def notification(row: Any) -> Notification:
    """A notification from ``body, state``: the column is what became of it since it was requested."""
    return msgspec.structs.replace(_notification.decode(row.body), state=row.state)


def verdict(text: str | None) -> Verdict | None:
    """The stored answer to a command."""
    return _verdict.decode(text) if text else None
