"""Replies as the mail programs that people use build them: headers, parts, charset, quote and signature.

Each is a function of the letter and the words that are typed above (or below) it. Their forms are public knowledge of
how these programs write; the words are our own.
"""

from collections.abc import Callable, Mapping

from tests.replies.chinese import (
    coremail,
    dingtalk,
    exmail,
    foxmail,
    foxmail_in_english,
    huawei,
    mail_master,
    mail_master_html_only,
    netease,
    netease_in_english,
    qq,
    qq_in_english,
    qq_phone,
)  # fmt: skip
from tests.replies.western import (
    apple_mail,
    apple_mail_zh,
    gmail,
    gmail_below,
    gmail_phone,
    gmail_zh,
    iphone,
    iphone_html_only,
    iphone_zh,
    k9,
    k9_zh,
    mutt,
    outlook,
    outlook_de,
    outlook_html_only,
    outlook_marked_in_each_line,
    outlook_original_message,
    outlook_phone,
    outlook_phone_zh,
    outlook_web,
    outlook_web_zh,
    outlook_without_references,
    outlook_zh,
    plain_words,
    roundcube,
    samsung,
    thunderbird,
    thunderbird_above,
    thunderbird_html_only,
    thunderbird_zh,
    windows_mail,
    yahoo,
)  # fmt: skip
from tests.replies.writing import Original

Client = Callable[[Original, str], bytes]

CLIENTS: Mapping[str, Client] = {
    one.__name__: one
    for one in (
        gmail, gmail_below, gmail_zh, gmail_phone, outlook, outlook_zh, outlook_de, outlook_without_references,
        outlook_html_only, outlook_original_message, outlook_marked_in_each_line, outlook_web, outlook_web_zh,
        outlook_phone, outlook_phone_zh, windows_mail, apple_mail, apple_mail_zh, iphone, iphone_zh, iphone_html_only,
        thunderbird, thunderbird_above, thunderbird_zh, thunderbird_html_only, mutt, k9, k9_zh, roundcube, qq,
        qq_in_english, qq_phone, exmail, netease, netease_in_english, mail_master, mail_master_html_only, foxmail,
        foxmail_in_english, dingtalk, coremail, samsung, huawei, yahoo, plain_words,
    )
}  # fmt: skip
