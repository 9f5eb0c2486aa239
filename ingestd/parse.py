"""``ingestd parse``: what files are understood as, one JSON object a line, without a store.

    {"file", "kind", "recogniser", "alerts": [{"state", "host", "service", "severity", "summary", "external_id",
     "started_at" (ISO, UTC), "url", "fingerprint"}], "reply_text", "in_reply_to", "reports_on", "error"}

``service`` is the check (of a webhook about a host itself, the host), ``fingerprint`` what a recovery finds the alert
by. Notices, answers and bounces of the mail source list no alerts. Keys that do not apply are left out.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from ingestd import sources, understand
from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import RecogniserFile, Recognisers
from ingestd.decide.when import BadCondition
from ingestd.model import Event, Message, Reading, ReportsOn
from ingestd.yamltypes import ConfigError, read

SILENT = frozenset({"other", "reply", "auto_reply", "bounce"})
MAIL = "mail"
WEBHOOK = "webhook:"


class ParsedAlert(Struct, frozen=True, omit_defaults=True):
    """One alert as the command prints it."""

    state: str
    host: str | None
    service: str | None
    severity: str
    summary: str
    fingerprint: str
    external_id: str | None = None
    started_at: str | None = None
    url: str | None = None


class Parsed(Struct, frozen=True, omit_defaults=True):
    """One line of output."""

    file: str
    kind: str
    recogniser: str | None
    alerts: tuple[ParsedAlert, ...] = ()
    reply_text: str | None = None
    in_reply_to: str | None = None
    reports_on: ReportsOn | None = None
    error: str | None = None  # why the source's file could not read the body


def parse(
    files: Iterable[Path], source: str, content_type: str, recognisers: Recognisers, names: NameFinder
) -> Iterator[str]:
    """One JSON line a file, in order. ``source`` is ``mail`` or ``webhook:NAME``; OSError if a file can't be read."""
    for file in files:
        yield msgspec.json.encode(_parsed(file, source, content_type, recognisers, names)).decode()


def _parsed(file: Path, source: str, content_type: str, recognisers: Recognisers, names: NameFinder) -> Parsed:
    body = file.read_bytes()
    if source == MAIL:
        message = Message(kind="mail", source="cli", body=body)
        return _line(file, understand.read(message, recognisers, names, {}))
    adapter = source.removeprefix(WEBHOOK)
    message = Message(kind="webhook", source=adapter, adapter=adapter, body=body, content_type=content_type)
    reading = understand.read(message, recognisers, names, {})
    error = reading.reasons[0].text if reading.recogniser is None else None
    line = _line(file, reading)
    named = tuple(msgspec.structs.replace(one, service=one.service or one.host) for one in line.alerts)
    return msgspec.structs.replace(line, alerts=named, error=error)


def _line(file: Path, reading: Reading) -> Parsed:
    return Parsed(
        file=str(file),
        kind=reading.kind,
        recogniser=reading.recogniser,
        alerts=() if reading.kind in SILENT else tuple(map(_alert, reading.events)),
        reply_text=reading.reply_text,
        in_reply_to=reading.in_reply_to,
        reports_on=reading.reports_on,
    )


def _alert(event: Event) -> ParsedAlert:
    return ParsedAlert(
        state=event.state,
        host=event.host,
        service=event.check,
        severity=event.severity,
        summary=event.summary,
        fingerprint=event.identity or f"{event.host or ''}|{event.check or ''}".lower(),
        external_id=event.external_id,
        started_at=_iso(event.started_at),
        url=event.url,
    )


def _iso(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def load_recognisers(rules: Path) -> Recognisers:
    """Compile ``rules/recognise/*.yaml``; ConfigError names file, line and column."""
    documents = [read(path, RecogniserFile) for path in sorted((rules / "recognise").glob("*.yaml"))]
    try:
        return Recognisers.compile([document.value for document in documents])
    except BadCondition as bad:
        wrong = next(document for document in reversed(documents) if document.value.id == bad.rule)
        raise ConfigError(wrong.problem(("when", *bad.place), bad.said)) from bad


def main(files: list[Path], source: str, content_type: str, rules: Path) -> int:
    """Print a line a file; 0 also for what is no alert, 2 for a bad rule file, source or unreadable file."""
    if source != MAIL and not source.startswith(WEBHOOK):
        sys.stderr.write(f"unknown source {source!r}: expected mail or webhook:NAME ({', '.join(sources.names())})\n")
        return 2
    try:
        for line in parse(files, source, content_type, load_recognisers(rules), NameFinder()):
            sys.stdout.write(line + "\n")
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _default_rules() -> Path:
    """The rules shipped in the wheel, else those of the checkout."""
    shipped = Path(__file__).parent / "shipped" / "rules"
    return shipped if shipped.is_dir() else Path(__file__).parent.parent / "rules"


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Show what mails or webhook bodies are understood as, as JSON lines.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--source", default=MAIL, help="mail or webhook:NAME")
    parser.add_argument("--content-type", default="application/json")
    parser.add_argument("--rules", type=Path, default=_default_rules())
    return parser.parse_args(arguments)


def command(arguments: list[str] | None = None) -> int:
    """``python -m ingestd.parse``."""
    given = _arguments(arguments)
    return main(given.files, given.source, given.content_type, given.rules)


if __name__ == "__main__":  # pragma: no cover  (a process of its own)
    raise SystemExit(command())
