"""Log lines are JSON where no terminal reads them, libraries' lines too; secrets stay out."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import generate_latest

from ingestd.telemetry import configure_logging, metrics


@pytest.fixture(autouse=True)
def restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_json_lines_with_secrets_hidden() -> None:
    out = io.StringIO()
    configure_logging(stream=out)
    structlog.get_logger("ingestd.engine").info("opened", incident=7, api_token="s3cret", who="林")
    (line,) = out.getvalue().splitlines()
    told = json.loads(line)
    assert (told["event"], told["incident"], told["api_token"], told["level"]) == ("opened", 7, "[hidden]", "info")
    assert "林" in line


def test_libraries_take_the_same_way_and_chatty_ones_are_quiet() -> None:
    out = io.StringIO()
    configure_logging("info", out)
    logging.getLogger("ingestd.store").warning("commit failed, %d jobs", 3)
    logging.getLogger("mail.log").info("every command")
    try:
        raise ValueError("boom")
    except ValueError:
        logging.getLogger("lib").exception("broke")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["event"], first["logger"]) == ("commit failed, 3 jobs", "ingestd.store")
    assert "ValueError: boom" in second["exception"]


def test_a_terminal_gets_words() -> None:
    out = Terminal()
    configure_logging(stream=out)
    structlog.get_logger("x").warning("slow", seconds=3)
    assert "slow" in out.getvalue()
    assert not out.getvalue().startswith("{")


def test_figures_have_a_registry_of_their_own() -> None:
    one, other = metrics(), metrics()
    one.accepted.labels("mail", "smtp").inc()
    one.commit_seconds.observe(0.001)
    assert b'ingestd_accepted_total{kind="mail",source="smtp"} 1.0' in generate_latest(one.registry)
    assert b"smtp" not in generate_latest(other.registry)


class Slow(io.StringIO):
    """Counts how often it is written to."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


async def test_the_lines_of_one_turn_of_the_loop_are_written_together_and_in_order() -> None:
    out = Slow()
    configure_logging(stream=out)
    told = structlog.get_logger("ingestd.engine")
    for number in range(3):
        told.info("opened", incident=number)
    assert out.writes == 0
    await asyncio.to_thread(told.info, "another thread's")
    assert [json.loads(line).get("incident") for line in out.getvalue().splitlines()] == [0, 1, 2, None]
    assert out.writes == 1
    told.info("the end")
    logging.shutdown()
    assert "the end" in out.getvalue()


def test_a_line_that_can_not_be_written_breaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    configure_logging(stream=out)
    logging.getLogger("lib").warning("%d", "no number")
    assert "--- Logging error ---" in capsys.readouterr().err
