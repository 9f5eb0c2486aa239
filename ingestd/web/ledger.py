"""The ledger over the API: pages and answers as JSON, a piece at a time, or as one CSV for a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ingestd.decide.oncall import Person
from ingestd.store import Asked, LedgerLine
from ingestd.web.answers import FIXED, RefusalError, json_reply
from ingestd.web.api import MOST, Api
from ingestd.web.face import Face
from ingestd.web.oncall import moment
from ingestd.yamltypes import Duration

PATH = "/api/v1/ledger"
WEEK = 7 * 86400.0
BOM = b"\xef\xbb\xbf"  # by which Excel knows UTF-8
CSV_TYPE = "text/csv; charset=utf-8"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for a formula
HEADINGS = (
    "when", "incident", "priority", "person", "kind", "step", "channel", "outcome", "attempts", "detail",
    "acknowledged at", "by what", "settled at",
)  # fmt: skip


class Ledger(Struct, frozen=True, kw_only=True):
    """Lines in the order of time; times are the engine's: add ``wall_offset``."""

    lines: tuple[LedgerLine, ...]
    next: str  # ask on after this; "" at the end
    wall_offset: float


def routes(face: Face) -> list[Route]:
    """The one address."""
    return [Route(PATH, (api := LedgerApi(face)).guarded(api.listing), methods=["GET"])]


class LedgerApi(Api):
    """The handler."""

    async def listing(self, request: Request, _person: Person) -> Response:
        """GET /ledger?since=7d&until=TIME&person=ID&incident=N&after=NEXT&limit=1000&format=json|csv."""
        wanted, offset = request.query_params.get("format") or "json", self._face.wall_offset()
        zone = self._face.rules().people.zone
        try:
            asked = self._asked(request, zone)
        except ValueError as error:
            raise RefusalError(422, str(error)) from error
        if wanted == "csv":
            named = {**FIXED, "Content-Disposition": 'attachment; filename="ledger.csv"'}
            return StreamingResponse(self._csv(asked, zone), 200, named, CSV_TYPE)
        if wanted != "json":
            raise RefusalError(422, f"format: expected json or csv, got {wanted!r}")
        lines, following = await self._face.reads.ledger(asked)
        return json_reply(Ledger(lines=lines, next=_written(following), wall_offset=offset))

    def _asked(self, request: Request, zone: ZoneInfo) -> Asked:
        given, now, offset = request.query_params, self._face.clock(), self._face.wall_offset()
        limit, incident = (_number(given.get(name) or "0", name) for name in ("limit", "incident"))
        until = wall_time(given["until"], now, zone, "until") - offset if given.get("until") else float("inf")
        since = wall_time(given["since"], now, zone, "since") if given.get("since") else 0.0 if incident else now - WEEK
        pages, answers = _read(given.get("after") or "0.0")
        return Asked(
            since=since - offset if since else 0.0,
            until=until,
            person=given.get("person", ""),
            incident=incident,
            limit=min(limit or MOST, MOST),
            pages=pages,
            answers=answers,
        )

    async def _csv(self, first: Asked, zone: ZoneInfo) -> AsyncIterator[bytes]:
        """All lines, read piece by piece while they are taken."""
        asked: Asked | None = replace(first, limit=MOST)
        yield BOM + rows_of([HEADINGS])
        while asked is not None:
            lines, asked = await self._face.reads.ledger(asked)
            offset = self._face.wall_offset()
            yield rows_of(cells(line, offset, zone) for line in lines)


def wall_time(text: str, now: float, zone: ZoneInfo, name: str) -> float:
    """``7d`` before ``now``, or a time such as 2027-01-31T18:00, as epoch seconds; ValueError: it is neither."""
    try:
        return now - float(Duration.from_yaml(text))
    except ValueError:
        try:
            return moment(text, zone)
        except ValueError:
            raise ValueError(f"{name}: expected 7d or a time such as 2027-01-31T18:00, got {text!r}") from None


def cells(line: LedgerLine, offset: float, zone: ZoneInfo | None) -> tuple[str, ...]:
    """A line as a person reads it, in the order of HEADINGS; ``zone`` None: the reader's own."""

    def clock(at: float) -> str:
        if not at:
            return ""
        local = datetime.fromtimestamp(at + offset, zone) if zone else datetime.fromtimestamp(at + offset).astimezone()
        return local.isoformat(" ", "seconds")

    return (
        clock(line.at),
        str(line.incident or ""),
        line.priority,
        line.person,
        line.kind,
        str(line.step or ""),
        line.channel,
        line.outcome,
        str(line.attempts or ""),
        line.detail,
        clock(line.acknowledged_at),
        line.by,
        clock(line.settled_at),
    )


def rows_of(rows: "Iterator[tuple[str, ...]] | list[tuple[str, ...]]") -> bytes:
    """Rows as CSV that no spreadsheet takes for formulas."""
    written = io.StringIO()
    csv.writer(written).writerows([safe(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8", "replace")


def safe(cell: str) -> str:
    """A cell that a spreadsheet only shows: what it would calculate gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _written(asked: Asked | None) -> str:
    return f"{asked.pages}.{asked.answers}" if asked is not None else ""


def _read(text: str) -> tuple[int, int]:
    pages, dot, answers = text.partition(".")
    try:
        found = int(pages), int(answers)
    except ValueError:
        found = -2, -2
    if not dot or min(found) < -1 or max(map(len, (pages, answers))) > 16:
        raise ValueError(f"after: expected what `next` said, got {text!r}")
    return found


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError(f"{name}: expected a whole number, got {text!r}")
    return int(text)
