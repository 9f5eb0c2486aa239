"""System Center Operations Manager: a command channel or connector that posts the properties of an alert.

Format: https://learn.microsoft.com/system-center/scom/manage-notifications-subscriptions (parameters of a channel).
The alert's GUID identifies it; resolution state 255, Closed, ends it. ``np`` stands for what is not present.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Shape
from ingestd.sources.shared import SEVERITIES, STATES, severities, states

SHAPE = Shape(
    tool="scom",
    needs=("alertId | id | alertName | name",),
    state="resolutionState | resolutionStateName | state | status",
    states={**STATES, **states(firing="0", resolved="255", acknowledged="249, 247, awaiting evidence, assigned")},
    host="managedEntitySource | netbiosComputerName | principalName | monitoringObjectDisplayName"
    " | managedEntityFullName | managedEntityDisplayName | monitoringObjectPath | managedEntityPath | computer | host",
    check="alertName | name",
    summary="alertDescription | description | alertName | name",
    severity="severity",
    severities={**SEVERITIES, **severities(critical="2, error", warning="1", info="0")},
    id="alertId | id",
    identity=("guid",),
    started="timeRaised | timeAdded",
    url="webConsoleUrl | url | link",
    who="owner | resolvedBy",
)


def read(message: Message) -> Reading:
    """One event; SourceError if no alert is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    present = {key: value for key, value in alert.items() if value != "np"}
    found = next((str(present[key]) for key in present if key.lower() in ("alertid", "id")), None)
    return {**present, "guid": found.strip("{}").lower() if found else None}
