"""The sample bodies of every source: ``tests/samples/<source>/cases.yaml``.

A case has a ``name``, a ``body`` (sent as JSON) or a ``text``, maybe ``content_type``, ``query`` and ``received``, and
the ``events`` that it must become, of which only the fields that are written are compared.
"""

import json
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from ingestd.model import Message

SAMPLES = Path(__file__).parent.parent / "samples"


class Case(Struct, frozen=True):
    """One body."""

    source: str
    name: str
    message: Message
    events: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.source}: {self.name}"


def cases() -> list[Case]:
    """All of them, in the order of their files."""
    files = sorted(SAMPLES.glob("*/cases.yaml"))
    return [_case(file.parent.name, said) for file in files for said in yaml.safe_load(file.read_text("utf-8"))]


def _case(source: str, said: dict[str, Any]) -> Case:
    text = said["text"] if "text" in said else json.dumps(said["body"], ensure_ascii=False)
    message = Message(
        kind="webhook",
        source=source,
        adapter=source,
        body=text.encode(),
        content_type=said.get("content_type", "application/json"),
        query=said.get("query", ""),
        received=said.get("received", 1772410500.0),
    )
    return Case(source, said["name"], message, said["events"])
