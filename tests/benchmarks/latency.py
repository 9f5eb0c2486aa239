"""How long a page takes from the mail or the webhook that it is about, with nothing held back.

"mail to mail": from the 250 after DATA to the end of DATA at the relay, distinct problems at a steady rate. "webhook to
webhook": from the POST to the webhook that comes of it, beside Alertmanager's (``group_wait: 0s``) where it is
installed, in turns of the same run. ingestd is a daemon of its own on SQLite (synchronous=FULL); who receives is one
process, who sends mails another. Every problem is a P1 of its own that one person is told of.
What the disk takes to sync is printed too; ``TMPDIR=/dev/shm`` shows what is left without it.

    python tests/benchmarks/latency.py [--seconds 20] [--rate 100] [--rounds 5] [--posts 100] [--json]
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage, free_port, prepare

NAME = re.compile(r"lat-\d{6}")
CONNECTIONS = 16
PAUSE = 0.05  # seconds between two POSTs: each finds nothing under way
PATIENCE = 30.0  # seconds for the last page
WARM = 20  # problems that are sent before any is timed
FORKED = multiprocessing.get_context("fork")
PEOPLE = """
version: 1
people:
  - {id: mia, name: Mia, mail: mia@ops.example}
  - {id: hook, name: Hook, contacts: [{channel: hook, address: all}]}
"""
ESCALATION = """
version: 1
policies:
  - {id: by-mail, steps: [{tell: ["person:mia"], wait: 8h}]}
  - {id: by-hook, steps: [{tell: ["person:hook"], wait: 8h}]}
routes:
  - {id: hooks, when: {source: prometheus}, policy: by-hook}
  - {id: mails, policy: by-mail}
"""
PRIORITY = "version: 1\noverrides:\n  - {id: all, when: {}, at_least: P1}\n"
CORRELATE = "version: 1\ntimes: {settle_symptom: 0s, settle_local: 0s, hold_extend: 0s}\n"
ALERTMANAGER = """
route: {{receiver: sink, group_by: [instance], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: sink, webhook_configs: [{{url: "{url}"}}]}}]
"""


class Heard(NamedTuple):
    """A page as the sink got it: which way, about what, and when."""

    way: str
    name: str
    at: float


# -- who receives


class Sink:
    """A relay for mail and a receiver of webhooks, in a process of its own."""

    def __init__(self) -> None:
        self.smtp, self.http = free_port(), free_port()
        self._ours, theirs = FORKED.Pipe()
        self._process = FORKED.Process(target=_receive, args=(self.smtp, self.http, theirs), daemon=True)
        self._process.start()
        self._ours.recv()  # it listens

    def count(self) -> int:
        """How many came since the last reading. Cheap: it may be asked while letters are on their way."""
        self._ours.send("how many")
        found: int = self._ours.recv()
        return found

    def heard(self) -> list[Heard]:
        """What came since the last reading. Nothing is received while it is read: ask when all is there."""
        self._ours.send("what")
        found: list[Heard] = self._ours.recv()
        return found

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()


def _receive(smtp: int, http: int, asked: Connection) -> None:
    raw: list[tuple[str, bytes, float]] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                letter = await reader.readuntil(b"\r\n.\r\n")
                raw.append(("mail", letter, time.monotonic()))
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        writer.close()

    async def hook(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            _, body = await _rest(reader)
            raw.append((line.split()[1].decode().strip("/"), body, time.monotonic()))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    def tell() -> None:
        if asked.recv() == "how many":
            asked.send(len(raw))
            return
        asked.send([Heard(way, _named(way, body), at) for way, body, at in raw])
        raw.clear()

    async def run() -> None:
        await asyncio.start_server(relay, "127.0.0.1", smtp, limit=1 << 20)
        await asyncio.start_server(hook, "127.0.0.1", http, limit=1 << 20)
        asyncio.get_running_loop().add_reader(asked.fileno(), tell)
        asked.send("listening")
        await asyncio.Event().wait()

    asyncio.run(run())


def _named(way: str, body: bytes) -> str:
    """The node that a page speaks of."""
    text = body.decode("utf-8", "replace")
    if way == "mail":
        text = str(message_from_bytes(body, policy=policy.default)["Subject"])
    found = NAME.search(text)
    return found[0] if found else ""


async def _rest(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Headers and body of an HTTP message: how long the body is, and the body."""
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return length, await reader.readexactly(length)


# -- who sends


