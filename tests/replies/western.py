"""Gmail, Outlook, Apple Mail, Thunderbird, mutt, K-9 and others, as they answer in English, Chinese and German."""

import html

from tests.replies.writing import CHINESE, DE, EN, ZH, Original, alternative, cited, fields_of, mail, paragraphs, part

# -- Google


def _gmail(o: Original, words: str, introduction: str, *, below: bool = False, more: str = "") -> bytes:
    quote = f"{introduction}\n\n{cited(o.text, columns=76)}"
    text = f"{quote}\n\n{words}\n" if below else f"{words}\n\n{quote}\n"
    shown = html.escape(introduction)
    block = (
        f'<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{shown}<br></div>'
        f'<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);'
        f'padding-left:1ex">{o.body}</blockquote></div>'
    )
    own = f'<div dir="ltr">{paragraphs(words)}</div>'
    page = f"{block}<br>{own}" if below else f"{own}<br>{block}"
    encoding = "7bit" if text.isascii() else "base64"
    plain = part("text/plain", text, "utf-8", encoding)
    return mail(o, "Re: ", alternative(plain, part("text/html", page, "utf-8", "quoted-printable")), more=more)


def gmail(o: Original, words: str) -> bytes:
    return _gmail(o, words, f"On Wed, {o.date_us} at {o.clock} {o.sender_name} <\n{o.sender}> wrote:")


def gmail_below(o: Original, words: str) -> bytes:
    return _gmail(o, words, f"On Wed, {o.date_us} at {o.clock} {o.sender_name} <{o.sender}> wrote:", below=True)


def gmail_zh(o: Original, words: str) -> bytes:
    day = CHINESE[o.weekday]
    return _gmail(o, words, f"{o.sender_name} <{o.sender}> 于{o.date_zh}周{day} {o.clock24}写道：")


def gmail_phone(o: Original, words: str) -> bytes:
    """Plain text only, as a phone sends it when the reader chose so."""
    text = f"{words}\n\nSent from my Pixel\n\nOn Wed, {o.date_us}, {o.clock} {o.sender_name} <{o.sender}> wrote:\n\n"
    return mail(o, "Re: ", part("text/plain", text + cited(o.text, columns=74)), refers="references")


# -- Microsoft


_OUTLOOK = (
    "Thread-Topic: alert\nThread-Index: AQHcVu0lQm9ib3h4eHh4eHh4eHh4eA==\nAccept-Language: en-US, zh-CN\n"
    "Content-Language: en-US\nX-MS-Has-Attach:\nX-MS-TNEF-Correlator:\nX-Originating-IP: [192.0.2.17]\n"
)


def _linked(text: str) -> str:
    """Outlook's plain part repeats the address behind each link."""
    return "\n".join(
        f"{line}<{line.rpartition(' ')[2]}>" if line.rpartition(" ")[2].startswith("http") else line
        for line in text.split("\n")
    )


def _outlook(
    o: Original,
    words: str,
    *,
    names: tuple[str, ...] = EN,
    prefix: str = "RE: ",
    charset: str = "utf-8",
    when: str = "",
    sign: str = "",
    refers: str = "both",
) -> bytes:
    fields = fields_of(o, names, when or f"{o.date_long} {o.clock}")
    block = "\n".join(f"{name}{value}" for name, value in fields)
    text = f"{words}\n\n{sign}{block}\n\n{_linked(o.text)}\n"
    shown = "<br>".join(f"<b>{name}</b> {html.escape(value)}" for name, value in fields)
    own = "".join(f'<p class="MsoNormal">{html.escape(line)}<o:p></o:p></p>' for line in words.split("\n"))
    signed = "".join(f'<p class="MsoNormal">{html.escape(line)}<o:p></o:p></p>' for line in sign.split("\n"))
    page = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {margin:0cm;} --></style>'
        f'</head><body lang="EN-US"><div class="WordSection1">{own}<p class="MsoNormal"><o:p>&nbsp;</o:p></p>{signed}<div>'
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">'
        f"{shown}<o:p></o:p></p></div></div>{o.body}</div></body></html>"
    )
    plain = part("text/plain", text, charset, "base64")
    body = alternative(plain, part("text/html", page, charset, "quoted-printable"))
    return mail(o, prefix, body, charset=charset, refers=refers, more=_OUTLOOK)


