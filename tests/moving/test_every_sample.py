"""Whatever is drafted passes ``ingestd check``, alone and beside a site that is there; and no secret is in it."""

import pytest

from ingestd.config import SHIPPED_RULES
from ingestd.decide.calendar import CalendarSpec
from ingestd.decide.rank import PriorityRules
from ingestd.decide.route import EscalationRules
from ingestd.moving import sketch
from ingestd.moving.draft import files_of
from ingestd.yamltypes import load
from tests.moving.sites import checked, read

SAMPLES = (
    ("alertmanager", "harbour.yml"),
    ("alertmanager", "plain.yml"),
    ("alertmanager", "odd.yml"),
    ("opsgenie", "export.json"),
    ("opsgenie", "backup"),
    ("oncall", "export.json"),
    ("oncall", "answers.json"),
    ("nagios", "objects.cfg", "status.dat"),
)
MAIN = "maildir: {path: mail}\npeople: [{id: admin-of-site, mail: a@site.example}]\nlast_resort: [admin-of-site]\ntimezone: Asia/Shanghai\n"


@pytest.mark.parametrize("sample", SAMPLES, ids="/".join)
def test_a_draft_is_a_site(sample, tmp_path) -> None:
    found = checked(read(*sample), tmp_path)
    assert [str(one) for one in found.errors] == []


@pytest.mark.parametrize("sample", SAMPLES, ids="/".join)
def test_a_draft_fits_a_site_that_is_there(sample, tmp_path) -> None:
    found = checked(read(*sample), tmp_path, MAIN)
    assert [str(one) for one in found.errors] == []


@pytest.mark.parametrize("sample", SAMPLES, ids="/".join)
def test_no_secret_gets_out(sample) -> None:
    draft = read(*sample)
    assert "hunter2" not in "".join(one.text for one in files_of(draft))
    assert "hunter2" not in repr(draft)


@pytest.mark.parametrize("sample", SAMPLES, ids="/".join)
def test_everything_has_an_id_of_its_own(sample) -> None:
    draft = read(*sample)
    for listed in (draft.people, draft.teams, draft.calendars):
        assert len({one.id for one in listed}) == len(listed)
    for listed in (draft.policies, draft.routes):
        assert len({one.spec.id for one in listed}) == len(listed)
    assert all(one.id.isascii() for one in draft.people)


def test_ids_of_shipped_rules_are_left_alone() -> None:
    escalation = load(SHIPPED_RULES / "escalation.yaml", EscalationRules)
    calendars: tuple[CalendarSpec, ...] = load(SHIPPED_RULES / "priority.yaml", PriorityRules).calendars
    assert {one.id for one in escalation.policies} == sketch.SHIPPED_POLICIES
    assert {one.id for one in escalation.routes} == sketch.SHIPPED_ROUTES
    assert {one.id for one in calendars} <= sketch.SHIPPED_CALENDARS
