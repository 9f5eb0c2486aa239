"""What must be right of a rule test beyond its types: who acts and who is told, what is posted to, and when."""

from collections.abc import Collection, Iterator

from ingestd.trial.expect import NOBODY
from ingestd.trial.moments import LONGEST, Start
from ingestd.trial.setting import Setting
from ingestd.trial.spec import ACTS, Expect, IncidentSpec, Step, TestFile
from ingestd.yamltypes import Document, Place, Problem, did_you_mean

Named = tuple[Place, str]


def problems(document: Document[TestFile], setting: Setting) -> Iterator[Problem]:
    """Every name of a person, a source or a channel that the site does not know, and times that can't be."""
    test = document.value
    people = setting.rulebook.people.persons
    yield from _unknown(document, "person", _persons(test), people)
    ways = {way.channel for person in people.values() for way in person.ways()}
    both = {f"{person}/{way.channel}" for person, known in people.items() for way in known.ways()}
    yield from _unknown(document, "person or channel", _deliveries(test), {*people, *ways, *both})
    yield from _unknown(document, "source", _posted(test), setting.known_sources())
    yield from _times(document, Start.of(test.start, setting.zone))


def _times(document: Document[TestFile], start: Start) -> Iterator[Problem]:
    """Steps before the start, or behind the end."""
    test = document.value
    until = LONGEST if test.until is None else test.until.after(start)
    if until > LONGEST:
        yield document.problem(("until",), "expected an end within 400 days of the start")
    for index, step in enumerate(test.timeline):
        first = step.at.after(start)
        if first < 0:
            yield document.problem(("timeline", index, "at"), f"{step.at} is before the start of the test")
        elif first + (step.times - 1) * (step.every or 0.0) > until:
            yield document.problem(("timeline", index, "at"), "this is after the end of the test ('until')")


def _unknown(
    document: Document[TestFile], kind: str, named: Iterator[Named], known: Collection[str]
) -> Iterator[Problem]:
    for place, name in named:
        if name not in known:
            yield document.problem(place, f"unknown {kind} {name!r}{did_you_mean(name, tuple(known))}")


def _persons(test: TestFile) -> Iterator[Named]:
    yield from ((("answers", name), name) for name in test.answers)
    for index, step in enumerate(test.timeline):
        yield from _acting(step, ("timeline", index))
        if step.expect is not None:
            yield from _expected(step.expect, ("timeline", index, "expect"))
    if test.expect is not None:
        yield from _expected(test.expect, ("expect",))


def _acting(step: Step, place: Place) -> Iterator[Named]:
    for deed in (*ACTS, "call", "silence"):
        did = getattr(step, deed)
        if did is not None:
            yield (*place, deed, "by"), did.by
    for deed in ACTS:
        did = getattr(step, deed)
        if did is not None and did.person:
            yield (*place, deed, "person"), did.person


def _expected(expect: Expect, place: Place) -> Iterator[Named]:
    yield from _told(expect, place)
    for index, spec in enumerate(expect.described()):
        here = (*place, "incident", *((index,) if isinstance(expect.incident, tuple) else ()))
        yield from _told(spec, here)
        if spec.owner not in (None, NOBODY):
            yield (*here, "owner"), str(spec.owner)


def _told(spec: Expect | IncidentSpec, place: Place) -> Iterator[Named]:
    yield from (((*place, "told", index, "who"), told.who) for index, told in enumerate(spec.told or ()))
    yield from (((*place, "escalation", index, "who"), told.who) for index, told in enumerate(spec.escalation or ()))
    yield from (((*place, "not_told", index), person) for index, person in enumerate(spec.not_told or ()))


def _deliveries(test: TestFile) -> Iterator[Named]:
    yield from ((("delivery", name), name) for name in test.delivery)
    for index, step in enumerate(test.timeline):
        yield from ((("timeline", index, "delivery", name), name) for name in step.delivery or ())


def _posted(test: TestFile) -> Iterator[Named]:
    for index, step in enumerate(test.timeline):
        if step.webhook is not None:
            yield ("timeline", index, "webhook", "source"), step.webhook.source
