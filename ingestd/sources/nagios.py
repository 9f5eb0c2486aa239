"""Nagios and what descends from it (Naemon, Centreon, op5): the macros of a notification as a script posts them.

There is no webhook of its own: the names are those of the macros, https://assets.nagios.com/downloads/nagioscore/docs/
nagioscore/4/en/macrolist.html, as most scripts spell them. Host and service identify an alert, as in its mail, so that
both are one; a recovery ends it. Notices of downtime and flapping page nobody.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import STATES, States, severities, states

NOTIFICATIONS: States = {
    **STATES,
    **states(
        firing="problem, warning, critical, unknown, down, unreachable, 1, 2, 3, not ok, soft, hard",
        resolved="recovery, ok, up, 0",
        acknowledged="acknowledgement, acknowledgment",
        quiet="flappingstart, flappingstop, flappingend, flappingdisabled, flapping start, flapping stop,"
        " flapping end,"
        " downtimestart, downtimeend, downtimestop, downtimeremoved, downtimecancelled, downtimecanceled,"
        " downtime start,"
        " downtime end, downtime stop, downtime removed, downtime cancelled, custom",
    ),
}
LEVELS = severities(
    critical="critical, down, unreachable, 2, disaster",
    warning="warning, 1",
    info="information, info, ok, up",
    error="error",
)

SHAPE = Shape(
    tool="nagios",
    needs=("host_name | hostname | host | nagios_hostname | host_alias | host_address",),
    state="notification_type | nagios_notificationtype | type | service_state | nagios_servicestate | host_state"
    " | nagios_hoststate | state | status | state_id",
    states=NOTIFICATIONS,
    host="host_name | hostname | nagios_hostname | host.name | host | host_display_name | host_alias | host_address",
    check="service_description | service_desc | nagios_servicedesc | service.name | service | service_name"
    " | service_display_name | check",
    summary="plugin_output | service_output | nagios_serviceoutput | host_output | nagios_hostoutput | output | message"
    " | text | long_plugin_output",
    severity="service_state | nagios_servicestate | host_state | nagios_hoststate | state | status | severity",
    severities=LEVELS,
    id="problem_id | service_problem_id | host_problem_id | event_id",
    started="last_hard_state_change | last_service_state_change | last_host_state_change",
    changed="timet | timestamp | long_date_time | date_time | time",
    url="url | link | action_url | notes_url",
    who="notification_author | author | ack_author | contact_name",
    hosts=True,
)
read = SHAPE.read
