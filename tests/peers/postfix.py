"""A Postfix of our own: the company's mail server, which passes alerts on to ingestd and brings pages to mailboxes.

It has its own configuration, queue and log in a temporary folder, listens on loopback only, and asks no DNS. What it
can't hand over it tries again each second instead of each five minutes.
"""

import json
import os
import pwd
import shutil
import signal
import smtplib
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import pytest

from ingestd.demo.site import free_port
from tests.peers.site import LAST, peer, until

OUR_DOMAIN = "trading.example"  # its people have mailboxes here
ALERTS = "alerts@ingestd.trading.example"  # anything else goes to the smart host: ingestd
OURS = "ingestd@trading.example"  # the sender of pages: replies and bounces go to ingestd, too
MAILBOX_ACCOUNT = "nobody"

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = mta.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
alias_maps =
alias_database =
relayhost = [127.0.0.1]:{next_hop}
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {home}/boxes
virtual_mailbox_maps = inline:{{ {boxes} }}
transport_maps = inline:{{ {{{ours} = smtp:[127.0.0.1]:{next_hop}}} }}
smtpd_reject_unlisted_recipient = no
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
{more}"""
GUARDED = "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{port}\n"
#: service, type, private, unprivileged, chroot, wakeup, most processes, command
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup   unix       n - n 1 1 pickup
cleanup  unix       n - n - 0 cleanup
qmgr     unix       n - n 1 1 qmgr
rewrite  unix       - - n - - trivial-rewrite
bounce   unix       - - n - 0 bounce
defer    unix       - - n - 0 bounce
trace    unix       - - n - 0 bounce
proxymap unix       - - n - - proxymap
anvil    unix       - - n - 1 anvil
smtp     unix       - - n - - smtp
relay    unix       - - n - - smtp
showq    unix       n - n - - showq
error    unix       - - n - - error
retry    unix       - - n - - error
virtual  unix       - n n - - virtual
postlog  unix-dgram n - n - 1 postlogd
"""


def needed() -> None:
    """Skip the test where no Postfix can be started."""
    peer("postfix", "Postfix", "postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root only: run this test as root")


class Postfix:
    """An instance; ``people`` are the names before the @ that have a mailbox. Mail to others it takes, and bounces.

    ``guard``: whom it asks about each recipient before it takes a mail.
    """

    def __init__(self, people: tuple[str, ...], guard: "Guard | None" = None) -> None:
        # Not pytest's folder: its parents are closed to Postfix's own account.
        self.home = Path(tempfile.mkdtemp(prefix="ingestd-postfix-"))
        self.home.chmod(0o755)
        self.port = free_port()
        self._people, self._guard = people, guard
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, next_hop: int) -> None:
        """Start it with a port on loopback as the smart host, and wait until it greets."""
        self._write(next_hop)
        with (self.home / "start.log").open("wb") as said:
            command = [peer("postfix", "Postfix", "postfix"), "-c", str(self.home / "conf"), "start-fg"]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            until(self._greets, "Postfix to start")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(self.home / 'start.log').read_text()}{self.log}") from error

    def stop(self) -> None:
        """End it with all that is in its queue."""
        if self._process is not None:
            pid = self.home / "queue" / "pid" / "master.pid"
            if self._process.poll() is None and pid.exists():
                os.kill(int(pid.read_text()), signal.SIGTERM)
            self._process.wait(30)
        print("Postfix's log:", self.log[-LAST:])
        shutil.rmtree(self.home, ignore_errors=True)  # its processes may still be ending

    def submit(self, sender: str, mail: bytes, to: str = ALERTS) -> None:
        """Give it an alert as a monitoring host's notification command does: through its ``sendmail``."""
        self._run("sendmail", "-C", self.home / "conf", "-f", sender, "--", to, given=mail)

    def queue(self) -> list[dict[str, Any]]:
        """What it has not handed over yet, as its ``postqueue`` lists it."""
        return [json.loads(line) for line in self._run("postqueue", "-c", self.home / "conf", "-j").splitlines()]

    def waits_because(self, reason: str) -> int:
        """How many mails are kept for a reason that its next hop gave."""
        texts = [r.get("delay_reason", "") for mail in self.queue() for r in mail["recipients"]]
        return sum(reason in text for text in texts)

    def letters(self, person: str) -> list[EmailMessage]:
        """What is in a person's mailbox, in the order ingestd numbered them."""
        found = (self.home / "boxes" / person / "new").glob("*")
        letters = [message_from_bytes(path.read_bytes(), policy=default) for path in found]
        return sorted(letters, key=lambda letter: int(letter["X-Ingestd-Notification"]))

    @property
    def log(self) -> str:
        path = self.home / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _write(self, next_hop: int) -> None:
        for name, account in (("conf", "root"), ("queue", "root"), ("data", "postfix"), ("boxes", MAILBOX_ACCOUNT)):
            (self.home / name).mkdir(mode=0o755)
            shutil.chown(self.home / name, account)
        owner = pwd.getpwnam(MAILBOX_ACCOUNT)
        main = MAIN.format(
            home=self.home,
            domain=OUR_DOMAIN,
            next_hop=next_hop,
            ours=OURS,
            more=GUARDED.format(port=self._guard.port) if self._guard is not None else "",
            boxes=", ".join(f"{{{person}@{OUR_DOMAIN} = {person}/}}" for person in self._people),
            uid=owner.pw_uid,
            gid=owner.pw_gid,
        )
        (self.home / "conf" / "main.cf").write_text(main)
        (self.home / "conf" / "master.cf").write_text(MASTER.format(port=self.port))

    def _greets(self) -> bool:
        try:
            smtplib.SMTP("127.0.0.1", self.port, timeout=5).close()
        except (OSError, smtplib.SMTPException):
            return False
        return True

    @staticmethod
    def _run(program: str, *words: str | Path, given: bytes | None = None) -> bytes:
        command = [peer(program, "Postfix", "postfix"), *words]
        ran = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr.decode("utf-8", "replace")
        return ran.stdout


class Guard:
    """A policy service (Postfix's SMTPD_POLICY_README): what it says of a recipient is the reply to RCPT TO.

    ``answers``: by address, what is said the first time, the second …; the last of them from then on. ``slow``: seconds
    before each answer.
    """

    def __init__(self, answers: Mapping[str, Sequence[str]] | None = None, slow: float = 0.0) -> None:
        self._answers = {address: list(several) for address, several in (answers or {}).items()}
        self._slow = slow
        self.asked: list[str] = []
        guard = self

        class Asked(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while fields := _request(self.rfile):
                    time.sleep(guard._slow)
                    self.wfile.write(f"action={guard._said(fields['recipient'])}\n\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Asked)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _said(self, recipient: str) -> str:
        self.asked.append(recipient)
        several = self._answers.get(recipient, ["dunno"])
        return several.pop(0) if len(several) > 1 else several[0]


def _request(file: BufferedIOBase) -> dict[str, str]:
    """The fields up to an empty line; none: the connection is closed."""
    fields: dict[str, str] = {}
    while line := file.readline().decode("utf-8", "replace").strip():
        name, _, value = line.partition("=")
        fields[name] = value
    return fields
