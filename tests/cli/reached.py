"""A daemon of the tests' own behind the command line."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ingestd.cli import client as clients
from ingestd.cli.client import Client

SITE = "mail: {host: relay.example, sender: a@b.example}\nlast_resort: [ann]\ntimezone: Asia/Shanghai\n"


def reach(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    daemon: Callable[[httpx.Request], httpx.Response],
    *,
    columns: int,
) -> None:
    """Every client of this test talks to ``daemon``, from a folder with a site, in a terminal so wide."""
    usual = clients.Client.__init__

    def connected(self: Client, url: str, token: str) -> None:
        usual(self, url, token, httpx.MockTransport(daemon))

    monkeypatch.chdir(folder)
    (folder / "ingestd.yaml").write_text(SITE)
    monkeypatch.setattr(clients.Client, "__init__", connected)
    monkeypatch.setenv("INGESTD_URL", "http://daemon")
    monkeypatch.setenv("INGESTD_TOKEN", "ann-token")
    monkeypatch.setenv("COLUMNS", str(columns))
