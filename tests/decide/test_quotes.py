"""The new text of a reply, whatever mail program wrote it."""

import pytest

from ingestd.decide import quotes


@pytest.mark.parametrize(
    "text",
    [
        "On my way\n\nOn Mon, Mar 2, 2026 at 8:15 AM ingestd <i@x.example> wrote:\n\n> P1: down\n> since 08:14\n",
        "On my way\nOn Mon, Mar 2, 2026 at 8:15 AM ingestd\n<i@x.example> wrote:\n> P1\n",
        "On Mon, 2 Mar 2026, ingestd wrote:\n> P1: switch down\nOn my way\n",
        "On my way\n\n-----Original Message-----\nFrom: ingestd\nP1",
        "On my way\n\n------------------ 原始邮件 ------------------\n发件人: ingestd\nP1",
        "On my way\n\n发件人: ingestd <i@x.example>\n发送时间: 2026年3月2日\n收件人: li\n主题: P1\n\nP1",
        "On my way\n\nFrom: ingestd\nSent: Monday\nTo: li\n\nP1",
        "On my way\n\n在 2026年3月2日,ingestd <i@x.example> 写道:\n\nP1: switch down",
        "On my way\n\n-- \nLi Na\nIT",
        "On my way\n\nSent from my iPhone\n\nOn Mon, Mar 2, 2026, ingestd wrote:\n> P1",
        "On my way\n\n________________________________\nP1",
        "On my way\n\npe 2. maaliskuuta 2026 klo 8.15 ingestd\n<i@x.example> kirjoitti:\n\nP1",
        "On my way\n\ntir. 2. mars 2026 kl. 08:15 skrev ingestd <i@x.example\n>:\n\n> P1",
        'On my way\n02.03.2026 08:15 \u0438\u043d\u0433\u0435\u0441\u0442 "i@x.example" <\ni@x.example> \u043d\u0430\u043f\u0438\u0441\u0430\u043b:\n> P1',
        "On my way\n\n\u0441\u0440, 2 \u043c\u0430\u0440. 2026 \u0433. \u0432 08:15, ingestd <i@x.example>:\n\nP1",
        "On my way\n\nIn data 2 marzo 2026 08:15:00 ingestd <i@x.example> ha scritto:\n\nP1",
        "On my way\n\ningestd <i@x.example>, 2 Mar 2026 Pzt, 08:15 tarihinde \u015funu yazd\u0131:\n\n> P1",
        "On my way\n\nW dniu 2.03.2026 o 08:15, ingestd pisze:\n> P1",
        "On my way\n\n-------- Oprindelig besked --------\nFra: ingestd\nP1",
        "On my way\n\n---- On Mon, 2 Mar 2026 08:15:00 +0100 i@x.example wrote ----\n\nP1",
    ],
)
def test_the_new_text_of_a_reply(text):
    assert quotes.new_text(text) == "On my way"


@pytest.mark.parametrize(
    "text",
    [
        "On my way\n\nAm 2. März 2026 um 08:15 schrieb ingestd <i@x.example>:\n\n> P1\n",
        "On my way\n\nLe lun. 2 mars 2026 à 08:15, ingestd <i@x.example> a\nécrit :\n\n> P1\n",
        "On my way\n\nEl lun, 2 mar 2026 a las 8:15, ingestd (<i@x.example>)\nescribió:\n\n> P1\n",
        "On my way\n\n2026年3月2日(月) 8:15 ingestd <i@x.example>:\n\n> P1\n",
        'On my way\n\nAt 2026-03-02 08:15:00, "ingestd" <i@x.example> wrote:\n>P1\n',
        "On my way\n\ningestd <i@x.example> 于2026年3月2日周一 08:15写道:\n\n> P1\n",
        "On my way\n\n| |\nLi Na\n|\n---- 回复的原邮件 ----\n| 发件人 | ingestd |\nP1",
        "On my way\n\n差出人: ingestd\n送信日時: 2026年3月2日\n宛先: li\n件名: P1\n\nP1",
        "On my way\n\nVon: ingestd\nGesendet: Montag, 2. März 2026\nAn: li\nBetreff: P1\n\nP1",
        "On my way\n\n-------- 転送メッセージ --------\nP1",
        "On my way\n\n发自我的iPhone\n\n> P1",
        "> P1: switch down\n\nOn my way",
        "> since when?\nOn\n\n> and why?\nmy way",
    ],
)
def test_the_new_text_in_other_languages(text):
    assert " ".join(quotes.new_text(text).split()) == "On my way"


