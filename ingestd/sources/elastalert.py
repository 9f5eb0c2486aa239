"""ElastAlert's HTTP POST alerters: the fields of a match beside a static payload.

Format: https://elastalert2.readthedocs.io/en/latest/alerts.html#http-post. Rule and host identify an alert; a payload
that says what happens (``event_type``) has an id of its own. Nothing else tells of an end: it is over when not said
again for a day.
"""

from typing import Any

from ingestd.model import Ends, Message, Reading
from ingestd.sources.shape import Payload, Shape

SHAPE = Shape(
    tool="elastalert",
    needs=("rule_name | rule | alert_name | name | alert_subject | title | message | @timestamp | num_hits",),
    state="event_type | event_action | alert_state",
    host="host.name | host.hostname | hostname | host | agent.hostname | agent.name | beat.hostname | beat.name | node"
    " | kubernetes.node.name | source.ip",
    check="rule_name | rule | alert_name | name | alert_subject | title",
    summary="alert_text | alert_subject | title | message | description | reason | rule_name | rule",
    severity="severity | priority | log.level | level",
    id="number | _id",
    identity=(
        "number | rule_name | rule | alert_name | name | alert_subject | title",
        "host.name | hostname | host | query_key",
    ),
    changed="@timestamp | timestamp | match_time | alert_time",
    url="kibana_discover_url | kibana_link | opensearch_discover_url | url | link",
    ends=Ends("unheard", after=86400.0),
)


def read(message: Message) -> Reading:
    """One event a match; SourceError if nothing names a rule."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    told = payload.text("event_type | event_action")
    return {**alert, "number": payload.text("dedup_key | alias | alert_id | id") if told else None}
