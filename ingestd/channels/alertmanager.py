"""Incidents as Alertmanager posts them, for whatever takes the webhooks of Alertmanager.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4: one alert an incident, firing
until its end. The group key and the fingerprint stay the same for all of an incident; its labels change with it.
"""

from hashlib import sha256

import msgspec
from msgspec import Struct

from ingestd.channels import ChannelError, Letter, Sent, Wrong, delivery
from ingestd.channels.post import Poster, PostSettings, url_problem
from ingestd.channels.webhook import began, fixed_headers, handed, headers_problem, rfc3339
from ingestd.model import Facts

ALERT = "IngestdIncident"
NEVER = "0001-01-01T00:00:00Z"  # Alertmanager's endsAt of what fires
SEVERITIES = {"P1": "critical", "P2": "critical", "P3": "warning", "P4": "info"}
#: Kinds of notification that are about the life of an incident.
LIFE = frozenset({"open", "update", "end", "functional", "hierarchic", "last_resort"})


class AlertmanagerSettings(PostSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="alertmanager"):
    """A receiver of Alertmanager's webhooks."""

    receiver: str = "ingestd"  # the name of the receiver, as the body says it
    token: str = ""  # sent as Authorization: Bearer …
    token_file: str = ""  # the file with the token
    headers: dict[str, str] = msgspec.field(default_factory=dict)  # sent with every body
    labels: dict[str, str] = msgspec.field(default_factory=dict)  # further labels of every alert


class AlertBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """One alert."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: str
    ends_at: str
    generator_url: str = msgspec.field(name="generatorURL")
    fingerprint: str


class GroupBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """What Alertmanager posts."""

    version: str = "4"
    group_key: str
    truncated_alerts: int = 0
    status: str
    receiver: str
    group_labels: dict[str, str]
    common_labels: dict[str, str]
    common_annotations: dict[str, str]
    external_url: str = msgspec.field(name="externalURL")
    alerts: tuple[AlertBody, ...]


class Alertmanager:
    """Posts incidents to a receiver of Alertmanager's webhooks."""

    def __init__(self, settings: AlertmanagerSettings) -> None:
        self.group = settings.group
        self._settings = settings
        self._poster = Poster(settings)
        self._headers = fixed_headers(settings.headers, settings.token)

    async def send(self, letter: Letter) -> Sent:
        """Post the incident that a letter is about; ChannelError: it is about none, or the answer was not 2xx."""
        if letter.facts is None or letter.kind not in LIFE:
            raise ChannelError(f"a {letter.kind} is no alert of Alertmanager's", transient=False)
        body = msgspec.json.encode(self._body(letter, letter.facts))
        return await handed(self._poster, body, {**self._headers, "X-Ingestd-Delivery": delivery(letter)})

    async def probe(self) -> str:
        """Whether the receiver can be reached."""
        return await self._poster.probe()

    def _body(self, letter: Letter, facts: Facts) -> GroupBody:
        group = {"alertname": ALERT, "incident": str(facts.number)}
        status = "resolved" if letter.kind == "end" else "firing"
        labels = {**self._settings.labels, **group, **_labels(facts)}
        annotations = _annotations(letter, facts)
        alert = AlertBody(
            status=status,
            labels=labels,
            annotations=annotations,
            starts_at=rfc3339(began(facts) or letter.date),
            ends_at=rfc3339(letter.date) if status == "resolved" else NEVER,
            generator_url=letter.link,
            fingerprint=_fingerprint(letter, facts),
        )
        return GroupBody(
            group_key=f'{{}}:{{alertname="{ALERT}", incident="{facts.number}"}}',
            status=status,
            receiver=self._settings.receiver,
            group_labels=group,
            common_labels=labels,
            common_annotations=annotations,
            external_url="",
            alerts=(alert,),
        )


def _labels(facts: Facts) -> dict[str, str]:
    found = {
        "severity": SEVERITIES.get(facts.priority, "info"),
        "priority": facts.priority,
        "instance": facts.cause or "",
        "team": facts.team,
    }
    return {name: value for name, value in found.items() if value}


def _annotations(letter: Letter, facts: Facts) -> dict[str, str]:
    found = {
        "summary": letter.title or letter.subject,
        "description": letter.text,
        "title": facts.title,
        "services": ", ".join(facts.services),
        "departments": ", ".join(facts.departments),
        "owner": facts.owner,
        "remedy": facts.remedy,
        "person": letter.person,
    }
    return {name: value for name, value in found.items() if value}


def _fingerprint(letter: Letter, facts: Facts) -> str:
    """The same for all that is said of an incident; not the same for the incidents of two sites."""
    domain = delivery(letter).rpartition("@")[2]
    return sha256(f"{domain}/{facts.number}".encode()).hexdigest()[:16]


def problem(settings: AlertmanagerSettings) -> Wrong:
    """What is wrong with the settings."""
    return url_problem(settings) or headers_problem(settings.headers)


SETTINGS = AlertmanagerSettings


def build(settings: AlertmanagerSettings) -> Alertmanager:
    """A receiver by its settings."""
    return Alertmanager(settings)
