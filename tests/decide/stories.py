"""What the small stories of judgement share: one kind of alert, a night without receipts, a row of servers."""

from dataclasses import dataclass

import msgspec

from ingestd.model import Message, Receipt
from tests.night import Night, Page

#: One switch with a row of servers behind it.
ROW = """
nodes:
  - {id: sw, kind: switch, owner: network}
  - {id: srv-1, depends_on: [sw], owner: systems}
  - {id: srv-2, depends_on: [sw], owner: systems}
  - {id: srv-3, depends_on: [sw], owner: systems}
  - {id: srv-4, depends_on: [sw], owner: systems}
  - {id: srv-5, depends_on: [sw], owner: systems}
"""


def alert(host: str, check: str | None = None, state: str = "firing", **more: object) -> dict[str, object]:
    """A webhook body in the generic shape; without a check it says that the host is gone."""
    said = {"host": host, "state": state, "summary": "host unreachable", "severity": "critical", **more}
    return said | ({"check": check} if check else {})


@dataclass
class Unclaimed(Night):
    """A night in which pages wait in the outbox until the test says what became of them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.fates["mail"] = "waits"


def receipt(night: Night, at: float, page: Page, outcome: str) -> None:
    """What became of a page."""
    what = Receipt(
        notification=page.notification.id,
        incident=page.incident,
        person=page.person,
        outcome=outcome,  # type: ignore[arg-type]
        channel="mail",
    )
    night.message(at, Message(kind="receipt", source="outbox", body=msgspec.json.encode(what)))
