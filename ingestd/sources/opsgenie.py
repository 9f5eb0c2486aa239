"""Opsgenie's outgoing webhook: what happens to its alerts.

Format: https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/. The alias identifies
an alert, else its id; ``Close`` (or ``Delete``) ends it, ``Acknowledge`` says that somebody took it. Notes, tags and
owners are no alerts.
"""

from ingestd.sources.shape import Shape
from ingestd.sources.shared import FIVE, SEVERITIES, STATES, states

SHAPE = Shape(
    tool="opsgenie",
    needs=("action", "alert"),
    state="action",
    states={
        **STATES,
        **states(
            firing="create, unacknowledge, escalate, escalatetonext",
            resolved="close, delete",
            acknowledged="acknowledge",
            nothing="addnote, addtags, removetags, addrecipient, addresponder, addteam, assignownership,"
            " takeownership, snooze,"
            " snoozeended, updatepriority, updatemessage, updatedescription, adddetails, removedetails,"
            " customaction, assign,"
            " assignowner, addattachment, unassign, updateowner",
        ),
    },
    host="alert.entity | alert.details.host | alert.details.hostname",
    check="alert.details.check | alert.details.alertname | alert.message",
    summary="alert.message | alert.description",
    severity="alert.priority | alert.details.severity",
    severities={**SEVERITIES, **FIVE},
    id="alert.alias | alert.alertId | alert.tinyId",
    identity=("alert.alias | alert.alertId",),
    started="alert.createdAt | alert.insertedAt",
    url="alert.details.url | alertUrl | source.url",
    who="alert.username | alert.owner",
)
read = SHAPE.read
