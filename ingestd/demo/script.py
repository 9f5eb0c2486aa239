"""What arrives that morning, as the tools and the people would send it."""

from email.header import Header
from email.message import EmailMessage
from email.mime.text import MIMEText
from email.utils import formatdate, make_msgid

ALERTS = "alerts@trading.example"
MONITOR = "nagios@mon-1.trading.example"


def nagios(host: str, address: str, *, up: bool = False) -> bytes:
    """A host notification as Nagios 4 sends it on Debian."""
    kind, state = ("RECOVERY", "UP") if up else ("PROBLEM", "DOWN")
    info = "PING OK - Packet loss = 0%, RTA = 0.41 ms" if up else f"CRITICAL - {address}: Host unreachable, lost 100%"
    body = (
        f"***** Nagios *****\n\nNotification Type: {kind}\nHost: {host}\nState: {state}\nAddress: {address}\n"
        f"Info: {info}\n\nDate/Time: {formatdate(localtime=False)}\n"
    )
    return _mail(f"** {kind} Host Alert: {host} is {state} **", body, MONITOR)


def zabbix_in_chinese(host: str, *, up: bool = False) -> bytes:
    """A problem as a Zabbix server with Chinese triggers sends it, in GB18030, subject included."""
    name = "主机不可达（ICMP 无响应）"
    first = "Problem has been resolved at 09:41:07 on 2026.11.25" if up else "Problem started at 09:00:18 on 2026.11.25"
    body = f"{first}\nProblem name: {name}\nHost: {host}\nSeverity: Disaster\nOriginal problem ID: 80417\n"
    mail = MIMEText(body, "plain", "gb18030")
    subject = f"Resolved in 41m 0s: {name}" if up else f"Problem: {name}"
    mail["Subject"] = Header(subject, "gb18030").encode()
    return _addressed(mail, "zabbix@mon-1.trading.example").as_bytes()


def person(sender: str, subject: str, text: str) -> bytes:
    """A colleague's mail."""
    return _mail(subject, text, sender)


def alertmanager(host: str, *, up: bool = False) -> dict[str, object]:
    """Alertmanager's webhook about the database behind the switch."""
    labels = {"alertname": "InstanceDown", "instance": f"{host}.trading.example:9187", "severity": "critical"}
    alert = {
        "status": "resolved" if up else "firing",
        "labels": labels,
        "annotations": {"summary": f"{host} has not answered for one minute"},
        "startsAt": "2026-11-25T01:00:05Z",
        "endsAt": "2026-11-25T01:41:05Z" if up else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.trading.example:9090/graph?g0.expr=up",
        "fingerprint": "5f1d3c9a7be20461",
    }
    return {
        "version": "4",
        "groupKey": '{}:{alertname="InstanceDown"}',
        "status": alert["status"],
        "receiver": "ingestd",
        "groupLabels": {"alertname": "InstanceDown"},
        "commonLabels": labels,
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://alertmanager.trading.example:9093",
        "alerts": [alert],
    }


def _mail(subject: str, body: str, sender: str) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail.set_content(body)
    return _addressed(mail, sender).as_bytes()


def _addressed(mail: EmailMessage | MIMEText, sender: str) -> EmailMessage | MIMEText:
    mail["From"], mail["To"] = sender, ALERTS
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    return mail
