"""What the daemon counts, as an operator scrapes it."""

from pathlib import Path

import pytest

from ingestd.channels.maildir import MaildirChannel, MaildirSettings
from ingestd.figures import FALLBACK, Figures
from ingestd.model import Changes, Entry, Message, Stepped
from ingestd.outbox import Outbox
from ingestd.store import Store
from tests.desk import Clock, Desk, opened
from tests.store.stories import page


def scraped(figures: Figures, desk: Desk) -> dict[str, float]:
    outbox = Outbox(
        desk.store, {"maildir": MaildirChannel(MaildirSettings(path="x"))}, {}, desk.engine.feed, lambda: 0.0
    )
    lines = figures.scrape(desk.engine, desk.store, outbox).decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}


def stepped(**changes: object) -> Stepped:
    entry = Entry(1, Message(kind="webhook", source="prod"))
    return Stepped(entry=entry, position=1, at=0.0, changes=Changes(**changes))  # type: ignore[arg-type]


async def test_every_figure_moves(tmp_path: Path) -> None:
    figures = Figures()
    async with opened(f"sqlite:///{tmp_path / 'store.db'}") as desk:
        desk.start()
        desk.store.on_commit = figures.committed
        await desk.host("acc-sw-17")
        await desk.host("sales-mail")
        await desk.later(61)
        figures.accepted(Message(kind="mail", source="smtp"))
        figures.refused("prod", 401)
        figures.stepped(
            [stepped(recogniser="nagios4"), stepped(recogniser=FALLBACK), stepped(shunted="odd"), stepped()]
        )
        figures.page("mail", "handed_over", page(1), 7.0)
        figures.page("", "failed", page(2), 7.0)
        figures.page("mail", "handed_over", page(3, kind="end"), 7.0)
        figures.started(clean=True)
        figures.started(clean=False)
        figures.reloaded("ok", 1234.0)
        figures.reloaded("refused", 9999.0)
        desk.engine.note(Message(kind="gap", source="engine", body=b"1"))
        seen = scraped(figures, desk)
    assert seen["ingestd_commit_seconds_count"] > 0
    assert (
        seen.items()
        >= {
            'ingestd_accepted_total{kind="mail",source="smtp"}': 1,
            'ingestd_refused_total{code="401",source="prod"}': 1,
            'ingestd_recognised_total{recogniser="nagios4"}': 1,
            'ingestd_unrecognised_total{source="prod"}': 1,
            'ingestd_shunted_total{source="prod"}': 1,
            'ingestd_pages_total{channel="mail",outcome="handed_over"}': 2,
            'ingestd_pages_total{channel="none",outcome="failed"}': 1,
            "ingestd_page_seconds_count": 1,
            "ingestd_page_seconds_sum": 7.0,
            'ingestd_starts_total{outcome="clean"}': 1,
            'ingestd_starts_total{outcome="unclean"}': 1,
            'ingestd_reloads_total{outcome="ok"}': 1,
            'ingestd_reloads_total{outcome="refused"}': 1,
            "ingestd_reload_time_seconds": 1234.0,
            "ingestd_open_alerts": 2,
            'ingestd_open_incidents{priority="P1"}': 1,
            'ingestd_open_incidents{priority="P4"}': 0,
            "ingestd_engine_queue": 1,
            "ingestd_inbox_queue": 0,
            "ingestd_outbox_queue": 0,
            "ingestd_pipeline_lag_seconds": 0,
        }.items()
    )


@pytest.mark.parametrize("clock", [Clock()])
async def test_lag_shows_before_anything_is_stepped(tmp_path: Path, clock: Clock) -> None:
    desk = Desk(Store.open(f"sqlite:///{tmp_path / 'store.db'}"), clock)
    desk.engine.start(b"")
    await desk.host("acc-sw-17")
    clock.at += 12
    assert scraped(Figures(), desk)["ingestd_pipeline_lag_seconds"] == 12
    await desk.store.close()
