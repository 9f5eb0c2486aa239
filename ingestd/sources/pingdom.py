"""Pingdom's webhook, for uptime checks and transactions.

Format: https://www.pingdom.com/resources/webhooks/. The check identifies an alert, state ``UP`` or ``SUCCESS`` ends
it; the time on it is that of the end.
"""

from ingestd.sources.shape import Shape

SHAPE = Shape(
    tool="pingdom",
    needs=("check_id | check_name", "current_state"),
    state="current_state",
    address="check_params.hostname | check_params.full_url | check_params.url | check_params.host"
    " | check_params.nameserver",
    check="check_name",
    summary="description | long_description | custom_message",
    severity="importance_level",
    id="check_id",
    identity=("check_id",),
    changed="state_changed_timestamp | state_changed_utc_time",
    utc=True,
    url="check_params.full_url | check_params.url",
)
read = SHAPE.read