def mails(port: int, names: list[str], rate: float, out: Connection) -> None:
    """Send a mail about each at a steady rate; answers when each was accepted."""
    accepted: dict[str, float] = {}

    async def run() -> None:
        began = time.monotonic() + 0.2
        due = iter([(began + n / rate, name) for n, name in enumerate(names)])
        await asyncio.gather(*(_speak(port, due, accepted) for _ in range(CONNECTIONS)))

    asyncio.run(run())
    out.send(accepted)


async def _speak(port: int, due: Iterator[tuple[float, str]], accepted: dict[str, float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()

    async def say(line: bytes) -> None:
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        assert answer[:1] in b"23", answer

    await say(b"EHLO bench\r\n")
    for at, name in due:
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        for line in (b"MAIL FROM:<nagios@mon.example>\r\n", b"RCPT TO:<alerts@ops.example>\r\n", b"DATA\r\n"):
            await say(line)
        await say(_mail(name))
        accepted[name] = time.monotonic()
    writer.close()


def _mail(name: str) -> bytes:
    """A Nagios mail."""
    text = (
        f"From: nagios@mon.example\nTo: alerts@ops.example\n"
        f"Subject: ** PROBLEM Service Alert: {name}/Disk is CRITICAL **\nMessage-ID: <{name}@mon.example>\n\n"
        f"***** Nagios *****\n\nNotification Type: PROBLEM\n\nService: Disk\nHost: {name}\nAddress: 10.0.0.1\n"
        f"State: CRITICAL\n\nDate/Time: now\n\nAdditional Info:\n\ndisk full\n"
    )
    return text.replace("\n", "\r\n").encode() + b".\r\n"


async def posts(port: int, head: str, bodies: dict[str, bytes]) -> dict[str, float]:
    """Post one after the other; when each was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent: dict[str, float] = {}
    for name, body in bodies.items():
        sent[name] = time.monotonic()
        writer.write(f"{head}Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        writer.write(body)
        answer = await reader.readline()
        assert b" 200 " in answer, answer
        await _rest(reader)
        await asyncio.sleep(PAUSE)
    writer.close()
    return sent


def to_ingestd(name: str) -> bytes:
    """The body that Alertmanager would send."""
    alert = {**_alert(name), "status": "firing", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": name}
    return json.dumps({"version": "4", "status": "firing", "receiver": "x", "alerts": [alert]}).encode()


def to_alertmanager(name: str) -> bytes:
    """The body that Prometheus would send."""
    return json.dumps([_alert(name)]).encode()


def _alert(name: str) -> dict[str, object]:
    return {
        "labels": {"alertname": "DiskFull", "instance": f"{name}:9100", "severity": "critical", "job": "node"},
        "annotations": {"summary": f"the disk of {name} is full"},
        "startsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "generatorURL": "http://prometheus.example:9090/graph",
    }


# -- the parties


def site(folder: Path, sink: Sink, nodes: int) -> Stage:
    """The demo's site with nodes that have nothing to do with one another, and two people to tell."""
    stage = prepare(folder)
    names = [f"  - {{id: lat-{n:06d}, kind: server}}" for n in range(nodes)]
    (folder / "topology.yaml").write_text("version: 1\nnodes:\n" + "\n".join(names) + "\n")
    for name, text in (("correlate", CORRELATE), ("priority", PRIORITY), ("escalation", ESCALATION)):
        (folder / "rules" / f"{name}.yaml").write_text(text)
    (folder / "people.yaml").write_text(PEOPLE)
    settings = stage.config.read_text().replace("person:wu", "person:mia")
    ways = (
        f"mail: {{sender: ingestd@ops.example, host: 127.0.0.1, port: {sink.smtp}}}\n"
        f'channels: {{hook: {{type: webhook, url: "http://127.0.0.1:{sink.http}/ingestd"}}}}\n'
    )
    stage.config.write_text(re.sub(r"maildir: .*\n", ways, settings))
    return stage


@contextmanager
def alertmanager(folder: Path, sink: Sink) -> Iterator[int]:
    """Alertmanager's port; 0: it is not installed."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        yield 0
        return
    config, port = folder / "alertmanager.yml", free_port()
    config.write_text(ALERTMANAGER.format(url=f"http://127.0.0.1:{sink.http}/alertmanager"))
    words = (f"--config.file={config}", f"--storage.path={folder / 'am'}", "--cluster.listen-address=")
    command = [program, *words, f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "alertmanager.log").open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as peer:
        try:
            _ready(f"http://127.0.0.1:{port}/-/ready")
            yield port
        finally:
            peer.terminate()


def _ready(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


# -- the measure


def waits(sink: Sink, way: str, sent: dict[str, float]) -> list[float]:
    """Seconds from each that was sent to its page; waits for the last one."""
    end = time.monotonic() + PATIENCE
    while sink.count() < len(sent) and time.monotonic() < end:
        time.sleep(0.05)
    took: dict[str, float] = {}
    for page in sink.heard():
        if page.way == way and page.name in sent:
            took.setdefault(page.name, page.at - sent[page.name])
    return list(took.values())


def figures(sent: int, took: list[float]) -> dict[str, float]:
    """What is printed of one way."""
    most = sorted(took) or [float("nan")]
    return {
        "sent": sent,
        "paged": len(took),
        "p50 ms": round(1000 * statistics.median(most), 2),
        "p99 ms": round(1000 * most[min(len(most) - 1, len(most) * 99 // 100)], 2),
        "max ms": round(1000 * most[-1], 2),
    }


def webhooks(stage: Stage, sink: Sink, peer: int, rounds: int, count: int) -> dict[str, dict[str, float]]:
    """Both in turns."""
    ours = f"POST /webhooks/prometheus HTTP/1.1\r\nX-Ingestd-Token: {stage.webhook_token}\r\n"
    parties = [("ingestd", stage.http, ours, to_ingestd)]
    parties += [("alertmanager", peer, "POST /api/v2/alerts HTTP/1.1\r\n", to_alertmanager)] if peer else []
    took: dict[str, list[float]] = {name: [] for name, *_ in parties}
    first = 0
    for turn in range(-1, rounds):
        names = [f"lat-{n:06d}" for n in range(first, first + (count if turn >= 0 else WARM))]
        first += len(names)
        for party, port, head, body in parties:
            sent = asyncio.run(posts(port, head, {name: body(name) for name in names}))
            pages = waits(sink, party, sent)
            took[party] += pages if turn >= 0 else []
    found = {f"webhook to webhook, {party}": figures(rounds * count, some) for party, some in took.items()}
    if peer:
        ratio = statistics.median(took["ingestd"]) / statistics.median(took["alertmanager"])
        found["webhook to webhook, ingestd"]["p50 to Alertmanager's"] = round(ratio, 2)
    return found


def by_mail(stage: Stage, sink: Sink, first: int, count: int, rate: float) -> dict[str, float]:
    """Mails at a steady rate."""
    names = [f"lat-{n:06d}" for n in range(first, first + WARM + count)]
    for some in (names[:WARM], names[WARM:]):
        ours, theirs = FORKED.Pipe()
        sender = FORKED.Process(target=mails, args=(stage.smtp, some, rate, theirs))
        sender.start()
        sent: dict[str, float] = ours.recv()
        sender.join()
        took = waits(sink, "mail", sent)
    return figures(count, took)


def sync(folder: Path) -> dict[str, float]:
    """What the disk takes to sync a page of 4 KiB. ingestd's pages wait for three commits, Alertmanager's for none."""
    took = []
    with (folder / "sync").open("wb") as file:
        for _ in range(50):
            file.write(bytes(4096))
            file.flush()
            began = time.monotonic()
            os.fdatasync(file.fileno())
            took.append(time.monotonic() - began)
    return {"p50 ms": round(1000 * statistics.median(took), 2), "max ms": round(1000 * max(took), 2)}


def run(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Every figure, by what it is of."""
    hooks, letters = WARM + args.rounds * args.posts, max(1, round(args.seconds * args.rate))
    with tempfile.TemporaryDirectory(prefix="ingestd-bench-") as name:
        folder, sink = Path(name), Sink()
        stage = site(folder / "site", sink, hooks + WARM + letters)
        daemon = Daemon(stage)
        try:
            found = {"fdatasync here": sync(folder)}
            with alertmanager(folder, sink) as peer:
                daemon.start()
                found |= webhooks(stage, sink, peer, args.rounds, args.posts)
            found[f"mail to mail, {args.rate:g} a second"] = by_mail(stage, sink, hooks, letters, args.rate)
        finally:
            daemon.stop()
            sink.stop()
    return found


def main() -> int:
    """Print the figures; 1: a page is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=100, help="mails a second")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--posts", type=int, default=100, help="webhooks to each in a round")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = run(args)
    for name, row in found.items():
        print(json.dumps({name: row}) if args.json else f"{name:34s} " + "  ".join(f"{k} {v}" for k, v in row.items()))
    return int(any(row.get("paged", 0) < row.get("sent", 0) for row in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
