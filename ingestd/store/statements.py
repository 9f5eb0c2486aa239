"""Every statement that writes, by name, for one dialect: compiled once, run with many rows at a time."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Executable, LargeBinary, Table, Text, bindparam, case, delete, insert, text, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from ingestd.store.tables import (
    alert,
    blob,
    budget,
    heartbeat,
    inbox,
    inbox_body,
    incident,
    known,
    meta,
    node_mark,
    notification,
    silence,
    timeline,
)

# The order in which a group's rows are written: parents first, each batch's cancellations after its notifications.
ORDER = (
    "inbox",
    "inbox_body",
    "stepped",
    "alert",
    "incident",
    "node_mark",
    "silence",
    "heartbeat",
    "budget",
    "known",
    "timeline",
    "notification",
    "again",
    "cancel",
    "blob",
    "meta",
    "attempt",
    "pack",
    "erase",
)

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def statements(dialect: str) -> dict[str, Executable]:
    """The statements for ``sqlite`` or ``postgresql``, keyed by the names in ORDER."""
    dialect_insert = _INSERT[dialect]

    def upsert(table: Table, key: str) -> Executable:
        new = dialect_insert(table)
        changed = {c.name: new.excluded[c.name] for c in table.columns if c.name != key}
        return new.on_conflict_do_update(index_elements=[key], set_=changed)  # type: ignore[no-any-return]

    return {
        "inbox": insert(inbox),
        "inbox_body": insert(inbox_body),
        "stepped": update(inbox).where(inbox.c.id == bindparam("row_id")),
        "alert": upsert(alert, "id"),
        "incident": upsert(incident, "number"),
        "node_mark": upsert(node_mark, "node"),
        "silence": upsert(silence, "id"),
        "heartbeat": upsert(heartbeat, "id"),
        "budget": upsert(budget, "person"),
        "known": upsert(known, "id"),
        "timeline": insert(timeline),
        # A second end for the same person is dropped here, by the partial unique index.
        "notification": dialect_insert(notification).on_conflict_do_nothing(
            index_elements=["incident", "person"], index_where=text("kind = 'end'")
        ),
        # The same letter, once more; what became of it so far stays in its detail.
        "again": update(notification)
        .where(notification.c.id == bindparam("row_id"), notification.c.state.in_(("handed_over", "failed")))
        .values(state="queued", body=bindparam("new_body")),
        "cancel": update(notification)
        .where(notification.c.id == bindparam("row_id"), notification.c.state == "queued")
        .values(state="cancelled"),
        "blob": dialect_insert(blob).on_conflict_do_nothing(),
        "meta": upsert(meta, "key"),
        "pack": update(inbox_body)
        .where(inbox_body.c.inbox_id == bindparam("row_id"))
        .values(body=type_coerce(bindparam("packed"), LargeBinary)),
        "erase": delete(inbox_body).where(inbox_body.c.inbox_id == bindparam("row_id")),
        "attempt": update(inbox).where(inbox.c.id == bindparam("row_id")).values(attempts=inbox.c.attempts + 1),
    }


# queued -> claimed, and claimed -> what became of it; the token tells whose update it was if a commit was unclear.
CLAIM = (
    update(notification)
    .where(notification.c.id == bindparam("row_id"), notification.c.state == "queued")
    .values(state="claimed", token=bindparam("new_token"), receipt=bindparam("new_receipt"))
    .returning(notification.c.incident, notification.c.person, notification.c.kind)
)
_DETAIL = bindparam("new_detail", type_=Text)
SETTLE = (
    update(notification)
    .where(notification.c.id == bindparam("row_id"), notification.c.state == "claimed")
    .values(
        state=bindparam("new_state"),
        channel=bindparam("new_channel"),
        detail=case(
            (notification.c.detail == "", _DETAIL),
            else_=notification.c.detail + "; " + _DETAIL,
        ),
        attempts=notification.c.attempts + bindparam("new_attempts"),
        message_id=case(
            (bindparam("new_message_id") == "", notification.c.message_id), else_=bindparam("new_message_id")
        ),
        token=bindparam("new_token"),
        receipt=bindparam("new_receipt"),
    )
    .returning(notification.c.incident, notification.c.person, notification.c.kind)
)
