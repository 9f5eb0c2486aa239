"""PagerDuty's Events API, so that a tool that speaks it needs nothing but another address.

``POST /v2/enqueue`` (trigger, acknowledge, resolve), ``/v2/change/enqueue`` and the older
``/generic/2010-04-15/create_event.json``. The routing key, which is a credential in the body, is the source's token; it
is replaced by the source's name before anything is kept. A trigger without ``dedup_key`` gets one minted of what it is
about, so that repeats are one alert.
Format: https://developer.pagerduty.com/docs/send-alert-event
"""

import hashlib
from typing import Any

import msgspec

from ingestd.intake.door import Answer, Door, HttpSource, Read, RefusedError, Request, authentic, decoded_object

ADAPTER = "pagerduty_events_v2"
ABOUT = ("source", "component", "group", "class", "summary")  # what a key is minted of
ACTIONS = ("trigger", "acknowledge", "resolve")
CHANGE, OLDER = "/v2/change/enqueue", "/generic/2010-04-15/create_event.json"
PATHS = ("/v2/enqueue", CHANGE, OLDER)


class PagerDutyEvents(Door):
    """The three addresses."""

    async def accept(self, request: Request, read: Read) -> Answer | None:
        """Keep an event of a source whose key it shows."""
        raw = await self.body(request, read, ADAPTER)
        if raw is None:
            return None
        malformed, event = decoded_object(raw)
        if malformed:
            raise RefusedError(400, malformed, ADAPTER)
        change, older = request.path == CHANGE, request.path == OLDER
        name = "service_key" if older else "routing_key"
        source = self._source(request, event, name)
        wrong = [] if change else _wrong_older(event) if older else _wrong(event)
        key = {} if change else _key(event, "incident_key" if older else "dedup_key", source.name)
        body = msgspec.json.encode(event | {name: source.name} | key)
        query = "kind=change" if change else request.query
        await self.receive(self.message(source, request, body, query=query, refused="; ".join(wrong)))
        if wrong:
            raise _InvalidError(wrong, source.name)
        return Answer(200 if older else 202, {"status": "success", "message": "Event processed"} | key)

    def refusal(self, refused: RefusedError) -> Answer:
        """As PagerDuty words it."""
        errors = refused.errors if isinstance(refused, _InvalidError) else [str(refused)]
        body = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
        return Answer(refused.code, body)

    def _source(self, request: Request, event: dict[str, Any], name: str) -> HttpSource:
        shown = [str(event.get(name) or "").encode(), request.headers.get(b"x-routing-key", b"").strip()]
        for source in self.sources.values():
            if source.adapter == ADAPTER and authentic(source.tokens, shown):
                return source
        raise RefusedError(400, f"{name} is not known here", ADAPTER)  # PagerDuty answers 400 as well


class _InvalidError(RefusedError):
    def __init__(self, errors: list[str], source: str) -> None:
        super().__init__(400, "; ".join(errors), source)
        self.errors = errors


def _wrong(event: dict[str, Any]) -> list[str]:
    """What is missing, by PagerDuty's rules."""
    action = event.get("event_action")
    if action not in ACTIONS:
        return [f"'event_action' must be one of {', '.join(ACTIONS)}"]
    if action != "trigger":
        return [] if event.get("dedup_key") else [f"'dedup_key' is needed to {action}"]
    payload = event.get("payload")
    if not isinstance(payload, dict):
        return ["'payload' is missing"]
    return [
        f"'payload.{name}' is missing or blank" for name in ("summary", "source", "severity") if not payload.get(name)
    ]


def _wrong_older(event: dict[str, Any]) -> list[str]:
    action = event.get("event_type")
    if action not in ACTIONS:
        return [f"'event_type' must be one of {', '.join(ACTIONS)}"]
    needed = "description" if action == "trigger" else "incident_key"
    return [] if event.get(needed) else [f"'{needed}' is missing or blank"]


def _key(event: dict[str, Any], name: str, source: str) -> dict[str, str]:
    """The key of the event, minted where it has none."""
    given = event.get(name)
    if given:
        return {name: str(given)}
    payload = event.get("payload")
    about = [str(payload.get(part) or "") for part in ABOUT] if isinstance(payload, dict) else []
    text = "\0".join([source, *about, str(event.get("description") or "")])
    return {name: hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]}