def outlook(o: Original, words: str) -> bytes:
    return _outlook(o, words, sign="Lin Hao\nNetwork Operations\n\n")


def outlook_zh(o: Original, words: str) -> bytes:
    return _outlook(o, words, names=ZH, prefix="答复: ", charset="gb18030", when=f"{o.date_zh} {o.clock24}")


def outlook_de(o: Original, words: str) -> bytes:
    return _outlook(o, words, names=DE, prefix="AW: ", when=f"Mittwoch, {o.day}. November {o.year} {o.clock24}")


def outlook_without_references(o: Original, words: str) -> bytes:
    """Behind a gateway that keeps only its own thread headers: the quoted link is all that is left."""
    return _outlook(o, words, refers="none")


def outlook_html_only(o: Original, words: str) -> bytes:
    fields = "<br>".join(f"<b>{n}</b> {html.escape(v)}" for n, v in fields_of(o, EN, f"{o.date_long} {o.clock}"))
    page = (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body dir="ltr">'
        f'<div class="elementToProof" style="font-family: Aptos;">{paragraphs(words)}</div><div id="appendonsend"></div>'
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">'
        f"{fields}</font><div>&nbsp;</div></div>{o.body}</body></html>"
    )
    return mail(o, "Re: ", part("text/html", page, "utf-8", "quoted-printable"), more=_OUTLOOK)


def outlook_original_message(o: Original, words: str) -> bytes:
    """A letter in plain text, answered in plain text."""
    block = "\n".join(f"{name}{value}" for name, value in fields_of(o, EN, f"{o.date_long} {o.clock}"))
    text = f"{words}\n\n-----Original Message-----\n{block} \n\n{o.text}\n"
    return mail(o, "RE: ", part("text/plain", text, "utf-8", "quoted-printable"), more=_OUTLOOK)


def outlook_marked_in_each_line(o: Original, words: str) -> bytes:
    """``Prefix each line of the original message``."""
    block = "\n".join(f"{name}{value}" for name, value in fields_of(o, EN, f"{o.date_long} {o.clock}"))
    text = f"{words}\n\n> -----Original Message-----\n{cited(block)}\n>\n{cited(o.text)}\n"
    return mail(o, "RE: ", part("text/plain", text), more=_OUTLOOK)


def _outlook_web(o: Original, words: str, names: tuple[str, ...], when: str, *, prefix: str, sign: str = "") -> bytes:
    fields = fields_of(o, names, when)
    block = "\n".join(f"{name}{value}" for name, value in fields)
    text = f"{words}\n\n{sign}________________________________\n{block}\n\n{_linked(o.text)}\n"
    shown = "<br>".join(f"<b>{name}</b>{html.escape(value)}" for name, value in fields)
    page = (
        f'<html><body><div>{paragraphs(words)}</div><div><br></div><div id="ms-outlook-mobile-signature">'
        f'{html.escape(sign)}</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%"><div '
        f'id="divRplyFwdMsg" dir="ltr"><font face="Calibri">{shown}</font></div>{o.body}</body></html>'
    )
    body = alternative(part("text/plain", text, "utf-8", "base64"), part("text/html", page, "utf-8", "base64"))
    return mail(o, prefix, body, more=_OUTLOOK)


def outlook_web(o: Original, words: str) -> bytes:
    return _outlook_web(o, words, EN, f"{o.date_long} {o.clock}", prefix="Re: ")


def outlook_web_zh(o: Original, words: str) -> bytes:
    return _outlook_web(o, words, ZH, f"{o.date_zh} {o.clock24}", prefix="回复: ")


def outlook_phone(o: Original, words: str) -> bytes:
    sign = "Get Outlook for iOS<https://aka.example/o0ukef>\n"
    return _outlook_web(o, words, EN, f"{o.date_long} {o.clock}", prefix="Re: ", sign=sign)


