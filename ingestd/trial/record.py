"""What happened in a trial, kept for as long as somebody wants to compare it with what was expected."""

from collections.abc import Iterator

from msgspec import Struct

from ingestd.model import Alert, Incident, Reason, Stepped
from ingestd.trial.moments import Start
from ingestd.trial.run import Page

#: Lines of an incident's history that are told by the pages, or that are of no use to a reader.
_UNTOLD = frozenset({"paged", "delivered", "closed"})


class Line(Struct, frozen=True):
    """Something that happened, in words; ``page`` is the notification it tells of, ``incident`` what it is about."""

    at: float  # seconds after the start
    text: str
    page: int = 0
    incident: int = 0


class Record:
    """Everything that a run decided: the last state of each alert and incident, every page, every line."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.alerts: dict[int, Alert] = {}
        self.incidents: dict[int, Incident] = {}
        self.pages: list[Page] = []
        self.lines: list[Line] = []
        self.ended: dict[int, float] = {}  # when each incident was found to be over, seconds after the start
        self.opened: dict[int, float] = {}
        self.shunted: list[str] = []

    def stepped(self, stepped: Stepped) -> None:
        """Take over what an entry changed."""
        at = stepped.at - self.start.epoch
        changes = stepped.changes
        self.alerts.update((alert.id, alert) for alert in changes.alerts)
        for incident in changes.incidents:
            self._changed(incident, at)
        for row in changes.timeline:
            if row.what not in _UNTOLD:
                self.lines.append(Line(at, f"#{row.incident} {row.what}: {row.text}", incident=row.incident))
        if changes.shunted:
            self.shunted.append(changes.shunted)
            self.lines.append(Line(at, f"set aside: {changes.shunted}"))

    def told(self, page: Page) -> None:
        """Take over a page."""
        self.pages.append(page)
        at = page.at - self.start.epoch
        self.lines.append(Line(at, page_text(page), page=page.notification.id, incident=page.incident))

    def arrived(self, at: float, text: str) -> None:
        """Note what comes in."""
        self.lines.append(Line(at, text))

    def survivor(self, number: int) -> int:
        """The number under which an incident continues."""
        while (incident := self.incidents.get(number)) is not None and incident.merged_into:
            number = incident.merged_into
        return number

    def surviving(self) -> list[Incident]:
        """Every incident that was not merged into another, closed ones too, the oldest first."""
        return [self.incidents[n] for n in sorted(self.incidents) if not self.incidents[n].merged_into]

    def members(self, number: int) -> Iterator[Alert]:
        """The alerts of an incident, and of those merged into it."""
        return (alert for alert in self.alerts.values() if alert.incident and self.survivor(alert.incident) == number)

    def pages_of(self, number: int | None) -> list[Page]:
        """The pages of an incident, and of those merged into it; None: all."""
        return [page for page in self.pages if number is None or self.survivor(page.incident) == number]

    def reasons(self, number: int) -> list[Reason]:
        """Why an incident is what it is, each reason once: its own, then those of its alerts."""
        of_alerts = (reason for alert in self.members(number) for reason in alert.reasons)
        return list(dict.fromkeys((*self.incidents[number].reasons, *of_alerts)))

    def _changed(self, incident: Incident, at: float) -> None:
        number = incident.number
        self.incidents[number] = incident
        self.opened.setdefault(number, at)
        if incident.state == "resolved":
            self.ended.setdefault(number, at)
        else:
            self.ended.pop(number, None)


def named(alert: Alert, name: str) -> bool:
    """Whether ``NODE``, ``NODE/CHECK`` or the person who reported it names an alert."""
    wanted = name.casefold()
    node, check = alert.node.casefold(), (alert.check or "").casefold()
    return wanted in (node, f"{node}/{check}", (alert.host or node).casefold(), alert.sender.casefold() or node)


def name_of(alert: Alert) -> str:
    """An alert as a test may name it."""
    return f"{alert.node}/{alert.check}" if alert.check else alert.node


def page_text(page: Page) -> str:
    """``#1 told lin (open, mail)``; how it fared, if it did not arrive."""
    fate = "" if page.fate == "arrives" else f", {page.fate}"
    channel = f", {page.channel}" if page.channel else ""
    return f"#{page.incident} told {page.person} ({page.kind}{channel}{fate}), {page.priority}"
