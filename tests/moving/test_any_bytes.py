"""Whatever the bytes: a draft or a clear error, and soon."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.moving import alertmanager, nagios, oncall, opsgenie
from ingestd.moving.draft import Draft, files_of
from ingestd.yamltypes import ConfigError
from tests.moving.sites import NOW, SAMPLES

READERS: dict[str, Callable[[Path], Draft]] = {
    "alertmanager/odd.yml": lambda path: alertmanager.read([path], None, NOW),
    "alertmanager/harbour.yml": lambda path: alertmanager.read([path], None, NOW),
    "opsgenie/export.json": lambda path: opsgenie.read([path], NOW),
    "oncall/export.json": lambda path: oncall.read([path], NOW),
    "nagios/objects.cfg": lambda path: nagios.read([path], NOW),
}


@pytest.mark.parametrize("name", READERS)
def test_mangled_samples_never_crash(name, tmp_path) -> None:
    raw = (SAMPLES / name).read_bytes()
    dice = random.Random(name)
    path = tmp_path / Path(name).name
    for _ in range(150):
        at, length = dice.randrange(len(raw)), dice.randrange(1, 30)
        path.write_bytes(raw[:at] + dice.randbytes(dice.randrange(3)) + raw[at + length :])
        _drafted(name, path)


def _drafted(name: str, path: Path) -> None:
    try:
        files_of(READERS[name](path))
    except ConfigError as error:
        assert str(error).startswith(f"{path}:")


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", ["opsgenie/export.json", "oncall/export.json"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=_values, seed=st.integers(0, 10_000))
def test_any_value_anywhere_is_named_or_ignored(name, value, seed, tmp_path) -> None:
    tree = json.loads((SAMPLES / name).read_text("utf-8"))
    dice = random.Random(seed)
    holders = [one for one in _walk(tree) if isinstance(one, dict | list) and one]
    holder = dice.choice(holders)
    holder[dice.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))] = value
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tree), "utf-8")
    _drafted(name, path)


def _walk(tree: object) -> list[object]:
    found = [tree]
    for one in found:
        found += list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
    return found


def test_large_files_take_seconds_not_minutes(tmp_path: Path) -> None:
    users = [{"id": f"u{n}", "username": f"u{n}@x.example", "fullName": f"User {n}"} for n in range(5000)]
    teams = [
        {"id": f"t{n}", "name": f"Team {n}", "members": [{"user": one} for one in users[n : n + 5]]}
        for n in range(1000)
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"users": users, "teams": teams}))
    began = time.perf_counter()
    assert len(opsgenie.read([path], NOW).people) == 5000
    assert time.perf_counter() - began < 20