def test_what_only_begins_like_an_introduction_stays():
    text = "On Monday I looked at it\nand found nothing:\n1. the cable\n2. the port"
    assert quotes.new_text(text) == text
    assert quotes.new_text("On it\n\nOn second thoughts\n> P1") == "On it\n\nOn second thoughts"
    assert quotes.new_text("On") == "On"
    assert quotes.new_text("On 2 March\none\ntwo\nthree") == "On 2 March\none\ntwo\nthree"
    assert quotes.new_text("On 2 March\n\n> P1") == "On 2 March"
    assert quotes.new_text("On 2 March\n1\n2\n3") == "On 2 March\n1\n2\n3"


def test_what_looks_like_a_header_block_stays():
    assert quotes.new_text("From: the start\nI saw it") == "From: the start\nI saw it"
    assert not quotes.has_quote("From: " + "x" * 2000 + "\nSent: now")
    assert quotes.has_quote("From: x\n\nSent: now")
    assert quotes.new_text("On " + "x" * 2000) == "On " + "x" * 2000


def test_her_own_name_or_address_below_her_words_begins_her_signature():
    assert (
        quotes.new_text("resolved: a new fan\n\nLin Hao\nNetwork", "Lin Hao", "lin@x.example") == "resolved: a new fan"
    )
    assert quotes.new_text("on it\n\nlin@x.example\n\nFrom: a\nSent: b", "Lin Hao", "LIN@x.example") == "on it"
    assert quotes.new_text("Lin Hao\nhas it", "Lin Hao") == "Lin Hao\nhas it"
    assert quotes.new_text("assign\n\nLin Hao", "", "") == "assign\n\nLin Hao"


@pytest.mark.parametrize(
    "text",
    [
        "On my way\n\n------------------&nbsp;原始邮件&nbsp;------------------\n发件人:&nbsp;x\nP1",
        f"On my way\n\n{'-' * 66}\n发件人：ingestd\n发送时间：2026年3月2日\n收件人：li\n主　题：P1\n\nP1",
        "On my way\n\n来自钉钉专属商务邮箱",
        "On my way\n\n获取 Outlook for Android<https://x.example/AAb9ysg>",
        "On my way\n\n使用 K-9 Mail 发送自我的Android设备",
        "On my way\n\n签名由 网易邮箱大师 定制",
        "On my way\n\n于 2026年3月2日 上午8:15:00，ingestd <i@x.example> 写到：\n\nP1",
    ],
)
def test_the_new_text_under_programs_of_china(text):
    assert quotes.new_text(text) == "On my way"


def test_people_write_lines_that_only_look_like_signatures():
    for line in ("用备用线路发送成功", "来自客户的电话", "使用的是旧电源", "签收人是陈宇"):
        assert quotes.new_text(f"note it\n{line}") == f"note it\n{line}"


BLOCK = "From: Shop <shop@x.example>\nSent: Monday\nTo: Lin\nSubject: offer\n\nlong text"


def test_an_answer_stands_above_the_whole_header_of_another_mail():
    assert quotes.answers_above(f"Thanks\n\n{BLOCK}")
    assert not quotes.answers_above(BLOCK)
    assert not quotes.answers_above("\n".join(["a line"] * 9) + f"\n{BLOCK}")
    assert not quotes.answers_above(f"Thanks\n\n{BLOCK.replace('To: Lin', 'Size: 3')}")
    assert not quotes.answers_above(f"Thanks\n\n{BLOCK.replace('shop@x.example', 'shop')}")
    assert not quotes.answers_above("Thanks")
