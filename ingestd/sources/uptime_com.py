"""Uptime.com's custom postback, with the nested and the legacy body.

Format: https://support.uptime.com/hc/en-us/articles/360018992419. The check identifies an alert: an alert's own id is
that of one message. ``alert_cleared`` ends it.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, states

SHAPE = Shape(
    tool="uptime_com",
    needs=("event | data.alert | state_is_up", "data.service | data.alert | service_name | data.device"),
    state="event | data.alert.state | data.global_alert_state.state_is_up",
    states={
        **STATES,
        **states(firing="alert raised, alert escalated", resolved="alert cleared", quiet="test, alert test"),
    },
    address="data.device.address | data.service.msp_address | data.device.display_name",
    check="data.service.name | data.service.display_name | data.service.short_name | service_name",
    summary="data.alert.short_output | data.alert.output | output | data.service.name",
    severity="data.alert.state",
    id="data.service.id | data.alert.id",
    identity=("data.service.id | data.service.name | service_name",),
    started="data.global_alert_state.started_at",
    changed="data.alert.created_at | data.date",
    url="data.links.alert_details | data.links.real_time_analysis | alert_details_url",
)
read = SHAPE.read
