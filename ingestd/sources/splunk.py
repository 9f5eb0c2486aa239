"""Splunk's webhook alert action: the first row that a saved search found.

Format: https://docs.splunk.com/Documentation/Splunk/latest/Alert/Webhooks. The search and the row's host identify an
alert. There is no end: it is over when not said again for a day.
"""

from ingestd.model import Ends
from ingestd.sources.shape import Shape

SHAPE = Shape(
    tool="splunk",
    needs=("search_name | sid",),
    host="result.host | result.hostname | result.dest | result.src | result.Computer | result.dvc | result.orig_host",
    check="search_name | sid",
    summary="result.message | result.summary | result.description | result._raw | search_name",
    severity="result.severity | result.urgency | severity | result.level",
    id="sid",
    identity=("search_name", "app", "result.host | result.hostname | result.dest | result.src"),
    changed="result._time | trigger_time",
    url="results_link | view_link",
    ends=Ends("unheard", after=86400.0),
)
read = SHAPE.read
