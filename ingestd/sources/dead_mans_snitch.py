"""Dead Man's Snitch's webhook.

Format: https://deadmanssnitch.com/docs/integrations/webhooks. The snitch's token identifies an alert, its next
check-in ends it.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="dead_mans_snitch",
    needs=("type", "data.snitch.token | data.snitch.name"),
    state="type | data.snitch.status",
    states={
        **STATES,
        **states(
            firing="snitch.missing, snitch.errored, snitch.late",
            resolved="snitch.reporting, snitch.healthy, snitch.recovered",
            nothing="snitch.paused, snitch.created, snitch.deleted",
        ),
    },
    check="data.snitch.name",
    summary="data.snitch.name",
    id="data.snitch.token",
    identity=("data.snitch.token",),
    changed="timestamp",
    url="data.snitch.href",
)
read = SHAPE.read
