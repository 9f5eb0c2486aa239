"""Prometheus Alertmanager's webhook, versions 3 and 4.

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Fingerprints are missing before 0.19
and are the hash of the label set after, so the label set itself identifies an alert: firing and resolved share it, and
two hosts under one hand-made fingerprint stay two. Alertmanager repeats what still fires and sends the end.
"""

from functools import partial

from ingestd.model import Message, Reading
from ingestd.sources.labelled import GROUP, Group, event, joined, own_link, sized, typed
from ingestd.sources.shared import reading

IDENTITY = partial(joined, "alertmanager")


def read(message: Message) -> Reading:
    """One event an alert, in the body's order; SourceError names the position or the field that does not fit."""
    group = typed(message, GROUP, Group, "Alertmanager's webhook")
    events = tuple(event(alert, group, IDENTITY, own_link(alert, group)) for alert in sized(group.alerts, message))
    return reading("alertmanager", events, f"Alertmanager's webhook with {len(events)} alerts")
