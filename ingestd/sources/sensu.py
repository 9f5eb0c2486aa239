"""Sensu's events, as its handlers post them: Sensu Go, and Sensu Core before it.

Format: https://docs.sensu.io/sensu-go/latest/observability-pipeline/observe-events/events/. Entity (client) and check
identify an alert; ``check.status`` is the exit status of a plugin: 0 ok, 1 warning, 2 critical, all others unknown. An
event with metrics alone is none.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import states

SHAPE = Shape(
    tool="sensu",
    needs=("entity | client", "check | metrics"),
    state="check.status | action | check.state | metrics.handlers.0",
    states=states(firing="1, 2, 3, 127, failing, create, flapping", resolved="0, passing, resolve"),
    otherwise="nothing",
    host="entity.metadata.name | entity.name | entity.id | client.name | entity.system.hostname | client.address",
    check="check.metadata.name | check.name",
    summary="check.output | check.notification | check.name",
    severity="check.status",
    severities={"1": "warning", "2": "critical"},
    started="began",
    identity=(
        "entity.metadata.name | entity.name | client.name",
        "check.metadata.name | check.name",
        "entity.metadata.namespace",
    ),
)
MARKS = ("check.status", "entity.metadata | entity.system | client.subscriptions | client.name")
read = SHAPE.read
