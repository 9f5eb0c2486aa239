"""A small IMAP server on loopback, in a thread of its own, that can be as odd as real ones are.

It knows one user, some mailboxes, and the commands that a reader of mailboxes uses; no more.
"""

import base64
import contextlib
import re
import socketserver
import threading
import time
from dataclasses import dataclass, field
from typing import Any

CAPABILITIES = "IMAP4rev1 IDLE ID UIDPLUS MOVE AUTH=PLAIN AUTH=XOAUTH2 STARTTLS"


@dataclass
class Mail:
    uid: int
    body: bytes
    arrived: float
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """What it has and how it behaves; ``said`` are the commands it got, in order."""

    def __init__(self) -> None:
        self.capabilities = CAPABILITIES
        self.boxes: dict[str, list[Mail]] = {"INBOX": []}
        self.validity = 7
        self.next_uid = 1
        self.password = "opensesame"
        self.refusal = "[AUTHENTICATIONFAILED] no"
        self.read_only = False
        self.demands_id = False  # SELECT is refused to strangers, as 163 does
        self.deaf = False  # in IDLE nothing is told
        self.withheld: set[int] = set()  # UIDs of mails that are not given out
        self.deadly: set[int] = set()  # UIDs of mails at which the connection ends
        self.hangs_at = ""  # a command that is never answered
        self.refused: dict[str, str] = {}  # command -> the text of its NO
        self.says_uidnext = True
        self.said: list[str] = []
        self.lock = threading.RLock()
        self._connections: list[Any] = []
        self._server = _Listener(("127.0.0.1", 0), _Talk)
        self._server.imap = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def deliver(self, body: bytes, age: float = 0.0, mailbox: str = "INBOX", now: float | None = None) -> int:
        with self.lock:
            uid, self.next_uid = self.next_uid, self.next_uid + 1
            self.boxes[mailbox].append(Mail(uid, body, (time.time() if now is None else now) - age))
            return uid

    def renumber(self) -> None:
        """Give all mails new UIDs, and end the sessions, as after a restore."""
        with self.lock:
            self.validity += 1
            for number, mail in enumerate(self.boxes["INBOX"], 1):
                mail.uid = number
            self.next_uid = len(self.boxes["INBOX"]) + 1
        self.drop()

    def drop(self) -> None:
        """End all sessions."""
        for connection in self._connections[:]:
            connection.end()

    def stop(self) -> None:
        self.drop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def flags(self, uid: int) -> set[str]:
        return next(mail.flags for mail in self.boxes["INBOX"] if mail.uid == uid)

    def count(self, word: str) -> int:
        return sum(line.startswith(word) for line in self.said)


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    imap: ImapServer


