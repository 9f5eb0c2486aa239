"""A daemon that runs takes over its ways out."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from ingestd import app
from ingestd.demo import script
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


async def test_a_reload_takes_over_templates_and_letters_have_both_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "configure_logging", lambda: None)
    stage = prepared(tmp_path / "site")
    async with opened(stage) as house:

        async def letters() -> list[EmailMessage]:
            found = sorted((stage.mails / "new").glob("*"))
            return [message_from_bytes(path.read_bytes(), policy=default) for path in found]

        before = stage.config.read_text("utf-8")
        own = stage.config.parent / "words" / "zh_CN" / "open.txt.j2"
        own.parent.mkdir(parents=True)
        own.write_text('{% extends "shipped/zh_CN/open.txt.j2" %}{% block last %}值班电话 4711{% endblock %}', "utf-8")
        stage.config.write_text(before + "texts: {templates: words}\n", "utf-8")
        assert await house.daemon.reload() == ()
        await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))
        (page,) = await house.until(letters)
        text, html = (part.get_content() for part in page.iter_parts())  # type: ignore[attr-defined]
        assert text.strip().endswith("值班电话 4711") and "值班电话 4711" in html and "我来处理" in html
        words = house.daemon.outbox.texts
        own.write_text("{{ f.titel }}", "utf-8")
        (refused,) = await house.daemon.reload()
        assert "unknown field 'titel': did you mean 'title'?" in refused
        assert house.daemon.outbox.texts is words, "those from before go on"
