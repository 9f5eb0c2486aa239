"""Delivery reports: which mail they are about, whose mailbox, and what happened.

RFC 3464 where servers keep to it; else what Exim, qmail, sendmail, Exchange, Gmail, QQ, 163 and Aliyun write.
"""

import re
from collections.abc import Mapping

from ingestd.decide.mail import Mail, Part
from ingestd.model import ReportsOn

LONGEST = 32 * 1024  # characters of a report's text that are looked at

_SENDERS = frozenset({"mailerdaemon", "maildaemon", "postmaster", "mailadmin"})
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|report|failure|failed|incomplete|delayed|problem)|delivery has (?:failed"
    r"|been delayed)"
    r"|returned mail|returned to sender|mail delivery|failure notice|could ?n[o']t (?:send message|be delivered)"
    r"|delayed (?:mail|message)"
    r"|mail (?:failed|failure)|fail(?:ed|ure) delivery|bounce notification|error sending your (?:mail|message)"
    r"|could not (?:send|deliver) (?:mail|message)"
    r"|message (?:delayed|not delivered|could not be delivered|you sent)|non[- ]?deliver|mail system error"
    r"|warning: (?:message|could not)"
    r"|退信|退回|投递失败|投遞失敗|发送失败|發送失敗|邮件未送达|无法投递|系统退信"
    r"|unzustellbar|zustellung|nicht zugestellt|non remis|échec de (?:la )?remise|non distribué|no se puede entregar"
    r"|no entregado|devuelto"
    r"|メールエラー|(?:配信|送信)できません|配信不能|配送不能|未配信|送信できませんでした|配信エラー",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"mailer-?daemon|mail[ .]deliver[a-z]*[ .](?:sub)?system|<maildaemon", re.IGNORECASE)
