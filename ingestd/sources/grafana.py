"""Grafana Alerting's webhook (since version 9), and the body of legacy alerting should it come here.

Format: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/
webhook-notifier/. The label set identifies an alert, status ``resolved`` ends it. Links may be relative to
``externalURL``. The contact point's test is an alert ``TestAlert`` of the instance ``Grafana``.
"""

from functools import partial
from urllib.parse import urljoin

from msgspec.structs import replace

from ingestd.model import Event, Message, Reading
from ingestd.signatures import Signature
from ingestd.sources import grafana_legacy
from ingestd.sources.labelled import GROUP, Group, Labelled, event, joined, sized, typed
from ingestd.sources.shared import SourceError, link, reading

#: The time is sent if the contact point names a header for it: it has to be this one.
SIGNATURE = Signature(
    "x-grafana-alerting-signature", time_header="x-grafana-alerting-timestamp", joined="{time}:{body}", untimed=True
)
IDENTITY = partial(joined, "grafana")
TEST = {"alertname": "TestAlert", "instance": "Grafana"}


def read(message: Message) -> Reading:
    """One event an alert; SourceError names the position or the field that does not fit."""
    try:
        group = typed(message, GROUP, Group, "Grafana's webhook")
    except SourceError as error:
        if b'"ruleName"' in message.body or b'"evalMatches"' in message.body:
            return grafana_legacy.read(message)
        raise error
    events = tuple(_event(alert, group) for alert in sized(group.alerts, message))
    return reading("grafana", events, f"Grafana's webhook with {len(events)} alerts")


def _event(alert: Labelled, group: Group) -> Event:
    found = event(alert, group, IDENTITY, _link(alert, group))
    labels = alert.labels or {}
    tests = all(labels.get(name) == value for name, value in TEST.items())
    named = replace(found, check=found.check or _text(labels.get("rulename")), quiet=found.quiet or tests)
    return named if found.identity else replace(named, identity=f"grafana:{alert.fingerprint or found.summary}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _link(alert: Labelled, group: Group) -> str | None:
    """The first link of the alert, made absolute; else Grafana's own address."""
    base = link(group.external_url)
    own = next((u for u in (alert.generator_url, alert.panel_url, alert.dashboard_url) if _text(u)), None)
    try:
        return link(urljoin(base, own) if base and own else own, base)
    except ValueError:  # brackets that are no IPv6 address
        return base
