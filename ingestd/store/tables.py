"""The tables, as SQLAlchemy Core metadata: what the migrations must add up to, on SQLite and on PostgreSQL alike.

A row's ``body`` is the msgspec JSON of its noun; the columns beside it are those that queries and conditions need.
Times are epoch seconds.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from ingestd.store.packing import Body

metadata = MetaData()

# SQLite's AUTOINCREMENT needs the exact type INTEGER (64 bits wide there); elsewhere ids are BIGINT.
Id = BigInteger().with_variant(Integer, "sqlite")

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("position", BigInteger, unique=True),  # null until the engine stepped it
    Column("at", Float),  # the engine's clock at that step
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("received", Float, nullable=False),
    Column("envelope", Text, nullable=False),  # JSON of the message without its body
    Column("state", Text, nullable=False),  # new | done | shunted
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("recogniser", Text),
    Column("verdict", Text),  # JSON
    Column("incident", BigInteger),
    Column("origin", Text),  # what a second delivery shares with the first; null: nothing
    Index("inbox_pending", "id", sqlite_where=text("position IS NULL"), postgresql_where=text("position IS NULL")),
    Index("inbox_shunted", "id", sqlite_where=text("state = 'shunted'"), postgresql_where=text("state = 'shunted'")),
    Index(
        "inbox_unrecognised",
        "id",
        sqlite_where=text("recogniser = 'none'"),
        postgresql_where=text("recogniser = 'none'"),
    ),
    Index(
        "inbox_origin",
        "origin",
        unique=True,
        sqlite_where=text("origin IS NOT NULL"),
        postgresql_where=text("origin IS NOT NULL"),
    ),
    sqlite_autoincrement=True,  # an id is never given twice, also after rows were erased
)

# Apart from the inbox, so that a body can be erased without a hole in the journal.
inbox_body = Table(
    "inbox_body",
    metadata,
    Column("inbox_id", Id, ForeignKey("inbox.id"), primary_key=True, autoincrement=False),
    Column("body", Body, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("fingerprint", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("incident", BigInteger, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("body", Text, nullable=False),
    Index("alert_incident", "incident"),
    Index("alert_fingerprint", "fingerprint"),
)

incident = Table(
    "incident",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("merged_into", BigInteger, nullable=False),
    Column("began", Float, nullable=False),
    Column("closed_at", Float, nullable=False),  # 0 = not closed
    Column("owner", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("incident_open", "number", sqlite_where=text("closed_at = 0"), postgresql_where=text("closed_at = 0")),
    Index(
        "incident_merged",
        "merged_into",
        sqlite_where=text("merged_into <> 0"),
        postgresql_where=text("merged_into <> 0"),
    ),
)

node_mark = Table(
    "node_mark",
    metadata,
    Column("node", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

silence = Table(
    "silence",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ends_at", Float, nullable=False),
    Column("body", Text, nullable=False),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

known = Table(
    "known",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Float, nullable=False),
    Column("incident", BigInteger, nullable=False),  # the newest
    Column("body", Text, nullable=False),
    Index("known_newest", "at", "incident"),
)

budget = Table(
    "budget",
    metadata,
    Column("person", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

timeline = Table(
    "timeline",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("incident", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
    Column("what", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # of the entry that caused it
    Index("timeline_incident", "incident"),
)

notification = Table(
    "notification",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("incident", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("state", Text, nullable=False),  # queued | claimed | handed_over | failed | cancelled
    Column("attempts", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("token", Text, nullable=False),  # who made the last conditional update, to settle an unclear commit
    Column("receipt", BigInteger, nullable=False),  # inbox row that the last conditional update wrote
    Column("body", Text, nullable=False),
    Index("notification_incident", "incident"),
    Index(
        "notification_unsent",
        "id",
        sqlite_where=text("state IN ('queued', 'claimed')"),
        postgresql_where=text("state IN ('queued', 'claimed')"),
    ),
    # Whoever was told is told of the end once, whatever the code believes.
    Index(
        "notification_one_end",
        "incident",
        "person",
        unique=True,
        sqlite_where=text("kind = 'end'"),
        postgresql_where=text("kind = 'end'"),
    ),
)

blob = Table(
    "blob",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of the content, hex
    Column("content", LargeBinary, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),  # engine: JSON of rows.Progress; clean: how the last process ended
    Column("value", Text, nullable=False),
)
