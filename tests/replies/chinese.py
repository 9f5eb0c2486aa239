"""The mail of Tencent, NetEase, Alibaba (DingTalk), Coremail and Huawei, as it answers in Chinese and English."""

import html

from tests.replies.writing import CHINESE, ZH, Original, alternative, cited, fields_of, mail, paragraphs, part

# -- Tencent, NetEase, Alibaba, Coremail


def _qq(o: Original, words: str, rule: str, fields: list[tuple[str, str]], *, prefix: str, charset: str) -> bytes:
    block = "\n".join(f"{name}{value}" for name, value in fields)
    text = f"{words}\n\n\n\n\n{rule.replace(' ', '&nbsp;')}\n{block}\n\n\n\n{o.text}\n"
    shown = "".join(f"<div><b>{name}</b>&nbsp;{html.escape(value)}</div>" for name, value in fields)
    page = (
        f'{paragraphs(words)}<div><br></div><div><br></div><div style="font-size: 12px;font-family: Arial Narrow;padding:2px '
        f'0 2px 0;">{rule.replace(" ", "&nbsp;")}</div><div style="font-size: 12px;background:#efefef;padding:8px;">{shown}'
        f"</div><div><br></div>{o.body}"
    )
    boundary = "----=_NextPart_6924F0B3_9B2C1A50_4F6A1B1D"
    body = alternative(part("text/plain", text, charset), part("text/html", page, charset), boundary=boundary)
    more = "X-QQ-MIME: TCMime 1.0 by Tencent\nX-Mailer: QQMail 2.x\nX-QQ-Mailer: QQMail 2.x\nX-Priority: 3\n"
    return mail(o, prefix, body, charset=charset, more=more)


def _qq_fields(o: Original, names: tuple[str, ...], when: str, end: str) -> list[tuple[str, str]]:
    values = (f'"{o.sender_name}"<{o.sender}>{end}', when, f'"{o.to_name}"<{o.to}>{end}', f"{o.subject}{end}")
    return [(f"{name}:", value) for name, value in zip(names, values, strict=True)]


def qq(o: Original, words: str) -> bytes:
    when = f"{o.date_zh}(星期{CHINESE[o.weekday]}) {o.clock_zh}"
    rule = "------------------ 原始邮件 ------------------"
    return _qq(o, words, rule, _qq_fields(o, ZH, when, ";"), prefix="回复：", charset="gb18030")


def qq_in_english(o: Original, words: str) -> bytes:
    names, when = ("From", "Date", "To", "Subject"), f"Wed, {o.date_us} {o.clock24} AM"
    rule = "------------------ Original ------------------"
    return _qq(o, words, rule, _qq_fields(o, names, when, ";"), prefix="Re: ", charset="utf-8")


def qq_phone(o: Original, words: str) -> bytes:
    fields = _qq_fields(o, ZH, f"{o.date_zh}(周{CHINESE[o.weekday]}) {o.clock_zh}", "")
    return _qq(o, f"{words}\n\n发自我的iPhone", "---原始邮件---", fields, prefix="回复：", charset="utf-8")


def exmail(o: Original, words: str) -> bytes:
    """Tencent's mail for companies, through WeCom."""
    rule = "------------------ 原始邮件 ------------------"
    fields = _qq_fields(o, ZH, f"{o.date_zh}(星期{CHINESE[o.weekday]}) {o.clock_zh}", ";")
    return _qq(o, f"{words}\n \n发自我的企业微信", rule, fields, prefix="回复: ", charset="utf-8")


def _netease(o: Original, words: str, introduction: str) -> bytes:
    text = f"{words}\n\n\n\n\n\n\n\n\n\n{introduction}\n\n{cited(o.text, '>')}\n"
    page = (
        f'<div style="line-height:1.7;color:#000000;font-size:14px;font-family:Arial">{paragraphs(words)}<br><br><br>'
        f'<div style="position:relative;zoom:1"></div><div id="divNeteaseMailCard"></div><br><p style="margin: 0;">'
        f'{html.escape(introduction)}</p><blockquote id="isReplyContent" style="PADDING-LEFT: 1ex; MARGIN: 0px 0px 0px 0.8ex; '
        f'BORDER-LEFT: #ccc 1px solid">{o.body}</blockquote></div>'
    )
    body = alternative(part("text/plain", text, "gbk"), part("text/html", page, "gbk"))
    more = (
        "X-Mailer: Coremail Webmail Server Version 2026.1\n X-CM-CTRLMSGS: 1\nX-Coremail-Locale: zh_CN\nX-Priority: 3\n"
    )
    return mail(o, "Re:", body, charset="gbk", more=more)


def netease(o: Original, words: str) -> bytes:
    return _netease(o, words, f'在 {o.iso} {o.clock24}:00，"{o.sender_name}" <{o.sender}> 写道：')


def netease_in_english(o: Original, words: str) -> bytes:
    return _netease(o, words, f'At {o.iso} {o.clock24}:00, "{o.sender_name}" <{o.sender}> wrote:')


