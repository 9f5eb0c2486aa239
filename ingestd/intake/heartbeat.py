"""Pings: ``GET`` or ``POST /heartbeats/<id>`` says that something is alive, ``/heartbeats/<id>/fail`` that it failed.

The token is that of any source with ``adapter: heartbeat``. What is posted (a job's output) is kept with it.
"""

import re
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlencode

from ingestd.intake.door import Answer, Door, Read, RefusedError, Request

ADAPTER = "heartbeat"
PREFIX = "/heartbeats/"
PATH = re.compile(r"/heartbeats/([A-Za-z0-9._-]{1,200})(?:/(fail|start))?/?")


class Pings(Door):
    """One address a heartbeat. ``names``: those that heartbeats.yaml expects."""

    methods = ("GET", "POST")

    def __init__(self, *parts: Any, names: Callable[[], Collection[str]], **more: Any) -> None:
        super().__init__(*parts, **more)
        self._names = names

    async def accept(self, request: Request, read: Read) -> Answer | None:
        """Keep a ping."""
        source = self.by_token(request, ADAPTER)
        found = PATH.fullmatch(request.path)
        if found is None or found[1] not in self._names():
            raise RefusedError(404, "heartbeats.yaml expects no such heartbeat", source.name)
        body = await self.body(request, read, source.name)
        if body is None:
            return None
        if found[2] == "start":
            return Answer(200, {"accepted": 0})
        query = urlencode({"id": found[1], "state": found[2] or "ok"})
        return Answer(200, {"accepted": await self.receive(self.message(source, request, body, query=query))})
