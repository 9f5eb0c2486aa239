"""What became of a silence: what it hid, a word before it ends, and its report at the end."""

from msgspec.structs import replace

from ingestd.decide import notice
from ingestd.decide.spans import next_start, span
from ingestd.decide.state import State
from ingestd.model import Hid, Notice, Silence

WARN = 900.0  # seconds before its end at which its maker hears what still fires
_ROUND = 0.001  # seconds by which a timer is set late, so that its moment has come when it goes off
_KEPT = 30  # hidden incidents that are remembered by name
FORGOTTEN = 7 * 86400.0  # seconds in which it hid nothing


def hides_anew(s: State, one: Silence, number: int) -> None:
    """Remember that a silence hides an incident."""
    if all(hid.number != number for hid in one.hid):
        kept = (*one.hid, Hid(number, s.numbered(number).title))[-_KEPT:]
        s.put_silence(replace(one, hid=kept, hid_count=one.hid_count + 1, hid_at=s.wall))


def rearm(s: State, one: Silence, offset: float) -> Silence:
    """Set its timer: to its next beginning, to the word before its end, or to its end."""
    wall, now = s.at + offset, span(one, s.at + offset)
    if now is None:
        due = next_start(one, wall) or (wall if one.hid_count else 0.0)
    else:
        start, end = now
        early = end - WARN
        warns = one.warned_for != end and end - start > 2 * WARN and wall < early
        due = early if warns else end
    return replace(one, due_at=due - offset + _ROUND if due else 0.0)


def due(s: State, name: str) -> None:
    """A silence began, ends soon, or ended."""
    one = s.silences()[name]
    now = span(one, s.wall)
    if now is None:
        one = _over(s, one)
    elif now[1] - s.wall <= WARN and one.warned_for != now[1]:
        one = replace(one, warned_for=now[1])
        still = _still(s, one)
        if still:
            notice.tell(s, one.by, _notice("silence_ends", one, now[1], still))
    s.put_silence(rearm(s, one, s.wall - s.at))


def forgotten(one: Silence, wall: float) -> bool:
    """Whether it goes on although it has hidden nothing for long."""
    return one.ends_at > wall and max(one.hid_at, one.updated_at, one.starts_at) < wall - FORGOTTEN


def _over(s: State, one: Silence) -> Silence:
    if one.hid_count:
        notice.tell(s, one.by, _notice("silence_over", one, min(one.ends_at, s.wall), _still(s, one)))
    return replace(one, hid=(), hid_count=0, warned_for=0.0)


def _still(s: State, one: Silence) -> tuple[str, ...]:
    """The incidents that it hid and that are not over."""
    open_ones = (hid for hid in one.hid if (i := s.incident(hid.number)) is not None and i.state != "resolved")
    return tuple(f"#{hid.number} {hid.title}" for hid in open_ones if next(iter(s.firing(hid.number)), None))


def _notice(what: str, one: Silence, until: float, still: tuple[str, ...]) -> Notice:
    return Notice(
        what=what,  # type: ignore[arg-type]  # one of the literals, by the callers above
        name=one.id,
        text=one.comment,
        until=until,
        count=one.hid_count,
        lines=tuple(f"#{hid.number} {hid.title}" for hid in one.hid),
        still=still,
    )
