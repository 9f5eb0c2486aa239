"""A door with its inbox, and a clock that is turned by hand."""

from collections.abc import Mapping
from typing import Any

import httpx

from ingestd.intake.door import Door, HttpSource, WebhookSettings
from ingestd.model import Message


class Threshold:
    """The application behind a client, and what came through it."""

    def __init__(self, door: type[Door], sources: Mapping[str, HttpSource], more: Any = None, **settings: Any) -> None:
        self.messages: list[Message] = []
        self.fault: Exception | None = None
        self.counted: list[tuple[str, int]] = []
        self.now = 1000.0
        self.app = door(
            sources,
            self.receive,
            lambda: self.now,
            settings=WebhookSettings(**settings),
            count_refused=lambda *refusal: self.counted.append(refusal),
            **(more or {}),
        )
        transport = httpx.ASGITransport(app=self.app, client=("10.0.0.9", 1))  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url="http://ingestd")

    async def receive(self, message: Message) -> int:
        if self.fault:
            raise self.fault
        self.messages.append(message)
        return len(self.messages)

    @property
    def message(self) -> Message:
        """The only one there is."""
        (found,) = self.messages
        return found
