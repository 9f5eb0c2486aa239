"""``ingestd preview``: what people would read, before anybody has to."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from ingestd.__main__ import main
from ingestd.channels.sample import KINDS, sample
from ingestd.model import Notification
from ingestd.store import Store
from tests.store.stories import incident, mail, step

SITE = """
timezone: Asia/Shanghai
language: zh_CN
public_url: https://pages.example/
maildir: {path: mails}
last_resort: ["person:ann"]
people: [{id: ann, mail: ann@x.example}]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INGESTD_CONFIG", raising=False)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert main(["preview", *words]) == status
    return capsys.readouterr().out


def complaint(capsys: pytest.CaptureFixture[str], *words: str, status: int = 1) -> str:
    assert main(["preview", *words]) == status
    return capsys.readouterr().err


def told(home: Path, *pages: Notification) -> None:
    """A store in which these were sent."""

    async def keep() -> None:
        async with Store.open(f"sqlite:///{home / 'var' / 'ingestd.db'}") as store:
            await store.receive(mail())
            (entry,) = store.pending()
            await store.commit([step(entry, 1, incidents=(incident(12),), notifications=pages)])

    (home / "var").mkdir(exist_ok=True)
    asyncio.run(keep())


def test_without_a_site_the_story_is_told_as_we_ship_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys)
    assert text.startswith("kind:    open\ntitle:   P1: sw-floor-2: Host unreachable, lost 100%; hits Accounting")
    assert "subject: [P1] sw-floor-2: CRITICAL" in text and "To take it: https://ingestd.example/a/PREVIEW" in text
    assert "Or answer this mail in one word" in text and "since 01:00" in text
    assert "P3：二层接入交换机" in shown(capsys, "--language", "zh", "--priority", "P3")


def test_all_kinds_one_after_the_other(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "--kind", "all")
    assert [line.split()[1] for line in text.splitlines() if line.startswith("kind: ")] == list(KINDS)
    (end,) = (part for part in text.split("-" * 60) if "kind:    end" in part)
    assert "PREVIEW" not in end


def test_a_site_s_own_words_language_clock_and_links(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "ingestd.yaml").write_text(SITE + "texts: {templates: words}\n")
    (home / "words/zh_CN").mkdir(parents=True)
    (home / "words/zh_CN/open.txt.j2").write_text("{{ f.priority }}\n{{ clock(now) }} {{ link }} {{ answerable }}\n")
    assert shown(capsys).endswith("\n\n09:03 https://pages.example/a/PREVIEW False\n\n")
    (home / "words/zh_CN/open.txt.j2").write_text("{{ f.titel }}")
    assert main(["preview"]) == 1
    printed = capsys.readouterr()
    assert "P1：二层接入交换机" in printed.out and "open.txt.j2:1:6: unknown field 'titel'" in printed.err


def test_a_language_of_the_site_s_own_and_what_it_lacks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "ingestd.yaml").write_text(SITE + "texts: {templates: words}\n")
    (home / "words/de").mkdir(parents=True)
    (home / "words/de/open.txt.j2").write_text("{{ f.priority }}\nStörung: {{ f.cause }}\n", "utf-8")
    assert main(["preview", "--language", "de"]) == 0
    printed = capsys.readouterr()
    assert "Störung: sw-floor-2" in printed.out
    assert "de has no template for affected, answer, confirm, digest, end," in printed.err
    assert "nobody has words in 'fr': add a folder fr to texts.templates" in complaint(
        capsys, "--language", "fr", status=2
    )


def test_the_html_part_goes_into_a_file_one_for_each_kind(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown(capsys, "--html", "page.html")
    assert (home / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    shown(capsys, "--html", "page.html", "--kind", "all")
    assert {path.name for path in home.glob("page-*.html")} == {f"page-{kind}.html" for kind in KINDS}
    assert "can't be written" in complaint(capsys, "--html", "nowhere/page.html")


def test_a_stored_incident_is_shown_as_it_was_told_last(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "ingestd.yaml").write_text(SITE.replace("public_url: https://pages.example/\n", ""))
    first = sample("open", "en")
    told(home, replace(first, id=1), replace(sample("end", "en"), id=2))
    text = shown(capsys, "--incident", "12", "--language", "en")
    assert text.startswith("kind:    end\ntitle:   P1: resolved: sw-floor-2: Host unreachable")
    text = shown(capsys, "--incident", "12", "--language", "en", "--kind", "open", "--priority", "P2")
    assert "title:   P2: sw-floor-2" in text and "To take it" not in text, "the site has no links"
    assert shown(capsys, "--incident", "12", "--kind", "all").count("kind: ") == 6
    assert "leave --incident away" in complaint(capsys, "--incident", "12", "--kind", "digest", status=2)
    assert "nobody was told anything about incident 13" in complaint(capsys, "--incident", "13")


def test_where_no_store_can_be_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "where is the store?" in complaint(capsys, "--incident", "1")
    (home / "ingestd.yaml").write_text(SITE)
    assert "there is no store" in complaint(capsys, "--incident", "1")
    (home / "var").mkdir()
    (home / "var" / "ingestd.db").write_text("not a database, but long enough to look at" * 100)
    assert "can't be read" in complaint(capsys, "--incident", "1")
