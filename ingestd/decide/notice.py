"""What a person is told that is about no incident."""

from collections.abc import Iterable
from typing import Any

from ingestd.decide.state import State
from ingestd.model import DigestOrder, Facts, Notice, Notification, NotificationKind


def tell(s: State, person: str, notice: Notice) -> None:
    """Request one notice to a person, or to the last resort if she is no longer known."""
    people = s.rules.people
    known = person in people.persons
    _request(s, "notice", (person,) if known else people.whoever(s.rules.last_resort, s.wall), notice=notice)


def digest(s: State, order: DigestOrder) -> None:
    """Request the digest of a day to everybody who is to get it."""
    _request(s, "digest", s.rules.people.whoever(order.to, s.wall), digest=order.digest)


def _request(s: State, kind: NotificationKind, people: Iterable[str], **about: Any) -> None:
    facts = Facts(number=0, priority="P4", title="", state="", wall_offset=s.wall - s.at, **about)
    for person in people:
        s.notify(Notification(id=s.new_notification(), incident=0, person=person, kind=kind, at=s.at, facts=facts))
