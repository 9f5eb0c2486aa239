"""A reload reads a site beside the running loop: in a child, through a cache, and never without an answer."""

import asyncio
import stat
import sys
import time
from pathlib import Path

import pytest

from ingestd import sitecache
from ingestd.config import load_site
from ingestd.sitecache import reload_site, running_texts, start_site
from ingestd.yamltypes import ConfigError
from tests.broken.cases import SITE

WORST_STALL = 0.25  # seconds of the loop at once


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in SITE.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path / "site"


def main_of(home: Path) -> Path:
    return home / "ingestd.yaml"


def state_of(home: Path) -> Path:
    return home / "var"


def kept(home: Path) -> list[Path]:
    return sorted(state_of(home).glob("site-*.cache"))


def edit(home: Path, name: str, old: str, new: str) -> None:
    text = (home / name).read_text("utf-8")
    assert old in text
    (home / name).write_text(text.replace(old, new), "utf-8")


async def test_a_reload_reads_what_a_start_would(home: Path) -> None:
    plain, read = load_site(main_of(home)), await reload_site(main_of(home), state_of(home))
    assert (read.digest, read.sources, read.warnings) == (plain.digest, plain.sources, plain.warnings)
    assert (read.settings, read.people, read.topology) == (plain.settings, plain.people, plain.topology)
    assert (read.priority, read.escalation, read.correlate) == (plain.priority, plain.escalation, plain.correlate)
    assert (read.recognisers, read.heartbeats) == (plain.recognisers, plain.heartbeats)
    assert set(read.rulebook.mappings) == {"gate"} and read.http_sources == plain.http_sources


async def test_what_is_kept_is_read_again_without_a_child(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await reload_site(main_of(home), state_of(home))
    monkeypatch.setattr(sitecache, "CHILD", ("/nowhere",))
    assert (await reload_site(main_of(home), state_of(home))).topology.nodes
    monkeypatch.setattr("ingestd.sitecache.survey", lambda path: pytest.fail(f"{path} is read"))
    assert start_site(main_of(home)).topology.nodes


def test_a_start_keeps_what_it_read_for_the_owner_only_and_without_secrets(home: Path) -> None:
    site = start_site(main_of(home))
    (file,) = kept(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"made-up" not in file.read_bytes() and site.http_sources["cranes"].tokens == ("made-up",)
    assert start_site(main_of(home)).digest == site.digest


def test_old_ones_go(home: Path) -> None:
    for count in range(4):
        edit(home, "people.yaml", "people:\n", f"# {count}\npeople:\n")
        start_site(main_of(home))
    assert len(kept(home)) == sitecache.KEPT
    assert (running_texts(state_of(home)) or {})["people.yaml"].startswith("# 0\n# 1\n# 2\n# 3\n")


def test_a_folder_that_can_not_be_written_to_keeps_nothing(home: Path) -> None:
    (home / "var").write_text("in the way")
    assert start_site(main_of(home)).topology.nodes


async def test_every_mistake_comes_back_from_the_child(home: Path) -> None:
    edit(home, "topology.yaml", "owner: quay}\n- {id: crane", "owner: key}\n- {id: crane")
    edit(home, "people.yaml", "manager: ida", "manger: ida")
    with pytest.raises(ConfigError) as caught:
        await reload_site(main_of(home), state_of(home))
    assert [f"{Path(one.file).name}:{one.line}:{one.column}" for one in caught.value.problems] == [
        "people.yaml:3:40",
        "topology.yaml:2:35",
    ]
    assert kept(home) == []
    with pytest.raises(ConfigError, match="unknown key 'manger'"):
        start_site(main_of(home))


async def test_a_secret_that_went_is_missed_though_no_file_changed(home: Path) -> None:
    (home / "cranes.token").write_text("made-up\n")
    edit(home, "ingestd.yaml", "token: made-up", "token_file: cranes.token")
    await reload_site(main_of(home), state_of(home))
    (home / "cranes.token").unlink()
    with pytest.raises(ConfigError, match=r"cranes\.token can't be read"):
        await reload_site(main_of(home), state_of(home))


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('no memory left')", "ended with status 1: no memory left"),
        ("import os; os.kill(os.getpid(), 9)", "ended with status -9: it said nothing"),
        ("print('{}x')", "ended with status 0"),
        ("import time; time.sleep(60)", "did not end in 0 s: the reload is given up"),
        ("print('{\"upgraded\": true}')", "upgraded since this daemon started: restart it"),
        ("print('{}')", "what was read can't be loaded"),
    ],
)
async def test_a_child_that_dies_or_hangs_is_an_error_with_words(
    home: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    monkeypatch.setattr(sitecache, "CHILD", (sys.executable, "-c", program))
    if "sleep" in program:
        monkeypatch.setattr(sitecache, "PATIENCE", 0.3)
    with pytest.raises(ConfigError, match=said):
        await reload_site(main_of(home), state_of(home))


async def test_a_cache_that_rotted_is_thrown_away(home: Path) -> None:
    await reload_site(main_of(home), state_of(home))
    kept(home)[0].write_bytes(b"rotten")
    with pytest.raises(ConfigError, match="can't be loaded"):
        await reload_site(main_of(home), state_of(home))
    assert (await reload_site(main_of(home), state_of(home))).topology.nodes
    kept(home)[0].write_bytes(b"rotten")
    assert running_texts(state_of(home)) is None
    assert start_site(main_of(home)).topology.nodes


def test_a_child_of_another_program_does_nothing(home: Path) -> None:
    assert sitecache.child(main_of(home), state_of(home), "key", "another").upgraded
    assert not state_of(home).exists() and running_texts(state_of(home)) is None


async def test_a_large_topology_does_not_stall_the_loop(home: Path) -> None:
    nodes = "".join(
        f"- {{id: s{n}, ip: 10.2.{n // 250}.{n % 250}, depends_on: [core], owner: quay}}\n" for n in range(4000)
    )
    edit(home, "topology.yaml", "departments:", nodes + "departments:")
    worst, over = 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal worst
        while not over.is_set():
            began = time.thread_time()
            await asyncio.sleep(0.001)
            worst = max(worst, time.thread_time() - began)

    watching = asyncio.create_task(watch())
    site = await reload_site(main_of(home), state_of(home))
    over.set()
    await watching
    assert len(site.rulebook.topology.nodes) == 4003 and worst < WORST_STALL
