"""Checkmk: its notification parameters as a notification script posts them.

Format: https://docs.checkmk.com/latest/en/notifications.html (the variables of a script); the names of the variables
(``HOSTNAME``, ``SERVICEDESC``) and those that common scripts give them are read. Host and service identify an alert:
the problem's number differs from the recovery's. Notices of downtime and flapping page nobody.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.nagios import LEVELS, NOTIFICATIONS
from ingestd.sources.shape import Shape

SHAPE = Shape(
    tool="checkmk",
    needs=("host | hostname | host_name | notify_hostname",),
    state="notification_type | notify_notificationtype | status | service_state | host_state | event",
    states=NOTIFICATIONS,
    host="host | hostname | host_name | notify_hostname | alias | address",
    check="service | servicedesc | service_description | notify_servicedesc | description",
    summary="summary | output | serviceoutput | hostoutput | notify_serviceoutput | notify_hostoutput | long_output",
    severity="severity | status | service_state | servicestate | host_state | hoststate | shortstate"
    " | notify_servicestate | notify_hoststate",
    severities={**LEVELS, "crit": "critical", "warn": "warning", "unreach": "critical"},
    id="id | problem_id | service_problem_id | host_problem_id | notify_serviceproblemid | notify_hostproblemid",
    changed="microtime | timestamp | long_date_time | notify_microtime",
    url="url | link",
    who="notification_author | ack_author | author",
    hosts=True,
)


def read(message: Message) -> Reading:
    """One event; SourceError if no host is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """The transition ``OK -> CRIT`` as the state that it ends in."""
    event = alert.get("event")
    parted = event.rpartition("->") if isinstance(event, str) else ("", "", "")
    return {**alert, "event": parted[2].strip()} if parted[1] else alert
