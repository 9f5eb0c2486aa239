"""Where a host's name may stand in a mail of a tool that nobody knows."""

import pytest

from ingestd.decide import hosts
from ingestd.decide.match import NameFinder

NOBODY = NameFinder()


def test_a_name_of_the_topology_counts_first():
    names = NameFinder([("stock-db", "node-7")])
    assert hosts.guess("full disk", "Host: web-4\nstock-db is slow", names) == "node-7"


@pytest.mark.parametrize(
    ("subject", "text", "host"),
    [
        ("full disk", "Severity: high\n  Host: web-4 (198.51.100.4)\n", "web-4"),
        ("磁盘告警", "主机:web-4\n级别:高", "web-4"),
        ("Störung", "Rechner\tweb-4.trading.example", "web-4.trading.example"),
        ("障害", "* ホスト名 : web-4", "web-4"),
        ("x", "IP: [198.51.100.4]", "198.51.100.4"),
        ("x", "Host: unknown\nServer: web-4", "web-4"),
        ("x", "Server: the one in hall 2", None),
        ("x", "Host: 7", None),
        ("web-4.trading.example does not answer", "", "web-4.trading.example"),
        ("no answer from 198.51.100.4", "", "198.51.100.4"),
        ("backup.sh failed", "", None),
        ("full disk on web-4", "", "web-4"),
        ("scan by 203.0.113.9, dst web-4", "", "web-4"),
        ("blocked 203.0.113.9 at 198.51.100.4", "", "198.51.100.4"),
        ("offline", "Target: https://web-4.trading.example/x", "web-4.trading.example"),
        ('run of client "web-4" failed', "", "web-4"),
        ("磁盘告警 服务器 db07 已满", "", "db07"),
        ("meeting on P1", "", None),
        ("mail for li.na@trading.example", "", None),
        ("", "", None),
        ("告警", "告警設備：crane-3\n", "crane-3"),
        ("告警", "網關設備：crane-3\n", "crane-3"),
        ("CRITICAL crane-3: no oil", "", "crane-3"),
        ("恢复：crane-3 油压正常", "", "crane-3"),
        ("locked", "Your server with the main IP address 198.51.100.4 was locked.", "198.51.100.4"),
        ("locked", "It came from the source IP 203.0.113.9 again.", None),
        ("shop does not answer", "URL: https://shop.trading.example/\n", "shop.trading.example"),
        ("kernel message", "Mar  2 09:14:02 crane-pbx kernel: [99.1] Out of memory\n", "crane-pbx"),
        ("log", "<131>2026-03-02T09:14:02+00:00 crane-rtr %LINE-5-UPDOWN: changed state\n", "crane-rtr"),
        ("restored", "Name: UPS-LAB\nLocation: hall 2\nSystem IP: 198.51.100.6\n", "UPS-LAB"),
        ("restored", "Name: UPS-LAB\nSystem IP: 198.51.100.6\n", "198.51.100.6"),
        ("证书即将过期", "域名：pay.trading.example\n", "pay.trading.example"),
        ("log", "Target https://quay.trading.example is not healthy.\n", "quay.trading.example"),
        ("报警", "报警实例：crane-k2 (198.51.100.4)\n", "crane-k2"),
        ("shop does not answer", "URL: https://watch.example/alerts/7\n", None),
    ],
)
def test_guesses(subject, text, host):
    assert hosts.guess(subject, text, NOBODY) == host


