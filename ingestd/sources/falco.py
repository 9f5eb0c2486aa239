"""Falco's HTTP output and the webhook of Falcosidekick.

Format: https://falco.org/docs/concepts/outputs/channels/. Rule and machine identify an alert; nobody says that it is
over, so it ends when it was not seen for a day.
"""

from ingestd.model import Ends
from ingestd.sources.shape import Shape
from ingestd.sources.shared import SEVERITIES, severities

SHAPE = Shape(
    tool="falco",
    needs=("rule", "output", "priority"),
    host="hostname | output_fields.hostname | output_fields.k8s.node.name",
    check="rule",
    summary="output",
    severity="priority",
    severities={**SEVERITIES, **severities(info="informational, notice, debug")},
    id="uuid",
    identity=("rule", "hostname | output_fields.hostname"),
    changed="time",
    ends=Ends("unheard", after=86400.0),
)
MARKS = ("output_fields", "rule", "priority")
read = SHAPE.read
