"""Everything that takes messages in over HTTP: which address is whose."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ingestd import sources
from ingestd.intake import Clock, CountRefused, Receive, alertmanager, heartbeat, http, opsgenie, pagerduty
from ingestd.intake.door import Door, HttpSource, WebhookSettings
from ingestd.intake.fairness import Memory
from ingestd.model import Message
from ingestd.sources import Reader


class Doors:
    """The doors by address.

    ``heartbeats``: the names that heartbeats.yaml expects. ``mappings``: the readers of a site's own sources.
    """

    def __init__(
        self,
        senders: Mapping[str, HttpSource],
        receive: Receive,
        clock: Clock,
        *,
        settings: WebhookSettings,
        count_refused: CountRefused,
        heartbeats: Callable[[], Collection[str]],
        mappings: Callable[[], Mapping[str, Reader]],
    ) -> None:
        more: dict[str, Any] = {"settings": settings, "count_refused": count_refused, "memory": Memory(settings.memory)}
        self._mappings = mappings
        self._webhooks = http.Webhooks(senders, receive, clock, reads=self._reads, secrets=sources.secrets, **more)
        self._alertmanager = alertmanager.AlertmanagerAlerts(senders, receive, clock, **more)
        self._pagerduty = pagerduty.PagerDutyEvents(senders, receive, clock, **more)
        self._opsgenie = opsgenie.OpsgenieAlerts(senders, receive, clock, **more)
        self._pings = heartbeat.Pings(senders, receive, clock, names=heartbeats, **more)

    def __call__(self, method: str, path: str) -> Door | None:
        """Whose address it is; None: it is for the pages and the reading halves of the APIs."""
        if path.startswith(http.PREFIX):
            return self._webhooks
        if path.startswith(heartbeat.PREFIX):
            return self._pings
        if path in pagerduty.PATHS:
            return self._pagerduty
        if method in ("GET", "HEAD"):
            return None
        if path == alertmanager.PATH:
            return self._alertmanager
        return self._opsgenie if path.startswith(opsgenie.ALERTS) else None

    def _reads(self, message: Message) -> bool:
        try:
            sources.read(message, self._mappings())
        except sources.SourceError:
            return False
        return True

    def replace(self, senders: Mapping[str, HttpSource]) -> None:
        """Who may send, after a reload."""
        for door in (self._webhooks, self._alertmanager, self._pagerduty, self._opsgenie, self._pings):
            door.sources = senders
