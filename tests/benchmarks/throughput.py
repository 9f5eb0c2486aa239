"""Durable mails/s and webhook alerts/s through the whole pipeline, and what intake latency does meanwhile.

A daemon of its own on SQLite (synchronous=FULL) and loopback; the senders are processes of their own. Every mail is
answered 250, every body 200, after its commit. ``accepted/s`` is what the senders saw, ``stepped/s`` until the engine
had decided and committed all of it. Latency is that of single small webhooks: alone, beside the load ("others": the
senders take a core of their own), and after it while the engine still works on what it accepted ("behind").

    python tests/benchmarks/throughput.py [--alerts 20000] [--mails 4000] [--json]
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage, prepare

NODES = 5000
CONNECTIONS = 32


def site(folder: Path) -> Stage:
    """The demo's site with a switch that 5,000 servers hang on: the storm is one incident, not 5,000 pages."""
    stage = prepare(folder)
    nodes = ["  - {id: big-sw, kind: switch, owner: network}"]
    nodes += [f"  - {{id: srv-{n:05d}, depends_on: [big-sw], owner: systems}}" for n in range(NODES)]
    (folder / "topology.yaml").write_text("version: 1\nnodes:\n" + "\n".join(nodes) + "\n")
    (folder / "rules" / "correlate.yaml").unlink()
    return stage


def body(first: int, count: int) -> bytes:
    """``count`` alerts in Alertmanager's shape, each on a server and check of its own."""
    alerts = [
        {
            "status": "firing",
            "labels": {
                "alertname": f"PortDown{n // NODES}",
                "instance": f"srv-{n % NODES:05d}:9100",
                "severity": "critical",
                "job": "node",
                "team": "ops",
            },
            "annotations": {
                "summary": f"port of srv-{n % NODES:05d} does not answer: connection timed out",
                "description": "x" * 300,
            },
            "startsAt": "2026-11-25T01:00:05Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example:9090/graph",
            "fingerprint": f"{n:016x}",
        }
        for n in range(first, first + count)
    ]
    return json.dumps(
        {
            "version": "4",
            "status": "firing",
            "receiver": "x",
            "groupKey": "{}",
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "http://am",
            "alerts": alerts,
        }
    ).encode()


def the_switch() -> bytes:
    """The cause of the storm."""
    down = json.loads(body(0, 1))
    labels = {"alertname": "HostDown", "instance": "big-sw", "severity": "critical"}
    down["alerts"][0] |= {"labels": labels, "annotations": {"summary": "big-sw is unreachable"}, "fingerprint": "sw"}
    return json.dumps(down).encode()


def mail(n: int) -> bytes:
    """A Nagios mail of about 2 KiB."""
    host = f"srv-{n % NODES:05d}"
    text = (
        f"***** Nagios *****\n\nNotification Type: PROBLEM\n\nService: HTTP {n // NODES}\nHost: {host}\nAddress: 10.0.0.1\nState: CRITICAL\n\nDate/Time: now\n\nAdditional Info:\n\nconnection timed out {n}\n"
        + "padding padding padding\n" * 60
    )
    head = f"From: nagios@mon\nTo: alerts@x\nSubject: ** PROBLEM Service Alert: {host}/HTTP {n // NODES} is CRITICAL **\nMessage-ID: <{n}@mon>\n\n"
    return (head + text).replace("\n", "\r\n").encode() + b".\r\n"


async def post(stage: Stage, bodies: asyncio.Queue[bytes], took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.http)
    head = (
        f"POST /webhooks/prometheus HTTP/1.1\r\nHost: x\r\nX-Ingestd-Token: {stage.webhook_token}\r\nContent-Length: "
    )
    while not bodies.empty():
        sent = bodies.get_nowait()
        began = time.perf_counter()
        writer.write(f"{head}{len(sent)}\r\n\r\n".encode() + sent)
        status = await reader.readline()
        assert b" 200 " in status, status
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
    writer.close()


async def smtp(stage: Stage, mails: asyncio.Queue[bytes], took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.smtp)
    await reader.readline()

    async def say(line: bytes) -> bytes:
        writer.write(line)
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        return answer

    await say(b"EHLO bench\r\n")
    while not mails.empty():
        sent = mails.get_nowait()
        began = time.perf_counter()
        await say(b"MAIL FROM:<nagios@mon>\r\n")
        await say(b"RCPT TO:<alerts@x>\r\n")
        await say(b"DATA\r\n")
        answer = await say(sent)
        assert answer.startswith(b"250"), answer
        took.append(time.perf_counter() - began)
    writer.close()


