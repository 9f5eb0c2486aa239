"""Amazon SNS: CloudWatch alarms, what EventBridge says of them, and other notices, also with raw delivery.

Format: https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-and-email.html. The alarm's ARN identifies an
alert, ``OK`` ends it; INSUFFICIENT_DATA still fires. A confirmation of the subscription is no alert. A notice of
anything else is one without an end.
"""

from typing import Any

from ingestd.model import Ends, Message, Reading
from ingestd.sources.body import fields, inner
from ingestd.sources.shape import Payload, Shape, pairs
from ingestd.sources.shared import STATES, SourceError, reading, states

ALARM = Shape(
    tool="cloudwatch",
    needs=("AlarmName | detail.alarmName",),
    state="NewStateValue | detail.state.value",
    states={**STATES, **states(firing="alarm, insufficient data", resolved="ok")},
    host="resource",
    check="AlarmName | detail.alarmName",
    summary="NewStateReason | detail.state.reason | AlarmDescription | detail.configuration.description",
    id="AlarmArn | resources.0 | AlarmName | detail.alarmName",
    identity=("AlarmArn | resources.0 | AlarmName | detail.alarmName",),
    changed="StateChangeTime | detail.state.timestamp | time",
)
OTHER = Shape(
    tool="sns",
    needs=("TopicArn | source | detail-type | Subject | text | Event",),
    host="detail.instance-id | EC2InstanceId | Source ID | resources.0",
    check="Subject | detail-type | Event",
    summary="Event Message | Subject | text | detail-type | Event | Description",
    severity="detail.severity | severity",
    id="id",
    changed="time | Timestamp",
    url="Identifier Link",
    ends=Ends("person"),
)
CONFIRMATIONS = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})
#: Dimensions that name a machine, a database or a service, best first; else the first dimension does.
RESOURCES = (
    "InstanceId | DBInstanceIdentifier | DBClusterIdentifier | CacheClusterId | LoadBalancer | LoadBalancerName"
    " | FunctionName | QueueName | ClusterName | ServiceName | FileSystemId | BucketName | TableName | host"
)
DIMENSIONS = (
    "Trigger.Dimensions | Trigger.Metrics.0.MetricStat.Metric.Dimensions"
    " | Trigger.Metrics.1.MetricStat.Metric.Dimensions"
    " | detail.configuration.metrics.0.metricStat.metric.dimensions"
    " | detail.configuration.metrics.1.metricStat.metric.dimensions"
)


def read(message: Message) -> Reading:
    """One event, or none for a confirmation; SourceError if it is not from SNS."""
    body = fields(message)
    if not isinstance(body, dict):
        raise SourceError("cloudwatch_sns: the body: expected an object")
    if str(body.get("Type")) in CONFIRMATIONS:
        return reading("cloudwatch_sns", (), f"a {body['Type']} of the topic {body.get('TopicArn')}")
    notice = _notice(body)
    shape = ALARM if "AlarmName" in notice or Payload(notice).text("detail.alarmName") else OTHER
    found = shape.understand(notice)
    return reading("cloudwatch_sns", found.events, "a notification of Amazon SNS")


def _notice(body: dict[str, Any]) -> dict[str, Any]:
    """What a notification carries, with the resource that it is about."""
    if "Message" not in body:
        notice = body
    else:
        said = inner(body["Message"])
        kept: dict[str, Any] = {key: body[key] for key in ("TopicArn", "Subject", "Timestamp") if key in body}
        notice = {**kept, **said} if isinstance(said, dict) else {**kept, "text": body["Message"]}
    found = Payload(notice).at(DIMENSIONS)
    dimensions = found if isinstance(found, dict) else pairs(found, "name")
    named = Payload(dimensions)
    first = next(iter(dimensions.values()), None)
    return {**notice, "resource": named.text(RESOURCES) or first}