@pytest.mark.parametrize(
    ("subject", "text", "sender", "host"),
    [
        # what the sender's own host is called
        ("[quay] nightly run failed", "", "root <root@quay.trading.example>", "quay"),
        ("run failed", "no space on quay\n", "root@quay.trading.example", "quay"),
        ("quay.trading.example to be master", "", "root@quay.trading.example", "quay.trading.example"),
        ("quayside belt is full", "", "jobs@quay.trading.example", None),
        ("Our Quay is full", "", "jobs@quay.trading.example", None),  # a word, no host
        ("mail queue is long", "", "jobs@mail.trading.example", None),  # a service, no host
        ("quay is full", "", "jobs@quay.example", None),  # a domain that people have mail at
        # names in pieces of the subject, behind a word, at the end
        ("crane-7: belt crashed", "", "", "crane-7"),
        ("no mail [crane-7]", "", "", "crane-7"),
        ("copies stale: repo srv-sales", "", "", "srv-sales"),
        ("error on belt-ctl-b", "", "", "belt-ctl-b"),
        ("error on belt-prod", "", "", None),  # an environment
        ("cartons on the server belt-ctl-b are wet", "", "", "belt-ctl-b"),
        ("raid1: degraded", "", "", None),
        ("INC-4711: degraded", "", "", None),
        ("High load | Host: [crane-7]", "", "", "crane-7"),
        # addresses and prose
        ("https://quay.trading.example/x is down", "", "", "quay.trading.example"),
        ("Site down", "Down http://quay.trading.example/ @ noon", "", "quay.trading.example"),
        ("alert", "quay.trading.example:443 is down since noon", "", "quay.trading.example"),
        ("alert", "backup.sh failed", "", None),
        ("alert", "* IP address : 203.0.113.9\n* Server : crane-7", "", "crane-7"),
        ("alert", "IP: 198.51.100.9\nHost: unknown", "", "198.51.100.9"),
        ("Traffic warning for crane-7 (203.0.113.9)", "", "", "crane-7"),
        ("Traffic warning (203.0.113.9)", "", "", "203.0.113.9"),
        ("alert", "📊 *host.name*: crane-7", "", "crane-7"),
        # at last whose account wrote it
        ("full disk", "97 % of /var", "root@quay.trading.example", "quay.trading.example"),
        ("full disk", "97 % of /var", "www-data@nas", "nas"),
        ("belts are down", "belt.trading.example, belt2.trading.example", "root@quay.trading.example", None),
        ("full disk", "97 % of /var", "li@quay.trading.example", None),
        ("full disk", "97 % of /var", "root@localhost", None),
        ("full disk", "97 % of /var", '"Copies: quay.trading.example" <jobs@trading.example>', "quay.trading.example"),
    ],
)
def test_guesses_that_need_no_label(subject, text, sender, host):
    assert hosts.guess(subject, text, NOBODY, sender) == host


@pytest.mark.parametrize(
    ("domain", "at_host"),
    [("nas", True), ("nas.local", True), ("crane.trading.example", True), ("trading.example", False)],
)
def test_what_looks_like_a_host_rather_than_a_mail_domain(domain, at_host):
    assert hosts.is_at_host(domain) is at_host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Host: Crane switch B (192.0.2.3)\nIP: 192.0.2.3", "Crane switch B"),
        ("设备名称: 会议室打印机\nIP地址: 192.0.2.3", "会议室打印机"),
        ("Host: the one that we bought in hall two\nIP: 192.0.2.3", "192.0.2.3"),
        ("Host: none of them\nHost: unknown\nServer name: all", "none of them"),
        ("発行元ホスト名: batch-7", "batch-7"),
        ("スコープ : サーバ>倉庫>crane-db", "crane-db"),
        ("Узел сети: srv-kran", "srv-kran"),
    ],
)
def test_names_as_people_give_them(text, host):
    assert hosts.guess("it hurts", text, NOBODY) == host


@pytest.mark.parametrize(
    ("subject", "text", "sender", "host"),
    [
        ("copy is overdue", "The copy Files is overdue on filer3.", "", "filer3"),
        ("Overdue copy - Files @ filer3", "", "", "filer3"),
        ("Heap of eap-node4 over 90%", "", "", "eap-node4"),
        ("it failed", "Der Dienst auf app-lohn ist stumm", "", "app-lohn"),
        ('AP "U6-Lager" was lost', "", "", "U6-Lager"),
        ("copy failed (job export-28913)", "", "", None),
        ("pool - health", "state: DEGRADED", "root@nas4.corp.example (Charlie Root)", "nas4.corp.example"),
    ],
)
def test_names_within_sentences(subject, text, sender, host):
    assert hosts.guess(subject, text, NOBODY, sender) == host
