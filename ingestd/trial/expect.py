"""What a test expects beside what happened: one finding for each thing that is written, met or not."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import fields, replace

from ingestd.channels.texts import render
from ingestd.model import ASKING, Incident
from ingestd.trial.moments import Span, clock
from ingestd.trial.record import Record, name_of, named
from ingestd.trial.run import Page
from ingestd.trial.setting import Setting
from ingestd.trial.spec import EscalationSpec, Expect, IncidentSpec, ToldSpec
from ingestd.yamltypes import Place, did_you_mean

ESCALATIONS = frozenset({"functional", "hierarchic", "last_resort"})
NOBODY = "none"  # how a test writes: no cause, no owner
_TELLING = 30.0  # how much a field that tells incidents apart counts beside one that may be what is wrong
_APART: Mapping[str, float] = {"number": 100.0, "cause": _TELLING, "about": _TELLING, "joined": 20.0, "unsure": 10.0}


class Finding(Struct, frozen=True, kw_only=True):
    """One expectation, and whether it was met."""

    place: Place  # in the file
    at: float  # when it should have been so, seconds after the start
    expected: str
    actual: str = ""  # why not; "" if it was
    incident: int = 0  # that it is about
    page: int = 0  # that meets it

    @property
    def ok(self) -> bool:
        """It was met."""
        return not self.actual


class _Look(Struct, frozen=True):
    """From where expectations are looked at: what happened so far, and which incident (0: all) they are about."""

    record: Record
    setting: Setting
    now: float
    place: Place
    incident: int = 0

    def finding(self, key: str | int, expected: str, actual: str, at: float | None = None, page: int = 0) -> Finding:
        """A finding about one key."""
        place = (*self.place, *((key,) if key != "" else ()))
        when = self.now if at is None else at
        return Finding(place=place, at=when, expected=expected, actual=actual, incident=self.incident, page=page)

    def pages(self) -> list[Page]:
        """The pages that these expectations are about."""
        return self.record.pages_of(self.incident or None)

    def within(self, *place: str | int) -> "_Look":
        """The same, deeper in the file."""
        return replace(self, place=(*self.place, *place))


def check(expect: Expect, place: Place, record: Record, now: float, setting: Setting) -> Iterator[Finding]:
    """Everything that is expected at ``now`` (seconds after the start)."""
    look = _Look(record, setting, now, place)
    surviving = record.surviving()
    if expect.incidents is not None:
        yield _count(look, "incidents", (expect.incidents, len(surviving)), "incidents", _listed(surviving))
    if expect.open is not None:
        still = [i for i in surviving if i.state != "resolved"]
        yield _count(look, "open", (expect.open, len(still)), "open incidents", _listed(still))
    if expect.shunted is not None:
        yield _count(look, "shunted", (expect.shunted, len(record.shunted)), "set aside", "; ".join(record.shunted))
    yield from _people(look, expect)
    yield from _incidents(look, expect)


# -- incidents
def _incidents(look: _Look, expect: Expect) -> Iterator[Finding]:
    """Each description belongs to an incident of its own: the one that it fits best."""
    free = {incident.number: incident for incident in look.record.surviving()}
    for index, spec in enumerate(expect.described()):
        here = look.within("incident", *((index,) if isinstance(expect.incident, tuple) else ()))
        found = _best(here, spec, free.values())
        if found is None:
            yield here.finding("", f"an incident ({_words(spec)})", f"there is none such: {_listed(free.values())}")
            continue
        del free[found.number]
        yield from _described(replace(here, incident=found.number), spec, found)


def _best(look: _Look, spec: IncidentSpec, among: Iterable[Incident]) -> Incident | None:
    """The incident that meets most of a description; None if it lacks what would tell it apart."""
    scored = [(_score(look, spec, incident), incident) for incident in among]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    telling = any(getattr(spec, name) not in (None, "") for name in _APART)
    return best if score >= (min(_APART.values()) if telling else 0.0) else None


def _score(look: _Look, spec: IncidentSpec, incident: Incident) -> float:
    here = replace(look, incident=incident.number)
    return sum(_APART.get(str(found.place[len(here.place)]), 1.0) for found in _own(here, spec, incident) if found.ok)


def _described(look: _Look, spec: IncidentSpec, incident: Incident) -> Iterator[Finding]:
    yield from _own(look, spec, incident)
    yield from _people(look, spec)


def _own(look: _Look, spec: IncidentSpec, incident: Incident) -> Iterator[Finding]:
    """What is said of an incident itself."""
    for key, read in _PLAIN.items():
        wanted = getattr(spec, key)
        if wanted not in (None, ""):
            yield _same(look, key, wanted, read(incident))
    if spec.about:
        yield from _members(look, "about", (spec.about,), "it to be about")
    if spec.title:
        lacks = spec.title.casefold() not in incident.title.casefold()
        yield look.finding("title", f"title with {spec.title!r}", repr(incident.title) if lacks else "")
    yield from _members(look, "joined", spec.joined or (), "in it:")
    yield from _members(look, "unsure", spec.unsure or (), "unsure in it:", certainty="unsure")
    yield from _strangers(look, spec.not_ or ())
    yield from _because(look, spec.because or ())
    yield from _when(look, "opened", spec.opened, look.record.opened.get(incident.number))
    yield from _when(look, "ended", spec.ended, look.record.ended.get(incident.number))


_PLAIN: Mapping[str, Callable[[Incident], Any]] = {
    "number": lambda i: i.number,
    "cause": lambda i: i.cause or NOBODY,
    "cause_kind": lambda i: i.cause_kind or NOBODY,
    "state": lambda i: i.state,
    "priority": lambda i: i.priority,
    "policy": lambda i: i.policy or NOBODY,
    "team": lambda i: i.team or NOBODY,
    "owner": lambda i: i.owner or NOBODY,
    "departments": lambda i: i.impact.departments,
    "services": lambda i: i.impact.services,
    "hidden": lambda i: i.suppressed,
}


def _same(look: _Look, key: str, wanted: Any, got: Any) -> Finding:
    same = sorted(wanted) == sorted(got) if isinstance(wanted, tuple) else wanted == got
    name = key.replace("_", " ")
    return look.finding(key, f"{name} {_shown(wanted)}", "" if same else _shown(got))


def _members(look: _Look, key: str, wanted: tuple[str, ...], words: str, certainty: str = "") -> Iterator[Finding]:
    """Alerts that must be in the incident."""
    members = list(look.record.members(look.incident))
    for index, name in enumerate(wanted):
        hits = [alert for alert in members if named(alert, name)]
        sure = any(not certainty or alert.certainty == certainty for alert in hits)
        actual = "" if sure else f"it is in it as {hits[0].certainty}" if hits else _elsewhere(look.record, name)
        place = look.within(key) if key != "about" else look
        yield place.finding(index if key != "about" else key, f"{words} {name}", actual)


def _strangers(look: _Look, unwanted: tuple[str, ...]) -> Iterator[Finding]:
    """Alerts that must not be in the incident; a name that nobody ever heard is a mistake."""
    for index, name in enumerate(unwanted):
        inside = any(named(alert, name) for alert in look.record.members(look.incident))
        heard = any(named(alert, name) for alert in look.record.alerts.values())
        actual = f"it is in #{look.incident}" if inside else "" if heard else _elsewhere(look.record, name)
        yield look.within("not").finding(index, f"not in it: {name}", actual)


def _because(look: _Look, wanted: tuple[str, ...]) -> Iterator[Finding]:
    reasons = look.record.reasons(look.incident)
    for index, words in enumerate(wanted):
        hit = any(words == reason.rule or words.casefold() in reason.text.casefold() for reason in reasons)
        rules = ", ".join(dict.fromkeys(reason.rule for reason in reasons))
        yield look.within("because").finding(index, f"because of {words}", "" if hit else f"rules {rules}")


def _when(look: _Look, key: str, wanted: Span | None, got: float | None) -> Iterator[Finding]:
    if wanted is None:
        return
    at = wanted.bounds(look.record.start)[0]
    if got is None:
        yield look.finding(key, f"{key} {wanted}", f"not {key} by {clock(look.now)}", at)
    else:
        met = wanted.holds(got, look.record.start)
        yield look.finding(key, f"{key} {wanted}", "" if met else clock(got), got if met else at)


# -- people
def _people(look: _Look, spec: Expect | IncidentSpec) -> Iterator[Finding]:
    """Who is told, who is not, and how often."""
    pages = look.pages()
    arrived = [page for page in pages if page.fate == "arrives"]
    yield from _told(look.within("told"), spec.told or (), pages)
    for index, person in enumerate(spec.not_told or ()):
        theirs = [page for page in arrived if page.person == person]
        yield look.within("not_told").finding(index, f"{person} not told", _briefly(look, theirs))
    if spec.nobody_told:
        yield look.finding("nobody_told", "nobody told", _briefly(look, arrived))
    if spec.escalation is not None:
        yield from _escalation(look, spec.escalation, arrived)
    if spec.pages is not None:
        asking = [page for page in arrived if page.kind in ASKING]
        yield _count(look, "pages", (spec.pages, len(asking)), "pages", _briefly(look, asking))


def _told(look: _Look, wanted: Sequence[ToldSpec], pages: list[Page]) -> Iterator[Finding]:
    candidates = [[n for n, page in enumerate(pages) if _meets(look, spec, page)] for spec in wanted]
    for index, (spec, hit) in enumerate(zip(wanted, _paired(candidates), strict=True)):
        expected = f"{spec.who} told" + "".join(f" {word}" for word in _details(spec))
        if hit is not None:
            page = pages[hit]
            yield look.finding(index, expected, "", _after(look, page), page.notification.id)
        else:
            theirs = [page for page in pages if page.person == spec.who]
            actual = _briefly(look, theirs) or "nothing to this person"
            yield look.finding(index, expected, _and_words(look, spec, theirs, actual), _at(look, spec.at))


def _and_words(look: _Look, spec: ToldSpec, theirs: list[Page], actual: str) -> str:
    """What the pages say, where that is what was asked."""
    if not spec.text or not theirs:
        return actual
    return f"{actual}; the last says: {' '.join(_text(look, theirs[-1]).split())[:300]}"


def _meets(look: _Look, spec: ToldSpec, page: Page) -> bool:
    texts = (spec.text,) if isinstance(spec.text, str) else spec.text
    return (
        page.person == spec.who
        and page.fate == spec.fate
        and spec.kind in (None, page.kind)
        and spec.channel in ("", page.channel)
        and (spec.at is None or spec.at.holds(_after(look, page), look.record.start))
        and (not texts or all(text.casefold() in _text(look, page).casefold() for text in texts))
    )


def _escalation(look: _Look, wanted: tuple[EscalationSpec, ...], arrived: list[Page]) -> Iterator[Finding]:
    """All that brought in somebody more: what is written and nothing else."""
    pages = [page for page in arrived if page.kind in ESCALATIONS]
    specs = [ToldSpec(who=spec.who, kind=spec.kind, at=spec.at) for spec in wanted]
    yield from _told(look.within("escalation"), specs, pages)
    if not wanted or len(pages) > len(wanted):
        count = f"{len(wanted) or 'no'} escalation{'s' if len(wanted) != 1 else ''}"
        yield look.finding("escalation", count, _briefly(look, pages))


def _paired(candidates: list[list[int]]) -> list[int | None]:
    """A page of its own for as many expectations as possible (augmenting paths)."""
    taken: dict[int, int] = {}  # page -> expectation
    for first in range(len(candidates)):
        came: dict[int, int] = {}  # page -> the expectation that it was reached from
        queue = deque([first])
        while queue:
            spec = queue.popleft()
            fresh = [page for page in candidates[spec] if page not in came]
            came.update(dict.fromkeys(fresh, spec))
            free = next((page for page in fresh if page not in taken), None)
            if free is not None:
                _shift(taken, came, free, first)
                break
            queue += [taken[page] for page in fresh]
    owner = {spec: page for page, spec in taken.items()}
    return [owner.get(spec) for spec in range(len(candidates))]


def _shift(taken: dict[int, int], came: dict[int, int], page: int, first: int) -> None:
    """Give ``page`` to the expectation that reached it, what that had to the one before, back to ``first``."""
    before = {spec: own for own, spec in taken.items()}
    while True:
        spec = came[page]
        taken[page] = spec
        if spec == first:
            return
        page = before[spec]


# -- words
def _count(look: _Look, key: str, counts: tuple[int, int], what: str, listed: str) -> Finding:
    """``counts``: what is wanted, what there is."""
    wanted, got = counts
    actual = "" if wanted == got else f"{got}{': ' if listed else ''}{listed}"
    return look.finding(key, f"{wanted} {what}", actual)


def _listed(incidents: Iterable[Incident]) -> str:
    return ", ".join(map(_about, incidents)) or "no incident"


def _about(incident: Incident) -> str:
    """``#1 (acc-sw-17, P1, triggered, reported)``."""
    words = (incident.cause or incident.root, incident.priority, incident.state, incident.cause_kind or "unexplained")
    return f"#{incident.number} ({', '.join(filter(None, words))})"


