"""``ingestd simulate``: a stream of events through the production pipeline, with a virtual clock, to an action log."""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from ingestd.cli.terminal import CommandError, complain
from ingestd.simulate import correlate


def simulate(inventory: Path, events: Path, out: Path) -> int:
    """Read an inventory (YAML) and events (JSON lines), write actions (JSON lines)."""
    actions = correlate(_inventory(inventory), _events(events))
    out.write_bytes(b"".join(msgspec.json.encode(action) + b"\n" for action in actions))
    complain(f"{len(actions)} actions written to {out}")
    return 0


def _inventory(path: Path) -> dict[str, Any]:
    try:
        read = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise CommandError(f"{path}: {error}") from error
    if not isinstance(read, dict):
        raise CommandError(f"{path}: expected nodes, departments and maintenance")
    return read


def _events(path: Path) -> list[dict[str, Any]]:
    try:
        rows = path.read_bytes().splitlines()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    return [_event(path, number, row) for number, row in enumerate(rows, 1) if row.strip()]


def _event(path: Path, number: int, row: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(row, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise CommandError(f"{path}:{number}: {error}") from error