def outlook_phone_zh(o: Original, words: str) -> bytes:
    sign = "获取 Outlook for Android<https://aka.example/AAb9ysg>\n"
    return _outlook_web(o, words, ZH, f"{o.date_zh} {o.clock24}", prefix="答复: ", sign=sign)


def windows_mail(o: Original, words: str) -> bytes:
    return _outlook(o, words, sign="Sent from Mail for Windows\n\n")


# -- Apple


def _apple(o: Original, words: str, introduction: str, sign: str = "", prefix: str = "Re: ") -> bytes:
    text = f"{words}\n\n{sign}{cited(introduction)}\n> \n{cited(o.text)}\n"
    encoding = "7bit" if text.isascii() else "quoted-printable"
    plain = part("text/plain", text, "us-ascii" if text.isascii() else "utf-8", encoding)
    page = (
        f'<html><body dir="auto">{paragraphs(words)}<br><div dir="ltr">{html.escape(sign.strip())}</div><div dir="ltr"><br>'
        f'<blockquote type="cite">{html.escape(introduction)}<br><br></blockquote></div><blockquote type="cite">'
        f'<div dir="ltr">\ufeff{o.body}</div></blockquote></body></html>'
    )
    body = alternative(plain, part("text/html", page, "utf-8", "quoted-printable"), boundary="Apple-Mail=_4C1D2E3F")
    return mail(o, prefix, body, more="X-Mailer: Apple Mail (2.3826.300.87.4.3)\n")


def apple_mail(o: Original, words: str) -> bytes:
    return _apple(o, words, f"On {o.day} Nov {o.year}, at {o.clock24}, {o.sender_name} <{o.sender}> wrote:")


def apple_mail_zh(o: Original, words: str) -> bytes:
    return _apple(o, words, f"{o.date_zh} {o.clock24}，{o.sender_name} <{o.sender}> 写道：")


def iphone(o: Original, words: str) -> bytes:
    introduction = f"On {o.date_us}, at {o.clock24}, {o.sender_name} <{o.sender}> wrote:"
    return _apple(o, words, introduction, "Sent from my iPhone\n\n")


def iphone_zh(o: Original, words: str) -> bytes:
    introduction = f"在 {o.date_zh}，{o.clock24}，{o.sender_name} <{o.sender}> 写道："
    return _apple(o, words, introduction, "发自我的 iPhone\n\n", "回复：")


def iphone_html_only(o: Original, words: str) -> bytes:
    page = (
        f'<html><body dir="auto">{html.escape(words).replace(chr(10), "<br>")}<br><br><div dir="ltr">发自我的iPhone</div>'
        f'<div dir="ltr"><br><blockquote type="cite">On {o.date_us}, at {o.clock}, {o.sender_name} &lt;{o.sender}&gt; wrote:'
        f'<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">{o.body}</div></blockquote></body></html>'
    )
    return mail(o, "Re: ", part("text/html", page, "utf-8", "quoted-printable"), more="X-Mailer: iPhone Mail (22F76)\n")


# -- free software


def _thunderbird(o: Original, words: str, introduction: str, *, below: bool) -> bytes:
    quote = f"{introduction}\n{cited(o.text)}"
    flowed = "\n".join(line if len(line) < 72 else line[:70].rpartition(" ")[0] + " \n" + line[:70].rpartition(" ")[2]
                       + line[70:] for line in words.split("\n"))  # fmt: skip
    text = f"{quote}\n\n{flowed}\n\n-- \nLin Hao\nNetwork Operations\n" if below else f"{flowed}\n\n{quote}\n"
    body = part("text/plain", text, "utf-8", "8bit", "; format=flowed")
    return mail(o, "Re: ", body, more="User-Agent: Mozilla Thunderbird\nContent-Language: en-US\n")


def thunderbird(o: Original, words: str) -> bytes:
    return _thunderbird(o, words, f"On {o.day}/{o.month}/{o.year} {o.clock24}, {o.sender_name} wrote:", below=True)


