"""The benchmarks start and count what they were given; how fast it went is for people to judge."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"
LONGEST = 300.0  # seconds


def figures(name: str, *words: str) -> str:
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("decision", ("--open", "10", "--json"), '"events": 8224'),
        ("rules", ("--rules", "10", "--json"), '"rules": 20.0'),
        ("replay", ("--count", "200", "--runs", "one"), "Totals(messages=200"),
        (
            "latency",
            ("--seconds", "1", "--rate", "5", "--rounds", "1", "--posts", "5", "--json"),
            '"sent": 5, "paged": 5',
        ),
        ("open_alerts", ("--alerts", "200", "--alone", "--json"), '"ingestd: from kill -9 to ready"'),
        ("intake", ("--rounds", "1", "--alerts", "100", "--sizes", "10", "--alone", "--json"), "ingestd, bodies of 10"),
        (
            "mailintake",
            ("--rounds", "1", "--mails", "40", "--sizes", "2", "--alone", "--json"),
            "ingestd, many a connection",
        ),
        ("throughput", ("--alerts", "100", "--mails", "8", "--json"), "mail, 2 KiB"),
    ],
)
def test_it_starts(name: str, words: tuple[str, ...], said: str) -> None:
    assert said in figures(name, *words)
