"""What failed is the same thing the next time it does; its lines are those of its last times."""

import pytest
from msgspec.structs import replace

from ingestd.decide.knowledge import thing, times_of
from ingestd.model import Before, Incident, Known
from tests.store.stories import alert

INCIDENT = Incident(number=4, state="triggered", root="srv-a", cause_kind="local")


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"cause": "sw", "cause_kind": "reported"}, "down sw"),
        ({"cause": "sw", "cause_kind": "inferred"}, "down sw"),
        ({}, "local disk srv-a"),
        ({"root": "srv-b"}, "local backup srv-b"),
        ({"root": "elsewhere"}, "local raid srv-c"),
    ],
)
def test_a_thing_is_what_failed_and_where(more: dict[str, str], name: str) -> None:
    alerts = (
        alert(1, 4, node="srv-c", check="raid"),
        alert(2, 4, node="srv-a", check="disk"),
        alert(3, 4, node="srv-b", check="backup"),
        alert(4, 4, node="srv-a", check="backup"),
    )
    assert thing(replace(INCIDENT, **more), alerts).replace("elsewhere", "srv-c") == name


def test_of_what_has_no_alerts_only_the_place_is_known() -> None:
    assert thing(INCIDENT, ()) == "unknown  srv-a"


def test_the_times_before_are_those_of_other_incidents() -> None:
    times = tuple(Before(number=n, began=0.0, lasted=1.0) for n in (4, 3, 1))
    assert [one.number for one in times_of(Known(id="x", at=1.0, times=times), INCIDENT)] == [3, 1]
    assert times_of(None, INCIDENT) == ()
