"""What a reply adds: its new text, without quotes, their introduction, and signatures.

Tables of what mail programs write, in the languages that they write it in.
"""

import re

from ingestd.decide.mail import Mail
from ingestd.decide.match import compiled

LONGEST_LINE = 1000  # characters of a line that can introduce a quote
FOLDED = 3  # lines over which an introduction may be spread
MOST_LINES = 5000  # of a reply that are looked at

_ATTRIBUTION = compiled(
    r"(?i)^\s*(?:on\b.{4,300}\bwrote|at \d{4}-.{4,200}\bwrote|.{2,200}<[^<>\s]+@[^<>\s]+>.{0,60}\bwrote|.{2,80}\bwrote"
    r"|am\b.{4,300}\bschrieb.{0,120}|.{2,80}\bschrieb(?: am .{4,80})?|le\b.{4,300}\ba [ée]crit"
    r"|el\b.{4,300}\bescribi[óo]"
    r"|il\b.{4,300}\bha scritto|em\b.{4,300}\bescreveu|op\b.{4,300}\bschreef.{0,120}|.{2,300}\bskrev\b.{0,120}"
    r"|w dniu\b.{4,300}\bnapisa.{0,60}|w dniu\b.{4,300}\bpisze|.{4,300}\byazdı|.{4,200}\bпишет"
    r"|.{4,200}\bнаписал\(?а?\)?"
    r"|在.{2,300}写道|.{0,200}[于於].{2,200}[写寫][道到]|.{2,200}[写寫][道到]|.{2,200}さんは書きました|.{2,200}(?:が"
    r"|は)書きました|.{2,200}のメール|.{4,200} 작성)"
    r"\s*[:：]\s*$"
    # in any language: a time, an address, at most a few words and a colon
    r"|^.{0,200}\d{1,2}[:.]\d\d.{0,200}<[^<>\s]+@[^<>\s]+>[^<>:：]{0,40}[:：]\s*$"
    r"|^.{0,200}<[^<>\s]+@[^<>\s]+>.{0,80}\d{1,2}[:.]\d\d.{0,60}[:：]\s*$"
    # a date and an address, as Gmail writes it in Japanese, Korean and Chinese
    r"|^\s*\d{4}(?:年|년|/)\s?\d{1,2}(?:月|월|/).{2,200}<[^<>\s]+@[^<>\s]+>\s*[:：]?\s*$"
)
_MAY_BEGIN = compiled(
    r"(?i)^\s*(?:on|am|le|el|il|em|op|den|at|w dniu|在|于|於)\b|^\s*[在于於]|^\s*\d{4}年"
    r"|^[^\n]{2,100}<[^<>\s]+@[^<>\s]+>|^[^\n]{2,200}<[^<>\s]*$"
)
_CLOSES = compiled(r"^\s*>[^<>]{0,60}[:：]\s*$")
_ADDRESS_FIRST = compiled(r"^\s*<[^<>\s]{1,300}@[^<>\s]{1,300}>[^<>]{0,60}[:：]\s*$")
_ORIGINAL = compiled(
    r"(?i)^\s*(?:[-=_—－]{2,}(?:\s|&nbsp;){0,4}[^-=_—－\n]{0,4}(?:original (?:message|appointment|mail|email)"
    r"|forwarded (?:message|by .{1,80})|begin forwarded message"
    r"|replied message|reply message|ursprüngliche (?:nachricht|mail)|original-?nachricht|weitergeleitete nachricht"
    r"|message (?:d'origine|original|transféré|initial)"
    r"|mensaje (?:original|reenviado)|messaggio originale|mensagem original|oorspronkelijk bericht|original"
    r"|oprindelig (?:besked|meddelelse)|ursprungligt meddelande|opprinnelig melding|alkuperäinen viesti"
    r"|(?:wiadomość oryginalna|oryginalna wiadomość)|původní zpráva|eredeti üzenet|mesaj original|orijinal mesaj"
    r"|(?:исходное|пересылаемое) (?:сообщение|письмо)|αρχικό μήνυμα"
    r"|原始邮件(?:信息)?|原邮件|回复的原邮件|原始郵件|原郵件|转发邮件(?:信息)?|轉寄的郵件|转发的邮件|元のメッセージ"
    r"|転送メッセージ|オリジナルメッセージ|원본 메일|원본 메시지"
    r")[^-=_—－\n]{0,80}[-=_—－]{2,}|-{2,} ?on\b.{4,300}\bwrote ?-{2,}|_{20,}|begin forwarded message:"
    r"|anfang der weitergeleiteten nachricht:"
    r"|début du message réexpédié :)\s*$"
)
_BLOCK_FROM = compiled(
    r"(?i)^[\s|*_]*(?:from|von|de|da|van|från|fra|od|от|发件人|發件人|寄件者|寄件人|差出人|送信者|보낸 ?사람)[*_\s"
    r"|]*[:：|][*_]*\s*\S"
)
_BLOCK_SENT = compiled(
    r"(?i)^[\s|*_]*(?:sent|date|gesendet|datum|envoyé|date d'envoi|enviado(?: el)?|fecha|inviato|data|verzonden"
    r"|skickat|отправлено"
    r"|发送时间|發送時間|日期|寄件日期|傳送時間|时间|送信日時|日時|보낸 ?날짜|to|an|à|para|a|aan|til|do|кому|收件人"
    r"|收件者|宛先|받는 ?사람"
    r"|subject|betreff|objet|asunto|oggetto|assunto|onderwerp|主题|主旨|件名|제목|cc|抄送|副本)[*_\s|]*[:：|]"
)
_SIGNATURE = compiled(
    r"(?i)^(?:-- ?|—|\|[ |]*|sent (?:from|via|with|using) .{1,80}|get outlook for .{1,40}|von (?:meinem"
    r"|mein) .{1,40} gesendet|gesendet (?:von|mit|aus) .{1,60}"
    r"|envoyé (?:de(?:puis)?|à partir de|avec|via) .{1,60}|enviado desde .{1,60}|inviato da .{1,60}"
    r"|verzonden vanaf .{1,60}|obtenir outlook pour .{1,40}"
    r"|outlook für .{1,40} (?:beziehen|herunterladen)|发自我的.{1,30}|發自我的.{1,30}|从我的.{1,30}发送"
    r"|發送自我的.{1,30}|从.{1,30}发送|发自.{1,30}|來自我的.{1,30}"
    r"|(?:获取|下载) ?outlook for .{1,60}|(?:使用|通过|用).{1,30}(?:发送自|發送自).{1,30}|签名由.{1,30}定制"
    r"|来自(?:我的|钉钉|阿里|网易|腾讯|企业微信|华为|荣耀|小米|vivo|oppo|qq).{0,30}"
    r"|.{1,20}から送信|.{1,30} から送信)\s*$"
)
#: The fields of Outlook's header above a quote; a program that lists one of the kind lists less, or more.
_WHOLE_BLOCK = frozenset({"from", "sent", "to", "subject"})
FEW = 5  # lines
_RULE = re.compile(r"[-=_*]{10,}\s*")
_DATED = re.compile(r"[\d<]")
_BLANKS = re.compile(r"\n{3,}")
# First characters without which a line is neither; most lines end here.
_ORIGINAL_STARTS = frozenset("-=_—－bBaAdD")
_SIGNATURE_STARTS = frozenset("-—|sSgGvVeEiIoO发發从從來获下使通用签来")
_FOLDED_STARTS = frozenset("oOaAlLeEiIdDwW在于於0123456789")


