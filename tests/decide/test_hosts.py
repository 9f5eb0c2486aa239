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
    ],
)
def test_guesses(subject, text, host):
    assert hosts.guess(subject, text, NOBODY) == host
