"""A rule test is played: its timeline through the production pipeline, its expectations where they stand."""

import email
from collections.abc import Callable, Iterator, Mapping
from email.header import Header
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from ingestd.model import Command, Ends, Event, Matcher, Message, Silence
from ingestd.trial.delivery import Delivery, contacts_of
from ingestd.trial.expect import Finding, check
from ingestd.trial.moments import LONGEST, Span, Start
from ingestd.trial.record import Record, named
from ingestd.trial.run import Trial
from ingestd.trial.setting import Setting
from ingestd.trial.spec import (
    ACTS,
    ActStep,
    AlertStep,
    Expect,
    IncidentSpec,
    MailStep,
    Step,
    TestFile,
    WebhookStep,
    Which,
)
from ingestd.yamltypes import Document, Place

AFTERWARDS = 600.0  # seconds that a run goes on after the last moment that its test names


class CantDoError(Exception):
    """A step that makes no sense where it stands."""


class Played(Struct, frozen=True):
    """How a test went."""

    record: Record
    findings: tuple[Finding, ...]
    end: float  # seconds after the start

    @property
    def failed(self) -> tuple[Finding, ...]:
        """What is not as expected, in the order of time."""
        return tuple(sorted((found for found in self.findings if not found.ok), key=lambda found: found.at))


def play(document: Document[TestFile], setting: Setting) -> Played:
    """Run one test. What its names lead to was checked before (names.py)."""
    run = _Run(document, setting)
    for at, index, step in run.plan():
        run.step(at, index, step)
    return run.finish()


class _Run:
    """One test under way."""

    def __init__(self, document: Document[TestFile], setting: Setting) -> None:
        self.test = document.value
        self.folder = Path(document.name).parent
        self.setting = setting
        self.start = Start.of(self.test.start, setting.zone)
        self.record = Record(self.start)
        self.fates = dict(self.test.delivery)
        self.findings: list[Finding] = []
        self.silences = 0
        delivery = Delivery(
            channels=contacts_of(setting.rulebook.people), fates=self.fates, answers=dict(self.test.answers)
        )
        self.trial = Trial(
            setting.rulebook,
            self.start.epoch,
            delivery=delivery,
            on_step=self.record.stepped,
            on_page=self.record.told,
        )

    def plan(self) -> list[tuple[float, int, Step]]:
        """Every step at its time; what is written first comes first."""
        steps = (
            (step.at.after(self.start) + turn * (step.every or 0.0), index, step)
            for index, step in enumerate(self.test.timeline)
            for turn in range(step.times)
        )
        return sorted(steps, key=lambda planned: planned[0])

    def step(self, at: float, index: int, step: Step) -> None:
        """One step of the timeline, after all that is due by then."""
        (deed,) = step.deeds()
        place: Place = ("timeline", index, deed)
        self.trial.advance(self._when(at))
        if step.expect is not None:
            self._expect(step.expect, place, at)
            return
        try:
            _DEEDS.get(deed, _act)(self, at, getattr(step, deed), deed)
        except (CantDoError, OSError) as error:
            self.findings.append(Finding(place=place, at=at, expected=f"{deed} to be possible", actual=str(error)))

    def finish(self) -> Played:
        """Let the rest go off, and compare what is expected in the end."""
        end = self._end()
        self.trial.advance(self._when(end))
        if self.test.expect is not None:
            self._expect(self.test.expect, ("expect",), end)
        return Played(self.record, tuple(self.findings), end)

    # -- what happens
    def alert(self, at: float, said: AlertStep, _deed: str) -> None:
        """A monitor's words about one or more hosts."""
        for host in said.hosts():
            self.record.arrived(at, f"{said.source}: {host}{f'/{said.check}' if said.check else ''} {said.state}")
            self.trial.event(_event(host, said), self._when(at), said.source)

    def mail(self, at: float, mail: str | MailStep, _deed: str) -> None:
        """A mail arrives."""
        body = (
            _written(mail, len(self.record.lines)) if isinstance(mail, MailStep) and not mail.file else self._raw(mail)
        )
        head = email.message_from_bytes(body)
        self.record.arrived(at, f"mail: {_subject(mail, head.get('Subject', ''))}")
        self._message(
            at,
            Message(
                kind="mail",
                source="smtp",
                body=body,
                sender=parseaddr(str(head.get("From", "")))[1],
                recipients=tuple(filter(None, (parseaddr(str(head.get("To", "")))[1],))),
            ),
        )

    def webhook(self, at: float, hook: WebhookStep, _deed: str) -> None:
        """A body is posted."""
        body = (self.folder / hook.file).read_bytes() if hook.file else _body(hook.body)
        self.record.arrived(at, f"webhook: {hook.source}")
        adapter = self.setting.adapter(hook.source)
        self._message(
            at,
            Message(kind="webhook", source=hook.source, adapter=adapter, body=body, content_type=hook.content_type),
        )

    def call(self, at: float, call: Any, _deed: str) -> None:
        """Somebody of ours takes a call."""
        command = Command(action="open", text=call.text, person=call.caller, department=call.department)
        self._command(at, command, call.by, f"call: {call.text}")

    def silence(self, at: float, asked: Any, _deed: str) -> None:
        """Somebody silences something."""
        self.silences += 1
        now = self._when(at)
        silence = Silence(
            id=f"silence-{self.silences}",
            matchers=tuple(Matcher(name, value) for name, value in asked.match.items()),
            targets=asked.nodes,
            starts_at=now,
            ends_at=now + asked.lasts,
            by=asked.by,
            comment=asked.comment,
        )
        self._command(at, Command(action="silence", silence=silence), asked.by, "silence")

    def delivery(self, at: float, fates: Mapping[str, Any], _deed: str) -> None:
        """From now on pages fare otherwise."""
        self.fates.update(fates)
        self.record.arrived(at, f"delivery: {', '.join(f'{name} {fate}' for name, fate in fates.items())}")

    def deaf(self, at: float, seconds: float, _deed: str) -> None:
        """Nothing was heard for a while."""
        self.record.arrived(at, f"nothing was heard for {seconds:g} s")
        self._message(at, Message(kind="gap", source="engine", body=repr(float(seconds)).encode()))

    def act(self, at: float, act: ActStep, deed: str) -> None:
        """Somebody acts on an incident."""
        number = self._which(act.incident)
        command = Command(
            action=deed,  # type: ignore[arg-type]  # the keys of a step are the actions
            incident=number,
            into=0 if act.into is None else self._which(act.into),
            person=act.person,
            text=act.text,
            priority=act.priority,
        )
        self._command(at, command, act.by, f"#{number} {deed}", refused=act.refused)

    # -- inside
    def _command(self, at: float, command: Command, actor: str, words: str, *, refused: bool = False) -> None:
        self.record.arrived(at, f"{actor}: {words}")
        verdict = self.trial.command(command, actor, self._when(at))
        if verdict.ok == refused:
            raise CantDoError(verdict.text)

    def _message(self, at: float, message: Message) -> None:
        self.trial.message(msgspec.structs.replace(message, received=self._when(at)), self._when(at))

    def _when(self, at: float) -> float:
        return self.start.epoch + at

    def _which(self, which: Which | None) -> int:
        """The incident that is meant: by number, by a node, or the only open one. CantDoError if it is none or many."""
        if isinstance(which, int):
            return which
        open_ones = [i for i in self.record.surviving() if i.state != "resolved"]
        if which is not None:
            caused = [i for i in open_ones if (i.cause or "").casefold() == which.casefold()]
            held = [i for i in open_ones if any(named(a, which) for a in self.record.members(i.number))]
            open_ones = caused or held
        if len(open_ones) != 1:
            what = "open incident" if which is None else f"open incident about {which}"
            found = ", ".join(f"#{i.number}" for i in open_ones) or "none"
            raise CantDoError(f"there is not one {what}: {found}")
        return open_ones[0].number

    def _raw(self, mail: str | MailStep) -> bytes:
        return (self.folder / mail.file).read_bytes() if isinstance(mail, MailStep) else mail.encode()

    def _expect(self, expect: Expect, place: Place, at: float) -> None:
        self.findings += check(expect, place, self.record, at, self.setting)

    def _end(self) -> float:
        if self.test.until is not None:
            return self.test.until.after(self.start)
        last = max((at for at, _, _ in self.plan()), default=0.0)
        spans = (span.bounds(self.start) for span in _spans(self.test))
        named_last = max((high if high != float("inf") else low for low, high in spans), default=0.0)
        return min(max(last, named_last) + AFTERWARDS, LONGEST)


