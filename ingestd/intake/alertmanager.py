"""The writing half of Alertmanager's API v2: ``POST /api/v2/alerts``, which Prometheus and its kin send to.

The token goes where they can put it: ``authorization: {credentials: …}`` or ``basic_auth`` in their configuration.
Format: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from ingestd.intake.door import Answer, Door, Read, RefusedError, Request, malformed

ADAPTER = "prometheus_api_v2_alerts"
PATH = "/api/v2/alerts"


class AlertmanagerAlerts(Door):
    """The one address."""

    async def accept(self, request: Request, read: Read) -> Answer | None:
        """Keep a list of alerts of a source whose token it shows."""
        source = self.by_token(request, ADAPTER)
        body = await self.body(request, read, source.name)
        if body is None:
            return None
        fault = malformed(body)
        await self.receive(self.message(source, request, body, refused=fault))
        if fault:
            raise RefusedError(400, fault, source.name)
        return Answer(200, {})

    def refusal(self, refused: RefusedError) -> Answer:
        """As Alertmanager words it: a text."""
        return Answer(refused.code, str(refused))
