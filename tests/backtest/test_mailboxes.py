"""Mail that lies elsewhere, in the order in which it came."""

import mailbox
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any, Self

import pytest

from ingestd.backtest import mailboxes
from ingestd.backtest.mailboxes import Mailbox, MailboxError, when

T0 = 1_800_000_000.0
DAY = 86400.0


def raw(subject: str, at: float | None, *more: str) -> bytes:
    date = [f"Date: {formatdate(at)}"] if at is not None else []
    lines = ["From: mon@x.example", f"Subject: {subject}", *date, *more, "", f"{subject} is down", "From here on", ""]
    return "\n".join(lines).encode()


def subjects(found: Iterable[Any]) -> list[str]:
    return [heard.message.body.split(b"Subject: ")[1].split(b"\n")[0].decode() for heard in found]


def write_mbox(path: Path, *mails: bytes) -> None:
    box = mailbox.mbox(path)
    for mail in mails:
        box.add(mail)
    box.close()


def test_a_mailbox_file_is_read_in_the_order_of_its_times(tmp_path: Path) -> None:
    write_mbox(tmp_path / "box", raw("b", T0 + 10), raw("a", T0), raw("c", T0 + 20))
    found = list(Mailbox(str(tmp_path / "box"), DAY))
    assert subjects(found) == ["a", "b", "c"]
    assert [heard.at for heard in found] == [T0, T0 + 10, T0 + 20]
    assert found[0].message.body.rstrip() == raw("a", T0).replace(b"\nFrom here", b"\n>From here").rstrip()
    assert (found[0].message.kind, found[0].message.received) == ("mail", T0)


def test_what_is_older_than_asked_counts_from_the_newest(tmp_path: Path) -> None:
    write_mbox(tmp_path / "box", raw("old", T0), raw("new", T0 + 10 * DAY), raw("newest", T0 + 11 * DAY))
    box = Mailbox(str(tmp_path / "box"), 2 * DAY)
    assert subjects(box) == ["new", "newest"] and box.newest == T0 + 11 * DAY


def test_maildirs_folders_and_single_files(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "mails" / folder).mkdir(parents=True)
        (tmp_path / "mails" / folder / "1").write_bytes(raw(folder, T0 + len(folder)))
    assert subjects(Mailbox(str(tmp_path / "mails"), DAY)) == ["cur", "new"]
    assert subjects(Mailbox(str(tmp_path / "mails" / "cur" / "1"), DAY)) == ["cur"]
    (tmp_path / "none").mkdir()
    assert list(Mailbox(str(tmp_path / "none"), DAY)) == []


def test_mails_that_say_not_when_they_came_are_counted(tmp_path: Path) -> None:
    write_mbox(tmp_path / "box", raw("a", T0), raw("x", None), raw("y", None, "Date: soon"))
    box = Mailbox(str(tmp_path / "box"), DAY)
    assert subjects(box) == ["a"] and box.undated == 2


def test_the_newest_received_line_says_when_and_the_return_path_who(tmp_path: Path) -> None:
    lines = (
        f"Received: from b by a;\n {formatdate(T0 + 60)}",
        f"Received: from c by b; {formatdate(T0 + 5)}",
        "Return-Path: <bounce@x.example>",
    )
    (tmp_path / "mail").write_bytes(raw("a", T0, *lines))
    (heard,) = Mailbox(str(tmp_path / "mail"), DAY)
    assert (heard.at, heard.message.sender) == (T0 + 60, "bounce@x.example")
    assert when(b"Received: from b by a; nonsense\r\nDate: " + formatdate(T0).encode() + b"\r\n\r\n") == T0


def test_what_can_not_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match=r"none can't be read: .*No such file"):
        list(Mailbox(str(tmp_path / "none"), DAY))
    with pytest.raises(MailboxError, match=r"imap://ann@127.0.0.1:1/INBOX can't be read"):
        list(Mailbox("imap://ann:secret@127.0.0.1:1/INBOX", DAY))


class Server:
    """An IMAP server with three mails, as its client sees it."""

    Error = OSError

    def __init__(self, host: str, *, port: int | None, ssl: bool, timeout: float) -> None:
        self.said: list[object] = [(host, port, ssl)]
        SERVERS.append(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.said.append("bye")

    def login(self, user: str, password: str) -> None:
        self.said.append((user, password))

    def select_folder(self, folder: str, *, readonly: bool) -> None:
        self.said.append((folder, readonly))

    def search(self) -> list[int]:
        return [7, 8, 9]

    def fetch(self, uids: list[int], what: list[str]) -> dict[int, dict[bytes, Any]]:
        times = {7: T0 + 60, 8: T0, 9: T0 - 9 * DAY}
        if what == ["INTERNALDATE"]:
            return {uid: {b"INTERNALDATE": datetime.fromtimestamp(times[uid], UTC)} for uid in uids}
        assert what == ["BODY.PEEK[]"]  # nothing is marked as read
        return {uid: {b"BODY[]": raw(str(uid), None)} for uid in uids if uid != 8}


SERVERS: list[Server] = []


def test_a_folder_on_a_server_is_only_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "IMAPClient", Server)
    assert subjects(Mailbox("imaps://ann%40x@mail.example/Alerts%2FOld", DAY, "s3cret")) == ["7"]
    assert SERVERS[-1].said == [("mail.example", None, True), ("ann@x", "s3cret"), ("Alerts/Old", True), "bye"]
