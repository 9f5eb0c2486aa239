"""What tools post to Splunk On-Call's (VictorOps) REST endpoint: point them here instead.

Format: https://help.victorops.com/knowledge-base/rest-endpoint-integration-guide. ``entity_id`` identifies an alert;
``message_type`` says what happened to it, in any case. What is only information opens nothing.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import severities, states

SHAPE = Shape(
    tool="victorops",
    needs=("message_type",),
    state="message_type",
    states=states(firing="critical, warning", resolved="recovery, ok", acknowledged="acknowledgement", quiet="info"),
    host="host_name | host | hostname | entity_display_name.host",
    check="service_name | service | check | entity_display_name | entity_id",
    summary="state_message | entity_display_name | entity_id",
    severity="message_type",
    severities=severities(critical="critical", warning="warning", info="info"),
    id="entity_id",
    identity=("entity_id",),
    started="state_start_time",
    changed="timestamp",
    url="alert_url | url",
    who="ack_author",
)
MARKS = ("message_type", "entity_id | entity_display_name")
read = SHAPE.read
