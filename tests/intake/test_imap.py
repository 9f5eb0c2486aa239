"""Mail is fetched from mailboxes: kept first, then marked; nothing lost, nothing twice, whatever the server does."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestd.intake import imap, imapreader, imapsession
from ingestd.intake.imap import ImapIntake
from ingestd.intake.imapmail import Found, Head, Place, message, origin, place_of, prefix
from ingestd.intake.imapsettings import ImapSettings, OAuth2, imap_problem, password_of, port_of, token_of
from ingestd.model import Message, StoreUnavailable
from tests.intake.imapserver import ImapServer

Start = Callable[..., Awaitable[ImapIntake]]

USER: dict[str, Any] = {"name": "desk", "user": "alerts", "password": "opensesame"}


def letter(number: int) -> bytes:
    return f"Subject: PROBLEM {number}\r\nMessage-ID: <{number}@mon.example>\r\n\r\nhost-{number} is down\r\n".encode()


class Inbox:
    """Keeps messages, each origin once."""

    def __init__(self) -> None:
        self.kept: dict[str, Message] = {}
        self.deliveries = 0
        self.fault: Exception | None = None
        self.troubles: list[tuple[str, str]] = []
        self.refused: list[tuple[str, int]] = []

    async def receive(self, message: Message) -> int:
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        self.deliveries += 1
        self.kept.setdefault(message.origin, message)
        return list(self.kept).index(message.origin) + 1

    async def last(self, beginning: str) -> str | None:
        return next((known for known in reversed(self.kept) if known.startswith(beginning)), None)

    def trouble(self, name: str, text: str) -> None:
        self.troubles.append((name, text))

    def refuse(self, source: str, code: int) -> None:
        self.refused.append((source, code))

    @property
    def subjects(self) -> list[str]:
        return [m.body.splitlines()[0].decode().removeprefix("Subject: ") for m in self.kept.values()]

    async def holds(self, count: int) -> None:
        await until(lambda: len(self.kept) >= count, f"{count} mails")


async def until(true: Callable[[], Any], what: str, patience: float = 40.0) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"waited for {what} in vain"
        await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "DELAYS", (0.01,))
    monkeypatch.setattr(imap, "LOGIN_DELAYS", (0.02,))
    monkeypatch.setattr(imap, "SLICE", 0.05)


@pytest.fixture
def server() -> Iterator[ImapServer]:
    running = ImapServer()
    yield running
    running.stop()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def start(server: ImapServer, inbox: Inbox) -> AsyncIterator[Start]:
    running: list[ImapIntake] = []

    async def begin(**settings: Any) -> ImapIntake:
        wanted = USER | {"host": "127.0.0.1", "port": server.port, "tls": "none", "poll": 0.05} | settings
        intake = ImapIntake(
            ImapSettings(**wanted),
            inbox.receive,
            time.time,
            inbox.last,
            trouble=inbox.trouble,
            count_refused=inbox.refuse,
        )
        await intake.start()
        running.append(intake)
        return intake

    yield begin
    for intake in running:
        await intake.stop()


async def test_a_mail_is_kept_and_then_marked(start: Start, server: ImapServer, inbox: Inbox) -> None:
    uid = server.deliver(letter(1))
    intake = await start()
    await until(lambda: "\\Seen" in server.flags(uid), "the mark")
    (message,) = inbox.kept.values()
    assert message.body == letter(1)
    assert (message.kind, message.source, message.peer) == ("mail", "desk", "127.0.0.1")
    assert message.origin == "imap:desk:INBOX:7:0000000001"
    assert message.old is False
    await until(lambda: intake.state.last_ok, "the end of the mailbox")
    assert (intake.state.connected, intake.state.backlog, intake.state.error) == (True, 0, "")


async def test_idle_tells_at_once(start: Start, server: ImapServer, inbox: Inbox) -> None:
    await start(poll=60.0)
    await until(lambda: server.count("IDLE"), "IDLE")
    server.deliver(letter(1))
    await inbox.holds(1)


@pytest.mark.parametrize("odd", ["deaf", "unable", "unwanted"])
async def test_without_idle_it_looks_again_and_again(start: Start, server: ImapServer, inbox: Inbox, odd: str) -> None:
    server.deaf = odd == "deaf"
    if odd == "unable":
        server.capabilities = "IMAP4rev1"
    await start(idle=odd != "unwanted")
    await until(lambda: server.count("NOOP") > 1, "a second look")
    server.deliver(letter(1))
    await inbox.holds(1)
    assert bool(server.count("IDLE")) == (odd == "deaf")


async def test_nothing_is_marked_before_it_is_kept(start: Start, server: ImapServer, inbox: Inbox) -> None:
    uid = server.deliver(letter(1))
    inbox.fault = StoreUnavailable("disk", retry_after=0)
    await start()
    await until(lambda: inbox.refused, "an attempt")
    assert server.flags(uid) == set()
    assert inbox.refused[0] == ("desk", 451)
    inbox.fault = None
    await until(lambda: "\\Seen" in server.flags(uid), "the mark")
    assert inbox.deliveries == 1


async def test_a_stop_while_the_store_fails_is_no_loss(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.deliver(letter(1))
    inbox.fault = StoreUnavailable("disk", retry_after=30)
    first = await start()
    await until(lambda: inbox.refused, "an attempt")
    await first.stop()
    inbox.fault = None
    await start()
    await inbox.holds(1)


async def test_a_restart_goes_on_where_it_was(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.deliver(b"Subject: ancient\r\n\r\nx\r\n", age=7200)
    server.deliver(letter(1))
    first = await start()
    await inbox.holds(1)
    await first.stop()
    server.deliver(letter(2), age=7200)  # came while we were away
    await start()
    await inbox.holds(2)
    assert inbox.subjects == ["PROBLEM 1", "PROBLEM 2"]
    assert inbox.deliveries == 2


async def test_what_a_sudden_end_left_out_is_found_again(start: Start, server: ImapServer, inbox: Inbox) -> None:
    """Of a batch of four the second was not committed, and none was marked."""
    ancient = server.deliver(letter(0), age=7200)
    uids = [server.deliver(letter(number)) for number in range(1, 5)]
    settings = ImapSettings(**USER, host="127.0.0.1")
    for uid in (uids[0], uids[2], uids[3]):
        await inbox.receive(
            Message(kind="mail", source="desk", body=letter(uid - 1), origin=origin(settings, Place(7, uid)))
        )
    await start()
    await until(lambda: all("\\Seen" in server.flags(uid) for uid in uids), "the marks")
    assert sorted(inbox.subjects) == [f"PROBLEM {number}" for number in range(1, 5)]
    assert inbox.deliveries == 4
    assert server.flags(ancient) == set()


async def test_many_old_mails_are_neither_read_nor_marked(start: Start, server: ImapServer, inbox: Inbox) -> None:
    for number in range(3000):
        server.deliver(letter(number), age=90_000)
    fresh = server.deliver(letter(9999))
    await start()
    await inbox.holds(1)
    await until(lambda: "\\Seen" in server.flags(fresh), "the mark")
    assert inbox.subjects == ["PROBLEM 9999"]
    assert not [line for line in server.said if "BODY" in line and not line.startswith(f"UID FETCH {fresh} ")]


async def test_late_mails_are_kept_as_old(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.deliver(letter(1), age=7200)
    server.deliver(letter(2), age=100)
    await start(since=86400.0, news=3600.0)
    await inbox.holds(2)
    assert [m.old for m in inbox.kept.values()] == [True, False]


async def test_five_hundred_at_once(start: Start, server: ImapServer, inbox: Inbox) -> None:
    uids = [server.deliver(letter(number)) for number in range(500)]
    await start(batch=40)
    await until(lambda: all(server.flags(uid) for uid in uids), "the marks")
    assert len(inbox.kept) == inbox.deliveries == 500


@pytest.mark.parametrize("lost", ["drop", "hang"])
async def test_a_lost_connection_loses_nothing(start: Start, server: ImapServer, inbox: Inbox, lost: str) -> None:
    intake = await start(timeout=0.2)
    await until(lambda: intake.state.last_ok, "the first look")
    if lost == "drop":
        server.drop()
    else:
        server.hangs_at = "NOOP"
        server.deliver(letter(1))
        await until(lambda: intake.state.error, "the silence to be noticed")
        server.hangs_at = ""
    server.deliver(letter(2))
    await inbox.holds(1 + (lost == "hang"))
    await until(lambda: not intake.state.error, "it to be well again")
    assert inbox.troubles == []


async def test_what_was_kept_is_marked_after_the_connection_came_back(
    start: Start, server: ImapServer, inbox: Inbox
) -> None:
    server.hangs_at = "STORE"
    uid = server.deliver(letter(1))
    intake = await start(timeout=0.2)
    await until(lambda: intake.state.error, "the silence to be noticed")
    server.hangs_at = ""
    await until(lambda: "\\Seen" in server.flags(uid), "the mark")
    assert inbox.deliveries == 1


@pytest.mark.parametrize("way", ["withheld", "deadly"])
async def test_a_mail_that_cannot_be_read_stops_nobody(
    start: Start, server: ImapServer, inbox: Inbox, way: str
) -> None:
    uids = [server.deliver(letter(number)) for number in range(3)]
    getattr(server, way).add(uids[1])
    await start()
    await until(lambda: server.flags(uids[2]), "the third to be marked")
    assert inbox.subjects[0] == "PROBLEM 0"
    assert inbox.subjects[2] == "PROBLEM 2"
    spoiled = list(inbox.kept.values())[1]
    assert b"UID 2 in INBOX of desk could not be read" in spoiled.body
    assert "3 attempts" in spoiled.refused
    assert server.flags(uids[1]) == set()
    assert inbox.deliveries == 3


async def test_of_a_very_large_mail_the_beginning_is_kept(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.deliver(letter(1) + b"x" * 5000)
    server.deliver(letter(2))
    await start(size_limit=2000, head=1000)
    await inbox.holds(2)
    large, small = inbox.kept.values()
    assert (
        large.body
        == b"X-Ingestd-Cut: the first 1000 of %d octets\r\n" % (len(letter(1)) + 5000)
        + (letter(1) + b"x" * 5000)[:1000]
    )
    assert small.body == letter(2)


async def test_kept_mails_are_moved(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.deliver(letter(0), age=7200)
    server.deliver(letter(1))
    await start(seen="move", move_to="已读")
    await until(lambda: "&XfKL+w-" in server.boxes and server.boxes["&XfKL+w-"], "the move")
    assert [m.body for m in server.boxes["&XfKL+w-"]] == [letter(1)]
    assert [m.body for m in server.boxes["INBOX"]] == [letter(0)]


async def test_a_server_that_cannot_move_copies_and_deletes(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.capabilities = "IMAP4rev1 UIDPLUS"
    server.boxes["Done"] = []
    server.deliver(letter(1))
    await start(seen="move", move_to="Done")
    await until(lambda: not server.boxes["INBOX"], "the mail to be gone")
    assert [m.body for m in server.boxes["Done"]] == [letter(1)]


async def test_without_uidplus_nobody_elses_mail_is_expunged(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.capabilities = "IMAP4rev1"
    uid = server.deliver(letter(1))
    await start(seen="delete")
    await until(lambda: "\\Deleted" in server.flags(uid), "the mark")
    assert server.count("EXPUNGE") == server.count("UID EXPUNGE") == 0


async def test_a_refused_mark_is_no_reason_to_read_again(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.refused = {"STORE": "over quota"}
    server.deliver(letter(1))
    await start()
    await until(lambda: server.count("NOOP") > 2, "further looks")
    assert inbox.deliveries == 1


@pytest.mark.parametrize("how", ["leave", "read_only"])
async def test_a_mailbox_may_stay_as_it_is(start: Start, server: ImapServer, inbox: Inbox, how: str) -> None:
    server.read_only = how == "read_only"
    uid = server.deliver(letter(1))
    await start(seen="leave" if how == "leave" else "seen")
    await inbox.holds(1)
    await until(lambda: server.count("NOOP") > 1, "a second look")
    assert server.flags(uid) == set()
    assert server.count("UID STORE") == 0


async def test_mails_with_new_uids_are_not_news(start: Start, server: ImapServer, inbox: Inbox) -> None:
    for number in range(3):
        server.deliver(letter(number))
    intake = await start()
    await inbox.holds(3)
    await until(lambda: intake.state.last_ok, "the first look")
    server.renumber()
    server.deliver(letter(3))
    await until(lambda: "PROBLEM 3" in inbox.subjects, "the new one")
    assert inbox.subjects == [f"PROBLEM {number}" for number in range(4)]
    assert list(inbox.kept)[-1] == "imap:desk:INBOX:8:0000000004"


async def test_new_uids_met_at_a_start_are_read_like_a_first_contact(
    start: Start, server: ImapServer, inbox: Inbox
) -> None:
    settings = ImapSettings(**USER, host="127.0.0.1")
    await inbox.receive(Message(kind="mail", source="desk", body=letter(0), origin=origin(settings, Place(6, 50))))
    server.deliver(letter(1), age=7200)
    server.deliver(letter(2))
    await start()
    await inbox.holds(2)
    assert inbox.subjects == ["PROBLEM 0", "PROBLEM 2"]


async def test_a_server_that_wants_to_be_introduced_is(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.demands_id = True
    server.deliver(letter(1))
    await start()
    await inbox.holds(1)
    names = [line.split()[0] for line in server.said]
    assert names.index("LOGIN") < names.index("ID") < names.index("SELECT")


async def test_a_server_that_dislikes_id_or_hides_uidnext_is_read_all_the_same(
    start: Start, server: ImapServer, inbox: Inbox
) -> None:
    server.refused = {"ID": "no"}
    server.says_uidnext = False
    server.deliver(letter(0), age=7200)
    server.deliver(letter(1))
    await start()
    await inbox.holds(1)
    assert inbox.subjects == ["PROBLEM 1"]


async def test_a_wrong_password_is_said_once_and_so_is_its_end(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.password = "changed"
    intake = await start()
    await until(lambda: server.count("LOGIN") > 4, "more attempts")
    ((name, text),) = inbox.troubles
    assert name == "desk"
    assert "login as alerts refused" in text
    assert "AUTHENTICATIONFAILED" in text
    assert "opensesame" not in text
    assert intake.state.connected is False
    server.password = "opensesame"
    await until(lambda: len(inbox.troubles) > 1, "the end of it")
    assert inbox.troubles[1] == ("desk", "")


@pytest.mark.parametrize("how", ["[UNAVAILABLE] later", "hang"])
async def test_a_login_that_fails_for_now_is_no_wrong_password(
    start: Start, server: ImapServer, inbox: Inbox, how: str
) -> None:
    server.refusal, server.password = how, "changed"
    server.hangs_at = "LOGIN" if how == "hang" else ""
    intake = await start(timeout=0.1)
    await until(lambda: server.count("LOGIN") > 2, "more attempts")
    assert inbox.troubles == []
    assert "login failed" in intake.state.error or "timed out" in intake.state.error


async def test_a_server_that_is_away_is_said_after_a_while(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.refused = {"SELECT": "[SERVERBUG] try again"}
    await start(trouble_after=0.1)
    await until(lambda: inbox.troubles, "the word of it")
    await asyncio.sleep(0.1)
    assert len(inbox.troubles) == 1
    assert "SERVERBUG" in inbox.troubles[0][1]


async def test_a_name_or_password_beyond_ascii_logs_in(start: Start, server: ImapServer, inbox: Inbox) -> None:
    server.password = "芝麻开门"
    server.deliver(letter(1))
    await start(password="芝麻开门", user="值班")
    await inbox.holds(1)
    assert "\0值班\0芝麻开门" in server.said


async def test_a_token_is_read_at_each_login(start: Start, server: ImapServer, inbox: Inbox, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    server.password = "second"
    await start(password="", oauth2=OAuth2(token_file=str(token)))
    await until(lambda: inbox.troubles, "the refusal")
    token.write_text("second\n")
    server.deliver(letter(1))
    await inbox.holds(1)
    assert "user=alerts\1auth=Bearer second\1\1" in server.said


async def test_a_password_that_is_not_there_is_trouble(start: Start, inbox: Inbox, tmp_path: Path) -> None:
    await start(password="", password_file=str(tmp_path / "none"))
    await until(lambda: inbox.troubles, "the word of it")
    assert "nothing to log in with" in inbox.troubles[0][1]


async def test_starttls_is_demanded_of_the_server(start: Start, server: ImapServer, inbox: Inbox) -> None:
    intake = await start(tls="starttls")
    await until(lambda: intake.state.error, "the refusal")
    assert server.count("STARTTLS")
    assert not server.count("LOGIN")


async def test_an_open_mailbox_is_opened_anew_now_and_then(
    start: Start, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "RESELECT", 0.0)
    await start()
    await until(lambda: server.count("SELECT") > 2, "it to be opened anew")
    assert server.count("LOGIN") == 1


async def test_a_stop_does_not_wait_for_a_server_that_is_silent(
    start: Start, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "STOP_PATIENCE", 0.05)
    server.hangs_at = "SELECT"
    intake = await start()
    await until(lambda: server.count("SELECT"), "the silence")
    began = time.monotonic()
    await intake.stop()
    assert time.monotonic() - began < 5  # the patience with servers is 30 s


async def test_a_stop_in_the_middle_of_a_backlog_loses_nothing(
    start: Start, server: ImapServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "STOP_PATIENCE", 0.01)  # shorter than a commit: the answer is asked for again
    monkeypatch.setattr(imapreader, "REMEMBERED", 10)
    receive = inbox.receive

    async def slowly(message: Message) -> int:
        await asyncio.sleep(0.03)
        return await receive(message)

    monkeypatch.setattr(inbox, "receive", slowly)
    uids = [server.deliver(letter(number)) for number in range(40)]
    first = await start(batch=4)
    await inbox.holds(5)
    first._stop.set()
    assert first._thread is not None
    await asyncio.to_thread(first._thread.join)
    assert len(inbox.kept) < 40
    assert first.state.backlog > 0
    await start(batch=40)
    await until(lambda: all(server.flags(uid) for uid in uids), "the marks")
    assert len(inbox.kept) == inbox.deliveries == 40


async def test_what_goes_wrong_on_the_loop_is_known_in_the_thread(
    start: Start, server: ImapServer, inbox: Inbox
) -> None:
    server.deliver(letter(1))
    inbox.fault = TimeoutError("the store is slow")
    intake = await start()
    await until(lambda: intake.state.error, "the failure")
    assert "the store is slow" in intake.state.error
    inbox.fault = None
    await inbox.holds(1)


async def test_one_that_never_started_stops(inbox: Inbox) -> None:
    await ImapIntake(ImapSettings(**USER, host="imap.example"), inbox.receive, time.time, inbox.last).stop()


def test_without_a_loop_there_is_nothing_to_ask() -> None:
    intake = ImapIntake(ImapSettings(**USER, host="imap.example"), Inbox().receive, time.time, Inbox().last)
    intake._loop = asyncio.new_event_loop()
    intake._loop.close()
    with pytest.raises(imap.Stopping):
        intake._newest("imap:")


# -- what a mail becomes


def kept(body: bytes, **settings: Any) -> Message:
    return message(
        ImapSettings(**USER, host="imap.example", **settings), 7, Found(Head(1, len(body), 0.0), body), 1000.0
    )


@pytest.mark.parametrize(
    ("head", "recipients"),
    [
        ("To: <a@x.example>, B <b@x.example>\r\n", ("a@x.example", "b@x.example")),
        ("To: list@x.example\r\nDelivered-To: alerts+zabbix@x.example\r\n", ("alerts+zabbix@x.example",)),
        ("To: undisclosed\r\nCc: c@x.example\r\n", ("c@x.example",)),
        ("TO: a@x.example,\r\n b@x.example\r\nTo: second@x.example\r\n", ("a@x.example", "b@x.example")),
        ("Subject: none\r\n", ()),
        ("To: " + "(" * 100_000 + "\r\n", ()),
        ("To: " + "a" * 100_000 + "\r\n", ()),
    ],
)
def test_for_whom_it_was_stands_in_its_head(head: str, recipients: tuple[str, ...]) -> None:
    assert kept(head.encode() + b"\r\nTo: body@x.example\r\n").recipients == recipients


def test_the_envelope_sender_stands_in_its_head() -> None:
    assert kept(b"Return-Path: <mon@shop.example>\n\nbody").sender == "mon@shop.example"
    assert kept(b"Return-Path: <>\n\nbody").sender == ""
    assert kept(b"").body == b""


def test_no_origin_is_the_beginning_of_another() -> None:
    settings = ImapSettings(**USER, host="imap.example", mailbox="a:b%")
    assert origin(settings, Place(7, 12)) == "imap:desk:a%3Ab%25:7:0000000012"
    assert not origin(settings, Place(7, 123)).startswith(origin(settings, Place(7, 12)))
    assert place_of(settings, origin(settings, Place(7, 12))) == Place(7, 12)
    assert place_of(settings, None) is None
    assert place_of(settings, prefix(settings) + "x:1") is None


# -- settings


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"name": "a:b"}, "name"),
        ({"tls": "none"}, "tls"),
        ({"password": ""}, "user"),
        ({"password_env": "SECRET"}, "user"),
        ({"password": "", "oauth2": OAuth2()}, "oauth2"),
        ({"seen": "move"}, "move_to"),
        ({"move_to": "Done"}, "move_to"),
        ({"seen": "move", "move_to": "INBOX"}, "move_to"),
        ({"batch": 201}, "batch"),
        ({"poll": 0.5}, "poll"),
        ({"timeout": 0.0}, "timeout"),
        ({"head": 0}, "head"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, Any], key: str) -> None:
    problem = imap_problem(ImapSettings(**(USER | {"host": "imap.example"} | settings)))
    assert problem is not None
    assert problem[0] == key


def test_settings_that_can_be_have_no_problem() -> None:
    assert imap_problem(ImapSettings(**USER, host="imap.example")) is None
    for host in ("localhost", "127.0.0.1", "::1"):
        assert imap_problem(ImapSettings(**USER, host=host, tls="none")) is None
    assert imap_problem(ImapSettings(**USER, host="imap.example", tls="none", insecure=True)) is None


def test_ports_follow_tls() -> None:
    assert port_of(ImapSettings(**USER, host="imap.example")) == 993
    assert port_of(ImapSettings(**USER, host="imap.example", tls="starttls")) == 143


def test_secrets_come_from_where_they_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("from file\n")
    bare = USER | {"password": "", "host": "imap.example"}
    assert password_of(ImapSettings(**bare, password_file=str(file))) == "from file"
    monkeypatch.setenv("DESK_PASSWORD", "from env")
    assert password_of(ImapSettings(**bare, password_env="DESK_PASSWORD")) == "from env"
    with pytest.raises(ValueError, match="DESK_PASSWORD_2"):
        password_of(ImapSettings(**bare, password_env="DESK_PASSWORD_2"))


def test_a_token_comes_from_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert token_of(OAuth2(token_command=("printf", "tok"))) == "tok"
    for command, words in ((("true",), "no token"), (("sh", "-c", "echo why >&2; exit 3"), "status 3: why")):
        with pytest.raises(ValueError, match=words):
            token_of(OAuth2(token_command=command))
    with pytest.raises(OSError, match="No such file"):
        token_of(OAuth2(token_command=("/no/such/program",)))
    monkeypatch.setattr("ingestd.intake.imapsettings.COMMAND_PATIENCE", 0.01)
    with pytest.raises(ValueError, match="did not end"):
        token_of(OAuth2(token_command=("sleep", "5")))


def test_errors_are_put_into_words() -> None:
    assert imapsession.reason_of(ValueError()) == "ValueError"
    assert imapsession.reason_of(ValueError("b'no  such'")) == "no such"
