"""A daemon that runs takes over its ways out."""

from pathlib import Path

import pytest

from ingestd import app
from tests.channels.receiver import letter, receiving
from tests.test_app import opened, prepared


async def test_a_reload_takes_over_channels_or_leaves_them_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "configure_logging", lambda: None)
    stage = prepared(tmp_path / "site")
    before = stage.config.read_text("utf-8")
    async with receiving() as far, opened(stage) as house:
        outbox = house.daemon.outbox
        assert "far" not in outbox.channels
        line = f"channels:\n  far: {{type: webhook, url: '{far.url}', secret: hush}}\n"
        stage.config.write_text(before + line, "utf-8")
        assert await house.daemon.reload() == ()
        far.answers = [(200, "")]
        assert (await outbox.channels["far"].send(letter())).detail == "HTTP 200"
        taken = outbox.channels
        stage.config.write_text(before + line.replace("webhook", "webhok"), "utf-8")
        (refused,) = await house.daemon.reload()
        assert "unknown type 'webhok': did you mean 'webhook'?" in refused
        assert outbox.channels is taken and len(far.got) == 1
