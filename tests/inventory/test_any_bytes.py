"""Whatever stands in a file: nodes, or one known error, and soon."""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.inventory import ABOUT, READERS
from ingestd.inventory.found import Options
from ingestd.inventory.writing import written
from ingestd.yamltypes import ConfigError
from tests.inventory import test_icinga, test_lldp, test_nagios, test_netbox, test_zabbix

SEEDS: dict[str, tuple[str, ...]] = {
    "nagios": (test_nagios.PLANT,),
    "icinga": (test_icinga.CLINIC,),
    "zabbix": (test_zabbix.YAML, test_zabbix.XML),
    "netbox": (test_netbox.DEVICES, test_netbox.CABLES),
    "csv": ("id,ip,parents\na,192.0.2.1,\nb,,a|c;d\n",),
    "lldp": (test_lldp.CISCO, test_lldp.HUAWEI, test_lldp.H3C, "local,remote\na,b\n"),
}
SUFFIXES = {"nagios": "cfg", "icinga": "conf", "zabbix": "yaml", "netbox": "json", "csv": "csv", "lldp": "txt"}
NASTY = [
    "{",
    "}",
    "[",
    "]",
    '"',
    "\n",
    "\x00",
    "|",
    ";",
    ",",
    "/*",
    "<",
    "\\",
    "=",
    ":",
    "中",
    "\ud800",
    "  ",
    "define host{",
    "!",
]


@st.composite
def mangled(draw: st.DrawFn, seeds: Sequence[str]) -> bytes:
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 5))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 30))
        text = text[:at] + draw(st.sampled_from(NASTY)) * draw(st.integers(0, 3)) + text[at + length :]
    return text.encode("utf-8", "surrogatepass")


def test_every_format_says_what_it_is() -> None:
    assert set(ABOUT) == set(READERS) == set(SEEDS)


@pytest.mark.parametrize("format_", sorted(SEEDS))
def test_mangled_files(format_: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{SUFFIXES[format_]}"

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(mangled(SEEDS[format_]))
    def trial(raw: bytes) -> None:
        path.write_bytes(raw)
        with contextlib.suppress(ConfigError):
            written(READERS[format_]([path], Options()))

    trial()


LONG = 100_000


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("nagios", "define host{\n" * (LONG // 14)),
        ("nagios", "define host{\nhost_name " + "a," * (LONG // 2) + "\n}\n"),
        ("nagios", "\\\n" * (LONG // 2)),
        ("icinga", 'object Host "a" { vars.x = ' + " || ".join(["host.name"] * (LONG // 13)) + " }\n"),
        ("icinga", "/*" * (LONG // 2)),
        ("icinga", '"' + "\\" * LONG),
        ("icinga", "{" * LONG),
        ("icinga", "{{{" + "}" * LONG),
        ("zabbix", "<" * LONG),
        ("zabbix", "- " * (LONG // 2)),
        ("zabbix", "{" * LONG),
        ("netbox", '[{"a":' * (LONG // 6)),
        ("csv", "id," + "," * LONG),
        ("csv", "id\n" + '"' * LONG),
        ("lldp", "a" * LONG),
        ("lldp", "Chassis ID : x\n" * (LONG // 15)),
        ("lldp", "System Name  Local Interface\n" + "- " * (LONG // 2)),
        ("lldp", ("[" * 100 + "\n") * (LONG // 101)),
        ("lldp", "sw" + " " * LONG + ":"),
    ],
)
def test_long_files_end_soon(format_: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{SUFFIXES[format_]}"
    path.write_text(text, "utf-8")
    began = time.process_time()
    with contextlib.suppress(ConfigError):
        READERS[format_]([path], Options())
    assert time.process_time() - began < 5


def test_a_file_may_be_too_large_or_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.inventory.files.MOST_BYTES", 10)
    (tmp_path / "x.csv").write_text("id\n" + "a" * 20)
    with pytest.raises(ConfigError, match="larger than"):
        READERS["csv"]([tmp_path / "x.csv"], Options())
    with pytest.raises(ConfigError, match="No such file"):
        READERS["csv"]([tmp_path / "gone.csv"], Options())


def test_a_folder_may_hold_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.inventory.files.MOST_FILES", 1)
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(f"id\n{name}\n")
    with pytest.raises(ConfigError, match="more than 1 files"):
        READERS["csv"]([tmp_path], Options())
