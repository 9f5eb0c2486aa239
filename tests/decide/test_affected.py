"""Departments that a P1 hits are told through their contact, once at the start and once at the end."""

from ingestd.channels.texts import render
from ingestd.model import Notification, Silence
from tests.night import ROOT, Night, trading_company

MINUTE = 60.0
PEOPLE = (ROOT / "config/people.yaml").read_text("utf-8")
TOPOLOGY = (ROOT / "config/topology.yaml").read_text("utf-8")
CONTACTS = """
  - {id: mei, name: Mei Fang, mail: mei.fang@finance.trading.example, outsider: true}
  - {id: he, name: 何静, mail: he.jing@hr.trading.example, outsider: true, language: zh_CN}

teams:"""


def company() -> Night:
    """The sample company, with a contact for three departments: one for two of them, and an engineer."""
    topology = TOPOLOGY.replace("id: sales,", "id: sales, contact: mei,").replace("id: hr,", "id: hr, contact: he,")
    topology = topology.replace("id: logistics,", "id: logistics, contact: mei,")
    return Night(trading_company(topology=topology, people=PEOPLE.replace("\nteams:", CONTACTS)))


def notices(night: Night) -> list[tuple[str, str]]:
    """(person, state of the incident) of every notice to a department."""
    return [(p.person, p.notification.facts.state) for p in night.pages if p.kind == "affected"]


def text(night: Night, person: str, place: int) -> str:
    found: list[Notification] = [p.notification for p in night.pages if (p.person, p.kind) == (person, "affected")]
    language = night.rules.people.persons[person].language or "en"
    return "\n".join(render(found[place], language, None, night.rules.people.zone))


def switch_fails(night: Night) -> None:
    for host in ("sales-mail", "inventory-db", "hr-server", "acc-sw-17"):
        night.nagios(0, host)
    night.until(5 * MINUTE)


def test_each_contact_hears_once_of_all_her_departments() -> None:
    night = company()
    switch_fails(night)
    assert sorted(notices(night)) == [("he", "triggered"), ("mei", "triggered")]
    assert "Logistics, Sales" in text(night, "mei", 0) and "IT knows of it" in text(night, "mei", 0)
    assert "无需再报" in text(night, "he", 0)
    assert night.act(6 * MINUTE, "lin", "ack", 1).ok
    night.until(20 * MINUTE)
    assert len(notices(night)) == 2
    assert not [p for p in night.pages if p.person in ("mei", "he") and p.kind != "affected"]  # no news, no steps


def test_and_once_of_the_end() -> None:
    night = company()
    switch_fails(night)
    for host in ("acc-sw-17", "sales-mail", "inventory-db", "hr-server"):
        night.nagios(10 * MINUTE, host, "UP")
    night.until(30 * MINUTE)
    assert len(notices(night)) == 4
    assert sorted(person for person, state in notices(night) if state == "resolved") == ["he", "mei"]
    assert "is over" in text(night, "mei", 1) and "已解决" in text(night, "he", 1)


def test_what_is_no_p1_is_told_to_no_department_until_it_is() -> None:
    night = company()
    night.nagios(0, "hr-server")
    night.until(5 * MINUTE)
    (incident,) = night.incidents()
    assert (incident.priority != "P1", notices(night)) == (True, [])
    assert night.act(6 * MINUTE, "zhao", "priority", incident.number, priority="P1", text="the fair is today").ok
    assert [person for person, _ in notices(night)] == ["he"]


def test_what_is_hidden_or_over_is_told_to_no_department() -> None:
    night = company()
    wall = night.begin
    asked = Silence(id="s", matchers=(), targets=("acc-sw-17",), starts_at=wall, ends_at=wall + 3600, by="")
    assert night.act(0, "lin", "silence", silence=asked).ok
    switch_fails(night)
    assert notices(night) == []


def test_a_page_that_fails_moves_on_although_a_department_was_told() -> None:
    night = company()
    night.fates["lin"] = "fails"
    switch_fails(night)
    first = [(round(p.at), p.person) for p in night.pages if p.kind not in ("affected", "update")][:2]
    assert [person for _, person in first] == ["lin", "chen"] and first[0][0] == first[1][0]


def test_an_engineer_who_is_the_contact_too_gets_her_page_only() -> None:
    topology = TOPOLOGY.replace("id: hr,", "id: hr, contact: lin,")
    night = Night(trading_company(topology=topology))
    switch_fails(night)
    assert next(p.kind for p in night.pages if p.person == "lin") == "open"
    assert notices(night) == []
