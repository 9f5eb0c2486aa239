"""Opsgenie's Alert API, so that a tool that speaks it needs nothing but another address.

``POST /v2/alerts`` creates; ``POST /v2/alerts/ID/close``, ``/acknowledge`` and the other actions follow, ``DELETE
/v2/alerts/ID`` ends an alert too. The key behind ``GenieKey`` is the source's token. Every request is answered with
202 and an id under which its outcome can be asked for (``web/opsgenie.py``).
Format: https://docs.opsgenie.com/docs/alert-api
"""

import re
import uuid
from urllib.parse import parse_qs, unquote, urlencode

import msgspec

from ingestd.intake.door import Answer, Door, Read, RefusedError, Request, decoded_object

ADAPTER = "opsgenie_alert_api"
ALERTS = "/v2/alerts"
ONE = re.compile(r"/v2/alerts/([^/]+)(?:/([a-z]+))?/?")
KINDS = ("id", "alias", "tiny")


class OpsgenieAlerts(Door):
    """Everything that changes an alert."""

    methods = ("POST", "DELETE", "PUT", "PATCH")

    async def accept(self, request: Request, read: Read) -> Answer | None:
        """Keep a request of a source whose key it shows."""
        source = self.by_token(request, ADAPTER)
        body = await self.body(request, read, source.name)
        if body is None:
            return None
        asked = str(uuid.uuid4())
        wrong, content = decoded_object(body if body.strip() else b"{}")
        if request.path.rstrip("/") == ALERTS and request.method == "POST":
            query = "action=create"
            if not wrong and not content.get("message"):
                wrong = "message: expected a text"
            content = {"alias": str(uuid.uuid4())} | {name: value for name, value in content.items() if value}
        else:
            query = _action(request, source.name)
        message = self.message(
            source,
            request,
            body if wrong else msgspec.json.encode(content),
            query=query,
            origin=f"opsgenie:{asked}",
            refused=wrong,
        )
        await self.receive(message)
        if wrong:
            raise RefusedError(422, wrong, source.name)
        return Answer(202, {"result": "Request will be processed", "took": 0.001, "requestId": asked})

    def refusal(self, refused: RefusedError) -> Answer:
        """As Opsgenie words it."""
        return Answer(refused.code, {"message": str(refused), "took": 0.0, "requestId": str(uuid.uuid4())})


def _action(request: Request, source: str) -> str:
    """What is asked of which alert, as the query that sources/opsgenie_alert_api.py reads."""
    found = ONE.fullmatch(request.raw_path)
    if found is None:
        raise RefusedError(404, "there is no such address in the Alert API", source)
    kind = parse_qs(request.query).get("identifierType", ["id"])[0]
    if kind not in KINDS or kind == "tiny":
        raise RefusedError(422, f"identifierType: expected id or alias, got {kind!r}", source)
    action = "delete" if request.method == "DELETE" and not found[2] else found[2] or "update"
    return urlencode({"action": action, "identifier": unquote(found[1]), "identifierType": kind})
