"""Two runs side by side over the same messages: which incidents are the same, and which became something else.

Incidents of both runs belong together when one run has the alert that opened an incident of the other. What belongs
together is compared when all of it is over, and forgotten if it is the same: a long period needs little memory.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ingestd.backtest.stream import Heard
from ingestd.backtest.tally import Call, Case, Run
from ingestd.decide.state import Rulebook
from ingestd.model import PRIORITIES, Message, Priority, Reading
from ingestd.pipeline import understand
from ingestd.world import World

MOST = 1000  # differences that are kept; the others are counted
HORIZON = 86400.0  # seconds for which timers run on after the last message

Id = tuple[int, int]  # which run (0 or 1), and the incident's number there


class Line(Struct, frozen=True, kw_only=True):
    """An incident as one run made it."""

    title: str
    cause: str
    priority: Priority
    began: float  # wall
    pages: tuple[Call, ...]


class Difference(Struct, frozen=True, kw_only=True):
    """What one thing became under the rules of today, and under the others; empty: nothing."""

    before: tuple[Line, ...]
    after: tuple[Line, ...]

    def what(self) -> str:
        """The difference in a word, the weightiest first."""
        if not self.before or not self.after:
            return "only after" if self.after else "only before"
        if len(self.before) != len(self.after):
            return "joined" if len(self.after) < len(self.before) else "parted"
        ranks = [[PRIORITIES.index(line.priority) for line in lines] for lines in (self.before, self.after)]
        if sorted(ranks[0]) != sorted(ranks[1]):
            return "priority up" if sum(ranks[1]) < sum(ranks[0]) else "priority down"
        if _causes(self.before) != _causes(self.after):
            return "cause"
        return "pages"


class Once:
    """Understands each message once for two runs whose rules read alike."""

    def __init__(self) -> None:
        self._known: tuple[Message, Reading] | None = None

    def __call__(self, world: World, message: Message) -> Reading:
        """What it says, as ``pipeline.understand`` has it."""
        if self._known is None or self._known[0] is not message:
            self._known = message, understand(world, message)
        return self._known[1]


def side_by_side(before: Rulebook, after: Rulebook, at: float, wall: float, counted_from: float = 0.0) -> "Comparison":
    """Two runs from the same moment; what is read alike is read once."""
    reader = Once() if before.reads_like(after) else None
    return Comparison(*(Run(rules, at, wall, counted_from, reader) for rules in (before, after)))


class Comparison:
    """Feeds both runs, and keeps what differs."""

    def __init__(self, before: Run, after: Run) -> None:
        self.runs = (before, after)
        self.differences: list[Difference] = []
        self.more = 0  # differences that were not kept
        self.same = 0  # things that became the same
        self._parent: dict[Id, Id] = {}
        self._members: dict[Id, set[Id]] = {}  # of each group, under its representative

    def hear(self, heard: Heard) -> None:
        """A message arrives in both."""
        for run in self.runs:
            run.hear(heard)
        self._look()

    def finish(self) -> None:
        """Nothing more arrives: let timers run, then compare what is still open as it stands."""
        for run in self.runs:
            run.finish(HORIZON)
        self._look()
        for group in sorted(self._members):
            self._compare(group)

    def _look(self) -> None:
        """Tie what has opened to what it is in the other run; compare what is over."""
        if any(run.fresh for run in self.runs):
            self._tie([(side, number) for side, run in enumerate(self.runs) for number in run.fresh])
        for side, run in enumerate(self.runs):
            done, run.done = run.done, []
            for number in done:
                if (side, number) in self._parent:  # else it was compared with what it is linked to
                    self._over((side, number))

    def _tie(self, fresh: list[Id]) -> None:
        for one in fresh:
            self._parent[one], self._members[one] = one, {one}
        for side, number in fresh:
            other = self.runs[1 - side]
            there = (1 - side, other.where(self._case((side, number)).root))
            if there in self._parent:
                self._join((side, number), there)
        for run in self.runs:
            run.fresh = []

    def _over(self, one: Id) -> None:
        case = self._case(one)
        if case.merged_into and (one[0], case.merged_into) in self._parent:
            self._join(one, (one[0], case.merged_into))
        group = self._find(one)
        if all(self._case(member).closed for member in self._members[group]):
            self._compare(group)

    def _compare(self, group: Id) -> None:
        members = sorted(self._members.pop(group))
        lines: tuple[list[Line], list[Line]] = ([], [])
        for one in members:
            case = self._case(one)
            if not case.merged_into:
                lines[one[0]].append(_line(case))
        for side, number in members:
            del self._parent[side, number]
            self.runs[side].forget(number)
        found = Difference(before=tuple(lines[0]), after=tuple(lines[1]))
        if sorted(map(_felt, found.before)) == sorted(map(_felt, found.after)):
            self.same += 1
        elif len(self.differences) < MOST:
            self.differences.append(found)
        else:
            self.more += 1

    def _case(self, one: Id) -> Case:
        return self.runs[one[0]].cases[one[1]]

    def _find(self, one: Id) -> Id:
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one

    def _join(self, one: Id, other: Id) -> None:
        first, second = sorted((self._find(one), self._find(other)))
        if first != second:
            self._parent[second] = first
            self._members[first] |= self._members.pop(second)


def alone(run: Run, stream: Iterable[Heard]) -> Iterator[Case]:
    """One run by itself; the cases as they end, then those that are still open."""
    for heard in stream:
        run.hear(heard)
        yield from _ended(run)
    run.finish(HORIZON)
    yield from _ended(run)
    yield from (run.cases[number] for number in sorted(run.cases))


def _ended(run: Run) -> Iterator[Case]:
    done, run.done, run.fresh = run.done, [], []
    for number in done:
        yield run.cases[number]
        run.forget(number)


def _line(case: Case) -> Line:
    return Line(title=case.title, cause=case.cause, priority=case.priority, began=case.began, pages=tuple(case.calls))


def _causes(lines: Iterable[Line]) -> list[str]:
    return sorted(line.cause for line in lines)


def _felt(line: Line) -> tuple[object, ...]:
    """What people notice of an incident; its title alone is nothing."""
    return line.cause, line.priority, [(call.at, call.person, call.kind) for call in line.pages]
