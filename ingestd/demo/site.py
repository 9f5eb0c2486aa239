"""A site for the demo: the sample site on free ports in a folder of its own, with shortened waits."""

import hashlib
import secrets
import shutil
import socket
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from ingestd.config import SHIPPED_RULES

PORTS = range(10_000, 32_000)
_given: set[int] = set()
#: Seconds instead of minutes: what takes a morning is over in half a minute.
CORRELATE = """
version: 1
times:
  settle_symptom: 4s
  settle_local: 2s
  hold_extend: 1s
  hold_max: 8s
  cooling: 2s
  linger: 1s
  leftover: 3s
"""
POLICY = """
version: 1
policies:
  - id: urgent
    steps:
      - {tell: [owner], wait: 5s}
      - {tell: ["team:network", "team:systems"], wait: 60s, kind: functional}
      - {tell: [manager, "person:wu"], wait: 15m, kind: hierarchic}
    resolve_within: {P1: 1h, P2: 4h}
    unresolved:
      - {tell: [manager, "person:wu"], wait: 1h, kind: hierarchic}
  - id: by-mail
    steps:
      - {tell: [owner], wait: 30m}
    insist: false
routes:
  - {id: desk, when: {report: true, class: local}, policy: by-mail, team: desktop}
"""


class Stage(Struct, frozen=True, kw_only=True):
    """Where everything is."""

    folder: Path
    config: Path
    mails: Path
    smtp: int
    http: int
    webhook_token: str
    personal_token: str

    @property
    def url(self) -> str:
        """The daemon's address."""
        return f"http://127.0.0.1:{self.http}"


def prepare(folder: Path) -> Stage:
    """Write the site into ``folder``."""
    sample = SHIPPED_RULES.parent / "config"
    shutil.copytree(sample, folder, dirs_exist_ok=True)
    stage = Stage(
        folder=folder,
        config=folder / "ingestd.yaml",
        mails=folder / "mails",
        smtp=free_port(),
        http=free_port(),
        webhook_token=secrets.token_urlsafe(16),
        personal_token=secrets.token_urlsafe(16),
    )
    (folder / "rules" / "correlate.yaml").write_text(CORRELATE, "utf-8")
    (folder / "rules" / "escalation.yaml").write_text(POLICY, "utf-8")
    people = (folder / "people.yaml").read_text("utf-8")
    digest = hashlib.sha256(stage.personal_token.encode()).hexdigest()
    known = people.replace("{id: lin,", f'{{id: lin, tokens: ["sha256:{digest}"],', 1)
    (folder / "people.yaml").write_text(known, "utf-8")
    stage.config.write_text(_settings(stage), "utf-8")
    return stage


def free_port() -> int:
    """A TCP port that nobody uses now, below those that systems give to clients, and another one each time."""
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


def _settings(stage: Stage) -> str:
    return f"""
version: 1
state: {stage.folder / "state"}
listen:
  smtp: {{port: {stage.smtp}}}
  http: {{port: {stage.http}}}
public_url: {stage.url}
timezone: Asia/Shanghai
sources:
  prometheus: {{adapter: alertmanager, token: {stage.webhook_token}}}
maildir: {{path: {stage.mails}}}
last_resort: ["person:wu"]
"""
