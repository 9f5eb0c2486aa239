"""What kind of mail it is, judged without knowing any tool: bounce, automatic reply, reply, machine or person.

Sources: RFC 3464 (delivery reports), RFC 3834 (automatic responses), and what mail programs really write.
"""

import re
from collections.abc import Mapping
from typing import Literal

from ingestd.decide.mail import Mail, Part
from ingestd.model import ReportsOn

Answer = Literal["bounce", "auto_reply", "reply"]

_AUTO_SUBJECT = re.compile(
    r"^\s*(?:automatic reply|auto[- ]?reply|autoreply|auto[- ]?response|automatische antwort|abwesend"
    r"|out of (?:the )?office|away from|vacation|réponse automatique|respuesta automática"
    r"|自动回复|自動回覆|休假|外出)(?![a-z])",
    re.IGNORECASE,
)
_RE_SUBJECT = re.compile(r"^\s*(?:re|aw|antw|sv|vs|odp|回复|答复|回覆|答覆)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
_BOUNCE_SENDERS = frozenset({"mailer-daemon", "mail-daemon", "postmaster", "maildaemon"})
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery status|delivery (?:has )?failed|delivery failure|returned mail|mail delivery|failure notice"
    r"|could not send message|delayed mail|退信|系统退信|投递失败",
    re.IGNORECASE,
)
# Local parts of addresses that programs write from, as whole words between separators.
MACHINES = frozenset((
    "root", "nagios", "nagios2", "icinga", "icinga2", "zabbix", "monit", "munin", "netdata", "cron", "anacron",
    "daemon", "alert", "alerts", "alertmanager", "alarm", "alarms", "smokealert", "smokeping", "monitor",
    "monitoring", "noreply", "donotreply", "notify", "notification", "notifications", "notifier", "healthchecks",
    "fail2ban", "collectd", "logcheck", "logwatch", "mdadm", "smartd", "backup", "backups", "system", "www",
    "apache", "nginx", "django", "server", "service", "sentry", "grafana", "prometheus", "prtg", "ups", "apcupsd",
    "automation", "bot", "robot", "watchdog", "syslog", "trap", "snmptrap", "switch", "router", "firewall",
    "printer", "scanner", "nas", "storage", "ilo", "idrac", "bmc",
))  # fmt: skip
_MACHINE_MAILERS = re.compile(
    r"monit|mail\.alert|nagios|zabbix|phpmailer|swaks|sendemail|apache commons|javamail", re.IGNORECASE
)
_NO_ANSWER = re.compile(
    r"(?:do not|don't|please do not) reply|unsubscribe|automatically generated|自动发送|请勿回复|请勿直接回复"
    r"|^traceback \(most recent call last\)",
    re.IGNORECASE | re.MULTILINE,
)
_BULK = frozenset({"bulk", "list", "junk"})

_ATTRIBUTION = re.compile(
    r"^\s*(?:on\b.{4,200}\bwrote|am\b.{4,200}\bschrieb.{0,80}|le\b.{4,200}\ba écrit|el\b.{4,200}\bescribió"
    r"|op\b.{4,200}\bschreef.{0,80}|在.{2,200}写道|.{0,120}于.{2,120}写道)\s*[:：]\s*$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|original|原始邮件"
    r"|原始邮件信息|原邮件|转发邮件)\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE,
)
_BLOCK_FROM = re.compile(r"^\s*\*?(?:from|von|de|发件人|寄件者)\s*[:：]\*?\s*\S", re.IGNORECASE)
_BLOCK_SENT = re.compile(
    r"^\s*\*?(?:sent|date|gesendet|datum|envoyé|发送时间|日期|寄件日期|to|an|收件人|subject|betreff|主题)\s*[:：]",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^(?:-- ?|sent from my .{1,40}|von meinem .{1,40} gesendet|发自我的.{1,20}|get outlook for .{1,20})\s*$",
    re.IGNORECASE,
)


def is_bounce(mail: Mail) -> bool:
    """A delivery report: failed, delayed or delivered."""
    if mail.content_type == "multipart/report":
        return mail.report_type == "delivery-status" or _delivery_part(mail) is not None
    if mail.header("x-failed-recipients"):
        return True
    local = mail.sender.split("@")[0].lower()
    return local in _BOUNCE_SENDERS and bool(_BOUNCE_SUBJECT.search(mail.subject))


def is_receipt(mail: Mail) -> bool:
    """A read receipt (RFC 8098): neither a reply nor a bounce."""
    return mail.report_type == "disposition-notification"


def is_auto_reply(mail: Mail) -> bool:
    """Written by an answering machine, by its subject."""
    return bool(_AUTO_SUBJECT.match(mail.subject))


