"""What a person's report may be about."""

import pytest

from ingestd.decide.report import candidates
from ingestd.model import Event
from tests.decide.stories import alert
from tests.night import Night, trading_company

RULES = trading_company()
DESKS = """
nodes:
  - {id: sw, kind: switch}
  - {id: printer-9, department: press, depends_on: [sw]}
departments: [{id: sales, uses: [sw]}]
"""


def said(text: str, *mentions: str) -> Event:
    return Event(state="firing", summary=text, report=True, labels=tuple(("mentions", node) for node in mentions))


@pytest.mark.parametrize(
    ("text", "department", "cls", "found"),
    [
        ("the HR system and hr-server are gone", "legal", "local", ("hr-system", "hr-server")),
        ("no network", "hr", "reachability", ("hr-system",)),
        ("no network", "legal", "reachability", ("pc-legal-01", "pc-legal-02")),
        ("my chair is broken", "hr", "local", ()),
        ("no network", "", "reachability", ()),
    ],
)
def test_what_is_named_goes_before_what_the_department_uses(
    text: str, department: str, cls: str, found: tuple[str, ...]
) -> None:
    assert candidates(RULES, said(text), department, cls) == found  # type: ignore[arg-type]


def test_what_the_whole_mail_mentions_goes_before_its_first_line() -> None:
    found = candidates(RULES, said("hr-server again", "sales-mail", "hr-server"), "", "local")
    assert found == ("sales-mail", "hr-server")


def test_a_department_that_is_only_written_at_nodes_counts_too() -> None:
    assert candidates(trading_company(topology=DESKS), said("no network"), "press", "reachability") == ("printer-9",)


def test_a_large_department_is_looked_at_only_in_part() -> None:
    nodes = "".join(f"  - {{id: pc-{n}, kind: pc, department: press}}\n" for n in range(100))
    rules = trading_company(topology="nodes:\n" + nodes)
    assert candidates(rules, said("no network"), "press", "reachability") == ("pc-0",)


def test_a_report_waits_for_what_it_is_about() -> None:
    night = Night()
    night.mail(0, "HR system", "I cannot open the HR system", sender="mia@hr.trading.example")
    night.nagios(60, "hr-server")
    assert [i.cause for i in night.incidents()] == ["hr-server"]
    assert [a.certainty for a in night.alerts("mia@hr.trading.example")] == ["root"]


def test_of_a_large_department_every_switch_counts_once() -> None:
    desks = "".join(
        f"  - {{id: desk-{n:04d}, kind: pc, department: sales, depends_on: [sw-{n % 30:02d}]}}\n" for n in range(900)
    )
    switches = "".join(f"  - {{id: sw-{n:02d}, kind: switch}}\n" for n in range(30))
    sales = "departments: [{id: sales, mail_domains: [sales.example]}]\n"
    night = Night(trading_company(topology=f"nodes:\n{switches}{desks}{sales}"))
    night.webhook(0, alert("sw-29"))
    night.mail(60, "no network", "Hello, our computers have no network. Please help!", sender="mia@sales.example")
    assert [i.cause for i in night.incidents()] == ["sw-29"]
    assert len(night.rules.topology.places_of("sales")) == 30