# The first words of the servers' own texts.
_TEXT = re.compile(
    r"this is the mail system at host|this message was created automatically by mail delivery software"
    r"|this is the qmail-send program"
    r"|the original message was received at [^\n]{0,200}\n?[ \t]{0,20}from |(?:delivery to the following recipients?"
    r"|your message (?:to .{1,200} )?)"
    r"(?: ?(?:has been|have been|was|could not be|couldn't be|wasn't))? ?(?:failed|delayed|delivered|rejected)"
    r"|delivery has failed to these recipients"
    r"|unable to deliver (?:the |your )?message"
    r"|following address(?:es|\(es\))? had (?:delivery problems|permanent|transient)"
    r"|a message that you sent|this is the mailer-daemon|an email you sent was rejected|trouble delivering your message"
    r"|no valid recipients|送信できません|配信できません"
    r"|address not found|message blocked|message not delivered|i'm afraid i wasn't able to deliver"
    r"|your message did not reach some or all"
    r"|很抱歉您的邮件被退回|您发送的邮件.{0,40}(?:退回|未能|无法)|无法发送到|邮件被退回|未能成功投递"
    r"|收件人.{0,80}(?:不存在|被拒收)"
    r"|ihre nachricht (?:an .{1,100} )?(?:konnte|wurde) nicht|votre message n'a pas pu",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\bdelay|delayed|will (?:be )?(?:retried|retry|keep trying|continue to)|not yet been delivered"
    r"|still being retried|for past \d+ hours"
    r"|延迟|延遲|稍后重试|继续尝试|verzögert|retardé|retrasad[oa]|遅延",
    re.IGNORECASE,
)
_RECIPIENT = re.compile(
    r"(?:^\s*<?|final-recipient:[^;\n]{0,20};\s*|(?:收件人|无法发送到|(?<![\w-])(?:recipients?|to|rcpt to|empfänger"
    r"|destinataire|destinatario)(?=[\s:：<(]))\s{0,3}[:：<(]?\s{0,3}<?)"
    r"([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,6})>?",
    re.IGNORECASE | re.MULTILINE,
)
_ANY_ADDRESS = re.compile(r"(?<![\w.@-])([\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d[ -]")
_MESSAGE_ID = re.compile(r"^[\s>]{0,10}message-id:\s{0,3}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)


def is_bounce(mail: Mail) -> bool:
    """A delivery report: failed, delayed or delivered."""
    report = mail.content_type == "multipart/report" and mail.report_type != "disposition-notification"
    if report and (mail.report_type == "delivery-status" or _delivery_part(mail) is not None):
        return True
    if mail.header("x-failed-recipients"):
        return True
    local = mail.sender.split("@")[0].lower().replace("-", "")
    daemon = bool(_DAEMON.search(f"{mail.sender_name} <{local}"))
    titled = bool(_SUBJECT.search(mail.subject))
    nobody = not local or mail.header("return-path").strip() == "<>"
    if daemon or local in _SENDERS:
        return titled or ((daemon or nobody) and _says_so(mail))
    if nobody and _has_original(mail):
        return titled or _says_so(mail)
    answered = nobody or "noreply" in local or mail.header("auto-submitted").lower().startswith("auto-replied")
    return titled and answered and _says_so(mail)


def _says_so(mail: Mail) -> bool:
    return bool(_TEXT.search(mail.text[:LONGEST]))


def _has_original(mail: Mail) -> bool:
    """It carries the mail that did not arrive, or a report about it."""
    return any(part.content_type in ("message/rfc822", "message/delivery-status") for part in mail.parts)


def reports_on(mail: Mail) -> ReportsOn:
    """What a delivery report is about: the mail, whose mailbox, what happened (RFC 3464 words)."""
    part = _delivery_part(mail)
    told = _first_of(part.fields) if part else {}
    text = mail.text[:LONGEST]
    recipient = (told.get("final-recipient") or told.get("original-recipient") or "").split(";")[-1].strip(" <>")
    status = told.get("status", "").split(" ")[0] or _found(_STATUS, text)
    return ReportsOn(
        message_id=_original_id(mail),
        recipient=recipient or _failed_recipient(mail) or _recipient_in(text, mail),
        action=told.get("action", "").lower().split(" ")[0] or _action(mail, status, text),
        status=status,
    )


def _failed_recipient(mail: Mail) -> str | None:
    return mail.header("x-failed-recipients").split(",")[0].strip() or None


def _recipient_in(text: str, mail: Mail) -> str | None:
    """The first address in the text that is not the sender's or the reader's."""
    own = {mail.sender.lower(), *(address.lower() for address in mail.recipients)}
    found = (str(address[1]) for pattern in (_RECIPIENT, _ANY_ADDRESS) for address in pattern.finditer(text))
    return next(
        (address for address in found if address.lower() not in own and not address.lower().startswith("postmaster@")),
        None,
    )


def _action(mail: Mail, status: str | None, text: str) -> str | None:
    """What the report says happened, where no field does."""
    if _DELAYED.search(mail.subject) or (status or "").startswith("4"):
        return "delayed"
    if (status or "").startswith("5") or mail.header("x-failed-recipients") or _found(_CODE, text) == "5":
        return "failed"
    return "delayed" if _DELAYED.search(text) else "failed" if _SUBJECT.search(mail.subject) else None


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    hit = pattern.search(text)
    return hit[1] if hit else None


def _delivery_part(mail: Mail) -> Part | None:
    return next((part for part in mail.parts if part.content_type.endswith("delivery-status")), None)


def _first_of(fields: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return dict(reversed(fields))


def _original_id(mail: Mail) -> str | None:
    """The Message-ID of the mail that came back: of its copy, of its headers, or as quoted in the text."""
    for part in mail.parts:
        if part.content_type in ("message/rfc822", "message/global"):
            return _first_of(part.fields).get("message-id")
        if part.content_type in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            return _found(_MESSAGE_ID, part.text[:LONGEST])
    report = _delivery_part(mail)
    told = _first_of(report.fields) if report else {}
    named = (
        told.get("x-original-message-id") or told.get("original-message-id") or _found(_MESSAGE_ID, mail.text[:LONGEST])
    )
    return named or mail.in_reply_to or next(reversed(mail.references), None)
