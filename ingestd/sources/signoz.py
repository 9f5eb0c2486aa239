"""SigNoz' webhook channel: Alertmanager's body.

Format: https://signoz.io/docs/alerts-management/notification-channel/webhook/. The label set identifies an alert,
status ``resolved`` ends it.
"""

from functools import partial

from ingestd.model import Message, Reading
from ingestd.sources.labelled import GROUP, Group, event, joined, own_link, sized, typed
from ingestd.sources.shared import reading

IDENTITY = partial(joined, "signoz")


def read(message: Message) -> Reading:
    """One event an alert; SourceError names the position or the field that does not fit."""
    group = typed(message, GROUP, Group, "SigNoz' webhook")
    events = tuple(event(alert, group, IDENTITY, own_link(alert, group)) for alert in sized(group.alerts, message))
    return reading("signoz", events, f"SigNoz' webhook with {len(events)} alerts")