def new_text(text: str, *writer: str) -> str:
    """What a reply adds; also where the answer stands below the quote, or between its lines.

    ``writer``: her name and her address, which below her words begin her signature.
    """
    own = frozenset(name.casefold() for name in writer if name)
    lines = _joined(_lines(text))
    quoted_from = [number for number, line in enumerate(lines) if line.lstrip().startswith(">")]
    last_quoted = quoted_from[-1] if quoted_from else -1
    kept: list[str] = []
    signing = False
    for number, line in enumerate(lines):
        if _is_original(line) or starts_block(lines, number):
            break
        if _is_attribution(line):
            if number > last_quoted:
                break
            signing = False
        elif line.lstrip().startswith(">"):
            signing = False
        elif _is_signature(line) or (kept and line.strip().casefold() in own):
            signing = True
        elif not signing:
            kept.append(line.rstrip())
    while kept and (not kept[-1].strip() or _RULE.fullmatch(kept[-1])):  # the line that parts it from the quote
        kept.pop()
    return _BLANKS.sub("\n\n", "\n".join(kept)).strip()


def of(mail: Mail) -> str:
    """What a mail adds to what it quotes."""
    return new_text(mail.text, mail.sender_name, mail.sender)


def has_quote(text: str) -> bool:
    """Whether a mail quotes another one, by what stands above the quote."""
    lines = _joined(_lines(text))
    return any(
        _is_attribution(line) or _is_original(line) or starts_block(lines, number) for number, line in enumerate(lines)
    )