def _act(run: _Run, at: float, act: ActStep, deed: str) -> None:
    run.act(at, act, deed)


_DEEDS: Mapping[str, Callable[[_Run, float, Any, str], None]] = {
    "alert": _Run.alert,
    "mail": _Run.mail,
    "webhook": _Run.webhook,
    "call": _Run.call,
    "silence": _Run.silence,
    "delivery": _Run.delivery,
    "deaf": _Run.deaf,
    **dict.fromkeys(ACTS, _act),
}


def _spans(test: TestFile) -> Iterator[Span]:
    """Every span that an expectation of the end names."""
    if test.expect is None:
        return
    people: list[Expect | IncidentSpec] = [test.expect, *test.expect.described()]
    times = [told.at for spec in people for told in spec.told or ()]
    times += [told.at for spec in people for told in spec.escalation or ()]
    times += [span for spec in test.expect.described() for span in (spec.opened, spec.ended)]
    yield from (span for span in times if span is not None)


def _event(host: str, said: AlertStep) -> Event:
    usual = f"{said.check} failed" if said.check else "host unreachable"
    return Event(
        state=said.state,
        summary=said.summary or ("ok" if said.state == "resolved" else usual),
        host=host,
        check=said.check,
        severity=said.severity,
        identity=said.id,
        external_id=said.id,
        labels=tuple(said.labels.items()),
        ends=Ends("unheard", after=said.ends_after) if said.ends_after else Ends("recovery"),
    )


def _written(mail: MailStep, number: int) -> bytes:
    """A mail of its own, in the charset that is asked for."""
    written = MIMEText(mail.text, "plain", mail.charset)
    written["From"] = formataddr(parseaddr(mail.sender), mail.charset)
    written["To"] = mail.to
    written["Subject"] = Header(mail.subject, mail.charset).encode()
    written["Message-ID"] = f"<{number}@rule-test.example>"
    return written.as_bytes()


def _subject(mail: str | MailStep, subject: str) -> str:
    return mail.subject if isinstance(mail, MailStep) and mail.subject else str(subject)


def _body(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)