def is_marked_auto_reply(mail: Mail) -> bool:
    """Written by an answering machine, by its headers; some monitoring tools set them too, so recognisers go first."""
    return (
        mail.header("auto-submitted").lower().startswith("auto-replied")
        or bool(
            mail.header("x-autoreply") or mail.header("x-autorespond") or mail.header("x-ms-exchange-inbox-rules-loop")
        )
        or mail.header("precedence").lower() in ("auto_reply", "junk")
    )


def is_reply(mail: Mail) -> bool:
    """A person's answer by the subject's ``Re:``; a program's only if it names the mail that it answers."""
    answers = bool(mail.in_reply_to or mail.references)
    return bool(_RE_SUBJECT.match(mail.subject)) and (answers or not is_machine(mail))


def is_quoting_reply(mail: Mail) -> bool:
    """An answer without ``Re:``: it quotes, and it is no machine's."""
    lines = mail.text.split("\n")
    return any(_ATTRIBUTION.match(line) or _ORIGINAL.match(line) for line in lines) or any(
        _starts_block(lines, index) for index in range(len(lines))
    )


def is_bulk(mail: Mail) -> bool:
    """Sent to many: only its subject is taken at its word."""
    return mail.header("precedence").lower() in _BULK or bool(mail.header("list-id"))


def is_machine(mail: Mail) -> bool:
    """Written by a program rather than a person."""
    local = re.split(
        r"[-._+]", mail.sender.split("@")[0].lower().replace("no-reply", "noreply").replace("no_reply", "noreply")
    )
    return (
        any(word in MACHINES for word in local)
        or mail.header("auto-submitted").lower().startswith("auto-generated")
        or is_bulk(mail)
        or any(name.startswith("x-cron") for name, _ in mail.headers)
        or bool(_MACHINE_MAILERS.search(mail.header("x-mailer")))
        or bool(_NO_ANSWER.search(new_text(mail.text[:20_000])))
        or not mail.sender
    )


# Bounces


def _delivery_part(mail: Mail) -> Part | None:
    return next((part for part in mail.parts if part.content_type == "message/delivery-status"), None)


def reports_on(mail: Mail) -> ReportsOn:
    """What a delivery report is about: the mail, whose mailbox, what happened (RFC 3464 words)."""
    part = _delivery_part(mail)
    told = _first_of(part.fields) if part else {}
    recipient = told.get("final-recipient") or told.get("original-recipient") or ""
    return ReportsOn(
        message_id=_original_id(mail),
        recipient=recipient.split(";")[-1].strip() or mail.header("x-failed-recipients") or None,
        action=told.get("action", "").lower() or None,
        status=told.get("status") or None,
    )


def _first_of(fields: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return dict(reversed(fields))


def _original_id(mail: Mail) -> str | None:
    for part in mail.parts:
        if part.content_type == "message/rfc822":
            return _first_of(part.fields).get("message-id")
        if part.content_type == "text/rfc822-headers":
            found = re.search(r"^message-id:\s*(<[^<>\s]+>)", part.text, re.IGNORECASE | re.MULTILINE)
            return found[1] if found else None
    return None


# Replies


def new_text(text: str) -> str:
    """What a reply adds: no quotes, no attribution, no signature; also where the answer stands below the quote."""
    lines = _joined_attributions(text.split("\n"))
    kept: list[str] = []
    signing = False
    for index, line in enumerate(lines):
        if _ORIGINAL.match(line) or _starts_block(lines, index):
            break
        if _ATTRIBUTION.match(line):
            if not any(later.startswith(">") for later in lines[index + 1 :]):
                break
            signing = False
        elif line.startswith(">"):
            signing = False
        elif _SIGNATURE.match(line):
            signing = True
        elif not signing:
            kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _joined_attributions(lines: list[str]) -> list[str]:
    """Lines, with an attribution that was folded over two put together."""
    out: list[str] = []
    for line in lines:
        if (
            out
            and re.match(r"^\s*(?:on|am|le|el|op|在|于)\b", out[-1], re.IGNORECASE)
            and not _ATTRIBUTION.match(out[-1])
        ):
            both = f"{out[-1]} {line.strip()}"
            if _ATTRIBUTION.match(both):
                out[-1] = both
                continue
        out.append(line)
    return out


def _starts_block(lines: list[str], index: int) -> bool:
    """A header block as mail programs put above a quoted mail: From, and Sent or To below it."""
    return bool(_BLOCK_FROM.match(lines[index])) and any(
        _BLOCK_SENT.match(line) for line in lines[index + 1 : index + 4]
    )
