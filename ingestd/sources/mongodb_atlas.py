"""MongoDB Atlas and Cloud Manager: their webhook integration.

Format: https://www.mongodb.com/docs/atlas/tutorial/webhook-integration/ (an alert as the Administration API gives it).
The alert's id is the same until it is closed; ``humanReadable`` tells in a few lines what is wrong.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources.shape import Shape
from ingestd.sources.shared import states

SIGNATURE = Signature("x-mms-signature", algorithm="sha1", encoding="base64")
MARKS = ("eventTypeName", "alertConfigId")
ABOUT = ("Project:", "Group:", "Organization:")  # lines that tell whose alert it is
SHAPE = Shape(
    tool="mongodb_atlas",
    needs=("eventTypeName", "id | alertConfigId"),
    state="status",
    states=states(
        firing="open, tracking", resolved="closed, cancelled", acknowledged="acknowledged", quiet="informational"
    ),
    host="hostnameAndPort | hostname | clusterName | replicaSetName",
    check="metricName | eventTypeName | typeName",
    summary="said | humanReadable | eventTypeName",
    severity="severity | severityOverride",
    id="id | alertConfigId",
    identity=("id | alertConfigId",),
    started="created",
    url="alertUrl | url",
    who="acknowledgingUsername",
)


def read(message: Message) -> Reading:
    """One event; SourceError without the type of its event."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    """The first line that tells what is wrong, not whose alert it is, as ``said``."""
    text = alert.get("humanReadable")
    lines = text[:2000].splitlines() if isinstance(text, str) else []
    told = (line.strip() for line in lines if line.strip() and not line.startswith(ABOUT))
    return {**alert, "said": next(told, None)}
