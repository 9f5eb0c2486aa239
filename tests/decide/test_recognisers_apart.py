"""Shipped recognisers keep to their own tool: none takes another's mail, nor what a person writes about a tool."""

from pathlib import Path

import pytest

from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import Recognisers
from ingestd.decide.recognise import RecogniserFile
from ingestd.model import Message, Reading
from ingestd.yamltypes import load

RULES = Path(__file__).parents[2] / "rules" / "recognise"
FILES = tuple(load(path, RecogniserFile) for path in sorted(RULES.glob("*.yaml")))
SHIPPED = Recognisers.compile(FILES)
MAILS = [(file.id, number, example.mail) for file in FILES for number, example in enumerate(file.examples, 1)]


def read(mail: str, recognisers: Recognisers = SHIPPED) -> Reading:
    return recognisers.read(Message(kind="mail", source="smtp", body=mail.encode()), NameFinder())


def test_a_file_is_named_as_its_recogniser():
    assert [file.id for file in FILES] == [path.stem for path in sorted(RULES.glob("*.yaml"))]


@pytest.mark.parametrize(("tool", "mail"), [pytest.param(t, m, id=f"{t}-{n}") for t, n, m in MAILS])
def test_every_example_is_read_by_its_own_file_in_whatever_order_the_files_come(tool: str, mail: str):
    assert read(mail).recogniser == tool
    assert read(mail, REVERSED).recogniser == tool


REVERSED = Recognisers.compile(FILES[::-1])


@pytest.mark.parametrize("file", FILES, ids=[file.id for file in FILES])
def test_without_its_file_no_other_tool_claims_a_mail(file: RecogniserFile):
    others = Recognisers.compile([other for other in FILES if other.id != file.id])
    claimed = {read(example.mail, others).recogniser for example in file.examples}
    assert claimed <= {None, *RELATED.get(file.id, ())}


# Two files that one tool's mail may fit: a bulk of its mails, or a program that passes on another's message.
RELATED: dict[str, tuple[str, ...]] = {"checkmk-bulk": ("checkmk",)}


def told(file: RecogniserFile, state: str) -> set[object]:
    """What identifies the alerts that the examples of a file open or end."""
    events = [event for example in file.examples for event in read(example.mail).events if not event.quiet]
    return {event.identity or (event.host, event.check) for event in events if event.state == state}


# Their examples tell of several things, each at another moment.
UNPAIRED = frozenset({"alertmanager", "collectd", "icinga2", "nagios4"})
PAIRED = [file for file in FILES if file.ends == "recovery" and file.id not in UNPAIRED]


@pytest.mark.parametrize("file", PAIRED, ids=[file.id for file in PAIRED])
def test_an_end_among_the_examples_finds_its_problem(file: RecogniserFile):
    assert told(file, "firing") & told(file, "resolved")


PEOPLE = (
    ("UPS 停电了", "你好,机房的UPS在报警,市电断了,电池快没电了,请帮忙看一下。\n谢谢"),
    ("阿里云服务器告警怎么处理", "你好,阿里云发来报警,CPU很高,我不会处理。"),
    ("腾讯云那台机器", "您好,腾讯云的告警对象是哪台?现在恢复了吗?"),
    ("vCenter is down?", "Hi, I can't log in to vCenter, and the Synology says that the volume degraded.\nThanks, Tom"),
    ("Veeam failed again", "Hello, the Veeam backup failed last night. Can you look at the job?\nBest regards"),
    ("群晖打不开", "你好,群晖上的存储空间 1 打不开,提示已损毁。"),
    ("宝塔面板", "大家好,宝塔面板登录不上,服务器是不是停止了?"),
    ("华为存储告警灯亮了", "您好,华为存储的告警灯亮了,麻烦看一下。"),
    ("H3C交换机故障", "你好,H3C交换机坏了,三楼没网。"),
    ("PRTG question", "Hi, why does PRTG say Down for the router? It is up.\nRegards"),
    ("iLO password", "Hello, what is the iLO password of the new ProLiant?\nThanks"),
    ("Uptime Kuma", "Hi, could we add the shop to Uptime Kuma?\nThanks"),
    ("Jenkins build broken", "Hi all, the build failed in Jenkins since noon, who can help?\nCheers"),
    ("Monitor is DOWN", "Hi, my second monitor is down, the screen stays black.\nThanks"),
    ("Backup failed", "Hi team, the backup operation that started at night has failed.\nThanks, Amy"),
    ("borgmatic failed again", "Hi, borgmatic failed again on my laptop.\nThanks"),
    ("MikroTik router", "Hi, the link to the MikroTik is down since noon, host 5 was up before.\nRegards"),
    ("群晖 NAS 满了", "尊敬的用户体验组:\n我们的群晖满了。"),
    ("夜莺", "你好,夜莺的级别状态怎么设置?"),
)


@pytest.mark.parametrize(("subject", "body"), PEOPLE, ids=[subject for subject, _ in PEOPLE])
def test_a_persons_mail_about_a_tool_is_no_tools_mail(subject: str, body: str):
    reading = read(f"From: Lin Tao <lin.tao@harbour.example>\nSubject: {subject}\n\n{body}")
    assert reading.recogniser is None


# What one tool says about what another tool watches over.
ABOUT = (
    ("zabbix", "故障:华为交换机端口断开", "告警主机:H3C-quay-2\n告警等级:严重\n告警信息:华为交换机端口断开\n事件ID:7"),
    ("zabbix", "故障:UPS市电中断", "告警主机:ups-hall-2\n告警等级:灾难\n告警信息:UPS市电中断\n事件ID:8"),
    ("zabbix", "Problem: Veeam job failed", "Problem name: Veeam job failed\nHost: quay-vbr\nOriginal problem ID: 9"),
    ("prtg", "[PRTG Network Monitor (S)] ups-gate-3 (192.0.2.63) UPS Health (UPS Health) Down (on battery)", "x"),
    ("checkmk", "Checkmk: dock-nas/Synology RAID OK -> CRIT", "Output: volume 1 has degraded"),
    ("uptime-kuma", "[vCenter] [🔴 Down] Request failed with status code 503", ""),
)


@pytest.mark.parametrize(("tool", "subject", "body"), ABOUT, ids=[subject for _, subject, _ in ABOUT])
def test_the_tool_that_writes_counts_not_the_one_it_writes_about(tool: str, subject: str, body: str):
    assert read(f"From: watch@harbour.example\nSubject: {subject}\n\n{body}").recogniser == tool
