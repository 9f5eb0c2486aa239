"""Apex Ping's webhook.

Format: https://apex.sh/docs/ping/webhooks/. An alert's id is that of its rule for one check, the end carries the same.
"""

from ingestd.sources.shape import Shape

SHAPE = Shape(
    tool="apex_ping",
    needs=("alert.id | check.id", "state"),
    state="state",
    address="check.url",
    check="check.name",
    summary="check.name",
    severity="alert.severity",
    id="alert.id | check.id",
    identity=("check.id", "alert.id"),
    started="triggered_at",
    url="check.url",
)
read = SHAPE.read
