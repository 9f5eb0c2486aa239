"""Wazuh: an integration script that posts the alert as Wazuh stores it, or a text of it.

Format: https://documentation.wazuh.com/current/user-manual/manager/integration-with-external-apis.html. Rule and agent
identify an alert; nothing ends it: it is over when not said again for a day. Levels 0 to 15 as Wazuh groups them: low,
medium (from 7), high (from 12), critical (15).
"""

import re
from typing import Any

from ingestd.model import Ends, Message, Reading
from ingestd.sources.shape import Payload, Shape

SHAPE = Shape(
    tool="wazuh",
    needs=("rule.description | rule.id | message | title | text | all_fields.rule.description",),
    host="agent.name | all_fields.agent.name | agent_name | in_text.Agent Name | predecoder.hostname | manager.name",
    check="rule.description | all_fields.rule.description | title | message",
    summary="rule.description | all_fields.rule.description | message | title | full_log | text",
    severity="severity | in_level | level",
    id="rule.id | all_fields.rule.id | in_text.Rule ID | id",
    identity=("rule.id | all_fields.rule.id | in_text.Rule ID", "agent.id | all_fields.agent.id | in_text.Agent ID"),
    changed="timestamp | created_at | all_fields.timestamp",
    url="url | link",
    ends=Ends("unheard", after=86400.0),
)
_LABEL = re.compile(r"(Rule ID|Level|Agent ID|Agent Name|Title)[:\s]\s{0,5}(.{1,300})")
_LEVELS = ((15, "critical"), (12, "error"), (7, "warning"), (0, "info"))


def read(message: Message) -> Reading:
    """One event; SourceError if it describes no rule."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    lines = (payload.text("description | text") or "").splitlines()[:50]
    told = {found[1]: found[2].strip() for line in lines if (found := _LABEL.match(line.strip()))}
    level = payload.text("rule.level | all_fields.rule.level") or ""
    known = next((name for least, name in _LEVELS if level.isdigit() and int(level[:4]) >= least), None)
    return {**alert, "in_text": told, "in_level": known}
