"""StatusCake's webhook: a form.

Format: https://www.statuscake.com/kb/knowledge-base/how-to-use-the-web-hook-url/. The test's id identifies an alert,
status ``Up`` (in any case) ends it. ``Token`` is a digest of the account's key and is left alone.
"""

from typing import Any

from ingestd.model import Message, Reading
from ingestd.sources.shape import Payload, Shape

SHAPE = Shape(
    tool="statuscake",
    needs=("TestID | Name | URL", "Status"),
    state="Status",
    address="URL | IP | Host",
    check="Name | URL",
    summary="said",
    id="TestID",
    identity=("TestID | Name",),
    url="URL",
)


def read(message: Message) -> Reading:
    """One event; SourceError if no test or status is named."""
    return SHAPE.read(message, _prepared)


def _prepared(alert: dict[str, Any]) -> dict[str, Any]:
    payload = Payload(alert)
    name, status, code = (payload.text(place) for place in ("Name | URL", "Status", "StatusCode"))
    return {**alert, "said": f"{name} is {status}" + (f" ({code})" if code and code != "0" else "")}