def answers_above(text: str) -> bool:
    """Whether a few lines stand above the whole header of another mail: who wrote it, when, to whom, about what."""
    lines = _lines(text)
    for number, line in enumerate(lines):
        if line.strip() and starts_block(lines, number):
            fields = {line.partition(":")[0].strip(" *_").casefold() for line in lines[number : number + 6]}
            own = [above for above in lines[:number] if above.strip()]
            return "@" in line and len(fields & _WHOLE_BLOCK) == len(_WHOLE_BLOCK) and 0 < len(own) <= FEW
    return False


def starts_block(lines: list[str], number: int) -> bool:
    """A header block as mail programs put above a quoted mail: From, and Sent or To below it."""
    line = lines[number]
    if not any(mark in line for mark in ":：|") or len(line) > LONGEST_LINE or not _BLOCK_FROM.match(line):
        return False
    below = [below for below in lines[number + 1 : number + 6] if below.strip()][:3]
    return any(len(line) < LONGEST_LINE and _BLOCK_SENT.match(line) for line in below)


def _lines(text: str) -> list[str]:
    return text.split("\n", MOST_LINES)[:MOST_LINES]


def _is_attribution(line: str) -> bool:
    return len(line) < LONGEST_LINE and line.rstrip().endswith((":", "：", ">")) and bool(_ATTRIBUTION.match(line))


def _is_signature(line: str) -> bool:
    likely = line[:1] in _SIGNATURE_STARTS or line.rstrip().endswith("送信")
    return likely and len(line) < LONGEST_LINE and bool(_SIGNATURE.match(line))


def _is_original(line: str) -> bool:
    return line.lstrip()[:1] in _ORIGINAL_STARTS and len(line) < LONGEST_LINE and bool(_ORIGINAL.match(line))


def _joined(lines: list[str]) -> list[str]:
    """Lines, with an introduction that was folded over several put together."""
    out: list[str] = []
    number = 0
    while number < len(lines):
        taken = _folded(lines, number)
        out.append(_together(lines[number : number + taken]) if taken > 1 else lines[number])
        number += taken
    return out


def _together(lines: list[str]) -> str:
    """Folded lines as one; an address may have been folded behind its ``<`` or before its ``>``."""
    return " ".join(line.strip() for line in lines).replace("< ", "<").replace(" >", ">")


def _folded(lines: list[str], number: int) -> int:
    """Over how many lines the introduction that may begin here is spread; 1: it is none, or stands in one."""
    if not _may_begin(lines, number):
        return 1
    for taken in range(2, FOLDED + 1):
        part = lines[number : number + taken]
        quoted = part[-1].lstrip().startswith(">") and not (len(part[-1]) < LONGEST_LINE and _CLOSES.match(part[-1]))
        if len(part) < taken or not part[-1].strip() or quoted:
            return 1
        if _is_attribution(_together(part)):
            return taken
    return 1


def _may_begin(lines: list[str], number: int) -> bool:
    """Whether a line looks like the first of an introduction that goes on below it."""
    line, below = lines[number], lines[number + 1] if number + 1 < len(lines) else ""
    starts = line.lstrip()[:1] in _FOLDED_STARTS or "<" in line
    addressed = below.lstrip()[:1] == "<"
    if not (starts or addressed) or len(line) > LONGEST_LINE or not _DATED.search(line) or _is_attribution(line):
        return False
    if addressed and len(below) < LONGEST_LINE and _ADDRESS_FIRST.match(below):
        return True
    return starts and bool(_MAY_BEGIN.match(line))
