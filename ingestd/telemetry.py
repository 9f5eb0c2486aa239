"""What an operator sees: log lines through structlog, figures for Prometheus."""

import asyncio
import logging
import sys
from collections.abc import MutableMapping
from contextlib import nullcontext
from typing import Any, TextIO

import structlog
from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.types import Processor

QUIET = ("mail.log", "alembic", "asyncio", "httpx", "httpcore", "uvicorn.access", "imapclient")  # chatty below WARNING
SECRET = ("token", "password", "secret", "authorization", "cookie", "key")
HIDDEN = "[hidden]"

COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PAGE_SECONDS = (0.5, 1, 2.5, 5, 10, 15, 30, 45, 60, 90, 120, 150, 300, 600, 1800)


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Coloured lines on a terminal, JSON otherwise; libraries' own log lines take the same way out."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not stream.isatty()),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = Gathering(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=_last(stream), foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class Gathering(logging.StreamHandler[TextIO]):
    """Writes the lines of one turn of the event loop together: each write lets other threads in, and waits for them.

    Lines of other threads, and those without a loop, are written at once, after what was gathered before them.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line until the loop turns."""
        try:
            self._lines.append(self.format(record))
            self._soon()
        except Exception:
            self.handleError(record)

    def _soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # none turns in this thread
            self.flush()
        else:
            if len(self._lines) == 1:
                loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what was gathered."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("\n".join(lines) + "\n")
            super().flush()


def hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whatever is called a token, a password … is not written out."""
    for name in event:
        if any(word in name.lower() for word in SECRET):
            event[name] = HIDDEN
    return event


def _last(stream: TextIO) -> list[Processor]:
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if stream.isatty():
        return [drop, structlog.dev.ConsoleRenderer()]
    return [drop, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]


class Metrics(Struct, frozen=True, kw_only=True):
    """Every figure, in a registry of its own: ``prometheus_client.generate_latest(metrics.registry)`` prints them."""

    registry: CollectorRegistry
    accepted: Counter  # kind, source
    refused: Counter  # source, code
    recognised: Counter  # recogniser
    unrecognised: Counter  # source
    shunted: Counter  # source
    split: Counter  # by
    open_alerts: Gauge
    open_incidents: Gauge  # priority
    pages: Counter  # channel, outcome
    channel_letters: Counter  # channel, outcome
    channel_failing: Gauge  # channel
    audit_findings: Gauge
    lag: Gauge  # seconds
    commit_seconds: Histogram
    page_seconds: Histogram
    inbox_queue: Gauge
    engine_queue: Gauge
    outbox_queue: Gauge
    mailbox_connected: Gauge  # mailbox
    mailbox_backlog: Gauge  # mailbox
    mailbox_read_at: Gauge  # mailbox
    bodies_erased: Counter  # why
    starts: Counter  # outcome
    reloads: Counter  # outcome
    reload_at: Gauge


def metrics() -> Metrics:
    """A fresh set, all at zero."""
    at = CollectorRegistry()
    return Metrics(
        registry=at,
        accepted=Counter("ingestd_accepted", "Messages committed", ("kind", "source"), registry=at),
        refused=Counter("ingestd_refused", "Messages refused or put off", ("source", "code"), registry=at),
        recognised=Counter("ingestd_recognised", "Messages understood, by recogniser", ("recogniser",), registry=at),
        unrecognised=Counter("ingestd_unrecognised", "Messages only the fallback took", ("source",), registry=at),
        shunted=Counter("ingestd_shunted", "Entries set aside", ("source",), registry=at),
        split=Counter("ingestd_alerts_split", "Joined alerts that left an incident later", ("by",), registry=at),
        open_alerts=Gauge("ingestd_open_alerts", "Alerts that fire", registry=at),
        open_incidents=Gauge("ingestd_open_incidents", "Incidents not resolved", ("priority",), registry=at),
        pages=Counter("ingestd_pages", "Notifications, by what became of them", ("channel", "outcome"), registry=at),
        channel_letters=Counter(
            "ingestd_channel_letters",
            "Letters by channel, and whether it took them",
            ("channel", "outcome"),
            registry=at,
        ),
        channel_failing=Gauge(
            "ingestd_channel_failing", "Letters in a row that a channel did not take", ("channel",), registry=at
        ),
        audit_findings=Gauge("ingestd_audit_findings", "What the auditor found stuck at its last look", registry=at),
        lag=Gauge("ingestd_pipeline_lag_seconds", "Age of the oldest entry not stepped", registry=at),
        commit_seconds=Histogram(
            "ingestd_commit_seconds", "From a group's start to its commit", registry=at, buckets=COMMIT_SECONDS
        ),
        page_seconds=Histogram(
            "ingestd_page_seconds",
            "From the first alert to the hand-over of its page",
            registry=at,
            buckets=PAGE_SECONDS,
        ),
        inbox_queue=Gauge("ingestd_inbox_queue", "Messages whose commit is awaited", registry=at),
        engine_queue=Gauge("ingestd_engine_queue", "Committed entries not stepped", registry=at),
        outbox_queue=Gauge("ingestd_outbox_queue", "Notifications not handed over", registry=at),
        mailbox_connected=Gauge("ingestd_mailbox_connected", "Whether it is read", ("mailbox",), registry=at),
        mailbox_backlog=Gauge("ingestd_mailbox_backlog", "Mails found and not yet kept", ("mailbox",), registry=at),
        mailbox_read_at=Gauge(
            "ingestd_mailbox_read_time_seconds", "When it was last read to its end", ("mailbox",), registry=at
        ),
        bodies_erased=Counter("ingestd_bodies_erased", "Bodies of messages erased", ("why",), registry=at),
        starts=Counter("ingestd_starts", "Starts, by how the process before ended", ("outcome",), registry=at),
        reloads=Counter("ingestd_reloads", "Reloads of configuration and rules", ("outcome",), registry=at),
        reload_at=Gauge("ingestd_reload_time_seconds", "When the rules in force were loaded", registry=at),
    )
