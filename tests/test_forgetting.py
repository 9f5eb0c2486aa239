"""``ingestd forget``: an address, wherever and however it is written; asked, done, told."""

import base64
from pathlib import Path

import pytest

from ingestd.__main__ import main
from ingestd.cli import forget
from ingestd.forgetting import TOKEN, Address
from ingestd.model import Message
from ingestd.store import Store
from tests.store.stories import step

ANN = Address("ann@x.example")
ENCODED = base64.b64encode(b"Dear all, write to ann@x.example for more.")
SITE = "maildir: {path: mails}\npeople:\n  - {id: ann, mail: ann@x.example}\nlast_resort: [ann]\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("mail", b"From: Ann <Ann@X.example>\n\nhello"),
        ("mail", b"Subject: x\nContent-Transfer-Encoding: base64\nContent-Type: text/plain\n\n" + ENCODED),
        (
            "mail",
            b"Subject: x\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain\n\nto ann=40x.exam=\nple",
        ),
        ("mail", b"Subject: =?utf-8?B?" + base64.b64encode(b"from ann@x.example") + b"?=\n\nhello"),
        ("webhook", b'{"user": "ann\\u0040x.example"}'),
        ("webhook", b"payload=1&mail%3Dann%40x.example"),
        ("webhook", '{"user": "ann@x.example"}'.encode("utf-16")),
        ("webhook", b'{"text": "<mailto:ann@x.example|Ann>."}'),
    ],
)
def test_it_is_found_however_it_is_written(kind: str, body: bytes) -> None:
    assert ANN.is_in_body(kind, body)


@pytest.mark.parametrize(
    "text",
    [
        "joann@x.example",
        "ann@x.example.org",
        "ann@x.examples",
        "dr.ann@x.example",
        "ann+x@x.example",
        "ann at x.example",
    ],
)
def test_others_stay(text: str) -> None:
    assert not ANN.is_in_body("mail", text.encode())
    assert ANN.replaced(text) == text


def test_at_the_end_of_a_sentence_it_is_still_hers() -> None:
    assert ANN.replaced("Ask ANN@x.example. Or (ann@x.example), or ann@x.example: now") == (
        f"Ask {TOKEN}. Or ({TOKEN}), or {TOKEN}: now"
    )


@pytest.mark.parametrize(
    "text", ["ann", "@x.example", "ann@", "ann@x", "a b@x.example", 'a"b@x.example', ".*@x.example@", ""]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected an address such as ann@example\.com"):
        Address(text)


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with one mail of hers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ingestd.yaml").write_text(SITE)
    async with Store.open(f"sqlite:///{tmp_path / 'var' / 'ingestd.db'}") as store:
        await store.receive(Message(kind="mail", source="smtp", sender="ann@x.example", body=b"From: ann@x.example"))
        await store.commit([step(store.pending()[0], 1)])
    return tmp_path


def test_it_is_done_and_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "ann@x.example", "--yes"]) == 0
    told = capsys.readouterr()
    assert "1 bodies of messages erased" in told.out and "1 envelopes: forgotten@address.invalid stands" in told.out
    assert "ingestd.yaml:3 still names it" in told.err and "not looked at: logs, backups" in told.err
    assert "left" not in told.out


def test_nobody_is_forgotten_by_mistake(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["forget", "ann@x.example"]) == 2
    assert "`--yes` erases without asking" in capsys.readouterr().err
    assert main(["forget", "ann", "--yes"]) == 2
    monkeypatch.setattr(forget, "is_conversation", lambda: True)
    asked: list[str] = []
    monkeypatch.setattr(forget, "prompt", lambda question: asked.append(question) or "n")
    assert main(["forget", "ann@x.example"]) == 1
    assert "nothing was changed" in capsys.readouterr().out and "for good?" in asked[0]


async def test_what_is_left_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with Store.open(f"sqlite:///{here / 'var' / 'ingestd.db'}") as store:
        await store.receive(Message(kind="mail", source="smtp", sender="ann@x.example", body=b"From: ann@x.example"))
        assert main(["forget", "ann@x.example", "--yes"]) == 0  # a daemon runs
    told = capsys.readouterr().out
    assert "1 bodies left" in told and "1 envelopes left" in told and "run it again when they are over" in told


def test_a_store_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ingestd.yaml").write_text(SITE)
    assert main(["forget", "ann@x.example", "--yes"]) == 1
    assert "there is no store yet" in capsys.readouterr().err
