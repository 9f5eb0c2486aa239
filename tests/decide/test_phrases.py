"""What subjects and sentences name as broken, where no label says so."""

import pytest

from ingestd.decide import phrases
from ingestd.decide.phrases import Pair


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("CRITICAL: crane-1/Belt speed", Pair("crane-1", "Belt speed")),
        ("** PROBLEMA Servicio: srv-muelle/HTTP está CRITICAL **", Pair("srv-muelle", "HTTP")),
        ("crane-1.harbour.example/disk: OK", Pair("crane-1.harbour.example", "disk")),
        ("PROBLEM - Belt speed on crane-1 is CRITICAL", Pair("crane-1", "Belt speed")),
        ("service on crane-1 is DOWN", None),
        ("Service: on crane-1 is fine", None),
        ("The on crane-1 is DOWN", None),
        ("and/or a question", None),
    ],
)
def test_host_and_check_beside_a_state(subject, found):
    assert phrases.pair(subject) == found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The service ftpd on quay-2 has failed", "ftpd"),
        ("Dienst tomcat auf kran-2 läuft wieder", "tomcat"),
        ("El servicio postgresql en el servidor no responde", "postgresql"),
        ("进程 nginx 已退出", "nginx"),
        ("ntpd daemon is not running", "ntpd"),
        ("Unit tide-export.service entered failed state", "tide-export.service"),
        ("Partition /srv on quay-2 is full", "/srv"),
        ("挂载点 /data 空间不足", "/data"),
        ("service is down, the service has failed", None),
        ("disk full", None),
        ("\n" * phrases.MOST_LINES + "service ftpd is down", None),
    ],
)
def test_what_a_sentence_names(text, name):
    assert phrases.thing(text) == name


@pytest.mark.parametrize(
    ("subject", "host", "name"),
    [
        ("[FAILED] nightly copy quay-2", "quay-2", "nightly copy"),
        ("[RECUPERADO] Link do cais - filial-2", "filial-2", "Link do cais"),
        ("[FAILED] nightly copy quay-2", None, None),
        ("[quay] nightly copy quay-2", "quay-2", None),
        ("[FAILED] quay-2", "quay-2", None),
        ("[FAILED] disk error on quay-2", "quay-2", None),
        ("[FAILED] quay-2 copies nothing", "quay-2", None),
        ("nightly copy failed quay-2", "quay-2", None),
    ],
)
def test_what_stands_alone_beside_its_host(subject, host, name):
    assert phrases.beside(subject, host) == name


def test_long_lines_cost_little():
    assert phrases.thing("service " * 100_000) is None
    assert phrases.pair("OK " * 100_000) is None
