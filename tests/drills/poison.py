"""A message that kills the process: set aside at its fourth death, with an incident; an innocent one goes on.

The first is no proof of anything; after it, what was under way is tried in ever smaller groups, the last time alone.

The daemon of this drill dies at once (exit 9) on reading a webhook body with a magic word; a supervisor starts it again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingestd.demo.site import Stage, prepare

MAGIC = "ill-omened"
ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds for anything
DAEMON = """
import os, sys
from pathlib import Path
from ingestd import app
from ingestd.sources import generic

read = generic.read

def deadly(message):
    if sys.argv[2].encode() in message.body:
        os._exit(9)
    return read(message)

generic.read = deadly
sys.exit(app.run(Path(sys.argv[1])))
"""


class Drill:
    """The site, its daemon and its supervisor."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.say = say
        self.stage = site(folder)
        self.deaths = 0
        self._log = (folder / "daemon.log").open("ab")
        self._process = self._started()

    def post(self, host: str, summary: str) -> None:
        """Post one alert: until it is answered 200."""
        body = json.dumps({"host": host, "check": "disk", "severity": "critical", "summary": summary}).encode()
        self.until(
            lambda: self._asked("/webhooks/tools", self.stage.webhook_token, body), f"{host}'s alert to be taken"
        )

    def incidents(self) -> list[dict[str, Any]]:
        found = self._asked("/api/v1/incidents", self.stage.personal_token) or {}
        return list(found.get("incidents", ()))

    def metric(self, name: str) -> bool:
        answer = self._asked("/metrics", "")
        return answer is not None and name in answer["text"]

    def until(self, true: Callable[[], Any], what: str) -> Any:
        """Wait for something, starting the daemon again whenever it died."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._process.poll() is not None:
                self.deaths += 1
                self.say(f"death {self.deaths} (exit {self._process.returncode}); the supervisor starts it again")
                self._process = self._started()
            found = true()
            if found:
                return found
            time.sleep(0.05)
        raise RuntimeError(f"waited {PATIENCE:.0f} s for {what}, in vain")

    def stop(self) -> int:
        self._process.terminate()
        status = self._process.wait(PATIENCE)
        self._log.close()
        return status

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", DAEMON, str(self.stage.config), MAGIC]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=ROOT)

    def _asked(self, path: str, token: str, body: bytes | None = None) -> dict[str, Any] | None:
        asked = urllib.request.Request(self.stage.url + path, body, {"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(asked, timeout=2) as answer:
                text = answer.read().decode()
        except OSError:
            return None
        return dict(json.loads(text)) if text.startswith("{") else {"text": text}


def site(folder: Path) -> Stage:
    """The demo's site with a source for any tool."""
    stage = prepare(folder)
    source = f"sources:\n  tools: {{adapter: generic, token: {stage.webhook_token}}}\n"
    stage.config.write_text(stage.config.read_text("utf-8").replace("sources:\n", source), "utf-8")
    return stage


def drill(folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Play it; what came of it."""
    one = Drill(folder, say)
    try:
        one.post("inventory-db", "before: disk 95 % full")
        one.until(lambda: len(one.incidents()) == 1, "the first incident")
        say("a message that kills the process is posted")
        one.post("hr-server", MAGIC)
        one.until(lambda: one.deaths == 4, "the fourth death")
        one.until(lambda: one.metric('ingestd_shunted_total{source="tools"} 1.0'), "the message to be shunted")
        say("the fifth start set it aside; an innocent message follows")
        one.post("sales-mail", "after: disk 97 % full")
        listed = one.until(lambda: i if len(i := one.incidents()) >= 3 else None, "all incidents")
    finally:
        status = one.stop()
    return {"deaths": one.deaths, "titles": sorted(i["title"] for i in listed), "exit": status}


def wrong(result: dict[str, Any]) -> list[str]:
    """What did not go as it should."""
    titles = result["titles"]
    expected = {
        "four deaths": result["deaths"] == 4,
        "three incidents": len(titles) == 3,
        "one about the message set aside": sum("died twice" in title for title in titles) == 1,
        "the innocent ones": sum("full" in title for title in titles) == 2,
        "a clean stop": result["exit"] == 0,
    }
    return [what for what, so in expected.items() if not so]


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="ingestd-poison-") as folder:
        result = drill(Path(folder), print)
    print(json.dumps(result, ensure_ascii=False))
    missing = wrong(result)
    if missing:
        print("not as it should be: " + ", ".join(missing), file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
