"""A reply to one of our letters: the command in it is carried out and confirmed; other words are kept.

That it is the person's own was proven when it came in. It never opens an incident.
"""

from collections.abc import Callable

from msgspec.structs import replace

from ingestd.decide import act, budget, knowledge, telling
from ingestd.decide.asked import Asked, asked, named, of_each, priority, span, worked
from ingestd.decide.state import State
from ingestd.model import Answers, Command, Verdict

HELP = (
    "ack, resolved: WHAT FIXED IT, 40 min; restored: WORKAROUND; assign NAME, add NAME, take over, note TEXT, "
    "snooze 30m, priority P2 WHY, not the same, stop"
)
LONGEST_NOTE = 2000  # characters
#: What a bounce, an answering machine or a complaint says is nobody's word.
SPOKEN = frozenset({"reply", "human_report", "alert", "recovery"})


def answered(s: State, answers: Answers, actor: str, text: str) -> Verdict | None:
    """Carry out what ``actor`` asks for in what her reply adds; None: it asks for nothing."""
    said = of_each(text)
    if not answers.incident:
        return _of_each(s, answers, actor, said) if said else _of_many(s, answers, actor, text)
    words = said[0][1] if [number for number, _ in said] == [answers.incident] else text
    return _confirmed(s, answers.incident, actor, _one(s, answers, actor, words))


def _one(s: State, answers: Answers, actor: str, text: str) -> Verdict | None:
    """What is asked of one incident. When it is over and done with, all that is left to say is what fixed it."""
    wanted, closed = asked(text), s.incident(answers.incident) is None
    if closed and not knowledge.closed_lately(s, answers.incident):
        return None
    if wanted is None:
        _keep(s, answers, actor, "" if closed else text)
    elif not closed or wanted.action in _FOR_CLOSED:
        return _ASKED[wanted.action](s, answers, actor, wanted)
    return None


def _confirmed(s: State, number: int, actor: str, verdict: Verdict | None) -> Verdict | None:
    if verdict is not None:
        tell = knowledge.confirm if s.incident(number) is None else telling.confirm
        tell(s, number, actor, verdict)
    return verdict


def _of_each(s: State, answers: Answers, actor: str, said: list[tuple[int, str]]) -> Verdict | None:
    """A reply to a list that says which it means, a line for each: one confirmation of all."""
    about = budget.listed(s, actor, answers.notification)
    done: list[tuple[int, Verdict]] = []
    for number, text in said:
        if number in about:
            verdict = _one(s, replace(answers, incident=number), actor, text)
        else:
            verdict = Verdict(False, f"that letter does not tell of #{number}")
        done += [(number, verdict)] if verdict is not None else []
    first = next((number for number, _ in done if number in about), next(iter(about), 0))
    if not done or not first:
        return None
    every = Verdict(all(one.ok for _, one in done), "; ".join(one.text for _, one in done), first)
    return _confirmed(s, first, actor, every)


def _of_many(s: State, answers: Answers, actor: str, text: str) -> Verdict | None:
    """A reply to a list: all of it can be taken at once; for anything else it has to be said which is meant."""
    about = [n for n in budget.listed(s, actor, answers.notification) if s.incident(n) is not None]
    still = list(dict.fromkeys(i.number for i in map(s.survivor, about) if i.state != "resolved"))
    wanted = asked(text)
    if wanted is None or not still:
        return None
    if wanted.action == "ack":
        done = [_do(s, replace(answers, incident=number), actor, action="ack") for number in still]
        mine = ", ".join(f"#{number}" for number, one in zip(still, done, strict=True) if one.ok)
        verdict = Verdict(bool(mine), f"yours: {mine}" if mine else done[0].text, still[0])
    else:
        verdict = Verdict(False, f"that letter lists several: say which, as in #{still[0]} assign NAME", still[0])
    telling.confirm(s, still[0], actor, verdict)
    return verdict


def _keep(s: State, answers: Answers, actor: str, text: str) -> None:
    if text.strip():
        s.log(s.survivor(answers.incident).number, "note", text[:LONGEST_NOTE], actor=actor, rule="mail")


def _do(s: State, answers: Answers, actor: str, **more: object) -> Verdict:
    command = Command(incident=answers.incident, notification=answers.notification, came_by="mail", **more)  # type: ignore[arg-type]
    return act.act(s, command, actor)


def _assign(s: State, answers: Answers, actor: str, wanted: Asked) -> Verdict:
    return _to_somebody("assign", s, answers, actor, wanted)


def _add(s: State, answers: Answers, actor: str, wanted: Asked) -> Verdict:
    return _to_somebody("add", s, answers, actor, wanted)


def _to_somebody(action: str, s: State, answers: Answers, actor: str, wanted: Asked) -> Verdict:
    name, note = named(wanted.rest, s.rules.people.called)
    return _do(s, answers, actor, action=action, person=s.rules.people.called(name) or name, text=note)


def _resolve(s: State, answers: Answers, actor: str, wanted: Asked) -> Verdict:
    text, minutes = worked(wanted.rest)
    return _do(s, answers, actor, action="resolve", text=text, minutes=minutes)


def _fixed(s: State, answers: Answers, actor: str, wanted: Asked) -> Verdict:
    text, minutes = worked(wanted.rest)
    return _do(s, answers, actor, action="fixed", text=text, minutes=minutes)


def _worked(s: State, answers: Answers, actor: str, wanted: Asked) -> Verdict:
    return _do(s, answers, actor, action="fixed", minutes=(span(wanted.rest) or 0.0) / 60.0)


def _snooze(s: State, answers: Answers, actor: str, wanted: Asked) -> Verdict:
    return _do(s, answers, actor, action="snooze", seconds=span(wanted.rest) or 0.0)


def _priority(s: State, answers: Answers, actor: str, wanted: Asked) -> Verdict:
    found = priority(wanted.rest)
    if found is None:
        return Verdict(False, "a priority needs one of P1, P2, P3, P4 and a reason", answers.incident)
    return _do(s, answers, actor, action="priority", priority=found[0], text=found[1])


def _apart(s: State, answers: Answers, actor: str, _wanted: Asked) -> Verdict:
    """What this person reported is something else: an incident of its own."""
    number = s.survivor(answers.incident).number
    mine = [a for n in s.group(number) for a in s.members(n) if a.report and s.rules.people.by_mail(a.sender) == actor]
    if not mine:
        return Verdict(False, f"you have reported nothing that is in incident {number}", number)
    return _do(s, answers, actor, action="split", alert=mine[-1].id)


def _help(_s: State, answers: Answers, _actor: str, _wanted: Asked) -> Verdict:
    return Verdict(True, f"reply with one of: {HELP}", answers.incident)


def _plainly(action: str) -> Callable[[State, Answers, str, Asked], Verdict]:
    return lambda s, answers, actor, wanted: _do(s, answers, actor, action=action, text=wanted.rest)


_FOR_CLOSED = frozenset({"resolve", "fixed", "worked"})
_ASKED: dict[str, Callable[[State, Answers, str, Asked], Verdict]] = {
    "ack": _plainly("ack"),
    "resolve": _resolve,
    "restore": _plainly("restore"),
    "fixed": _fixed,
    "worked": _worked,
    "take": _plainly("take"),
    "add": _add,
    "release": _plainly("release"),
    "note": _plainly("note"),
    "stop": _plainly("stop"),
    "assign": _assign,
    "snooze": _snooze,
    "priority": _priority,
    "apart": _apart,
    "help": _help,
}
