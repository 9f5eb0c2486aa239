"""A run under a virtual clock: pages get their receipts, people answer, and what is over is forgotten."""

import msgspec
import pytest

from ingestd import pipeline
from ingestd.model import Changes, Command, Ends, Event, Message, Silence, Stepped
from ingestd.trial.delivery import Delivery, contacts_of
from ingestd.trial.run import Page, StuckError, Trial
from tests.night import MORNING, trading_company

RULES = trading_company()


def down(host: str, state: str = "firing") -> Event:
    return Event(state=state, summary="host unreachable", host=host, severity="critical", ends=Ends("recovery"))  # type: ignore[arg-type]


def trial(**more: object) -> Trial:
    return Trial(RULES, MORNING, **more)  # type: ignore[arg-type]


def told(run: Trial) -> list[tuple[float, str, str, str, str]]:
    return [(page.at - MORNING, page.person, page.kind, page.channel, page.fate) for page in run.told]


def test_an_event_is_held_then_paged_claimed_and_handed_over() -> None:
    run = trial()
    run.event(down("acc-sw-18"), MORNING)
    assert run.told == []
    run.advance(MORNING + 60)
    assert told(run) == [(60, "lin", "open", "", "arrives")]
    (incident,) = run.incidents()
    assert [(t.person, t.claimed, t.failed) for t in incident.told] == [("lin", True, False)]
    assert run.told[0].priority == incident.priority


def test_a_mail_and_a_body_go_the_whole_way() -> None:
    run = trial()
    body = msgspec.json.encode({"host": "acc-sw-18", "summary": "host unreachable", "severity": "critical"})
    changes = run.message(Message(kind="webhook", source="prod", adapter="generic", body=body), MORNING)
    assert [alert.node for alert in changes.alerts] == ["acc-sw-18"]


def test_a_page_goes_by_the_first_channel_that_takes_it() -> None:
    run = trial(delivery=Delivery(channels={"lin": ("sms", "mail")}, fates={"sms": "fails"}))
    run.event(down("acc-sw-18"), MORNING)
    run.advance(MORNING + 60)
    assert told(run) == [(60, "lin", "open", "mail", "arrives")]


@pytest.mark.parametrize("fates", [{"lin": "fails"}, {"mail": "fails", "wu": "arrives", "chen": "arrives"}])
def test_a_page_that_fails_brings_the_next_step_at_once(fates: dict[str, str]) -> None:
    run = trial(delivery=Delivery(channels=contacts_of(RULES.people), fates=fates))  # type: ignore[arg-type]
    run.event(down("acc-sw-18"), MORNING)
    run.advance(MORNING + 61)
    assert told(run)[:2] == [(60, "lin", "open", "mail", "fails"), (60, "chen", "functional", "mail", "arrives")]


def test_the_narrowest_word_about_a_page_counts() -> None:
    run = trial(delivery=Delivery(channels=contacts_of(RULES.people), fates={"lin/mail": "arrives", "lin": "fails"}))
    run.event(down("acc-sw-18"), MORNING)
    run.advance(MORNING + 61)
    assert [page.fate for page in run.told] == ["arrives"]


def test_who_has_no_address_is_not_reached() -> None:
    run = trial(delivery=Delivery(channels={"lin": ()}))
    run.event(down("acc-sw-18"), MORNING)
    run.advance(MORNING + 60)
    assert (run.told[0].fate, run.told[0].channel) == ("fails", "")


def test_a_page_that_bounces_moves_on_when_the_bounce_is_in() -> None:
    run = trial(delivery=Delivery(fates={"lin": "bounces"}, bounce_after=40.0))
    run.event(down("acc-sw-18"), MORNING)
    run.advance(MORNING + 200)
    assert [(at, person) for at, person, *_ in told(run)] == [(60, "lin"), (100, "chen")]


def test_a_page_that_nobody_claims_is_withdrawn_at_the_end() -> None:
    cancelled: list[int] = []
    run = trial(delivery=Delivery(fates={"": "waits"}), on_step=lambda s: cancelled.extend(s.changes.cancelled))
    run.event(down("acc-sw-18"), MORNING)
    run.event(down("acc-sw-18", "resolved"), MORNING + 100)
    run.advance(MORNING + 500)
    assert {page.fate for page in run.told} == {"waits"}
    assert cancelled == [page.notification.id for page in run.told]


