"""A Dovecot of our own: the mailbox that monitors write to and ingestd reads over IMAP.

It has its own configuration, log and mails in a temporary folder and listens on loopback only. Mails are laid into the
Maildir as a delivery agent does, so that they come while sessions are open.
"""

import contextlib
import imaplib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingestd.demo.site import free_port
from tests.intake.mailpost import certificate
from tests.peers.site import peer, until

ACCOUNT = "mail"  # owns the mailboxes
USER, PASSWORD = "alerts", "opensesame"

CONF = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_location = {kind}:{home}/boxes/%u
mail_uid = {uid}
mail_gid = {gid}
maildir_very_dirty_syncs = yes
imap_idle_notify_interval = 10s
mailbox_idle_check_interval = 1s
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/boxes/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def needed() -> None:
    """Skip the test where no Dovecot can be started."""
    peer("dovecot", "Dovecot", "dovecot-imapd")
    if os.geteuid() != 0:
        pytest.skip("Dovecot is started by root only: run this test as root")


def letter(number: int, subject: str = "") -> bytes:
    """A mail as a monitor writes it, each with a subject of its own."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "mon@shop.example", "alerts@ingestd.shop.example"
    mail["Subject"] = subject or f"PROBLEM: till-{number} is DOWN"
    mail["Message-ID"] = f"<{number}@mon.shop.example>"
    mail.set_content(f"till-{number} does not answer\n")
    return mail.as_bytes()


class Dovecot:
    """An instance with one user. ``kind`` is how mails are stored: maildir, or mdbox, which bears very many."""

    def __init__(self, kind: str = "maildir") -> None:
        # Not pytest's folder: its parents are closed to Dovecot's own accounts.
        self.home = Path(tempfile.mkdtemp(prefix="ingestd-dovecot-"))
        self.home.chmod(0o755)
        self.port, self.tls_port = free_port(), free_port()
        certificate(self.home)
        self._process: subprocess.Popen[bytes] | None = None
        self._delivered = 0
        owner = pwd.getpwnam(ACCOUNT)
        self.box = self.home / "boxes" / USER
        for folder in ("run", "state", "boxes", f"boxes/{USER}", *(f"boxes/{USER}/{n}" for n in ("tmp", "new", "cur"))):
            (self.home / folder).mkdir(mode=0o755)
            if folder.startswith("boxes"):
                shutil.chown(self.home / folder, ACCOUNT, ACCOUNT)
        (self.home / "conf").write_text(
            CONF.format(
                home=self.home,
                kind=kind,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                password=PASSWORD,
                port=self.port,
                tls_port=self.tls_port,
            )
        )

    def start(self) -> None:
        """Start it and wait until it greets."""
        with (self.home / "start.log").open("ab") as said:
            command = [peer("dovecot", "Dovecot", "dovecot-imapd"), "-F", "-c", str(self.home / "conf")]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        try:
            until(self._greets, "Dovecot to start")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(self.home / 'start.log').read_text()}{self.log}") from error

    def end(self) -> None:
        """End the server and all its sessions; the mails stay."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # its sessions would outlive it
            self._process = None

    def stop(self) -> None:
        """End it with all its mails."""
        self.end()
        shutil.rmtree(self.home, ignore_errors=True)  # its processes may still be ending

    def deliver(self, mail: bytes, age: float = 0.0) -> None:
        """Lay a mail into the inbox, as if it had come ``age`` seconds ago."""
        self._delivered += 1
        name = f"{1_700_000_000 + self._delivered}.M{self._delivered}P{os.getpid()}.mon"
        written = self.box / "tmp" / name
        written.write_bytes(mail)
        shutil.chown(written, ACCOUNT, ACCOUNT)
        if age:
            then = written.stat().st_mtime - age
            os.utime(written, (then, then))
        written.rename(self.box / "new" / name)

    def fill(self, mails: Iterable[bytes]) -> None:
        """Put very many mails into the inbox at once, of whatever kind it is."""
        boxes = self.home / "import"
        boxes.mkdir(mode=0o755)
        with (boxes / "inbox").open("wb") as box:
            for mail in mails:
                box.write(f"From mon@shop.example {time.ctime()}\n".encode() + mail + b"\n")
        for path in (boxes, boxes / "inbox"):
            shutil.chown(path, ACCOUNT, ACCOUNT)
        command = [peer("doveadm", "Dovecot", "dovecot-imapd"), "-c", str(self.home / "conf"), "import", "-u", USER]
        source = f"mbox:{boxes}:INBOX={boxes}/inbox"
        subprocess.run([*command, source, "", "all"], check=True, capture_output=True)
        shutil.rmtree(boxes)

    def forget_uids(self) -> None:
        """Give the mailbox a new UIDVALIDITY, as after a restore; the server must be ended."""
        for path in self.box.glob("dovecot*"):
            path.unlink()
        (self.box / "dovecot-uidlist").write_text("3 V1999999999 N1 G0123456789abcdef0123456789abcdef\n")
        shutil.chown(self.box / "dovecot-uidlist", ACCOUNT, ACCOUNT)

    def session(self, mailbox: str = "INBOX") -> imaplib.IMAP4:
        """A client of the test's own, with a mailbox open."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        client.select(mailbox)
        return client

    def count(self, criteria: str = "ALL", mailbox: str = "INBOX") -> int:
        """Mails in a mailbox that fit IMAP search criteria; 0 if there is no such mailbox."""
        client = self.session(mailbox)
        try:
            return len(client.search(None, criteria)[1][0].split()) if client.state == "SELECTED" else 0
        finally:
            client.logout()

    @property
    def log(self) -> str:
        path = self.home / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _greets(self) -> bool:
        try:
            self.session().logout()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True
