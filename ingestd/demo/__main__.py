"""The story, told in the terminal as it happens; its last line is JSON. Exit status 1 if it did not go as it should."""

import argparse
import re
import smtplib
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ingestd.demo import script
from ingestd.demo.daemon import Daemon
from ingestd.demo.site import Stage, prepare

PATIENCE = 45.0  # seconds to wait for anything
SUMMARY_KEYS = ("open", "functional", "hierarchic", "last_resort", "update", "end", "answer")


class Story:
    """One run: what is sent, what is seen, and the time since the beginning."""

    def __init__(self, stage: Stage, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._tell = say
        self._began = time.monotonic()
        self._shown: set[str] = set()
        self.letters: list[EmailMessage] = []
        self._web = httpx.Client(
            base_url=stage.url, headers={"Authorization": f"Bearer {stage.personal_token}"}, timeout=15
        )

    def close(self) -> None:
        """Hang up."""
        self._web.close()

    def say(self, text: str) -> None:
        """One line of the story."""
        self._tell(f"{time.monotonic() - self._began:6.1f} s  {text}")

    def mail(self, what: str, raw: bytes, sender: str) -> None:
        """Hand a mail to the daemon as a mail server does: until it says 250."""
        self.say(f"-> mail     {what}")
        self._until(lambda: self._handed_over(raw, sender), "the daemon to take a mail")

    def webhook(self, what: str, body: dict[str, object]) -> None:
        """Post a body as Alertmanager does: until it is answered 2xx."""
        self.say(f"-> webhook  {what}")
        headers = {"Authorization": f"Bearer {self._stage.webhook_token}"}
        self._until(lambda: self._posted("/webhooks/prometheus", headers, json=body), "the daemon to take a body")

    def acknowledge(self, letter: EmailMessage) -> None:
        """Open the link in a letter, look, and press the button."""
        link = re.search(r"http://\S+/a/\S+", _text(letter))
        if link is None:
            raise RuntimeError("the letter has no link")
        page = self._until(lambda: self._got(link[0]), "the page behind the link")
        self.say(f"   Lin Hao opens the link (GET {page}, which changes nothing) and presses the button")
        self._until(lambda: self._posted(link[0], {}), "the acknowledgement")

    def letter(self, to: str, kind: str) -> EmailMessage:
        """Wait for a letter."""

        def found() -> EmailMessage | None:
            self.look()
            return next((m for m in self.letters if to in str(m["To"]) and m["X-Ingestd-Kind"] == kind), None)

        letter: EmailMessage = self._until(found, f"a letter ({kind}) to {to}")
        return letter

    def look(self) -> None:
        """Show the letters that have arrived since the last look."""
        for path in sorted((self._stage.mails / "new").glob("*")):
            if path.name in self._shown:
                continue
            self._shown.add(path.name)
            letter = message_from_bytes(path.read_bytes(), policy=default)
            self.letters.append(letter)
            self.say(f"<- page     {letter['To']} ({letter['X-Ingestd-Kind']}): {letter['Subject']}")
            for line in _text(letter).splitlines()[:3]:
                self._tell(f"             | {line}")

    def incidents(self) -> list[dict[str, Any]]:
        """Every surviving incident with its parts, from the API."""
        listed = self._until(lambda: self._json("/api/v1/incidents?state=all"), "the list of incidents")["incidents"]
        numbers = sorted(i["number"] for i in listed if not i.get("merged_into"))
        return [self._until(partial(self._json, f"/api/v1/incidents/{n}"), "an incident") for n in numbers]

    def wait(self, what: str, true: Callable[[], object]) -> None:
        """Wait until something is so, showing letters meanwhile."""

        def so() -> object:
            self.look()
            return true()

        self._until(so, what)

    # -- clients that try again, as real ones do
    def _handed_over(self, raw: bytes, sender: str) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", self._stage.smtp, timeout=10) as client:
                client.sendmail(sender, [script.ALERTS], raw)
        except (OSError, smtplib.SMTPException):
            return False
        return True

    def _posted(self, url: str, headers: dict[str, str], json: object = None) -> bool:
        try:
            return self._web.post(url, headers=headers, json=json).is_success
        except httpx.HTTPError:
            return False

    def _got(self, url: str) -> int:
        try:
            answer = self._web.get(url)
        except httpx.HTTPError:
            return 0
        return answer.status_code if answer.is_success else 0

    def _json(self, url: str) -> dict[str, Any] | None:
        try:
            answer = self._web.get(url)
        except httpx.HTTPError:
            return None
        return dict(answer.json()) if answer.is_success else None

    def _until(self, true: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = true()
            if found:
                return found
            time.sleep(0.1)
        raise RuntimeError(f"waited {PATIENCE:.0f} s for {what}, in vain")


def play(story: Story) -> dict[str, Any]:
    """The morning; what came of it."""
    story.say("Access switch 17 in the network centre fails. Three servers and finance hang on it.")
    _outage(story)
    page = story.letter("lin.hao", "open")
    story.say("   one page for the network engineer: the cause, the departments, the spare. He is in the cellar.")
    story.letter("chen.yu", "functional")
    story.say("   nobody acknowledged in time: more skill was brought in (functional escalation)")
    story.acknowledge(page)
    story.letter("chen.yu", "update")
    story.say("Lin Hao puts the spare switch in.")
    _recovery(story)
    story.letter("lin.hao", "end")
    story.letter("chen.yu", "end")
    story.letter("zhao.min", "open")
    story.wait("the pages to be recorded", lambda: _settled(story.incidents()))
    return summary(story)


def _outage(story: Story) -> None:
    """The mails, some before the switch's own."""
    nagios = script.MONITOR
    story.mail("Nagios: sales-mail is DOWN", script.nagios("sales-mail", "10.20.1.11"), nagios)
    raw = script.zabbix_in_chinese("inventory-db")
    story.mail("Zabbix, in GB18030: inventory-db 主机不可达", raw, "zabbix@mon-1.trading.example")
    story.mail("Nagios: acc-sw-17 is DOWN", script.nagios("acc-sw-17", "10.20.0.17"), nagios)
    story.mail("Nagios: hr-server is DOWN", script.nagios("hr-server", "10.20.1.13"), nagios)
    story.mail("Nagios, again: sales-mail is DOWN", script.nagios("sales-mail", "10.20.1.11"), nagios)
    story.webhook("Alertmanager: InstanceDown inventory-db", script.alertmanager("inventory-db"))
    mei, ola = "mei@finance.trading.example", "ola@legal.trading.example"
    text = "None of our finance machines has a network connection, and the tax filing is due today. Please help!"
    story.mail("Mei (finance): no network, tax filing due today", script.person(mei, "No network, taxes!", text), mei)
    text = "The disk of my computer is broken, it makes a terrible noise. I need it at once."
    story.mail("Ola (legal): my disk is broken", script.person(ola, "Disk broken", text), ola)


def _recovery(story: Story) -> None:
    nagios = script.MONITOR
    for host, address in (("acc-sw-17", "10.20.0.17"), ("sales-mail", "10.20.1.11"), ("hr-server", "10.20.1.13")):
        story.mail(f"Nagios: {host} is UP", script.nagios(host, address, up=True), nagios)
    raw = script.zabbix_in_chinese("inventory-db", up=True)
    story.mail("Zabbix: inventory-db is back", raw, "zabbix@mon-1.trading.example")
    story.webhook("Alertmanager: InstanceDown resolved", script.alertmanager("inventory-db", up=True))


def _settled(incidents: list[dict[str, Any]]) -> bool:
    states = {n["state"] for whole in incidents for n in whole["notifications"]}
    return not states & {"queued", "claimed"}


def summary(story: Story) -> dict[str, Any]:
    """The result, as the last line shows it."""
    wholes = story.incidents()
    urgent = min(wholes, key=lambda w: w["incident"]["priority"])
    others = [w for w in wholes if w is not urgent]
    story.say("Why: " + "; ".join(_because(urgent["incident"])))
    pages = Counter(
        f"{n['person']}:{n['kind']}" for w in wholes for n in w["notifications"] if n["state"] != "cancelled"
    )
    incident = urgent["incident"]
    return {
        "incidents": len(wholes),
        "urgent": {
            "cause": incident.get("cause"),
            "priority": incident["priority"],
            "alerts": len(urgent["alerts"]),
            "departments": incident.get("impact", {}).get("departments", []),
            "owner": incident.get("owner"),
        },
        "low": next(({"title": w["incident"]["title"], "priority": w["incident"]["priority"]} for w in others), {}),
        "pages": dict(sorted(pages.items())),
        "state": incident["state"],
    }


def _because(incident: dict[str, Any]) -> list[str]:
    return [f"{r['text']} ({r['rule']})" for r in incident.get("reasons", ()) if r["stage"] in ("correlate", "rank")]


def wrong(result: dict[str, Any]) -> list[str]:
    """What did not go as it should."""
    urgent = result["urgent"]
    expected = {
        "two incidents": result["incidents"] == 2,
        "the switch as the cause": urgent["cause"] == "acc-sw-17",
        "P1": urgent["priority"] == "P1",
        "four departments": urgent["departments"] == ["finance", "hr", "logistics", "sales"],
        "owned by Lin Hao": urgent["owner"] == "lin",
        "the disk as P4": result["low"].get("priority") == "P4",
        "resolved": result["state"] == "resolved",
        "nobody paged twice for the same": set(result["pages"].values()) == {1},
    }
    return [what for what, so in expected.items() if not so]


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def main() -> int:
    """Play it once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--kill-after", type=float, metavar="SECONDS", help="kill -9 the daemon then, and start it again"
    )
    parser.add_argument("--quiet", action="store_true", help="only the last line")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingestd-demo-") as folder:
        return _run(Path(folder), args.kill_after, (lambda _text: None) if args.quiet else print)


def _run(folder: Path, kill_after: float | None, say: Callable[[str], None]) -> int:
    stage = prepare(folder)
    daemon = Daemon(stage)
    daemon.start()
    story = Story(stage, say)
    if kill_after is not None:
        killer = threading.Timer(kill_after, _kill_and_start, (daemon, story))
        killer.start()
    try:
        result = play(story)
    except Exception:
        say(daemon.last_words())
        raise
    finally:
        if kill_after is not None:
            killer.join()
        daemon.stop()
        story.close()
    print(msgspec.json.encode(result).decode())
    missing = wrong(result)
    if missing:
        print("not as it should be: " + ", ".join(missing), file=sys.stderr)
    return 1 if missing else 0


def _kill_and_start(daemon: Daemon, story: Story) -> None:
    story.say("!! kill -9 of the daemon")
    daemon.kill()
    daemon.start()
    story.say("!! the daemon runs again")


if __name__ == "__main__":
    sys.exit(main())