def mail_master(o: Original, words: str) -> bytes:
    """NetEase's program for phones, with the card of its signature."""
    text = (
        f"{words}\n\n\n| |\nLin Hao\n|\n|\n{o.to}\n|\n\n\n---- 回复的原邮件 ----\n| 发件人 | {o.sender_name}<{o.sender}> |\n"
        f"| 发送日期 | {o.date_zh} {o.clock24} |\n| 收件人 | Lin Hao<{o.to}> |\n| 主题 | {o.subject} |\n{o.text}\n"
    )
    rows = "".join(
        f"<tr><td>{name}</td><td>{html.escape(value)}</td></tr>"
        for name, value in (("发件人", f"{o.sender_name}<{o.sender}>"), ("发送日期", o.date_zh), ("主题", o.subject))
    )
    page = (
        f'<html><body>{paragraphs(words)}<div id="ntes-pcmail-signature"><table><tr><td>Lin Hao</td></tr></table></div>'
        '<div class="J-reply" style="background-color:white"><div style="font-size:12px;padding:8px 0">---- 回复的原邮件 ----'
        f"</div><table>{rows}</table><div>{o.body}</div></div></body></html>"
    )
    body = alternative(part("text/plain", text, "utf-8"), part("text/html", page, "utf-8"))
    return mail(o, "回复：", body, more="X-Mailer: MailMasterAndroid/7.18.9\n")


def mail_master_html_only(o: Original, words: str) -> bytes:
    page = (
        f'<html><body>{paragraphs(words)}<div class="J-reply"><div>---- 回复的原邮件 ----</div><table><tr><td>发件人</td><td>'
        f"{o.sender_name}</td></tr><tr><td>日期</td><td>{o.date_zh}</td></tr></table>{o.body}</div></body></html>"
    )
    return mail(o, "回复：", part("text/html", page), refers="reply")


def _foxmail(o: Original, words: str, names: tuple[str, ...], mark: str, *, prefix: str, charset: str) -> bytes:
    fields = fields_of(o, names, f"{o.iso} {o.clock24}", mark)
    block = "\n".join(f"{name}{value}" for name, value in fields)
    text = f"{words}\n\n\n\n{o.to}\n \n{block}\n{o.text}\n"
    shown = "".join(f"<div><b>{name.rstrip()}</b>&nbsp;{html.escape(value)}</div>" for name, value in fields)
    page = (
        "<html><head><style>body { line-height: 1.5; }blockquote { margin-top: 0px; }</style></head><body>"
        f'{paragraphs(words)}<div><br></div><hr style="width: 210px; height: 1px;" color="#b5c4df" size="1" align="left">'
        f'<div><span><div style="MARGIN: 10px;"><div>{o.to}</div></div></span></div><blockquote style="margin-Top: 0px; '
        'margin-Bottom: 0px; margin-Left: 0.5em; margin-Right: inherit"><div>&nbsp;</div><div style="border:none;border-top:'
        f'solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><div>{shown}</div></div><div>{o.body}</div></blockquote></body></html>'
    )
    boundary = "----=_001_NextPart574823461027_=----"
    body = alternative(part("text/plain", text, charset), part("text/html", page, charset, "quoted-printable"),
                       boundary=boundary)  # fmt: skip
    return mail(o, prefix, body, charset=charset, more="X-Mailer: Foxmail 7.2.25.492[cn]\nX-Has-Attach: no\n")


def foxmail(o: Original, words: str) -> bytes:
    return _foxmail(o, words, ZH, "： ", prefix="回复: ", charset="GB18030")


def foxmail_in_english(o: Original, words: str) -> bytes:
    return _foxmail(o, words, ("From", "Date", "To", "Subject"), ": ", prefix="Re: ", charset="utf-8")


def dingtalk(o: Original, words: str) -> bytes:
    """DingTalk's mail, which is Alibaba's."""
    names = ("发件人", "发送时间", "收件人", "主　题")
    fields = fields_of(o, names, f"{o.date_zh}(星期{CHINESE[o.weekday]}) {o.clock24}", "：")
    block = "\n".join(f"{name}{value}" for name, value in fields)
    text = f"{words}\n\n来自钉钉专属商务邮箱\n{'-' * 66}\n{block}\n\n{o.text}\n"
    shown = "<br>".join(f"{name}{html.escape(value)}" for name, value in fields)
    page = (
        f'<div class="__aliyun_email_body_block">{paragraphs(words)}<div>来自钉钉专属商务邮箱</div><blockquote '
        f'style="margin-right:0;margin-top:0;margin-bottom:0;"><div>{"-" * 66}</div><div>{shown}</div>{o.body}</blockquote></div>'
    )
    body = alternative(part("text/plain", text), part("text/html", page))
    return mail(o, "回复：", body, more="X-Mailer: [Alimail-Mailagent][DingTalk]\n")


def coremail(o: Original, words: str) -> bytes:
    fields = fields_of(o, ZH, f"{o.iso} {o.clock24}:00 (星期{CHINESE[o.weekday]})")
    block = "\n".join(f"{name}{value}" for name, value in fields)
    text = f"{words}\n\n\n> -----原始邮件-----\n{cited(block)}\n> \n{cited(o.text)}\n"
    return mail(o, "回复: ", part("text/plain", text), more="X-Mailer: Coremail Webmail Server Version XT6.0.5\n")


def huawei(o: Original, words: str) -> bytes:
    text = (
        f"{words}\n\n发自我的华为手机\n\n-------- 原始邮件 --------\n发件人： {o.sender_name} <{o.sender}>\n日期： "
        f"{o.date_zh}周{CHINESE[o.weekday]} {o.clock_zh}\n收件人： {o.to}\n主题： {o.subject}\n\n{o.text}\n"
    )
    return mail(o, "回复：", part("text/plain", text, "utf-8", "base64"))
