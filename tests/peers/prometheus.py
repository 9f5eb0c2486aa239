"""A Prometheus of our own that evaluates one rule a second and sends to ingestd as to an Alertmanager."""

import signal
import subprocess
from pathlib import Path
from typing import IO

import httpx
import yaml

from ingestd.demo.site import Stage, free_port
from tests.peers.site import peer, until

PROGRAM = ("prometheus", "Prometheus", "prometheus")
LABELS = {"instance": "inventory-db.trading.example:9187", "severity": "critical"}
SUMMARY = "inventory-db has not answered for one minute"


class Prometheus:
    """One process; what it says goes to ``prometheus.log`` in its folder."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        folder.mkdir()
        self._folder = folder
        self._port = free_port()
        self._rules = folder / "rules.yml"
        (folder / "prometheus.yml").write_text(yaml.safe_dump(_config(stage, self._rules)), "utf-8")
        self._log: IO[bytes] = (folder / "prometheus.log").open("wb")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, firing: bool) -> None:
        """Start it and wait until it evaluates its rule."""
        self._write_rule(firing)
        command = [
            peer(*PROGRAM),
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--rules.alert.resend-delay=1s",
        ]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        try:
            until(self._ready, "Prometheus to start")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from error

    def fire(self, *, firing: bool) -> None:
        """Change the rule, so that its alert fires or ends."""
        self._write_rule(firing)
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """It is gone without a word."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)
        self._log.close()

    @property
    def log(self) -> str:
        return (self._folder / "prometheus.log").read_text("utf-8", "replace")

    def _ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self._port}/-/ready").is_success
        except httpx.HTTPError:
            return False

    def _write_rule(self, firing: bool) -> None:
        rule = {
            "alert": "InstanceDown",
            "expr": f"vector({int(firing)}) == 1",
            "labels": LABELS,
            "annotations": {"summary": SUMMARY},
        }
        self._rules.write_text(yaml.safe_dump({"groups": [{"name": "up", "rules": [rule]}]}), "utf-8")


def _config(stage: Stage, rules: Path) -> dict[str, object]:
    """As docs/webhooks.md has it."""
    ingestd = {
        "static_configs": [{"targets": [f"127.0.0.1:{stage.http}"]}],
        "authorization": {"credentials": stage.webhook_token},
    }
    return {
        "global": {"evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [ingestd]},
    }
