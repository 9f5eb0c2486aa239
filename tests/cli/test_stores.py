"""``ingestd backup``, ``restore`` and ``migrate-store`` from the keyboard."""

from pathlib import Path

import pytest

from ingestd.__main__ import main
from ingestd.store import Store
from tests.store.stories import mail

SITE = "maildir: {path: mails}\npeople: [{id: ann, mail: ann@x.example}]\nlast_resort: [ann]\n"


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with one mail in its store."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ingestd.yaml").write_text(SITE)
    async with Store.open(f"sqlite:///{tmp_path / 'var' / 'ingestd.db'}") as store:
        await store.receive(mail("disk full"))
    return tmp_path


async def test_a_store_is_lost_and_comes_back(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "kept.db"]) == 0
    assert "kept.db: 0." in capsys.readouterr().out
    assert main(["restore", "kept.db"]) == 1
    assert "there is a store already where the copy is to go" in capsys.readouterr().err
    for file in ("ingestd.db", "ingestd.db-wal", "ingestd.db-shm"):
        (here / "var" / file).unlink(missing_ok=True)
    assert main(["restore", "kept.db"]) == 0
    said = capsys.readouterr().out
    assert "inbox_body               1 rows" in said
    assert "whole: counted and summed up on both sides" in said
    async with Store.open(f"sqlite:///{here / 'var' / 'ingestd.db'}") as store:
        assert [entry.message.body for entry in store.pending()] == [b"disk full"]


async def test_a_store_moves(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = f"sqlite:///{here / 'new.db'}"
    assert main(["migrate-store", f"sqlite:///{here / 'var' / 'ingestd.db'}", there]) == 0
    assert "write `store:` into ingestd.yaml" in capsys.readouterr().err
    async with Store.open(there) as store:
        assert [entry.message.body for entry in store.pending()] == [b"disk full"]


def test_nonsense_is_answered_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for source in ("mysql://x/y", "nonsense", "sqlite://"):
        assert main(["migrate-store", source, f"sqlite:///{tmp_path / 'new.db'}"]) == 1
        assert capsys.readouterr().err.startswith("no address of a store: ")
    assert main(["migrate-store", f"sqlite:///{tmp_path / 'none.db'}", f"sqlite:///{tmp_path / 'new.db'}"]) == 1
    assert "none.db: there is no store yet" in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()
    assert main(["migrate-store", "postgresql://nobody@127.0.0.1:9/none", f"sqlite:///{tmp_path / 'new.db'}"]) == 1
    assert "Connection refused" in capsys.readouterr().err