class _Talk(socketserver.StreamRequestHandler):
    def setup(self) -> None:
        super().setup()
        assert isinstance(self.server, _Listener)
        self.imap = self.server.imap
        self.known = False  # sent ID
        self.box = ""
        self.imap._connections.append(self)

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self.request.shutdown(2)

    def finish(self) -> None:
        self.imap._connections.remove(self)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        self.send("* OK ready")
        try:
            while line := self.rfile.readline().decode("utf-8", "replace").rstrip("\r\n"):
                tag, _, command = line.partition(" ")
                if not self.obey(tag, command):
                    return
        except OSError:
            return

    def send(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def obey(self, tag: str, command: str) -> bool:
        self.imap.said.append(command)
        words = command.split()
        uid = words[0].upper() == "UID"
        name, rest = words[uid].upper(), words[uid + 1 :]
        if self.imap.hangs_at == name:
            time.sleep(1.0)
            return False
        if name in self.imap.refused:
            self.send(f"{tag} NO {self.imap.refused[name]}")
            return True
        with self.imap.lock:
            answer = getattr(self, f"do_{name.lower()}", self.unknown)(tag, rest)
        if answer is not None:
            self.send(f"{tag} {answer}")
        return name != "LOGOUT" and answer != ""

    # -- commands: each sends what is untagged and returns what is tagged
    def unknown(self, _tag: str, _rest: list[str]) -> str:
        return "BAD what?"

    def do_capability(self, _tag: str, _rest: list[str]) -> str:
        self.send(f"* CAPABILITY {self.imap.capabilities}")
        return "OK done"

    def do_noop(self, _tag: str, _rest: list[str]) -> str:
        return "OK done"

    def do_logout(self, _tag: str, _rest: list[str]) -> str:
        self.send("* BYE bye")
        return "OK done"

    def do_id(self, _tag: str, _rest: list[str]) -> str:
        self.known = True
        self.send("* ID NIL")
        return "OK done"

    def do_login(self, _tag: str, rest: list[str]) -> str:
        return "OK in" if rest[1] == f'"{self.imap.password}"' else f"NO {self.imap.refusal}"

    def do_authenticate(self, _tag: str, rest: list[str]) -> str:
        self.send("+ ")
        given = base64.b64decode(self.rfile.readline().strip()).decode()
        self.imap.said.append(given)
        secret = given.split("\0")[-1] if rest[0] == "PLAIN" else given.partition("Bearer ")[2].rstrip("\1")
        return "OK in" if secret == self.imap.password else f"NO {self.imap.refusal}"

    def do_select(self, _tag: str, rest: list[str], *, examined: bool = False) -> str:
        box = " ".join(rest).strip('"')
        if self.imap.demands_id and not self.known:
            return "NO SELECT Unsafe Login. Please contact kefu@mail.example for help"
        if box not in self.imap.boxes:
            return "NO there is no such mailbox"
        self.box = box
        self.send(f"* {len(self.mails)} EXISTS")
        self.send("* 0 RECENT")
        self.send(f"* OK [UIDVALIDITY {self.imap.validity}] as ever")
        if self.imap.says_uidnext:
            self.send(f"* OK [UIDNEXT {self.imap.next_uid}] next")
        return f"OK [READ-{'ONLY' if examined or self.imap.read_only else 'WRITE'}] open"

    def do_examine(self, tag: str, rest: list[str]) -> str:
        return self.do_select(tag, rest, examined=True)

    def do_list(self, _tag: str, rest: list[str]) -> str:
        for box in self.imap.boxes:
            if rest[-1].strip('"') == box:
                self.send(f'* LIST () "/" "{box}"')
        return "OK done"

    def do_create(self, _tag: str, rest: list[str]) -> str:
        self.imap.boxes[rest[0].strip('"')] = []
        return "OK done"

    def do_search(self, _tag: str, rest: list[str]) -> str:
        found = [mail.uid for mail in self.mails]
        if rest[0] == "UID":
            found = [mail.uid for mail in self.picked(rest[1])]
        elif rest[0] == "SINCE":
            day = time.mktime(time.strptime(rest[1], "%d-%b-%Y"))
            found = [mail.uid for mail in self.mails if mail.arrived >= day]
        self.send(f"* SEARCH {' '.join(map(str, found))}".rstrip())
        return "OK done"

    def do_fetch(self, _tag: str, rest: list[str]) -> str | None:
        what = " ".join(rest[1:])
        for mail in self.picked(rest[0]):
            if "BODY" in what and mail.uid in self.imap.deadly:
                self.end()
                return ""
            self.wfile.write(
                b"* %d FETCH (UID %d %b)\r\n" % (self.mails.index(mail) + 1, mail.uid, self.part(mail, what))
            )
        return "OK done"

    def part(self, mail: Mail, what: str) -> bytes:
        if "RFC822.SIZE" in what:
            arrived = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(mail.arrived))
            return f'RFC822.SIZE {len(mail.body)} INTERNALDATE "{arrived}"'.encode()
        if mail.uid in self.imap.withheld:
            return b"BODY[] NIL"
        cut = re.search(r"<0\.(\d+)>", what)
        body = mail.body[: int(cut[1])] if cut else mail.body
        return b"BODY[]%b {%d}\r\n%b" % (b"<0>" if cut else b"", len(body), body)

    def do_store(self, _tag: str, rest: list[str]) -> str:
        for mail in self.picked(rest[0]):
            mail.flags |= set(" ".join(rest[2:]).strip("()").split())
        return "OK done"

    def do_copy(self, _tag: str, rest: list[str]) -> str:
        for mail in self.picked(rest[0]):
            self.imap.boxes[" ".join(rest[1:]).strip('"')].append(mail)
        return "OK done"

    def do_move(self, tag: str, rest: list[str]) -> str:
        self.do_copy(tag, rest)
        return self.gone(self.picked(rest[0]))

    def do_expunge(self, _tag: str, rest: list[str]) -> str:
        return self.gone([mail for mail in self.picked(rest[0]) if "\\Deleted" in mail.flags])

    def gone(self, mails: list[Mail]) -> str:
        for mail in mails:
            self.send(f"* {self.mails.index(mail) + 1} EXPUNGE")
            self.mails.remove(mail)
        return "OK done"

    def do_idle(self, tag: str, _rest: list[str]) -> str:
        self.send("+ idling")
        told = len(self.mails)
        self.imap.lock.release()
        try:
            self.request.settimeout(0.02)
            line = b""
            while not line.endswith(b"\n"):
                try:
                    line += self.request.recv(100)
                    if not line:
                        return ""
                except TimeoutError:
                    if len(self.mails) > told and not self.imap.deaf:
                        told = len(self.mails)
                        self.send(f"* {told} EXISTS")
        finally:
            self.request.settimeout(None)
            self.imap.lock.acquire()
        self.imap.said.append("DONE")
        return "OK idled"

    @property
    def mails(self) -> list[Mail]:
        return self.imap.boxes[self.box]

    def picked(self, text: str) -> list[Mail]:
        found: dict[int, Mail] = {}
        highest = max((mail.uid for mail in self.mails), default=0)
        for part in text.split(","):
            first, _, last = part.partition(":")
            ends = sorted(highest if end == "*" else int(end) for end in (first, last or first))
            found |= {mail.uid: mail for mail in self.mails if ends[0] <= mail.uid <= ends[1]}
        return list(found.values())
