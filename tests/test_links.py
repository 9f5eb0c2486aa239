"""A link in a mail says who may do what, until when, and nobody can forge it."""

import os
import secrets
import stat
from pathlib import Path
from types import ModuleType

import pytest

from ingestd.links import Grant, LinkError, Links, load_key

KEY = b"k" * 32


class Now:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


def test_what_is_granted_comes_back() -> None:
    links = Links(KEY, "https://alerts.example.com/", now=Now())
    address = links.make(Grant("ann", 7, 12))
    assert address is not None and address.startswith("https://alerts.example.com/a/")
    grant = links.read(address.rpartition("/")[2])
    assert (grant.person, grant.incident, grant.notification, grant.action) == ("ann", 7, 12, "ack")


def test_without_a_public_url_there_is_no_link() -> None:
    assert Links(KEY, "").make(Grant("ann", 7, 12)) is None


def test_a_link_grows_old() -> None:
    now = Now()
    links = Links(KEY, "https://x", max_age=60, now=now)
    token = links.token(Grant("ann", 7, 12))
    now.at += 59
    assert links.read(token).incident == 7
    now.at += 2
    with pytest.raises(LinkError) as caught:
        links.read(token)
    assert caught.value.expired


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: "", lambda t: t.split(".")[0] + ".AAAA"]
)
def test_a_changed_link_is_no_link(change) -> None:
    links = Links(KEY, "https://x")
    with pytest.raises(LinkError) as caught:
        links.read(change(links.token(Grant("ann", 7, 12))))
    assert not caught.value.expired


def test_another_key_reads_nothing() -> None:
    token = Links(KEY, "https://x").token(Grant("ann", 7, 12))
    with pytest.raises(LinkError):
        Links(b"j" * 32, "https://x").read(token)


def test_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    file = tmp_path / "link.key"
    key = load_key(file)
    assert len(key) == 64 and load_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(("module", "name"), [(secrets, "token_hex"), (os, "fdopen"), (os, "fsync")])
def test_a_key_that_was_being_made_at_a_kill_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed)
        with pytest.raises(KilledError):
            load_key(tmp_path / "link.key")
    assert len(load_key(tmp_path / "link.key")) == 64


def test_a_key_too_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link.key").write_text("abc\n")
    with pytest.raises(ValueError, match="at least 32 characters"):
        load_key(tmp_path / "link.key")
