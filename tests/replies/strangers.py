"""Mails that answer our letters and are nobody's word: machines, lists, bounces, newsletters, forgeries.

Each kind makes many from one letter of ours, always the same ones; what a person could say stands in all of them.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from tests.replies.clients import CLIENTS
from tests.replies.writing import Original, cited, encoded_word, original, part

#: What takes an incident, or ends, moves, hides or lowers it.
ACTS = (
    "ack", "接单", "resolved: all is well", "已解决：好了", "assign Chen Yu", "snooze 30m", "stop", "priority P4 never mind",
)  # fmt: skip
#: What our own mail server says above all other headers.
PASSED = "Authentication-Results: mx.trading.example; dmarc=pass header.from=trading.example; spf=pass\n"
LIN = "Lin Hao <lin.hao@trading.example>"


class Ground(Struct, frozen=True):
    """What strangers know: a letter to Lin Hao, and the names of others."""

    raw: bytes
    message_id: str
    link: str
    other_incident: str  # Message-IDs: the same but for the incident's number
    chens: str  # of a letter to somebody else
    old: str  # of a letter from long ago


class Stranger(Struct, frozen=True):
    """A mail, and the address of its envelope."""

    kind: str
    raw: bytes
    envelope: str = "lin.hao@trading.example"


Makes = Callable[[Ground, Original], Iterator[tuple[bytes, str]]]
HERS = "lin.hao@trading.example"


def strangers(ground: Ground) -> Iterator[Stranger]:
    """All of them, kind by kind."""
    letter = original(ground.raw)
    for kind, make in KINDS.items():
        for raw, envelope in make(ground, letter):
            yield Stranger(kind, raw, envelope)


def write(
    o: Original,
    text: str,
    *,
    head: str = "",
    sender: str = LIN,
    subject: str = "",
    refers: str = "",
    proof: str = PASSED,
    quote: bool = True,
) -> bytes:
    """A mail with headers of its own; it refers to our letter and quotes it unless told otherwise."""
    refers = refers or f"In-Reply-To: {o.message_id}\nReferences: {o.message_id}\n"
    title = encoded_word(subject or f"Re: {o.subject}", "utf-8").replace("\r\n", "\n")
    said = f"{text}\n\nOn {o.date_long}, {o.sender} wrote:\n{cited(o.text)}\n" if quote else f"{text}\n"
    fields = f"{proof}From: {sender}\nTo: {o.sender}\nSubject: {title}\n{refers}{head}MIME-Version: 1.0\n"
    return fields.replace("\n", "\r\n").encode() + part("text/plain", said)


NONE = "X-Nothing: no\n"  # instead of a reference

# -- machines

MARKS = (
    "Auto-Submitted: auto-replied\n", "Auto-Submitted: auto-generated\n", "Auto-Submitted: auto-notified\n",
    "Auto-Submitted: auto-replied (vacation)\n", "Auto-submitted: AUTO-REPLIED; type=vacation\n",
    "Precedence: bulk\n", "Precedence: junk\n", "Precedence: auto_reply\n", "Precedence: List\n",
    "X-Autoreply: yes\n", "X-Autorespond: vacation\n", "X-Auto-Reply: 1\n", "X-Autoresponder: on\n",
    "X-Vacation: yes\n", "X-FC-MachineGenerated: true\n", "X-MS-Exchange-Inbox-Rules-Loop: lin.hao@trading.example\n",
    "X-Cron-Env: <LOGNAME=lin>\n",
)  # fmt: skip


def marked(_ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    for mark, text in itertools.product(MARKS, ACTS):
        yield write(o, text, head=mark), HERS


LISTS = (
    "List-Id: Operations <ops.trading.example>\n", "List-Unsubscribe: <mailto:leave@trading.example>\n",
    "List-Post: <mailto:ops@trading.example>\nPrecedence: list\n", "Mailing-List: contact ops@trading.example\n",
    "X-Mailing-List: ops@trading.example\n",
)  # fmt: skip


def copied_by_a_list(_ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """What she wrote to a list that has our address among its members."""
    for mark, text in itertools.product(LISTS, ACTS):
        yield write(o, text, head=mark, subject=f"Re: [ops] {o.subject}"), "ops-bounces@trading.example"


AWAY = (
    "I am out of the office until Monday and will read your mail then.",
    "Thank you for your message. I am on vacation until 3 December, with no access to mail.",
    "Note: I am on leave this week. Please write to chen.yu@trading.example.",
    "Resolved: I am away from my desk until Monday, this is an automatic reply.",
    "ack - this is an automatic reply, I am on annual leave",
    "Hello,\n\nyour request has been received and a ticket was opened: #88213.",
    "您好，您的邮件已收到，我正在休假，回来后尽快回复您。",
    "备注：我正在出差，无法及时回复邮件。",
    "自动回复：我不在办公室，紧急事项请联系陈宇。",
    "接单：您好，我已收到您的来信，将尽快处理（自动回复）",
    "Vielen Dank für Ihre Nachricht. Ich bin bis Montag nicht im Büro.",
    "Note: ich bin im Urlaub, Ihre E-Mail wird nicht weitergeleitet.",
    "Je suis absent du bureau jusqu'à lundi.",
)


def away_without_a_mark(_ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """``vacation`` programs that say nothing of themselves, and quote us."""
    for text, quote, prefix in itertools.product(AWAY, (True, False), ("Re: ", "RE: ", "回复：")):
        yield write(o, text, subject=f"{prefix}{o.subject}", quote=quote), HERS


SUBJECTS = (
    "Automatic reply: ",
    "Out of office: ",
    "自动回复：",
    "自動回覆: ",
    "Abwesenheitsnotiz: ",
    "Auto: ",
    "Réponse automatique : ",
)


def away_by_its_subject(_ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    for prefix, text in itertools.product(SUBJECTS, ACTS):
        yield write(o, text, subject=f"{prefix}{o.subject}"), HERS


def from_nobody(_ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """The null address wants no answer."""
    for text in ACTS:
        yield write(o, text), ""
        yield write(o, text, head="Return-Path: <>\n"), HERS


# -- reports

REPORT = (
    "From: Mail Delivery System <MAILER-DAEMON@mx.trading.example>\nTo: ingestd@trading.example\nSubject: {subject}\n"
    "Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind}; boundary=b\n\n"
    "--b\nContent-Type: text/plain; charset=us-ascii\n\n{words}\n\nack\n--b\nContent-Type: message/{kind}\n\n{fields}\n"
    "--b\nContent-Type: message/rfc822\n\nFrom: ingestd@trading.example\nMessage-ID: {name}\nSubject: x\n\nack\n--b--\n"
)


def report(kind: str, subject: str, words: str, fields: str, name: str) -> bytes:
    text = REPORT.format(kind=kind, subject=subject, words=words, fields=fields, name=name)
    return text.replace("\n", "\r\n").encode()


def reports(ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """On letters of others, or without a failure: delayed, delivered, read, complained about."""
    status = (
        "Reporting-MTA: dns; mx.trading.example\n\nFinal-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\n"
    )
    for number in range(20):
        fields = status.format(to=f"user{number}@far.example", action="failed", status="5.1.1")
        name = f"<{number}.other@far.example>"
        yield report("delivery-status", "Undelivered Mail Returned to Sender", "not found", fields, name), ""
    for name in (ground.other_incident, ground.old):
        fields = status.format(to=o.to, action="failed", status="5.1.1")
        yield report("delivery-status", "Undelivered Mail Returned to Sender", "not found", fields, name), ""
    for action, code in (("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.0.0"), ("expanded", "2.0.0")):
        fields = status.format(to=o.to, action=action, status=code)
        yield report("delivery-status", f"Mail is {action}", "not yet", fields, ground.message_id), ""
    read = f"Final-Recipient: rfc822; {o.to}\nOriginal-Message-ID: {ground.message_id}\nDisposition: manual-action; displayed\n"
    yield (
        report("disposition-notification", f"Read: {o.subject}", "Your message was read.", read, ground.message_id),
        HERS,
    )
    spam = f"Feedback-Type: abuse\nUser-Agent: loop/1\nOriginal-Mail-From: {o.sender}\n"
    yield (
        report("feedback-report", f"FW: {o.subject}", "This is a report of abuse.", spam, ground.message_id),
        "fbl@far.example",
    )


# -- senders


def newsletters(ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """Of strangers; some have seen a link of ours."""
    for number, text in itertools.product(range(4), ACTS):
        seen = f"\n{ground.link}\n" if number % 2 else ""
        yield (
            write(o, f"{text}\n\nOur offers of this week, number {number}.{seen}", subject=f"Weekly offers {number}",
                  sender=f"News <news{number}@shop.example>", refers=NONE, quote=False,
                  head="List-Unsubscribe: <mailto:no@shop.example>\n", proof=""),
            f"bounce{number}@shop.example",
        )  # fmt: skip


def monitors(ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """A program that puts our letter into its own notices."""
    for text in ACTS:
        body = f"{text}\n\nlast notice:\n{o.text}\n{ground.link}"
        yield (
            write(o, body, subject="mailbox of the desk: 1 unread", sender="watch@mon-1.trading.example", quote=False),
            "watch@mon-1.trading.example",
        )


def _changed(message_id: str) -> str:
    """The same name with another token."""
    front, _, domain = message_id.partition("@")
    return f"{front[:-1]}{'0' if front[-1] != '0' else '1'}@{domain}"


def wrong_tokens(ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """Her address is right, the letter is none that she got."""
    names = (
        _changed(ground.message_id), ground.other_incident, ground.chens, ground.old,
        ground.message_id.upper(), "<ingestd.1.1.1.@trading.example>", "<ingestd.999999999999999.1.1.00000000000000000000@x.example>",
    )  # fmt: skip
    for name, text in itertools.product(names, ACTS):
        refers = f"In-Reply-To: {name}\nReferences: {name}\n"
        yield write(o, text, refers=refers, quote=False), HERS
    for text in ACTS:
        yield write(o, f"{text}\n\n> {ground.link[:-4]}abcd", refers=NONE, quote=False), HERS


def wrong_addresses(_ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """The letter is right, the address is somebody else's, however it is dressed up."""
    senders = (
        "Chen Yu <chen.yu@trading.example>",  # a colleague to whom it was forwarded
        "Lin Hao <lin.hao@evil.example>",
        "lin.hao@trading.example <evil@evil.example>",
        '"lin.hao@trading.example" <evil@evil.example>',
        "evil@evil.example (Lin <lin.hao@trading.example>)",
        '<evil@evil.example> "<lin.hao@trading.example>"',
        "evil@evil.example, lin.hao@trading.example",
        "lin.hao@trading.example, evil@evil.example",
        "Lin Hao <lin.hao@trading.example>\nFrom: evil@evil.example",
        "evil@evil.example\nFrom: Lin Hao <lin.hao@trading.example>",
        "=?utf-8?q?=3Clin=2Ehao=40trading=2Eexample=3E?= <evil@evil.example>",
        "haolin@trading.example",  # an alias that people.yaml does not have
        "lin.hao+phone@trading.example",
        "lin.hao@mail.trading.example",
    )
    for sender, text in itertools.product(senders, ACTS[:4]):
        yield write(o, text, sender=sender), "someone@evil.example"