def thunderbird_above(o: Original, words: str) -> bytes:
    return _thunderbird(o, words, f"On {o.iso} {o.clock24}, {o.sender_name} wrote:", below=False)


def thunderbird_zh(o: Original, words: str) -> bytes:
    introduction = f"在 {o.year}/{o.month}/{o.day} {o.hour}:{o.minute:02}, {o.sender_name} 写道:"
    return _thunderbird(o, words, introduction, below=True)


def thunderbird_html_only(o: Original, words: str) -> bytes:
    page = (
        f'<!DOCTYPE html><html><body><p>{html.escape(words).replace(chr(10), "<br>")}</p><div class="moz-cite-prefix">'
        f'On {o.day}/{o.month}/{o.year} {o.clock24}, {o.sender_name} wrote:<br></div><blockquote type="cite" '
        f'cite="mid:{o.message_id.strip("<>")}">{o.body}</blockquote><pre class="moz-signature" cols="72">-- \nLin Hao</pre>'
        "</body></html>"
    )
    return mail(o, "Re: ", part("text/html", page, "utf-8", "8bit"), more="User-Agent: Mozilla Thunderbird\n")


def mutt(o: Original, words: str) -> bytes:
    introduction = f"On Wed, Nov {o.day}, {o.year} at {o.clock24}:00{o.clock[-2:]} +0800, {o.sender_name} wrote:"
    text = f"{introduction}\n{cited(o.text)}\n\n{words}\n\n-- \nLin Hao\n"
    return mail(o, "Re: ", part("text/plain", text, "utf-8", "8bit"), refers="folded", more="User-Agent: Mutt/2.2.12\n")


def k9(o: Original, words: str) -> bytes:
    text = (
        f"{words}\n-- \nSent from my Android device with K-9 Mail. Please excuse my brevity.\n\n"
        f"On November {o.day}, {o.year} {o.clock[:-3]}:00 AM GMT+08:00, {o.sender_name} <{o.sender}> wrote:\n{cited(o.text, '>')}\n"
    )
    return mail(
        o, "Re: ", part("text/plain", text, "utf-8", "quoted-printable"), more="User-Agent: K-9 Mail for Android\n"
    )


def k9_zh(o: Original, words: str) -> bytes:
    text = (
        f"{words}\n\n使用K-9 Mail发送自我的Android设备。\n\n"
        f"于 {o.date_zh} GMT+08:00 {o.clock_zh}:00，{o.sender_name} <{o.sender}> 写到：\n{cited(o.text, '>')}\n"
    )
    return mail(o, "Re: ", part("text/plain", text, "utf-8", "base64"), more="User-Agent: K-9 Mail for Android\n")


def roundcube(o: Original, words: str) -> bytes:
    text = f"On {o.iso} {o.clock24}, {o.sender_name} wrote:\n{cited(o.text, columns=72)}\n\n{words}\n"
    return mail(o, "Re: ", part("text/plain", text, "utf-8", "8bit", "; format=flowed"), refers="torn")


# -- phones


def samsung(o: Original, words: str) -> bytes:
    text = (
        f"{words}\n\n\nSent from my Galaxy\n\n\n-------- Original message --------\nFrom: {o.sender_name} <{o.sender}> \n"
        f"Date: {o.day}/{o.month}/{o.year}  {o.clock24}  (GMT+08:00) \nTo: {o.to} \nSubject: {o.subject} \n\n{o.text}\n"
    )
    return mail(o, "Re: ", part("text/plain", text, "utf-8", "base64"))


def yahoo(o: Original, words: str) -> bytes:
    introduction = f"    On {o.date_long} at {o.clock24}:00 AM GMT+8, {o.sender_name} <{o.sender}> wrote:  "
    text = f" {words}\n\n{introduction}\n \n {o.text}\n  "
    return mail(o, "Re: ", part("text/plain", text), refers="reply")


def plain_words(o: Original, words: str) -> bytes:
    """No quote at all."""
    return mail(o, "Re: ", part("text/plain", words, "utf-8", "8bit"))
