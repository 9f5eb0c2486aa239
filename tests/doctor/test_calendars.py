"""The doctor fetches the calendars that a site names by URL."""

import asyncio
from pathlib import Path

import pytest

from ingestd.config import site_of, survey
from ingestd.doctor import Case, calendars
from ingestd.doctor.case import Finding
from tests.test_calendars import NOW, calendar

BROKEN = calendar().replace("DTSTART;VALUE=DATE:20270101", "DTSTART;VALUE=DATE:some day")


async def looked_at(folder: Path, answer: str) -> Finding:
    """What it says of a site with one calendar, whose server answers so."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        rota = f"{{people: [ida], ical: 'http://127.0.0.1:{port}/secret-7'}}"
        path = folder / "ingestd.yaml"
        path.write_text(
            "maildir: {path: mails}\nlast_resort: [ida]\npeople: [{id: ida, mail: ida@x.example}]\n"
            f"teams: [{{id: quay, members: [ida], rota: {rota}}}]\n"
        )
        found = survey(path, NOW)
        (trial,) = calendars.trials(Case(survey=found, site=site_of(found), url="http://x", now=NOW))
        assert str(trial.name) == "iCalendar of the rota of quay"
        return await trial.look()


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (f"HTTP/1.1 200 OK\r\n\r\n{calendar()}", "ok", "1 events"),
        (f"HTTP/1.1 200 OK\r\n\r\n{BROKEN}", "warn", "DTSTART"),
        ("HTTP/1.1 403 No\r\n\r\n", "warn", "it can't be fetched: HTTP 403"),
        ("nonsense\r\n\r\n", "warn", "it can't be fetched: no answer: RemoteProtocolError"),
    ],
)
async def test_each_is_fetched_and_read(tmp_path: Path, answer: str, verdict: str, words: str) -> None:
    found = await looked_at(tmp_path, answer)
    assert (found.verdict, words in str(found.words)) == (verdict, True)
    assert "secret-7" not in f"{found.words}{found.remedy}"


def test_a_site_with_errors_names_none(tmp_path: Path) -> None:
    path = tmp_path / "ingestd.yaml"
    path.write_text("x: 1\n")
    assert list(calendars.trials(Case(survey=survey(path, NOW), site=None, url="http://x", now=NOW))) == []
