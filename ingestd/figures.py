"""What the daemon counts: from what happened to the operator's metrics."""

from collections import Counter
from collections.abc import Iterable, Sequence

from prometheus_client import generate_latest

from ingestd.intake.imap import MailboxState
from ingestd.model import PRIORITIES, Message, Notification, Stepped
from ingestd.outbox import Outbox
from ingestd.store import Store
from ingestd.telemetry import metrics
from ingestd.worker import Engine

SPLIT = {"split": "person", "moved": "person", "left": "end"}  # history lines of what should not have been joined
FALLBACK = "none"  # how the pipeline calls that nothing recognised a message


class Figures:
    """The counters, and the gauges that are read when somebody asks."""

    def __init__(self) -> None:
        self._metrics = metrics()

    def accepted(self, message: Message) -> None:
        """A message was committed."""
        self._metrics.accepted.labels(message.kind, message.source).inc()

    def refused(self, source: str, code: int) -> None:
        """A sender was refused or put off."""
        self._metrics.refused.labels(source, str(code)).inc()

    def committed(self, _jobs: int, seconds: float) -> None:
        """A group of changes was committed."""
        self._metrics.commit_seconds.observe(seconds)

    def stepped(self, batch: Sequence[Stepped]) -> None:
        """Entries were decided and committed."""
        for stepped in batch:
            changes, source = stepped.changes, stepped.entry.message.source
            for row in changes.timeline:
                if row.what in SPLIT:
                    self._metrics.split.labels(SPLIT[row.what]).inc()
            if changes.shunted:
                self._metrics.shunted.labels(source).inc()
            elif changes.recogniser == FALLBACK:
                self._metrics.unrecognised.labels(source).inc()
            elif changes.recogniser:
                self._metrics.recognised.labels(changes.recogniser).inc()

    def page(self, channel: str, outcome: str, notification: Notification, now: float) -> None:
        """A page found its end."""
        self._metrics.pages.labels(channel or "none", outcome).inc()
        if notification.kind == "open" and outcome == "handed_over":
            self._metrics.page_seconds.observe(max(0.0, now - notification.facts.since))

    def channel(self, name: str, ok: bool | None, failing: int) -> None:
        """A channel took a letter, or did not, or (None) is gone; so many in a row it did not take."""
        if ok is not None:
            self._metrics.channel_letters.labels(name, "taken" if ok else "failed").inc()
        self._metrics.channel_failing.labels(name).set(failing)

    def audited(self, findings: int) -> None:
        """The auditor looked."""
        self._metrics.audit_findings.set(findings)

    def erased(self, why: str, bodies: int) -> None:
        """Bodies were erased."""
        self._metrics.bodies_erased.labels(why).inc(bodies)

    def started(self, *, clean: bool) -> None:
        """The daemon is up."""
        self._metrics.starts.labels("clean" if clean else "unclean").inc()

    def reloaded(self, outcome: str, wall: float) -> None:
        """A reload was tried."""
        self._metrics.reloads.labels(outcome).inc()
        if outcome == "ok":
            self._metrics.reload_at.set(wall)

    def mailboxes(self, states: Iterable[MailboxState]) -> None:
        """How the mailboxes are doing now."""
        for state in states:
            self._metrics.mailbox_connected.labels(state.name).set(state.connected)
            self._metrics.mailbox_backlog.labels(state.name).set(state.backlog)
            self._metrics.mailbox_read_at.labels(state.name).set(state.last_ok)

    def scrape(self, engine: Engine, store: Store, outbox: Outbox) -> bytes:
        """Everything in the Prometheus text format."""
        figures, world = self._metrics, engine.world
        figures.open_alerts.set(sum(map(len, world.firing.sets.values())))
        found = Counter(i.priority for i in world.incidents.values() if not i.merged_into and i.state != "resolved")
        for priority in PRIORITIES:
            figures.open_incidents.labels(priority).set(found[priority])
        figures.lag.set(engine.lag)
        figures.engine_queue.set(engine.queued)
        figures.inbox_queue.set(store.waiting)
        figures.outbox_queue.set(outbox.waiting)
        return generate_latest(figures.registry)
