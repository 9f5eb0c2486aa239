"""Debian's Prometheus, its alertmanager_config pointed at us, and amtool reading what it sent."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers import prometheus
from tests.peers.prometheus import SUMMARY, Prometheus
from tests.peers.site import Site, peer, until

ADAPTER = "prometheus_api_v2_alerts"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    peer(*prometheus.PROGRAM)
    running = Site(tmp_path / "site", sources=(ADAPTER,))
    try:
        running.daemon.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def source(tmp_path: Path, site: Site) -> Iterator[Prometheus]:
    one = Prometheus(tmp_path / "prometheus", site.stage)
    one.start(firing=True)
    yield one
    one.stop()


def amtool(site: Site, *words: str, token: str = "") -> subprocess.CompletedProcess[str]:
    program = peer("amtool", "amtool", "prometheus-alertmanager")
    url = f"http://lin:{token or site.stage.personal_token}@127.0.0.1:{site.stage.http}"
    return subprocess.run(
        [program, f"--alertmanager.url={url}", *words], capture_output=True, text=True, timeout=30, check=False
    )


def listed(site: Site, *words: str) -> list[dict[str, Any]]:
    ran = amtool(site, *words, "--output=json")
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def test_what_prometheus_sends_opens_an_incident_and_ends_it(site: Site, source: Prometheus) -> None:
    (alert,) = site.the_incident("triggered")["alerts"]
    assert (alert["node"], alert["check"], alert["severity"]) == ("inventory-db", "InstanceDown", "critical")
    assert (alert["summary"], alert["ends"]["how"]) == (SUMMARY, "ends_at")
    until(lambda: site.alerts()[0]["count"] > 2, "repeats")
    source.fire(firing=False)
    assert site.the_incident("resolved")["alerts"][0]["state"] == "resolved"


def test_an_alert_of_a_prometheus_that_died_ends_when_it_said(site: Site, source: Prometheus) -> None:
    site.the_incident("triggered")
    source.kill()
    site.daemon.kill()  # and the time it named holds across a restart
    site.daemon.start()
    (alert,) = site.the_incident("resolved")["alerts"]
    assert alert["state"] == "resolved"


def test_amtool_lists_alerts_and_makes_a_silence(site: Site, source: Prometheus) -> None:
    site.the_incident("triggered")
    (alert,) = listed(site, "alert", "query", "alertname=InstanceDown")
    assert alert["labels"]["instance"] == "inventory-db.trading.example:9187"
    assert alert["status"]["state"] == "active"
    made = amtool(
        site, "silence", "add", "alertname=InstanceDown", "instance=~inventory.*", "--comment=moving", "--duration=1h"
    )
    assert made.returncode == 0, made.stderr
    (silence,) = listed(site, "silence", "query")
    assert (silence["id"], silence["comment"], silence["createdBy"]) == (made.stdout.strip(), "moving", "lin")
    until(lambda: site.incidents()[0]["incident"]["suppressed"], "the incident to be hidden")
    assert listed(site, "alert", "query") == []
    (hidden,) = listed(site, "alert", "query", "--silenced")
    assert hidden["status"]["silencedBy"] == [silence["id"]]
    assert amtool(site, "silence", "expire", silence["id"]).returncode == 0
    until(lambda: not site.incidents()[0]["incident"]["suppressed"], "the incident to be shown again")
    assert listed(site, "silence", "query") == []
    (over,) = listed(site, "silence", "query", "--expired")
    assert over["status"]["state"] == "expired"


def test_amtool_without_a_persons_token_silences_nothing(site: Site) -> None:
    ran = amtool(site, "silence", "add", "alertname=x", "--comment=x", token=site.stage.webhook_token)
    assert ran.returncode != 0
    assert listed(site, "silence", "query") == []