def test_a_person_may_answer_her_page() -> None:
    run = trial(delivery=Delivery(answers={"lin": 90.0}))
    run.event(down("acc-sw-18"), MORNING)
    run.advance(MORNING + 1000)
    (incident,) = run.incidents()
    assert (incident.state, incident.owner, incident.acknowledged_at) == ("acknowledged", "lin", MORNING + 150)
    assert len(run.told) == 1


def test_a_command_has_a_verdict() -> None:
    run = trial()
    run.event(down("acc-sw-18"), MORNING)
    assert run.command(Command(action="ack", incident=1), "lin", MORNING + 10).ok
    assert not run.command(Command(action="ack", incident=7), "lin", MORNING + 20).ok
    nonsense = Silence(id="x", matchers=(), starts_at=0.0, ends_at=float("nan"), by="lin")
    assert not run.command(Command(action="silence", silence=nonsense), "lin", MORNING + 30).ok


def test_what_breaks_the_judgement_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    run = trial()
    monkeypatch.setattr(pipeline.correlate, "place", lambda s, alert: 1 / 0 if alert.node == "bad" else None)
    assert "ZeroDivisionError" in run.event(down("bad"), MORNING).shunted


def test_a_timer_that_stays_due_is_an_error_and_no_endless_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    run = trial()
    run.event(down("acc-sw-18"), MORNING)
    monkeypatch.setattr(pipeline, "tick", lambda *_: Changes())
    with pytest.raises(StuckError, match="incident 1"):
        run.advance(MORNING + 60)


def test_the_wall_clock_may_differ_from_the_engines() -> None:
    run = Trial(RULES, 1000.0, wall=MORNING)
    run.event(down("acc-sw-18"), 1000.0)
    run.advance(1060.0)
    assert run.told[0].notification.facts.wall_offset == MORNING - 1000.0


def test_a_merged_number_leads_to_its_survivor() -> None:
    run = trial()
    for second, host in enumerate(("sales-mail", "hr-server", "acc-sw-17")):
        run.event(down(host), MORNING + second)
    assert [run.survivor(number) for number in (1, 2, 3, 99)] == [1, 1, 1, 99]


def test_every_entry_is_seen_once_with_all_it_changed() -> None:
    seen: list[Stepped] = []
    run = trial(on_step=seen.append)
    body = msgspec.json.encode({"alerts": [{"host": "a", "summary": "gone"}, {"host": "b", "summary": "gone"}]})
    run.message(Message(kind="webhook", source="prod", adapter="generic", body=body), MORNING)
    run.advance(MORNING + 90)
    assert [step.entry.message.kind for step in seen][:2] == ["webhook", "tick"]
    assert {alert.node for alert in seen[0].changes.alerts} == {"a", "b"}
    assert [step.position for step in seen] == list(range(1, len(seen) + 1))


def test_a_reload_goes_on_under_other_rules() -> None:
    run = trial()
    run.reload(trading_company(topology="nodes: [{id: acc-sw-18, owner: systems}]"))
    run.event(down("acc-sw-18"), MORNING)
    run.advance(MORNING + 60)
    assert [page.person for page in run.told] == ["chen"]


def storm(pages: list[Page]) -> Trial:
    """Two weeks of hosts that come and go."""
    run = trial(on_page=pages.append, delivery=Delivery(answers={"chen": 30.0}))
    for n in range(1200):
        at = MORNING + n * 1000.0
        run.event(down(f"box-{n}"), at)
        run.event(down(f"box-{n}", "resolved"), at + 500.0)
    return run


def test_what_is_over_leaves_and_the_same_input_gives_the_same_pages() -> None:
    first: list[Page] = []
    second: list[Page] = []
    run, again = storm(first), storm(second)
    assert len(run.world.incidents) <= 6 and len(run.world.alerts) <= 6
    assert run.told == [] and len(first) >= 1200
    assert first == second and run.world.facts() == again.world.facts()
