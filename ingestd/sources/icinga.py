"""Icinga 2: a notification script that posts its variables, the API's event stream, and Icinga Notifications' webhook.

Format: https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/#event-stream-types and
https://icinga.com/docs/icinga-notifications/latest/. Host and service identify an alert, as in its mail; a recovery
ends it.
"""

from ingestd.sources.nagios import LEVELS, NOTIFICATIONS
from ingestd.sources.shape import Shape
from ingestd.sources.shared import states

SHAPE = Shape(
    tool="icinga",
    needs=(
        "host_name | hostname | host.name | host | host_display_name | host_object.name | object.tags.host"
        " | object.name",
    ),
    state="notification_type | notificationtype | type | event.type | service_state | servicestate | host_state"
    " | hoststate"
    " | state | check_result.state | incident.severity",
    states={
        **NOTIFICATIONS,
        "0.0": "resolved",  # the event stream's states are fractions
        **states(
            acknowledged="acknowledgementset, acknowledgement set",
            nothing="downtimestarted, downtimetriggered, downtimeadded, commentadded, commentremoved, objectcreated,"
            " objectdeleted, objectmodified, acknowledgementcleared, acknowledgement cleared, flapping, mute, unmute",
        ),
    },
    host="host_name | hostname | host.name | object.tags.host | host | host_display_name | host_address | object.name",
    check="service_name | service_description | servicedesc | service.name | object.tags.service | service"
    " | service_display_name",
    summary="check_result.output | service_output | serviceoutput | host_output | hostoutput | plugin_output | output"
    " | event.message | message | text | comment",
    severity="service_state | servicestate | host_state | hoststate | state_text | state | incident.severity | severity"
    " | check_result.state",
    severities={
        **LEVELS,
        "crit": "critical",
        "err": "error",
        "alert": "critical",
        "emerg": "critical",
        "notice": "info",
    }
    | {"2.0": "critical", "1.0": "warning"},
    id="incident.id",
    started="last_hard_state_change | last_state_change",
    changed="timestamp | event.time | long_date_time | date_time",
    url="object.url | incident.url | url | icingaweb2_url",
    who="author | notification_author | event.username",
    hosts=True,
)
read = SHAPE.read
