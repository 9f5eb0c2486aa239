"""A Prometheus Alertmanager of our own that notifies ingestd at once, by webhook, by mail, or both."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import httpx
import yaml

from ingestd.demo.site import Stage, free_port
from tests.peers.site import peer, until

PROGRAM = ("prometheus-alertmanager", "Alertmanager", "prometheus-alertmanager")
MAIL = "alerts@ingestd.trading.example"


def by_webhook(stage: Stage) -> dict[str, object]:
    """A receiver as docs/webhooks.md has it."""
    hook = {
        "url": f"{stage.url}/webhooks/prometheus",
        "send_resolved": True,
        "http_config": {"authorization": {"credentials": stage.webhook_token}},
    }
    return {"webhook_configs": [hook]}


def by_mail(stage: Stage) -> dict[str, object]:
    """A receiver with the mail template that Alertmanager brings along."""
    mail = {
        "to": MAIL,
        "from": "alertmanager@mon-1.trading.example",
        "smarthost": f"127.0.0.1:{stage.smtp}",
        "require_tls": False,
        "send_resolved": True,
    }
    return {"email_configs": [mail]}


class Alertmanager:
    """One process, in no cluster; what it says goes to ``alertmanager.log`` in its folder."""

    def __init__(self, folder: Path, receiver: dict[str, object]) -> None:
        folder.mkdir()
        self._folder = folder
        self._config = folder / "alertmanager.yml"
        self._config.write_text(yaml.safe_dump(_config(receiver)), "utf-8")
        self.port = free_port()
        self._log: IO[bytes] = (folder / "alertmanager.log").open("wb")
        self._process: subprocess.Popen[bytes] | None = None
        self._web = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    def start(self) -> None:
        """Start it and wait until it takes alerts."""
        command = [
            peer(*PROGRAM),
            f"--config.file={self._config}",
            f"--storage.path={self._folder / 'storage'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        try:
            until(self._ready, "Alertmanager to start")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from error

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
        self._web.close()
        self._log.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of its process; it runs."""
        assert self._process is not None
        return self._process.pid

    def post(self, labels: dict[str, str], summary: str, *, over: bool = False) -> None:
        """Tell it of an alert as Prometheus does: it fires until its end, which lies ahead unless it is over."""
        now = datetime.now(UTC)
        alert = {
            "labels": labels,
            "annotations": {"summary": summary},
            "generatorURL": "http://prometheus.trading.example:9090/graph?g0.expr=up",
            "endsAt": (now - timedelta(seconds=1) if over else now + timedelta(minutes=5)).isoformat(),
        }
        if not over:
            alert["startsAt"] = (now - timedelta(minutes=1)).isoformat()
        self._web.post("/api/v2/alerts", json=[alert]).raise_for_status()

    @property
    def log(self) -> str:
        return (self._folder / "alertmanager.log").read_text("utf-8", "replace")

    def _ready(self) -> bool:
        try:
            return self._web.get("/-/ready").is_success
        except httpx.HTTPError:
            return False


def _config(receiver: dict[str, object]) -> dict[str, object]:
    return {
        "route": {
            "receiver": "ingestd",
            "group_by": ["alertname"],
            "group_wait": "0s",
            "group_interval": "1s",
            "repeat_interval": "1h",
        },
        "receivers": [{"name": "ingestd", **receiver}],
    }
