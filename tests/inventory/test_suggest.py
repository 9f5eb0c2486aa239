"""What is proposed, with its reasons in words; what people said by hand; and that chance proposes nothing."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide.topology import NodeSpec, TopologyFile
from ingestd.inventory.check import check
from ingestd.inventory.outages import Failure
from ingestd.inventory.suggest import Hint, Suggestion, snippet, suggest
from ingestd.model import Stepped
from ingestd.yamltypes import loads
from tests.decide.stories import ROW, alert
from tests.inventory.past import DAY, NOTHING, NOW, Past, day, node, site
from tests.night import Night, trading_company

KNOWN = site(node("core", kind="router"), node("acc-sw-17", "core", kind="switch"), node("srv-4", remedy="Copy it."))


def merged(one: str, other: str) -> tuple[Hint, Hint]:
    return Hint(1, one, "merged", "continues as #2: Ann: same rack"), Hint(
        2, other, "merged", "#1 (x) belongs here: Ann: same rack"
    )


def split(one: str, other: str) -> tuple[Hint, Hint]:
    return Hint(3, one, "split", "not part of #4, Ann"), Hint(4, other, "split", f"{one} is not part of this: #3, Ann")


# -- in words


def test_a_link_says_why() -> None:
    (one,) = Past().together("srv-4", "acc-sw-17").alone("srv-4").suggest(KNOWN)
    assert one.text == (
        "srv-4 went down within 75 s of acc-sw-17 in 5 of its 6 failures on 5 days (21 Sep … 27 Oct); "
        "by chance: 1 in 10^10; which of them hangs on the other is known by their kinds or names only; "
        "suggested: srv-4 depends_on acc-sw-17"
    )
    assert (one.nodes, one.on, one.together, one.failures, one.days) == (("srv-4",), "acc-sw-17", 5, 6, 5)
    assert day(60) <= one.first < one.last < day(23)


def test_who_fails_alone_is_said() -> None:
    (one,) = Past().together("orders", "ledger").alone("orders", times=3).suggest()
    assert one.notes == ("orders failed 3 times without ledger, never the other way round",)
    past = Past().together("orders", "ledger", times=6).alone("orders", times=4).down(day(20, 1), "ledger")
    (one,) = past.suggest()
    assert one.notes == ("ledger failed once without it", "orders failed 4 times without ledger")


def test_what_equals_share_is_said_once() -> None:
    (one,) = Past().together("srv-1", "srv-2", "srv-3").alone("srv-3").suggest()
    assert one.text.startswith(
        "same unknown dependency: srv-1, srv-2, srv-3 went down within 75 s of one another in 5 of the 6 times that "
        "any of them did on 5 days (21 Sep … 27 Oct); by chance: 1 in 10^10"
    )


def test_what_always_happens_at_one_hour_may_be_planned() -> None:
    past = Past()
    for number in range(3, 60, 7):
        past.down(day(number, 3.1), "x", "y")
    past.apart("n1", "n2", "n3", times=30)
    (one,) = past.suggest()
    assert "always about 03:06: planned restarts look like this" in one.text


def test_dates_and_chances_in_words() -> None:
    past = Past()
    for ago in (400, 303, 1):
        past.down(day(ago, ago % 20), "x", "y")
    assert "on 3 days (16 Oct 2025 … 19 Nov 2026); by chance: 1 in 10^5" in past.suggest()[0].text
    assert "by chance: less than 1 in 10^12" in Past().together("x", "y", times=7).suggest()[0].text


def test_a_word_makes_no_coincidence_of_chance() -> None:
    past = Past().down(day(5, 3), "x", "y").apart(*(f"n{i}" for i in range(40)), times=20)
    assert past.links(NOTHING, *merged("x", "y"), least=2) == []
    past.apart("x", "y")
    assert past.links(NOTHING, *merged("x", "y"), least=1) == []


# -- by hand


def test_a_merge_by_hand_counts_for_a_day() -> None:
    past = Past().together("x", "y", times=2).apart(*(f"n{i}" for i in range(20)), times=10)
    assert past.links() == []
    (one,) = past.suggest(NOTHING, *merged("x", "Y.lan"))
    assert (one.nodes, one.days, one.merged) == (("x", "y"), 2, 1)
    assert "; people merged them once" in one.text


def test_a_split_by_hand_counts_against() -> None:
    past = Past().together("x", "y")
    assert past.links(NOTHING, *split("x", "y")) == []
    both = (*split("x", "y"), *merged("x", "y"))
    (one,) = past.suggest(NOTHING, *both)
    assert "; people merged them once; people split them once" in one.text


def test_a_move_speaks_for_one_and_against_the_other() -> None:
    hints = (
        Hint(1, "sw", "moved", "srv to #2 by Ann"),
        Hint(2, "y", "moved", "srv from #1 by Ann"),
    )
    past = Past().together("srv", "sw").together("srv", "y", times=2, from_day=57)
    assert past.links(NOTHING) == ["srv > sw"]
    assert past.links(NOTHING, *hints) == []
    past.together("srv", "y", times=6, from_day=58)
    assert past.links(NOTHING, *hints) == ["srv > y"]


@pytest.mark.parametrize(
    "hint",
    [
        Hint(1, "x", "merged", "continues as #2: nothing of it is left"),
        Hint(1, "x", "merged", "continues as #9: Ann"),
        Hint(1, "x", "split", "not part of #9, Ann"),
        Hint(1, "x", "moved", "garbled"),
        Hint(1, "x", "renamed", "continues as #2: Ann"),
        Hint(1, "", "merged", "continues as #2: Ann"),
    ],
)
def test_other_lines_say_nothing(hint: Hint) -> None:
    past = Past().together("x", "y", times=2).apart(*(f"n{i}" for i in range(20)), times=10)
    assert past.links(NOTHING, hint, Hint(2, "y", "merged", "#1 (x) belongs here: Ann")) == []


@dataclass
class Kept(Night):
    """A night whose history is kept."""

    lines: list[Hint] = field(default_factory=list)

    def _stepped(self, stepped: Stepped) -> None:
        super()._stepped(stepped)
        for line in stepped.changes.timeline:
            if line.rule == "hand":
                found = self.world.incidents[line.incident]
                self.lines.append(Hint(line.incident, found.cause or found.root, line.what, line.text))


def test_the_lines_that_commands_leave_are_understood() -> None:
    night = Kept(trading_company(topology=ROW))
    for second, host in enumerate(("srv-1", "srv-2")):
        night.webhook(400 * second, alert(host))
    night.until(900)
    night.act(901, "lin", "merge", 2, into=1)
    past = Past().together("srv-1", "srv-2", times=2).apart(*(f"n{i}" for i in range(20)), times=10)
    assert past.links() == []
    assert past.links(NOTHING, *night.lines) == ["srv-1, srv-2"]
    night.act(1000, "lin", "split", 2)
    assert past.links(NOTHING, *night.lines) == []
    moved = night.alerts("srv-2")[0].id
    before = len(night.lines)
    night.act(1100, "lin", "move", 1, alert=moved)
    assert past.links(NOTHING, *night.lines[before:]) == ["srv-1, srv-2"]


# -- to paste


def test_the_snippet_is_a_topology_with_its_reasons() -> None:
    past = Past().together("srv-4", "acc-sw-17").together("web-1", "web-2", "unknown-1", from_day=57)
    found = past.suggest(KNOWN)
    text = snippet(found, KNOWN)
    nodes = {one.id: one for one in loads(text, TopologyFile, "s.yaml").nodes}
    assert sorted(nodes) == ["srv-4", "unknown-1", "unknown-2", "web-1", "web-2"]
    assert nodes["srv-4"] == NodeSpec(id="srv-4", remedy="Copy it.", depends_on=("acc-sw-17",))
    assert nodes["web-1"].depends_on == ("unknown-2",) and nodes["unknown-2"].kind == "unknown"
    said = text.replace("\n  # ", " ")
    reason = next(one.text for one in found if one.on)
    assert said.index(reason) < said.index("{id: srv-4") and all(len(line) <= 118 for line in text.splitlines())
    assert "# instead of its entry there" in text


def test_pasted_into_an_empty_file_it_is_right() -> None:
    past = Past().together("srv-4", "acc-sw-17", "srv-5").together("web-1", "web-2", from_day=57)
    checked = check(snippet(past.suggest(), NOTHING), "s.yaml")
    assert checked.findings == ()
    (switch,) = (one for one in checked.file.nodes if one.id == "acc-sw-17")
    assert switch.kind == "switch" and not switch.depends_on


def test_nothing_to_paste() -> None:
    assert loads(snippet((), NOTHING), TopologyFile, "s.yaml").nodes == ()


# -- chance


def noise(rng: random.Random, hosts: int, times: int) -> list[Failure]:
    """Everybody fails by himself."""
    found = []
    for number in range(hosts):
        for _ in range(rng.randint(1, times)):
            began = NOW - rng.uniform(0, 90 * DAY)
            found.append(Failure(f"h{number}", None, began, began + rng.uniform(30, 3600)))
    return found


def proposed(failures: list[Failure]) -> tuple[Suggestion, ...]:
    return suggest(failures, (), NOTHING, at=NOW)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, 1 << 30), st.sampled_from((3, 20, 60)), st.sampled_from((4, 15, 50)))
def test_independent_failures_propose_nothing(seed: int, hosts: int, times: int) -> None:
    assert proposed(noise(random.Random(seed), hosts, times)) == ()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 1 << 30), st.sampled_from(("bad days", "office hours", "patch window")))
def test_bad_days_and_busy_hours_propose_nothing(seed: int, how: str) -> None:
    rng = random.Random(seed)
    days = {"bad days": (6, 24), "office hours": (20, 8), "patch window": (12, 1)}
    number, hours = days[how]
    bad = [rng.randrange(90) for _ in range(number)]
    began = [(host, day(ago) + rng.uniform(0, hours * 3600)) for host in range(40) for ago in bad]
    assert proposed([Failure(f"h{host}", None, at, at + 300) for host, at in began]) == ()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 1 << 30), st.integers(4, 8), st.integers(1, 6))
def test_planted_links_are_found(seed: int, times: int, servers: int) -> None:
    rng = random.Random(seed)
    failures = noise(rng, 40, 10)
    for ago in rng.sample(range(1, 90), times):
        began = day(ago) + rng.uniform(0, 80_000)
        for name in ("acc-sw-9", *(f"srv-{n}" for n in range(servers))):
            at = began + rng.uniform(0, 70)
            failures.append(Failure(name, None, at, at + 1200))
    found = {(one.nodes, one.on) for one in proposed(failures)}
    assert found == {((f"srv-{n}",), "acc-sw-9") for n in range(servers)}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 1 << 30), st.booleans())
def test_what_the_topology_explains_is_not_proposed(seed: int, reported: bool) -> None:
    rng = random.Random(seed)
    topology = site(node("sw", kind="switch"), *(node(f"srv-{n}", "sw") for n in range(4)))
    failures = noise(rng, 20, 10)
    for ago in rng.sample(range(1, 90), 6):
        began = day(ago) + rng.uniform(0, 80_000)
        for name in (*(("sw",) if reported else ()), *(f"srv-{n}" for n in range(4))):
            at = began + rng.uniform(0, 70)
            failures.append(Failure(name, None, at, at + 1200))
    assert suggest(failures, (), topology, at=NOW) == ()
