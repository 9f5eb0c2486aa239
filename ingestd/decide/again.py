"""What follows a page and did not arrive, an update or the end, is told again until it does.

A page that fails goes to the next person; an end is for who was told, and for nobody else. A letter that came back goes
out at once by her next address, each tried once; one that no channel took is tried again after a minute, two, four …
an hour, for a day. It is the same letter under the same name: an end is decided once. The last word to each person is
remembered: a newer one says it all.
"""

from msgspec.structs import replace

from ingestd.decide import budget
from ingestd.decide.facts import facts_of
from ingestd.decide.state import State
from ingestd.model import Incident, News, Notification, NotificationKind, Receipt, Told, Word

#: What is told again; what answers a person she asks for again herself.
_FOLLOWING: frozenset[NotificationKind] = frozenset({"update", "end", "affected"})
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0  # seconds until a letter is tried again; doubled each time
MOST_TRIES = 28  # which take a day
DAY = 86400.0


def follows(kind: NotificationKind, news: tuple[News, ...]) -> bool:
    """Whether a letter is for this person alone, whatever becomes of it: also the page by which something is hers."""
    return kind in _FOLLOWING or _hands_over(news)


def said(s: State, number: int, word: Word) -> None:
    """Remember the last word to a person."""
    incident = s.survivor(number)
    _put(s, incident, replace(word, over=_over(incident)))


def missed(incident: Incident, person: str) -> tuple[News, ...]:
    """What she was to be told again: a newer update says it with its own."""
    waits = (one for one in incident.words if one.person == person and one.due_at and one.kind == "update")
    return next((one.news for one in waits), ())


def arrived(s: State, incident: Incident, receipt: Receipt) -> None:
    """A channel has taken it."""
    word = _of_letter(incident, receipt.person, receipt.notification)
    if word is not None:
        _put(s, incident, replace(word, arrived=True, due_at=0.0))


def failed(s: State, incident: Incident, receipt: Receipt) -> None:
    """No channel took it: it is tried again later."""
    word = _of_letter(incident, receipt.person, receipt.notification)
    if word is None or word.arrived or _outdated(incident, word):
        return
    tries = word.tries + 1
    if tries > MOST_TRIES:
        s.log(incident.number, "given_up", f"{word.person}: {word.kind}, tried for a day", rule="again")
        _put(s, incident, replace(word, tries=tries, due_at=0.0))
        return
    pause = min(FIRST_PAUSE * 2.0 ** (tries - 1), LONGEST_PAUSE)
    _put(s, incident, replace(word, tries=tries, due_at=s.at + pause))


def due(s: State, number: int) -> None:
    """The pause is over for some."""
    for word in s.survivor(number).words:
        if 0 < word.due_at <= s.at:
            _once_more(s, s.survivor(number), replace(word, due_at=0.0))


def _once_more(s: State, incident: Incident, word: Word) -> None:
    late = budget.wait(s, incident, word.person, word.kind)
    if _outdated(incident, word):
        _put(s, incident, word)
    elif late is not None:
        _list(s, incident, word, s.at + late)
    else:
        _send(s, incident, word)
        budget.spend(s, incident.priority, word.person, word.kind)


def sent_back(s: State, incident: Incident, person: str, letter: int, address: str, *, listed: bool) -> bool:
    """A letter came back: it goes out by an address that is left. False: it was none that is told again."""
    word = _of_letter(incident, person, letter)
    if word is None or address in word.without:
        return word is not None
    word = replace(word, arrived=True, without=(*word.without, address) if address else word.without)
    _put(s, incident, word)
    if address not in dead_ends(s, s.survivor(incident.number), person):
        s.log(incident.number, "given_up", f"{person}: {word.kind}, no other address is left", rule="again")
    elif not _outdated(incident, word):
        again = replace(word, arrived=False, tries=0)
        if listed:
            _list(s, s.survivor(incident.number), again, s.at)
        else:
            _send(s, s.survivor(incident.number), again)
    return True


def knows_end(incident: Incident, person: str) -> bool:
    """Whether the last word to her was the end."""
    return any(one.person == person and one.over for one in incident.words)


def dead_ends(s: State, incident: Incident, person: str) -> tuple[str, ...]:
    """Her addresses that sent a letter about this back; none, if no other is left to try."""
    spoken: tuple[Told | Word, ...] = (*incident.told, *incident.words)
    dead = tuple(dict.fromkeys(address for one in spoken if one.person == person for address in one.without))
    ways = s.rules.people.persons[person].ways() if dead and person in s.rules.people.persons else ()
    return dead if any(way.address.casefold() not in dead for way in ways) else ()


def unfinished(s: State, incident: Incident) -> bool:
    """Whether somebody's end is still on its way."""
    waits = any(word.over and not word.arrived and word.tries <= MOST_TRIES for word in incident.words)
    return waits and s.at < incident.resolved_at + DAY


def _send(s: State, incident: Incident, word: Word) -> None:
    """The letter goes out again under its own name; what stood in a list gets one of its own."""
    page = word.own or s.new_notification()
    at = word.at if word.own else s.at
    without = dead_ends(s, incident, word.person)
    _put(s, incident, replace(word, notification=page, own=page, at=at))
    s.notify(
        Notification(
            id=page,
            incident=incident.number,
            person=word.person,
            kind=word.kind,
            at=at,
            facts=facts_of(s, incident, news=word.news),
            without=without,
            doubtful=budget.doubtful(s, incident.priority),
            again=bool(word.own),
        )
    )
    s.log(incident.number, "paged", f"{word.person}: {word.kind}, again{_but(without)}", rule=word.kind)


def _list(s: State, incident: Incident, word: Word, due_at: float) -> None:
    """It goes out with her next letter."""
    without = dead_ends(s, incident, word.person)
    line = budget.line(s, incident, word.kind, news=word.news, step=0, without=without)
    budget.owe(s, word.person, line, due_at)
    _put(s, incident, replace(word, notification=budget.NOT_YET))
    s.log(
        incident.number, "listed", f"{word.person}: {word.kind}, again in her next letter{_but(without)}", rule="again"
    )


def _but(without: tuple[str, ...]) -> str:
    return f", not to {', '.join(without)}" if without else ""


def _over(incident: Incident) -> bool:
    return incident.state == "resolved"


def _outdated(incident: Incident, word: Word) -> bool:
    """Whether there is nothing left to say: it is over, she asked for no more updates, or it is hers no more."""
    if _over(incident) and not word.over:
        return True
    if _hands_over(word.news):
        return incident.owner != word.person
    return word.kind == "update" and word.person in incident.muted


def _hands_over(news: tuple[News, ...]) -> bool:
    return any(one.what == "handed_over" for one in news)


def _of_letter(incident: Incident, person: str, letter: int) -> Word | None:
    return next((one for one in incident.words if one.person == person and one.notification == letter), None)


def _put(s: State, incident: Incident, word: Word) -> None:
    others = tuple(one for one in incident.words if one.person != word.person)
    words = (*others, word)
    again_at = min((one.due_at for one in words if one.due_at), default=0.0)
    s.put_incident(replace(incident, words=words, again_at=again_at))