Client = Callable[[Stage, "asyncio.Queue[bytes]", list[float]], Awaitable[None]]


def load(
    stage: Stage,
    client: Client,
    items: list[bytes],
    connections: int,
    out: "multiprocessing.Queue[tuple[float, list[float]]]",
) -> None:
    """One sender process: seconds it took, and each answer's latency."""

    async def run() -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        for item in items:
            queue.put_nowait(item)
        took: list[float] = []
        began = time.perf_counter()
        await asyncio.gather(*(client(stage, queue, took) for _ in range(connections)))
        out.put((time.perf_counter() - began, took))

    asyncio.run(run())


def metric(stage: Stage, name: str) -> float:
    with urllib.request.urlopen(f"{stage.url}/metrics") as answer:
        text = answer.read().decode()
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


def measure(stage: Stage, client: Client, items: list[bytes], units: int, probe: list[bytes]) -> dict[str, float]:
    """Send, wait until the engine has nothing left, and probe the latency of others meanwhile."""
    out: multiprocessing.Queue[tuple[float, list[float]]] = multiprocessing.Queue()
    began = time.perf_counter()
    sender = multiprocessing.Process(target=load, args=(stage, client, items, CONNECTIONS, out))
    sender.start()
    busy: list[float] = []
    lag = 0.0
    while sender.is_alive():
        busy += latency(stage, probe)
        lag = max(lag, metric(stage, "ingestd_pipeline_lag_seconds"))
        if not out.empty():
            break
    seconds, took = out.get()
    sender.join()
    behind: list[float] = []
    while metric(stage, "ingestd_engine_queue"):
        behind += latency(stage, probe)
    stepped = time.perf_counter() - began
    return {
        "accepted/s": round(units / seconds),
        "stepped/s": round(units / stepped),
        "p50 ms": round(1000 * statistics.median(took), 2),
        "p99 ms": p99(took),
        "worst lag s": round(lag, 2),
        "others p50 ms": round(1000 * statistics.median(busy), 2),
        "others p99 ms": p99(busy),
        **(
            {"behind p50 ms": round(1000 * statistics.median(behind), 2), "behind p99 ms": p99(behind)}
            if behind
            else {}
        ),
    }


def p99(seconds: list[float]) -> float:
    return round(1000 * (statistics.quantiles(seconds, n=100)[98] if len(seconds) > 2 else max(seconds)), 2)


def latency(stage: Stage, items: list[bytes]) -> list[float]:
    took: list[float] = []

    async def run() -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        for item in items:
            queue.put_nowait(item)
        await post(stage, queue, took)

    asyncio.run(run())
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=20000)
    parser.add_argument("--mails", type=int, default=4000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingestd-bench-") as folder:
        stage = site(Path(folder))
        daemon = Daemon(stage)
        daemon.start()
        try:
            figures = run(stage, args.alerts, args.mails)
        finally:
            daemon.stop()
    for name, row in figures.items():
        print(json.dumps({name: row}) if args.json else f"{name:28s} " + "  ".join(f"{k} {v}" for k, v in row.items()))
    return 0


def run(stage: Stage, alerts: int, mails: int) -> dict[str, dict[str, float]]:
    probe = [the_switch()] * 20
    alone = latency(stage, probe * 10)
    figures = {
        "one small webhook, idle": {
            "p50 ms": round(1000 * statistics.median(alone), 2),
            "p99 ms": round(1000 * statistics.quantiles(alone, n=100)[98], 2),
        }
    }
    hundred = [body(first, 100) for first in range(0, alerts, 100)]
    figures["webhook, bodies of 100, new"] = measure(stage, post, hundred, alerts, probe)
    figures["webhook, bodies of 100, again"] = measure(stage, post, hundred, alerts, probe)
    ones = [body(first, 1) for first in range(alerts, alerts + alerts // 4)]
    figures["webhook, bodies of 1, new"] = measure(stage, post, ones, len(ones), probe)
    figures["mail, 2 KiB"] = measure(stage, smtp, [mail(n) for n in range(mails)], mails, probe)
    return figures


if __name__ == "__main__":
    raise SystemExit(main())
