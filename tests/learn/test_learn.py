"""From mails that nobody knows to a recogniser that reads them."""

from collections.abc import Iterable
from email.message import EmailMessage

import pytest

from ingestd import learn
from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import RecogniserFile, Recognisers
from ingestd.learn.shape import labels_of, mask
from ingestd.model import Message, Reading
from ingestd.yamltypes import loads


def mail(subject: str, body: str, sender: str = "pulse@mon1.shop.example") -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "it@shop.example", subject
    made.set_content(body)
    return made.as_bytes()


def pulse(number: int, state: str, check: str = "disk") -> bytes:
    host = f"web-{number:02d}.shop.example"
    return mail(
        f"[PULSE] {state}: {check} on {host} at 1{number % 10}:0{number % 6}",
        f"Hello,\n\nMachine: {host}\nService: {check}\nStatus: {state}\nValue: 0.{number}\n\nSee https://pulse.example/\n",
        f"pulse@mon{number % 3}.shop.example",
    )


def chinese(number: int, state: str) -> bytes:
    return mail(
        f"【监控】{state}：db-{number:02d} 磁盘空间",
        f"主机：db-{number:02d}\n状态：{state}\n级别：严重\n内容：磁盘空间不足 {number}%\n",
        "ops@jiankong.example",
    )


PULSES = [pulse(n, ("CRITICAL", "WARNING", "OK")[n % 3], ("disk", "cpu load", "nginx")[n % 3]) for n in range(12)]
CHINESE = [chinese(n, ("告警", "恢复")[n % 2]) for n in range(6)]
TERSE = [mail(f"Volume {n} degraded on nas-{n}", "a disk is gone", "root@nas.example") for n in range(3)]


def drafts(raws: Iterable[bytes]) -> list[learn.Draft]:
    return [learn.draft(group) for group in learn.group(map(learn.sample, raws))]


def read(draft: learn.Draft, raw: bytes) -> Reading:
    file = loads(draft.text, RecogniserFile, "draft.yaml")
    return Recognisers.compile((file,)).read(Message(kind="mail", source="smtp", body=raw), NameFinder(()))


def test_mails_of_one_shape_are_one_group_whatever_their_order() -> None:
    mixed = [raw for three in zip(PULSES, CHINESE * 2, TERSE * 4, strict=True) for raw in three]
    groups = learn.group(map(learn.sample, mixed))
    senders = [{one.sender for one in group.samples} for group in groups]
    assert senders == [{"pulse@shop.example"}, {"ops@jiankong.example"}, {"root@nas.example"}]


def test_a_draft_reads_mails_that_it_has_not_seen() -> None:
    (draft,) = drafts(PULSES)
    assert (draft.read, draft.mails) == (12, 12)
    down = read(draft, pulse(99, "CRITICAL", "swap"))
    up = read(draft, pulse(99, "OK", "swap"))
    (event,), (end,) = down.events, up.events
    assert (down.kind, event.host, event.check, event.severity) == ("alert", "web-99.shop.example", "swap", "critical")
    assert (up.kind, end.state, end.host, end.check) == ("recovery", "resolved", event.host, event.check)


def test_a_draft_in_chinese() -> None:
    (draft,) = drafts(CHINESE)
    (event,) = read(draft, chinese(77, "告警")).events
    assert (event.host, event.state, event.severity) == ("db-77", "firing", "error")
    assert read(draft, chinese(77, "恢复")).kind == "recovery"


def test_a_draft_says_what_to_look_at() -> None:
    (draft,) = drafts(TERSE)
    assert draft.text.startswith("# Drafted from 3 mails; it reads 3 of them.")
    assert "# To look at: 3 mails without a check." in draft.text
    assert "# To look at: no mail says that it is over" in draft.text
    assert loads(draft.text, RecogniserFile, "draft.yaml").ends == "person"


def test_its_examples_are_read_as_they_say() -> None:
    for draft in drafts([*PULSES, *CHINESE, *TERSE]):
        file = loads(draft.text, RecogniserFile, "draft.yaml")
        assert file.examples
        for example in file.examples:
            reading = read(draft, example.mail.encode())
            assert (reading.recogniser, reading.kind) == (draft.id, example.kind)
            assert [event.host for event in reading.events] == [expected.host for expected in example.events]


def test_two_drafts_never_share_an_id() -> None:
    (group,) = learn.group(map(learn.sample, TERSE))
    first = learn.draft(group)
    second = learn.draft(group, [first.id])
    assert (first.id, second.id) == ("root-volume", "root-volume-2")


@pytest.mark.parametrize("body", ["", "no labels at all", "Machine: x\nStatus: CRITICAL"])
def test_mails_without_a_subject_or_sender_make_a_draft_too(body: str) -> None:
    raws = [f"To: it@shop.example\n\n{body}\n".encode() for _ in range(2)]
    (draft,) = drafts(raws)
    assert loads(draft.text, RecogniserFile, "draft.yaml").id == draft.id


def test_subjects_that_share_nothing_are_known_by_a_label() -> None:
    raws = [mail(f"{word}", "Machine: a-1\nResult: failed\n") for word in ("alpha", "omega")]
    (draft,) = drafts(raws)
    (when,) = loads(draft.text, RecogniserFile, "draft.yaml").when
    assert "Machine" in when["body"]


def test_what_yaml_can_not_hold_is_left_out() -> None:
    raws = [mail(f"Pump {n} failed \x07", "bell\x07 and\x00 nul\u2028") for n in range(2)]
    (draft,) = drafts(raws)
    assert loads(draft.text, RecogniserFile, "draft.yaml")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("17", "<number>"),
        ("93%", "<number>"),
        ("10:45", "<number>"),
        ("10.0.0.7", "<host>"),
        ("web-01", "<host>"),
        ("web.shop.example", "<host>"),
        ("CRITICAL", "<state>"),
        ("恢复", "<state>"),
        ("Volume", "volume"),
    ],
)
def test_words_are_masked_by_what_they_are(word: str, kind: str) -> None:
    assert mask(word) == kind


def test_labels_stand_before_a_colon_and_links_are_none() -> None:
    text = "Machine: a\n * Status : bad\nhttps://x.example/\n主机：b\nno label\n" + "x" * 50 + ": too long\n"
    assert list(labels_of(text)) == [("Machine", "a"), ("Status", "bad"), ("主机", "b")]
