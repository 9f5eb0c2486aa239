"""A rule test that failed, for a reader: what was expected beside what happened, and why it was decided so."""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from ingestd.trial.expect import Finding
from ingestd.trial.moments import clock
from ingestd.trial.play import Played
from ingestd.trial.record import Line

MOST_LINES = 60  # of a timeline that is shown
MOST_REASONS = 6  # of an incident, besides its rank and its route
_LAST = frozenset({"rank", "route", "person"})
WIDTH = 52  # of the left column as plain text
MARK = ">"


class Row(Struct, frozen=True):
    """One line of the two timelines side by side."""

    mark: str  # ">" at the first difference, "x" at the others, "" else
    at: str
    expected: str
    actual: str


def rows(played: Played) -> list[Row]:
    """Both timelines in the order of time; what was met stands beside what met it."""
    first = played.failed[0] if played.failed else None
    met = {found.page: found for found in played.findings if found.page and found.ok}
    lines = [(line.at, 0, _beside(line, met.get(line.page) if line.page else None)) for line in played.record.lines]
    lines += [(found.at, 1, _alone(found, found is first)) for found in played.failed]
    silent = Counter(found.at for found in played.findings if found.ok and not found.page)
    lines += [(at, 2, Row("", clock(at), f"({count} more as expected)", "")) for at, count in silent.items()]
    lines.sort(key=lambda line: line[:2])
    return _shortened([row for _, _, row in lines])


def reasons(played: Played) -> list[str]:
    """Why the incidents that failed are what they are."""
    numbers = dict.fromkeys(found.incident for found in played.failed)
    return [line for number in numbers for line in _because(played, number)]


def plain(table: list[Row]) -> Iterator[str]:
    """The timelines as text."""
    yield f"    {'':9}{'expected':{WIDTH}} what happened"
    for row in table:
        yield f"  {row.mark:1} {row.at:>8} {row.expected:{WIDTH}} {row.actual}".rstrip()


def _beside(line: Line, met: Finding | None) -> Row:
    return Row("", clock(line.at), met.expected if met else "", line.text)


def _alone(found: Finding, first: bool) -> Row:
    return Row(MARK if first else "x", clock(found.at), found.expected, f"-- {found.actual}")


def _because(played: Played, number: int) -> Iterator[str]:
    """What was decided about an incident last counts most: its rank and its route are never left out."""
    if number not in played.record.incidents:
        return
    found = played.record.reasons(number)
    last = [reason for reason in found if reason.stage in _LAST]
    kept = [reason for reason in found if reason.stage not in _LAST][:MOST_REASONS] + last
    for reason in kept:
        yield f"because: #{number} {reason.stage} {reason.rule}: {' '.join(reason.text.split())}"


def _shortened(table: list[Row]) -> list[Row]:
    """A screenful: what is marked, and what stands near the first mark; how much was left out is said."""
    if len(table) <= MOST_LINES:
        return table
    first = next((n for n, row in enumerate(table) if row.mark == MARK), 0)
    low = max(0, min(first - MOST_LINES // 2, len(table) - MOST_LINES))
    kept = [row for n, row in enumerate(table) if low <= n < low + MOST_LINES or row.mark]
    left = len(table) - len(kept)
    return [*kept, Row("", "", "", f"… and {left} more lines")]
