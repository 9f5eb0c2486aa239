"""Honeybadger's webhook: errors of an application, sites that are down, check-ins that are missed, alarms.

Format: https://docs.honeybadger.io/guides/integrations/webhook/. What it is about stands in an object of its own
(``fault``, ``site``, ``check_in``, ``alarm``), whose id identifies an alert; ``event`` says what happened to it, the
state in the object may be older. Comments, assignments and deployments are no alerts.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="honeybadger",
    needs=("event", "message | fault | site | check_in | alarm"),
    state="event",
    states={
        **STATES,
        **states(
            firing="occurred, unresolved, rate exceeded, volume spike, down, check in missing, cert will expire,"
            " alarm alert",
            resolved="resolved, up, check in reporting, alarm ok",
            nothing="assigned, commented, deployed, ignored",
        ),
    },
    address="site.url",
    check="fault.klass | site.name | check_in.name | alarm.name | message",
    summary="message | outage.reason",
    id="fault.id | site.id | check_in.id | alarm.id",
    identity=("kind", "fault.id | site.id | check_in.id | alarm.id"),
    started="outage.down_at | fault.created_at | check_in.expected_at | alarm.triggered_at",
    url="fault.url | outage.details_url | site.details_url | check_in.details_url | alarm.url | site.url",
)
MARKS = ("event", "project.token")
_KINDS = ("fault", "site", "check_in", "alarm")


def read(message: Message) -> Reading:
    """One event; SourceError if it is not Honeybadger's."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    kind = next((kind for kind in _KINDS if isinstance(alert.get(kind), dict)), None)
    about = "certificate" if Payload(alert).text("event") == "cert_will_expire" else kind
    return {**alert, "kind": about}