VERDICTS = (
    "",  # no word of our server
    "mx.trading.example; dmarc=fail header.from=trading.example",
    "mx.trading.example; none",
    "mx.trading.example; spf=fail smtp.mailfrom=x@evil.example; dkim=none",
    "mx.trading.example; spf=pass smtp.mailfrom=x@evil.example; dkim=pass header.d=evil.example",
    "mx.trading.example; dmarc=pass header.from=evil.example",
    "mx.evil.example; dmarc=pass header.from=trading.example",
    "mx.trading.example.evil.example; dmarc=pass header.from=trading.example",
    "mx.trading.example; spf=fail (domain of dmarc=pass) smtp.mailfrom=x@evil.example",
    "mx.trading.example; spf=fail (a; dmarc=pass header.from=trading.example) smtp.mailfrom=x@evil.example",
    'mx.trading.example; spf=fail smtp.mailfrom="a; dmarc=pass header.from=trading.example"@evil.example',
    "mx.trading.example; spf=pass smtp.helo=header.d=trading.example smtp.mailfrom=x@evil.example",
    "mx.trading.example; spf=pass smtp.helo=smtp.mailfrom=trading.example",
    "mx.trading.example; dkim=fail reason=dkim=pass header.d=trading.example",
    'mx.trading.example; dkim=fail reason="x; dkim=pass header.d=trading.example" header.d=trading.example',
    "mx.trading.example; dmarc=pass-through header.from=trading.example",
    "mx.trading.example; dkim=pass header.d=example",
)


