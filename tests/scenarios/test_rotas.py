"""Escalation meets the calendar: clocks change, shifts change, everybody is on holiday, somebody stands in."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.route import EscalationRules, Router
from ingestd.yamltypes import loads
from tests.night import Night, trading_company

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
STAFF = """
people:
  - {id: lin, mail: lin@trading.example, manager: wu}
  - {id: chen, mail: chen@trading.example, manager: wu}
  - {id: zhao, mail: zhao@trading.example, manager: wu}
  - {id: wu, mail: wu@trading.example}
teams:
  - {id: systems, members: []}
  - {id: desktop, members: [zhao]}
  - {id: network, members: [lin, chen], rota: ROTA}
"""


#: Two steps to whoever has the turn, one to the manager; then the last resort, wu.
POLICY = """
policies:
  - id: all
    steps:
      - {tell: [owner], wait: 5m}
      - {tell: ["oncall:network"], wait: 10m}
      - {tell: ["person:zhao"], wait: 15m, kind: hierarchic}
routes: [{id: all, policy: all}]
"""


def night(rota: str, begin: str, zone: ZoneInfo = SHANGHAI, **more: str) -> Night:
    """A night of the trading company; a switch fails as it begins. ``more``: what else of its people is otherwise."""
    text = STAFF.replace("ROTA", rota)
    for old, new in more.items():
        text = text.replace(f"id: {old},", f"id: {old}, {new},")
    rules = trading_company(topology="nodes: [{id: core-sw, kind: switch, owner: network}]")
    rules.people = People(loads(text, PeopleFile, "people"), zone.key)
    rules.escalation = loads(POLICY, EscalationRules, "escalation")
    rules.router = Router(rules.escalation)
    found = Night(rules=rules, begin=datetime.fromisoformat(begin).replace(tzinfo=zone).timestamp())
    found.nagios(0, "core-sw")
    return found


def told(found: Night, until: float) -> list[tuple[int, str]]:
    """(minutes, person) of every page."""
    found.until(until)
    return [(round(at / 60), person) for at, person, _ in found.told()]


DAILY = '{people: [lin, chen], every: day, start: "2026-03-28", handover: "03:00"}'
FESTIVAL = "away: [{from: 2027-02-05, to: 2027-02-12}]"


def test_a_shift_that_changes_between_two_steps() -> None:
    found = night('{people: [lin, chen], every: day, start: "2026-11-25", handover: "09:04"}', "2026-11-25T09:00")
    assert told(found, 1300) == [(1, "chen"), (6, "lin"), (16, "zhao")], "each step asks whose turn it is by then"


def test_the_clocks_change_in_the_middle_of_an_escalation() -> None:
    found = night(DAILY, "2026-03-29T01:56", BERLIN)
    assert told(found, 1300) == [(1, "lin"), (6, "chen"), (16, "zhao")], "waits are seconds, whatever the clocks show"


def test_in_the_night_of_25_hours_one_person_has_both_hours() -> None:
    found = night(DAILY.replace("03:00", "02:30"), "2026-10-25T02:26", BERLIN)
    first = told(found, 500)
    assert [person for _, person in first] == ["lin", "chen"], "handed over at the first half past two"
    again = night(DAILY.replace("03:00", "02:30"), "2026-10-25T02:36", BERLIN)
    assert [person for _, person in told(again, 30 * 60)] == ["chen", "zhao", "wu"], "and not once more at the second"


def test_nobody_on_call_at_spring_festival_is_the_next_step_at_once() -> None:
    found = night("{people: [lin, chen]}", "2027-02-06T02:00", lin=FESTIVAL, chen=FESTIVAL)
    assert told(found, 600) == [(1, "zhao")], "no wait for a step that told nobody"


def test_everybody_away_is_the_last_resort_again_and_again() -> None:
    found = night("{people: [lin, chen]}", "2027-02-06T02:00", lin=FESTIVAL, chen=FESTIVAL, zhao=FESTIVAL)
    assert told(found, 1000) == [(1, "wu"), (16, "wu")]


def test_one_of_two_away_is_the_others_turn() -> None:
    found = night("{people: [lin, chen]}", "2027-02-06T02:00", lin=FESTIVAL)
    assert told(found, 300) == [(1, "chen")]


def test_a_holiday_has_a_layer_of_its_own() -> None:
    rota = "{people: [lin], holidays: CN, holiday: {people: [chen]}}"
    assert told(night(rota, "2027-02-06T02:00"), 300) == [(1, "chen")]
    assert told(night(rota, "2027-03-10T02:00"), 300) == [(1, "lin")]


def test_an_override_for_one_night() -> None:
    rota = '{people: [lin], overrides: [{person: chen, from: "2026-11-25 18:00", to: "2026-11-26 08:00"}]}'
    assert told(night(rota, "2026-11-25T23:00"), 300) == [(1, "chen")]
    assert told(night(rota, "2026-11-26T08:00"), 300) == [(1, "lin")]
    assert told(night(rota, "2026-11-26T07:57"), 900) == [(1, "chen"), (6, "lin")], "and who comes after it"