def _briefly(look: _Look, pages: Iterable[Page]) -> str:
    """``lin at 01:05 (open, mail)`` of each page."""
    return ", ".join(_page(look, page) for page in pages)


def _page(look: _Look, page: Page) -> str:
    words = (page.kind, page.channel, "" if page.fate == "arrives" else page.fate)
    return f"{page.person} at {clock(_after(look, page))} ({', '.join(filter(None, words))})"


def _details(spec: ToldSpec) -> Iterator[str]:
    if spec.at is not None:
        yield f"at {spec.at}"
    said = (spec.kind, spec.channel and f"by {spec.channel}", spec.fate if spec.fate != "arrives" else "")
    yield from filter(None, said)
    if spec.text:
        yield f"with {_shown(spec.text)}"


def _after(look: _Look, page: Page) -> float:
    return page.at - look.record.start.epoch


def _at(look: _Look, span: Span | None) -> float:
    return look.now if span is None else min(span.bounds(look.record.start)[0], look.now)


def _text(look: _Look, page: Page) -> str:
    subject, text = render(page.notification, look.setting.speaks(page.person), None, look.setting.zone)
    return f"{subject}\n{text}"


def _elsewhere(record: Record, name: str) -> str:
    """Where an alert is that was looked for."""
    for alert in record.alerts.values():
        if named(alert, name):
            return f"it is in #{record.survivor(alert.incident)}" if alert.incident else "it is in no incident"
    heard = tuple({form: None for alert in record.alerts.values() for form in (alert.node, name_of(alert))})
    return f"nobody ever heard of {name!r}{did_you_mean(name, heard)}"


def _words(spec: IncidentSpec) -> str:
    """A description as it is written."""
    given = ((field.encode_name, getattr(spec, field.name)) for field in fields(spec) if field.name in _SHOWN)
    return ", ".join(f"{name} {_shown(value)}" for name, value in given if value not in (None, ""))


_SHOWN = frozenset({*_APART, "priority", "state", "cause_kind", "title"})


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or NOBODY
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