def unproven(_ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """All is right but what our own mail server says of it; the forger has added a line of his own below."""
    for said, text in itertools.product(VERDICTS, ACTS[:3]):
        proof = f"Authentication-Results: {said}\n" if said else ""
        below = "Received: from evil.example by mx.trading.example\n" + (PASSED if said else "")
        yield write(o, text, proof=proof + below), HERS


# -- loops


def our_own(ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """Our letter, as it was: an alias leads back to us, or somebody passed it on with all its headers."""
    yield ground.raw, "ingestd@trading.example"
    yield b"Received: from far.example by mx.trading.example\r\n" + ground.raw, HERS
    yield b"Resent-From: lin.hao@trading.example\r\nResent-To: ingestd@trading.example\r\n" + ground.raw, HERS
    for prefix in ("FW: ", "Fwd: ", "转发：", "WG: "):
        for mark in (
            "",
            "Auto-Submitted: auto-generated\n",
            "X-MS-Exchange-Inbox-Rules-Loop: lin.hao@trading.example\n",
        ):
            passed_on = f"---------- Forwarded message ---------\nFrom: {o.sender}\nSubject: {o.subject}\nTo: {o.to}\n\n{o.text}"
            raw = write(o, passed_on, head=mark, subject=f"{prefix}{o.subject}", refers=NONE, quote=False)
            yield raw, HERS


def silent(_ground: Ground, o: Original) -> Iterator[tuple[bytes, str]]:
    """Real mail programs, of people who are not hers: a reply to all, seen from the colleague's side."""
    for client in CLIENTS.values():
        yield (
            client(o, "ack").replace(b"From: Lin Hao <lin.hao@trading.example>", b"From: Wu <wu.jing@trading.example>"),
            HERS,
        )


KINDS: Mapping[str, Makes] = {
    make.__name__: make
    for make in (
        marked, copied_by_a_list, away_without_a_mark, away_by_its_subject, from_nobody, reports, newsletters, monitors,
        wrong_tokens, wrong_addresses, unproven, our_own, silent,
    )
}  # fmt: skip
