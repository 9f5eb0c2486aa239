"""The ledger over the API: pieces of JSON, or one CSV that a spreadsheet can't be tricked by; and the auditor's look."""

import csv
import io

import pytest
from msgspec.structs import replace

from ingestd.problem import said
from ingestd.store import LedgerLine
from ingestd.web import ledger
from ingestd.web.face import Stuck
from tests.web.faces import AS_ANN, World

LINE = LedgerLine(
    what="page",
    id=1,
    at=100.0,
    incident=7,
    priority="P1",
    person="王伟",
    kind="open",
    step=1,
    channel="mail",
    outcome="handed_over",
    attempts=2,
    detail='=HYPERLINK("http://evil.example")',
    settled_at=102.0,
    acknowledged_at=160.0,
    by="link",
)


@pytest.fixture
def world() -> World:
    made = World()
    made.rows.entered = tuple(replace(LINE, id=number) for number in range(1, 6))
    return made


async def test_pieces_and_how_to_ask_on(world: World) -> None:
    async with world.browser() as web:
        first = (await web.get("/api/v1/ledger?limit=2", headers=AS_ANN)).json()
        assert [line["id"] for line in first["lines"]] == [1, 2] and first["wall_offset"] == 5.0
        second = (await web.get(f"/api/v1/ledger?limit=3&after={first['next']}", headers=AS_ANN)).json()
    assert ([line["id"] for line in second["lines"]], second["next"]) == ([3, 4, 5], "")


async def test_what_is_asked_for(world: World) -> None:
    day = 86400.0
    async with world.browser() as web:
        for query in ("", "?since=1d", "?since=2026-11-01T09:00&until=2026-11-01T09:10", "?incident=7&person=ann"):
            assert (await web.get(f"/api/v1/ledger{query}", headers=AS_ANN)).status_code == 200
    usual, day_ago, span, one = world.rows.asked
    assert usual.since == 1000.0 - 7 * day - 5.0 and day_ago.since == 1000.0 - day - 5.0
    assert span.since == 1793494800.0 - 5.0 and span.until - span.since == 600.0
    assert (one.since, one.incident, one.person) == (0.0, 7, "ann")


@pytest.mark.parametrize(
    "query", ["since=x", "until=soon", "limit=-1", "incident=a", "after=1", "after=a.b", "after=1.-2", "format=xls"]
)
async def test_what_can_t_be_asked(world: World, query: str) -> None:
    async with world.browser() as web:
        assert (await web.get(f"/api/v1/ledger?{query}", headers=AS_ANN)).status_code == 422
        assert (await web.get("/api/v1/ledger")).status_code == 401


async def test_csv_that_excel_reads_and_does_not_calculate(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST", 2)
    async with world.browser() as web:
        answer = await web.get("/api/v1/ledger?format=csv", headers=AS_ANN)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbfwhen,")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 6 and len(world.rows.asked) == 3
    row = dict(zip(rows[0], rows[1], strict=True))
    assert row["person"] == "王伟" and row["detail"] == '\'=HYPERLINK("http://evil.example")'
    assert row["when"] == "1970-01-01 08:01:45+08:00" and row["acknowledged at"] == "1970-01-01 08:02:45+08:00"
    assert row["by what"] == "link" and row["attempts"] == "2"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_cells_that_a_spreadsheet_would_calculate(cell: str) -> None:
    assert ledger.safe(cell) == f"'{cell}" and ledger.safe(f"a{cell}") == f"a{cell}"


async def test_what_the_auditor_finds_now(world: World) -> None:
    words = said("incident {number} ({state}) waits for nothing", number=7, state="triggered")
    world.stuck = (Stuck(what="idle", about="7", text=str(words), words=words, standing=True),)
    async with world.browser() as web:
        (found,) = (await web.get("/api/v1/audit", headers=AS_ANN)).json()["findings"]
        assert (await web.get("/api/v1/audit")).status_code == 401
    assert found["text"] == "incident 7 (triggered) waits for nothing" and found["standing"]
