"""The fuzzing itself: inputs that can be made again, mutators that do what they say, faults that are seen."""

import json
import time
from collections.abc import Callable
from random import Random

import pytest
from msgspec.structs import replace

from ingestd import pipeline
from ingestd.model import Message, Reading
from tests.fuzz import trial
from tests.fuzz.mutators import LARGE, MEGABYTE, SMALL, Mutator
from tests.fuzz.runs import run
from tests.fuzz.seeds import seeds
from tests.fuzz.trial import Fuzz

ALL = {mutator.__name__: mutator for table in (SMALL, LARGE) for some in table.values() for mutator in some}
MAIL = (
    b"Subject: ** PROBLEM Host Alert: sw is DOWN **\nContent-Type: text/plain; charset=utf-8\n\nHost: sw\nLoss: 100%\n"
)
BODIES = {"mail": MAIL, "json": b'{"host": "sw", "alerts": [{"id": 7}]}', "nothing": b""}


def test_the_seeds_are_of_all_tools() -> None:
    names = {seed.name.split()[0].strip(":") for seed in seeds()}
    assert {"nagios4", "zabbix", "alertmanager", "grafana", "ours"} <= names
    assert len(seeds()) > 250


def test_an_input_is_the_same_whatever_came_before_it() -> None:
    fuzz = Fuzz(7)
    some = [fuzz.made(number) for number in range(30)]
    assert Fuzz(7).made(29) == some[29]
    assert Fuzz(8).made(29) != some[29]
    assert len({message.body for _, message in some}) > 20


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("body", BODIES)
def test_a_mutator_changes_any_body_and_stays_within_bounds(name: str, body: str) -> None:
    mutator: Mutator = ALL[name]
    made = [mutator(Random(number), BODIES[body], MAIL) for number in range(12)]
    assert all(isinstance(one, bytes) and len(one) < 2 * MEGABYTE for one in made)
    assert body == "nothing" or any(one != BODIES[body] for one in made)
    if mutator in LARGE["mail"]:
        assert max(map(len, made)) > MEGABYTE // 2


def test_types_are_swapped_within_json() -> None:
    body = json.dumps({"host": "sw", "state": "down"}).encode()
    made = [json.loads(ALL["retype"](Random(number), body, b"")) for number in range(20)]
    assert any(isinstance(one, dict) and not isinstance(one.get("host"), str) for one in made)


def spoil(monkeypatch: pytest.MonkeyPatch, reader: Callable[[Message], Reading]) -> None:
    monkeypatch.setattr(trial, "read", lambda message, *_: reader(message))


def slowly(message: Message) -> Reading:
    end = time.process_time() + 4 * trial.SLOWEST
    while time.process_time() < end:
        pass
    return Reading(kind="reply")


def with_much_memory(message: Message) -> Reading:
    return Reading(kind="reply", subject=" " * (trial.LARGEST + 1))


def in_vain(message: Message) -> Reading:
    raise KeyError("host")


@pytest.mark.parametrize(
    ("reader", "fault"),
    [
        (in_vain, "KeyError: 'host'"),
        (slowly, "ms"),
        (with_much_memory, "reading took 65536 KiB"),
        (lambda message: Reading(kind="other"), "nothing became of it: other"),
    ],
)
def test_what_is_wrong_is_seen(
    monkeypatch: pytest.MonkeyPatch, reader: Callable[[Message], Reading], fault: str
) -> None:
    spoil(monkeypatch, reader)
    monkeypatch.setattr(trial, "MEASURED", -1)
    monkeypatch.setattr(trial, "slowness", lambda: 1.0)  # however busy the machine is
    assert fault in Fuzz(1).trial(3).fault


def test_what_the_pipeline_sets_aside_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "understand", lambda world, message: in_vain(message))
    outcome = Fuzz(1).trial(3)
    assert (outcome.shunted, outcome.fault) == (True, "KeyError: 'host'")


def test_a_row_of_inputs_tells_how_to_see_its_faults_again(monkeypatch: pytest.MonkeyPatch) -> None:
    good = run(1, 5, 2)
    assert (good.faulty, good.count, good.first) == (0, 2, 5)
    spoil(monkeypatch, in_vain)
    bad = run(1, 5, 2)
    assert bad.faulty == 2
    assert "python -m tests.fuzz.trial 1 6" in str(bad)
    assert replace(bad, faults=()).faults == ()
