"""Letters of ours that come back, as mail servers word it: the page goes on to her other address at once."""

from collections.abc import Callable, Mapping

import pytest

from tests.decide.stories import ROW, alert
from tests.decide.test_answered import TWO_WAYS
from tests.night import Night, trading_company
from tests.replies.post import NightPost
from tests.replies.writing import Original, encoded_word, original, part

OLD = "lin@old.example"
Server = Callable[[Original, bytes], bytes]


def _mail(head: str, *parts: bytes, kind: str = "multipart/mixed") -> bytes:
    boundary = "=_back"
    fields = f'{head}MIME-Version: 1.0\nContent-Type: {kind}; boundary="{boundary}"\n\n'.replace("\n", "\r\n")
    body = b"".join(f"--{boundary}\r\n".encode() + one for one in parts)
    return fields.encode() + body + f"--{boundary}--\r\n".encode()


def _copy(raw: bytes) -> bytes:
    return b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + raw + b"\r\n"


def _headers(raw: bytes) -> bytes:
    return b"Content-Type: text/rfc822-headers\r\n\r\n" + raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def _status(status: str, action: str = "failed") -> bytes:
    fields = (
        f"Reporting-MTA: dns;mx.old.example\n\nFinal-Recipient: rfc822;{OLD}\nAction: {action}\nStatus: {status}\n\n"
    )
    return b"Content-Type: message/delivery-status\r\n\r\n" + fields.replace("\n", "\r\n").encode()


REPORT = "multipart/report; report-type=delivery-status"


def postfix(_o: Original, raw: bytes) -> bytes:
    words = f"This is the mail system at host mx.old.example.\n\n<{OLD}>: host mx.old.example said: 550 5.1.1 unknown user\n"
    head = "From: MAILER-DAEMON@mx.old.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n"
    return _mail(head, part("text/plain", words, "us-ascii", "7bit"), _status("5.1.1"), _copy(raw), kind=REPORT)


def exchange(_o: Original, raw: bytes) -> bytes:
    words = f"Delivery has failed to these recipients or groups:\n\n{OLD}\nThe email address you entered couldn't be found.\n"
    head = "From: <postmaster@old.example>\nSubject: Undeliverable: alert\nX-MS-Exchange-Message-Is-Ndr:\n"
    return _mail(head, part("text/plain", words), _status("5.1.10"), _headers(raw), kind=REPORT)


def gmail(o: Original, raw: bytes) -> bytes:
    words = (
        f"** Address not found **\n\nYour message wasn't delivered to {OLD} because the address couldn't be found.\n"
    )
    head = (
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\nAuto-Submitted: auto-replied\n"
        f"Subject: Delivery Status Notification (Failure)\nReferences: {o.message_id}\nIn-Reply-To: {o.message_id}\n"
        f"X-Failed-Recipients: {OLD}\n"
    )
    return _mail(head, part("text/plain", words), _status("5.1.1"), _copy(raw), kind=REPORT)


def exim(_o: Original, raw: bytes) -> bytes:
    words = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered "
        f"to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  {OLD}\n"
        f"    550 no such user\n\n------ This is a copy of the message, including all the headers. ------\n\n"
    ) + raw.decode("utf-8", "replace").replace("\r\n", "\n")
    head = f"From: Mail Delivery System <Mailer-Daemon@old.example>\nSubject: Mail delivery failed\nX-Failed-Recipients: {OLD}\n"
    return head.replace("\n", "\r\n").encode() + part("text/plain", words)


def qmail(_o: Original, raw: bytes) -> bytes:
    words = (
        "Hi. This is the qmail-send program at old.example.\nI'm afraid I wasn't able to deliver your message to the following "
        f"addresses.\n\n<{OLD}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
    ) + raw.decode("utf-8", "replace").replace("\r\n", "\n")
    head = "From: MAILER-DAEMON@old.example\nSubject: failure notice\n"
    return head.replace("\n", "\r\n").encode() + part("text/plain", words)


def qq(_o: Original, raw: bytes) -> bytes:
    words = f"很抱歉您的邮件被退回，以下是该邮件的相关信息：\n\n被退回邮件\n收件人：{OLD}\n退信原因：收件人邮件地址（{OLD}）不存在，邮件无法送达。\n"
    title = encoded_word("系统退信/Systems bounce", "utf-8").replace("\r\n", "\n")
    return _mail(
        f"From: PostMaster@qq.example\nSubject: {title}\nX-QQ-MIME: 1\n", part("text/plain", words), _copy(raw)
    )


def netease(_o: Original, raw: bytes) -> bytes:
    words = f"抱歉，您的邮件被退回来了……\n收件人 {OLD} 不存在\nSMTP error, RCPT TO: 550 User not found\n"
    title = encoded_word("系统退信", "gbk").replace("\r\n", "\n")
    return _mail(
        f"From: Postmaster@163.example\nSubject: {title}\n", part("text/plain", words, "gbk"), _copy(raw), kind=REPORT
    )


SERVERS: Mapping[str, Server] = {one.__name__: one for one in (postfix, exchange, gmail, exim, qmail, qq, netease)}


def paged() -> tuple[Night, NightPost]:
    night = Night(trading_company(topology=ROW, people=TWO_WAYS))
    night.webhook(0, alert("sw"))
    night.until(60)
    return night, NightPost(night)


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS.keys())
def test_what_comes_back_goes_to_the_next_address(server: Server) -> None:
    night, post = paged()
    raw = post.letter(night.pages[0].notification)
    post.arrives(90, server(original(raw), raw), sender="")
    assert [(p.person, p.kind, p.notification.without) for p in night.pages[1:]] == [("lin", "open", (OLD,))]
    assert len(night.world.incidents) == 1


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS.keys())
def test_what_somebody_elses_letter_met_is_nothing_to_us(server: Server) -> None:
    night, post = paged()
    raw = post.letter(night.pages[0].notification)
    strange = raw.replace(original(raw).message_id.encode(), b"<4711@shop.example>")
    post.arrives(90, server(original(strange), strange), sender="")
    assert len(night.pages) == 1 and len(night.world.incidents) == 1
