"""A ``mail`` command for peers that send through one, and the queue behind it, which hands over by SMTP.

The command takes what mailx takes (``mail -a HEADER -s SUBJECT -r SENDER RECIPIENT... < text``) and lays it into a
folder; it needs a shell only, for peers run under accounts that may not read much. A thread of the test is the mail
server: what is put off, or finds nobody listening, it tries again until it is taken.
"""

import argparse
import smtplib
import threading
from email.utils import formatdate, make_msgid
from pathlib import Path

DOMAIN = "mon-1.trading.example"
SENDER = f"monitor@{DOMAIN}"
AGAIN = 0.1  # seconds

COMMAND = """#!/bin/sh
mail=$(mktemp {queue}/XXXXXXXX) && printf '%s\\0' "$@" >"$mail" && cat >"$mail.text" && mv "$mail" "$mail.whole"
"""


class Mailer:
    """The command in a folder of its own; ``port`` on loopback takes its mails."""

    def __init__(self, folder: Path, port: int) -> None:
        self._queue = folder / "queue"
        self._queue.mkdir(parents=True)
        self._queue.chmod(0o777)
        self.command = folder / "mail"
        self.command.write_text(COMMAND.format(queue=self._queue), "utf-8")
        self.command.chmod(0o755)
        self._port = port
        self._sent: list[bytes] = []
        self.put_off = 0  # how often a mail was not taken
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ends.set()
        self._thread.join()

    def sent(self, words: str = "") -> list[bytes]:
        """The mails that were taken and have these words in them, in that order."""
        return [mail for mail in self._sent if words.encode() in mail]

    def _run(self) -> None:
        while not self._ends.wait(AGAIN):
            for path in sorted(self._queue.glob("*.whole"), key=lambda path: path.stat().st_mtime_ns):
                if not self._hand_over(path):
                    break  # in their order, so that no recovery overtakes its problem

    def _hand_over(self, path: Path) -> bool:
        mail, recipients = compose(path.read_bytes(), path.with_suffix(".text").read_bytes())
        try:
            with smtplib.SMTP("127.0.0.1", self._port, timeout=5) as server:
                server.sendmail(SENDER, recipients, mail)
        except (OSError, smtplib.SMTPException):
            self.put_off += 1
            return False
        path.unlink()
        self._sent.append(mail)
        return True


def compose(words: bytes, text: bytes) -> tuple[bytes, list[str]]:
    """The mail that mailx writes for its arguments (each ends with a NUL), nothing encoded; and its recipients."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-a", dest="headers", action="append", default=[])
    parser.add_argument("-s", dest="subject", default="")
    parser.add_argument("-r", dest="sender", default=SENDER)
    parser.add_argument("recipients", nargs="+")
    said = parser.parse_args(words.decode("utf-8", "surrogateescape").split("\0")[:-1])
    sender = [] if any(line.lower().startswith("from:") for line in said.headers) else [f"From: {said.sender}"]
    lines = [*sender, *said.headers, f"To: {', '.join(said.recipients)}", f"Subject: {said.subject}"]
    lines += [f"Date: {formatdate(localtime=True)}", f"Message-ID: {make_msgid(domain=DOMAIN)}", "", ""]
    return "\n".join(lines).encode("utf-8", "surrogateescape") + text, said.recipients
