"""StatusGator's webhook.

Format: https://statusgator.com/features/webhooks. The monitor identifies an alert, status ``up`` ends it; maintenance
pages nobody.
"""

from ingestd.sources.shape import Shape

SHAPE = Shape(
    tool="statusgator",
    needs=("monitor | service | service_name", "status | current_status"),
    state="status | current_status",
    host="monitor.host",
    address="monitor.url",
    check="monitor.display_name | service.name | service_name",
    summary="message | last_message | monitor.display_name | service.name | service_name",
    severity="status",
    id="monitor.id | service.id | service_id",
    identity=("monitor.id | service.id | service_id | service_name",),
    changed="recorded_at | created_at",
    url="service.landing_page_url | service.status_page_url | status_page_url | home_page_url",
)
read = SHAPE.read
