"""What the page behind a link says, in each language."""

from msgspec import Struct

from ingestd.channels.texts import language


class Words(Struct, frozen=True, kw_only=True):
    """What the page says in one language."""

    lang: str
    incident: str
    hello: str
    ask: str
    button: str
    parts: str
    before: str
    who: str
    choose: str
    every: str
    many: str
    apart: str
    split: str
    taken: str
    mine: str
    over: str
    gone: str
    expired: str
    forged: str
    later: str
    late: str
    states: dict[str, str]


WORDS: dict[str, Words] = {
    "en": Words(
        lang="en",
        incident="Incident",
        hello="You are",
        ask="Acknowledging makes it yours until you hand it over, and stops the escalation.",
        button="Acknowledge",
        parts="What belongs to it",
        before="The last times",
        who="Many read this link: say who you are. It will be yours until you hand it over.",
        choose="I am",
        every="Acknowledge all",
        many="Several incidents were in that letter. Acknowledging makes them yours until you hand them over.",
        apart="Not part of this",
        split="Done. It is an incident of its own now, and yours.",
        taken="Taken by",
        mine="Done. It is yours.",
        over="It is over already; there is nothing to do.",
        gone="This incident is not known any more.",
        expired="This link has expired. Use the newest mail about the incident.",
        forged="This link is not valid.",
        later="It can't be kept at the moment. Nothing was changed: try again in a minute.",
        late="Kept. The answer takes longer than usual; open the link again in a minute to see it.",
        states={
            "triggered": "waiting for somebody",
            "acknowledged": "acknowledged",
            "restored": "restored, to be cured",
            "resolved": "resolved",
        },
    ),
    "zh_CN": Words(
        lang="zh-CN",
        incident="故障单",
        hello="您是",
        ask="接单后由您负责，直到转交他人；升级随即停止。",
        button="接单",
        parts="本单包含",
        before="最近几次",
        who="该链接发送到了群里，请选择您是谁。接单后由您负责，直到转交他人。",
        choose="我是",
        every="全部接单",
        many="该通知包含多个故障。接单后由您负责，直到转交他人。",
        apart="不属于本单",
        split="已拆为单独的故障单，由您负责。",
        taken="负责人：",
        mine="接单成功，由您负责。",
        over="故障已解决，无需操作。",
        gone="找不到该故障单。",
        expired="链接已过期，请使用该故障单最新一封邮件中的链接。",
        forged="链接无效。",
        later="暂时无法保存，未作任何更改，请稍后再试。",
        late="已收到，处理时间比平时长，请稍后重新打开链接查看。",
        states={"triggered": "待接单", "acknowledged": "已接单", "restored": "已恢复，待根治", "resolved": "已解决"},
    ),
}


def words_in(name: str) -> Words:
    """Of a shipped language; who reads another one is spoken to in English here."""
    return WORDS[language(name)]
