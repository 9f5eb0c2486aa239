"""A site that names calendars by URL: what is read, kept, recorded and checked of it, without the URL."""

from pathlib import Path

import msgspec
import pytest

from ingestd.config import SHIPPED_RULES, load_rulebook, load_site, survey
from ingestd.feeds import name_of
from ingestd.sitecache import digest, start_site
from ingestd.slices import recorded
from tests.test_calendars import calendar

URL = "https://cal.example/duty/secret-7.ics"
MAIN = """
maildir: {path: mails}
last_resort: [ida]
people:
- {id: ida, mail: ida@x.example}
- {id: wei, mail: wei@x.example}
teams:
- {id: quay, members: [ida, wei], rota: {people: [wei], ical: "https://cal.example/duty/secret-7.ics"}}
"""
PEOPLE = """
teams:
- {id: hall, members: [ida, wei], rota: {people: [wei], ical_file: secrets/hall}}
"""
PRIORITY = 'calendars:\n- {id: fair, ical: "webcal://cal.example/fair-secret-8"}\n'
NEW_YEAR = 1798770000.0  # 2027-01-01 02:20 UTC
COPIES = (name_of(URL), name_of("secrets/hall"), name_of("webcal://cal.example/fair-secret-8"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for name, text in (
        ("ingestd.yaml", MAIN),
        ("people.yaml", PEOPLE),
        ("rules/priority.yaml", PRIORITY),
        ("secrets/hall", "https://cal.example/hall-secret-9"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "ingestd.yaml"


def fetched(path: Path, who: str = "ida") -> None:
    """The copies that a daemon keeps."""
    folder = path.parent / "var/calendars"
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIES:
        (folder / name).write_text(calendar(who))


def on_call(site, team: str) -> tuple[str, ...]:
    return site.rulebook.people.on_call(team, NEW_YEAR)


def test_what_is_to_be_fetched_is_known_by_whose_it_is(path: Path) -> None:
    feeds = load_site(path).feeds
    assert {one.title for one in feeds} == {"the rota of quay", "the rota of hall", "calendar fair"}
    assert {one.name for one in feeds} == set(COPIES)
    assert {one.address() for one in feeds} == {
        URL,
        "https://cal.example/hall-secret-9",
        "https://cal.example/fair-secret-8",
    }


def test_before_the_first_answer_the_rota_goes_on_without_it_and_the_check_warns(path: Path) -> None:
    found = survey(path, NEW_YEAR)
    assert not found.errors
    assert [(Path(one.file).name, one.line) for one in found.warnings if "not fetched yet" in one.text] == [
        ("ingestd.yaml", 8),
        ("people.yaml", 3),
        ("priority.yaml", 2),
    ]
    assert on_call(load_site(path), "quay") == ("wei",)


def test_the_copy_says_who_is_on_call_from_the_cache_too(path: Path) -> None:
    before = digest(path)
    fetched(path)
    assert digest(path) != before  # a reload sees another site
    for site in (load_site(path), start_site(path), start_site(path)):
        assert on_call(site, "quay") == on_call(site, "hall") == ("ida",)
        assert len(site.feeds) == 3
        calendar_ = site.rulebook.ranker.calendar("fair")
        assert calendar_ is not None
        assert calendar_.holds(NEW_YEAR)
    assert not [one for one in survey(path, NEW_YEAR).problems if "fetched" in one.text]


def test_the_journal_has_the_copies_and_no_url_and_replays_what_was_in_force(path: Path, tmp_path: Path) -> None:
    fetched(path)
    kept = recorded(load_site(path))
    assert b"secret-" not in kept
    assert b"cal.example" not in kept
    fetched(path, "wei")  # later it says something else
    folder = tmp_path / "replay"
    for name, text in msgspec.json.decode(kept, type=tuple[tuple[str, str], ...]):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    rules = load_rulebook(folder / "ingestd.yaml", SHIPPED_RULES)
    assert rules.people.on_call("quay", NEW_YEAR) == rules.people.on_call("hall", NEW_YEAR) == ("ida",)
    fair = rules.ranker.calendar("fair")
    assert fair is not None
    assert fair.holds(NEW_YEAR)


@pytest.mark.parametrize(
    ("rota", "words"),
    [
        ("ical: 'http://cal.example/secret'", "expected https:// and a host"),
        ("ical_file: nowhere", "nowhere can't be read: No such file or directory"),
        ("ical_file: secrets/hall, ical: duty.ics", "expected only one of ical, ical_file"),
        ("ical_file: people.yaml", "can't be read: expected https://"),
    ],
)
def test_what_can_not_be_fetched_by_its_words_is_an_error(path: Path, rota: str, words: str) -> None:
    (path.parent / "people.yaml").write_text(PEOPLE.replace("ical_file: secrets/hall", rota))
    (error, *more) = survey(path, NEW_YEAR).errors
    assert words in error.text
    assert "secret'" not in error.text
    assert (Path(error.file).name, error.line, more) == ("people.yaml", 3, [])


def test_a_copy_that_can_not_be_read_is_told_and_left_out(path: Path) -> None:
    fetched(path)
    (path.parent / "var/calendars" / COPIES[0]).write_bytes(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    (path.parent / "var/calendars" / COPIES[1]).write_text("no calendar")
    warnings = [one.text for one in survey(path, NEW_YEAR).warnings]
    assert any("no iCalendar" in one for one in warnings)
