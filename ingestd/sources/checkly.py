"""Checkly's webhook with its default template.

Format: https://www.checklyhq.com/docs/alerting-and-retries/webhooks/. The check identifies an alert; what it says of a
certificate is another one. ``started_at`` is the start of the check's run, not of the outage. With a webhook secret the
same page says: the SHA-256 HMAC of the body, in hexadecimal, in ``x-checkly-signature``.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="checkly",
    needs=("check_id | check_name | event", "alert_type | event"),
    state="alert_type",
    states={
        **STATES,
        **states(
            firing="alert failure, alert failure remain, alert failure degraded, alert degraded, alert degraded remain,"
            " alert degraded failure, alert ssl",
            resolved="alert recovery, alert degraded recovery, alert ssl recovery",
            nothing="no alert",
        ),
    },
    host="ssl_check_domain",
    address="check_url | request_url | url",
    check="check_name | name",
    summary="event | alert_title | check_error_message",
    severity="severity",
    id="check_id",
    identity=("check_id", "about"),
    changed="started_at",
    url="link | result_link",
)
SIGNATURE = Signature("x-checkly-signature")


def read(message: Message) -> Reading:
    """One event; SourceError if it is not Checkly's."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    return {**alert, "about": "certificate" if "SSL" in str(alert.get("alert_type")) else None}
