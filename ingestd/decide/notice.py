"""What a person is told that is about no incident."""

from ingestd.decide.state import State
from ingestd.model import Facts, Notice, Notification


def tell(s: State, person: str, notice: Notice) -> None:
    """Request one notice to a person, or to the last resort if she is no longer known."""
    people = s.rules.people
    last = (p for target in s.rules.last_resort for p in people.resolve(target, s.wall))
    for one in (person,) if person in people.persons else tuple(dict.fromkeys(last)):
        facts = Facts(number=0, priority="P4", title="", state="", notice=notice, wall_offset=s.wall - s.at)
        s.notify(Notification(id=s.new_notification(), incident=0, person=one, kind="notice", at=s.at, facts=facts))
