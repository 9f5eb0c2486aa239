"""What a daemon is like while very many alerts are open: memory, queries, metrics, start-up, and what it does idle.

A daemon of its own on SQLite and loopback is sent so many alerts; then each figure is taken by itself. Where Debian's
Alertmanager is installed it is sent the same, and asked the same, in the same run.

    python tests/benchmarks/open_alerts.py [--alerts 100000] [--alone] [--json]
"""

import argparse
import json
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage
from tests.benchmarks.throughput import body, load, metric, post, site
from tests.peers.alertmanager import Alertmanager

ASKED = 200  # times each question
IDLE = 5.0  # seconds


def fill(stage: Stage, count: int) -> float:
    """So many alerts, new and each of its own; returns how many a second were understood and committed."""
    began = time.perf_counter()
    out: multiprocessing.Queue[tuple[float, list[float]]] = multiprocessing.Queue()
    bodies = [body(first, 100) for first in range(0, count, 100)]
    sender = multiprocessing.Process(target=load, args=(stage, post, bodies, 16, out))
    sender.start()
    out.get()
    sender.join()
    while metric(stage, "ingestd_engine_queue"):
        time.sleep(0.1)
    return count / (time.perf_counter() - began)


def resident(pid: int) -> float:
    """MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def busy(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def took(ask: Callable[[], object], times: int = ASKED) -> dict[str, float]:
    """Milliseconds: of the first answer, and of those after it."""
    found = []
    for _ in range(times + 1):
        began = time.perf_counter()
        ask()
        found.append(1000 * (time.perf_counter() - began))
    rest = sorted(found[1:])
    return {
        "first ms": round(found[0], 1),
        "p50 ms": round(statistics.median(rest), 1),
        "p99 ms": round(rest[-1 - times // 100], 1),
    }


def get(url: str, token: str = "") -> Callable[[], bytes]:
    """A question over a connection of its own."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})

    def ask() -> bytes:
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())

    return ask


def ours(count: int) -> Iterator[tuple[str, dict[str, float]]]:
    """The figures of ingestd."""
    with tempfile.TemporaryDirectory(prefix="ingestd-bench-") as folder:
        stage = site(Path(folder))
        daemon = Daemon(stage)
        daemon.start()
        try:
            yield "with nothing open", {"MiB": round(resident(daemon.pid))}
            yield "filled", {"alerts/s": round(fill(stage, count)), "MiB": round(resident(daemon.pid))}
            one = urllib.parse.urlencode({"filter": 'instance="srv-00042:9100"'})
            yield "alerts of one host", took(get(f"{stage.url}/api/v2/alerts?{one}", stage.personal_token))
            yield "open incidents", took(get(f"{stage.url}/api/v1/incidents", stage.personal_token))
            yield "metrics", took(get(f"{stage.url}/metrics"))
            before = busy(daemon.pid)
            time.sleep(IDLE)
            yield "idle", {"% of a core": round(100 * (busy(daemon.pid) - before) / IDLE, 2)}
            daemon.kill()
            began = time.perf_counter()
            daemon.start()
            yield "from kill -9 to ready", {"s": round(time.perf_counter() - began, 2)}
            yield "after it", {"MiB": round(resident(daemon.pid))}
        finally:
            daemon.stop()


def theirs(count: int) -> Iterator[tuple[str, dict[str, float]]]:
    """The figures of Alertmanager."""
    with _alertmanager() as peer:
        bodies = [as_posted(body(first, 100)) for first in range(0, count, 100)]
        began = time.perf_counter()
        for one in bodies:
            request = urllib.request.Request(f"{peer.url}/api/v2/alerts", one, {"Content-Type": "application/json"})
            urllib.request.urlopen(request).close()
        yield "filled", {"alerts/s": round(count / (time.perf_counter() - began)), "MiB": round(resident(peer.pid))}
        query = urllib.parse.urlencode({"filter": 'instance="srv-00042:9100"'})
        yield "alerts of one host", took(get(f"{peer.url}/api/v2/alerts?{query}"), 5)
        yield "metrics", took(get(f"{peer.url}/metrics"), 5)
        yield "after it", {"MiB": round(resident(peer.pid))}


def as_posted(webhook: bytes) -> bytes:
    """The alerts of a webhook's body as Prometheus posts them."""
    return json.dumps(
        [
            {key: one[key] for key in ("labels", "annotations", "generatorURL")} | {"endsAt": "2036-01-01T00:00:00Z"}
            for one in json.loads(webhook)["alerts"]
        ]
    ).encode()


@contextmanager
def _alertmanager() -> Iterator[Alertmanager]:
    with tempfile.TemporaryDirectory(prefix="ingestd-bench-") as folder:
        peer = Alertmanager(Path(folder) / "peer", {})
        peer.start()
        try:
            yield peer
        finally:
            peer.stop()


def main() -> int:
    """Print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--alone", action="store_true", help="without Alertmanager")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    sides = {"ingestd": ours}
    if not args.alone and shutil.which("prometheus-alertmanager"):
        sides["alertmanager"] = theirs
    for side, figures in sides.items():
        for name, row in figures(args.alerts):
            shown = "  ".join(f"{key} {value:,}" for key, value in row.items())
            print(json.dumps({f"{side}: {name}": row}) if args.json else f"{side:13} {name:24} {shown}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
