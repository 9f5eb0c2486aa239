"""What the check says of calendars, their files, and who names them; in both languages."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingestd.check.chinese import in_chinese
from ingestd.config import survey
from ingestd.decide import calendar
from ingestd.decide.calendar import country
from tests.broken.cases import SITE

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = '- {id: night, from: "22:00", to: "06:00"}'
ICS = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270206\nSUMMARY:{0}\nEND:VEVENT\nEND:VCALENDAR\n"


class Desk:
    """A sound site, until somebody edits it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.now = 1_790_000_000.0
        for name, text in SITE.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def calendar(self, written: str) -> None:
        """One more calendar."""
        self.write("rules/priority.yaml", SITE["rules/priority.yaml"].replace(NIGHT, f"{NIGHT}\n- {written}"))

    def told(self, *, chinese: bool = False) -> list[str]:
        """What the check says, errors and warnings."""
        found = survey(self.home / "ingestd.yaml", self.now).problems
        return [in_chinese(one) if chinese else str(one) for one in found]

    def words(self, *, chinese: bool = False) -> list[str]:
        """The same, from the line on."""
        return [one.removeprefix(f"{self.home}/") for one in self.told(chinese=chinese)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("written", "said", "chinese"),
    [
        ("{id: feast, holidays: DF}", "3:25: unknown country 'DF': known are AD, AE, ", "国家"),
        ("{id: feast, holidays: DE-XX}", "3:25: unknown country 'DE-XX': did you mean 'DE-", "国家"),
        ("{id: feast, ical: feast.ics}", "3:21: there is no file rules/feast.ics", "不存在"),
        ("{id: feast, ical: feast.txt}", "3:21: expected a file rules/*.ics", "应为"),
    ],
)
def test_what_leads_nowhere(desk: Desk, written: str, said: str, chinese: str) -> None:
    desk.calendar(written)
    (told,) = desk.words()
    assert told.startswith(f"rules/priority.yaml:{said}"), told
    (other,) = desk.words(chinese=True)
    assert chinese in other, other


def test_what_an_icalendar_can_not_say_is_a_warning_for_each_event(desk: Desk) -> None:
    desk.calendar("{id: feast, ical: feast.ics}")
    desk.write("rules/feast.ics", "".join(ICS.format(f"fine {n}\nRRULE:FREQ=HOURLY") for n in range(9)))
    told = desk.words()
    assert len(told) == 5
    assert told[0].startswith("rules/priority.yaml:3:21: feast.ics: fine 0: expected FREQ=DAILY, WEEKLY, MONTHLY"), told
    desk.write("rules/feast.ics", "Monday: closed")
    assert "feast.ics: no iCalendar: " in desk.words()[0]
    desk.write("rules/feast.ics", ICS.format("Founder's day"))
    assert desk.words() == []


def test_adjusted_days_that_are_announced_and_lacking(desk: Desk) -> None:
    china = country("CN")
    assert china is not None
    last = max(year for year in range(2026, 2060) if calendar._adjusted(china, year))
    desk.now = datetime(last, 11, 23, tzinfo=BERLIN).timestamp()
    desk.calendar("{id: work, working: true, holidays: CN, ical: work.ics}")
    desk.write("rules/work.ics", ICS.format("closed"))
    (told,) = desk.words()
    assert told.endswith(
        f"the adjusted working days of {last + 1} are not known: once CN announces them, write them as ical"
    )
    assert re.search(r"[\u4e00-\u9fff]", desk.words(chinese=True)[0]) and str(last + 1) in desk.words(chinese=True)[0]
    desk.write("rules/work.ics", ICS.format("work").replace("2027", str(last + 1)))
    assert desk.words() == []


def test_a_time_that_is_none_is_told_once(desk: Desk) -> None:
    desk.calendar("{id: work, working: true, holidays: CN, from: '8'}")
    assert desk.words() == ["rules/priority.yaml:3:49: expected a time of day such as 06:00, got '8'"]


def test_hours_and_clocks_of_policies(desk: Desk) -> None:
    calm = SITE["rules/escalation.yaml"].replace("{id: calm,", "{id: calm, hours: nihgt, clock: always,")
    desk.write("rules/escalation.yaml", calm)
    assert desk.words() == ["rules/escalation.yaml:6:21: unknown calendar 'nihgt': did you mean 'night'?"]
    desk.write("rules/escalation.yaml", calm.replace("nihgt", "night").replace("always", "alwais"))
    assert desk.words() == ["rules/escalation.yaml:6:35: unknown calendar 'alwais': did you mean 'always'?"]
    assert "日历" in desk.words(chinese=True)[0]


def test_deadlines_of_nodes_and_departments(desk: Desk) -> None:
    more = "deadlines: [{id: tide, calendar: tides, at: noon}]"
    desk.write(
        "topology.yaml",
        SITE["topology.yaml"]
        .replace("kind: service,", f"kind: service, {more},")
        .replace("people: 12,", "people: 12, deadlines: [{id: tide, calendar: night, at: noon}],"),
    )
    told = desk.words()
    assert [one.partition(": ")[2][:30] for one in told] == [
        "unknown calendar 'tides': know",
        "expected a time of day such as",
        "expected a time of day such as",
    ]
    assert [one.split(":")[1] for one in told] == ["4", "4", "6"]
