"""Who is asked when, until somebody takes it and it is over. What is said: telling.py; what became of it: receipts.py.

Two clocks: nobody acknowledged (``step_at``), and it is not resolved in time (``resolve_at``). *Functional* steps bring
in more skill, *hierarchic* ones more authority. A step that reaches nobody is followed by the next at once; a policy
that ends, or reaches nobody, falls to the last resort, repeated until somebody acknowledges. Outside the hours of a
policy its steps wait until they begin; one for the digest tells nobody.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from ingestd.decide import budget, telling
from ingestd.decide.rank import WORKING_TIME
from ingestd.decide.route import PolicySpec, StepSpec
from ingestd.decide.state import State
from ingestd.model import ASKING, Incident, News, NotificationKind, Told

MOMENT = 0.001  # seconds: two clocks that are added up differ by less
_NOBODY = PolicySpec(id="", steps=())
_KINDS: dict[str, NotificationKind] = {"notify": "open", "functional": "functional", "hierarchic": "hierarchic"}


def start(s: State, number: int) -> None:
    """The hold is over: tell the first people of the policy, or wait for its hours."""
    incident = s.survivor(number)
    policy = policy_of(s, incident)
    opens = _opens(s, policy)
    if policy.digest or opens > s.at:
        _wait(s, incident, policy, 0.0 if policy.digest else opens)
        return
    remind_at = s.at + s.rules.escalation.remind_after
    s.put_incident(replace(incident, page_at=0.0, told_at=s.at, remind_at=remind_at))
    advance(s, number)


def waits(incident: Incident) -> bool:
    """Whether its page waits for the hours of its policy, or for the digest."""
    return bool(incident.waits_from) and not incident.told_at and incident.state == "triggered"


def _wait(s: State, incident: Incident, policy: PolicySpec, until: float) -> None:
    words = "told in the daily digest" if policy.digest else f"waits for {policy.hours}"
    s.log(incident.number, "waits", words, rule=policy.id)
    s.put_incident(replace(incident, page_at=until, waits_from=incident.waits_from or s.at))


def _opens(s: State, policy: PolicySpec) -> float:
    """When the hours of a policy begin; now, if they hold or if nobody knows them: somebody is always told."""
    hours = s.rules.ranker.calendar(policy.hours)
    ahead = 0.0 if hours is None else hours.next_start(s.wall) - s.wall
    return s.at + ahead if ahead > MOMENT else s.at


def runs_out(s: State, policy: PolicySpec, seconds: float, *, roll: bool = False) -> float:
    """When so many seconds are over by the clock of a policy; ``roll``: a day off is passed over."""
    ranker = s.rules.ranker
    clock, working = ranker.calendar(policy.clock), ranker.calendar(WORKING_TIME)
    at = s.wall + seconds if clock is None else clock.after(s.wall, seconds)
    return (working.rolled(at) if roll and working is not None else at) - s.wall + s.at


def put_off(s: State, number: int) -> None:
    """It is over before anybody was told: nobody is, unless it comes back while it cools."""
    s.put_incident(replace(s.survivor(number), page_at=0.0))
    s.log(number, "held", "over before anybody was paged", rule="hold")


def unsaid(incident: Incident) -> bool:
    """Whether nobody was told because it was over too soon."""
    waits = incident.state == "triggered" and not incident.told_at and not incident.page_at
    return waits and not incident.suppressed and not incident.apart


def advance(s: State, number: int) -> None:
    """Take the next step that reaches somebody new; after the last one, the last resort."""
    incident = s.survivor(number)
    policy = policy_of(s, incident)
    opens = _opens(s, policy)
    if opens > s.at:
        what = f"step {incident.step + 1}" if incident.step < len(policy.steps) else "the last resort"
        s.log(number, "waits", f"{what} waits for {policy.hours}", rule=policy.id)
        s.put_incident(replace(incident, step_at=opens))
        return
    for place in range(incident.step, len(policy.steps)):
        step = policy.steps[place]
        people = _reached(s, incident, step)
        if people:
            s.put_incident(replace(s.survivor(number), step=place + 1, step_at=runs_out(s, policy, step.wait)))
            _tell_step(s, number, people, step, place + 1)
            return
        s.log(number, "skipped", f"step {place + 1} of policy {policy.id} reaches nobody new", rule=policy.id)
    s.put_incident(replace(s.survivor(number), step=len(policy.steps)))
    if policy.insist or reached_nobody(incident.told):
        _last_resort(s, number, policy)
    else:
        s.put_incident(replace(s.survivor(number), step_at=0.0))


def overdue(s: State, number: int) -> None:
    """It is taken but not over in time: bring in more skill, then more authority."""
    incident = s.survivor(number)
    policy = policy_of(s, incident)
    opens = _opens(s, policy)
    if opens > s.at:
        s.put_incident(replace(incident, resolve_at=opens))
        return
    for place in range(incident.resolve_step, len(policy.unresolved)):
        step = policy.unresolved[place]
        people = _reached(s, incident, step)
        if people:
            s.put_incident(replace(incident, resolve_step=place + 1, resolve_at=runs_out(s, policy, step.wait)))
            _tell_step(s, number, people, step, 0)
            return
    s.put_incident(replace(incident, resolve_step=len(policy.unresolved), resolve_at=0.0))


def remind(s: State, number: int) -> None:
    """It has been open for long: say so to those who know of it."""
    days = round((s.at - s.survivor(number).began) / 86400)
    s.put_incident(replace(s.survivor(number), remind_at=s.at + s.rules.escalation.remind_after))
    telling.news(s, number, News("open_for", str(days)))


def taken(s: State, number: int, by: str, *, owner: str) -> None:
    """Somebody acknowledged: the clocks of the policy stop, the clock to resolve starts. ``owner``: "" if unknown."""
    budget.taken(s, number)
    incident = s.survivor(number)
    s.put_incident(
        replace(
            incident,
            state="acknowledged",
            owner=owner or incident.owner,
            acknowledged_at=incident.acknowledged_at or s.at,
            page_at=0.0,
            step_at=0.0,
        )
    )
    run_for_owner(s, number)
    s.log(incident.number, "acknowledged", f"taken by {by}", actor=owner)


def run_for_owner(s: State, number: int) -> None:
    """Start the clocks that run while somebody has it: to resolve, and until her word is stale. Restored: neither."""
    incident = s.survivor(number)
    policy = policy_of(s, incident)
    within = None if incident.restored_at else policy.resolve_within.get(incident.priority)
    stale = None if incident.restored_at else policy.stale_after
    s.put_incident(
        replace(
            incident,
            resolve_at=runs_out(s, policy, within, roll=policy.roll) if within else 0.0,
            stale_at=runs_out(s, policy, stale) if stale else 0.0,
        )
    )


def start_anew(s: State, number: int, why: str) -> None:
    """It has become more, or another team's: the policy begins again, and an acknowledgement of before lapses."""
    incident = s.survivor(number)
    if incident.state == "acknowledged":
        s.log(number, "lapsed", f"the acknowledgement of {incident.owner} lapses: {why}", rule="lapse")
    s.put_incident(replace(incident, state="triggered", step=0, resolve_at=0.0, resolve_step=0, stale_at=0.0))
    advance(s, number)


def awake(s: State, number: int) -> None:
    """A snooze, or the time an acknowledgement counts for, is over and it still fires: its owner is paged anew."""
    incident = s.survivor(number)
    policy = policy_of(s, incident)
    wait = policy.steps[0].wait if policy.steps else s.rules.escalation.repeat_last_resort
    s.put_incident(
        replace(
            incident, state="triggered", step=min(1, len(policy.steps)), resolve_at=0.0, resolve_step=0, stale_at=0.0
        )
    )
    s.log(number, "lapsed", f"the time of {incident.owner or 'its owner'} is over and it still fires", rule="stale")
    if incident.owner in s.rules.people.persons:
        late = telling.tell(s, number, incident.owner, "open", news=(News("awake"),), step=1)
        s.put_incident(replace(s.survivor(number), step_at=late + runs_out(s, policy, wait)))
    else:
        advance(s, number)


def policy_of(s: State, incident: Incident) -> PolicySpec:
    """The policy that an incident goes by; one that asks nobody, if it is gone."""
    return s.rules.router.policies.get(incident.policy, _NOBODY)


def _reached(s: State, incident: Incident, step: StepSpec) -> list[str]:
    """The people of a step who have not been told yet. A site without teams has one answer: its last resort."""
    people = s.rules.people
    found: list[str] = []
    for target in step.tell:
        hit = people.resolve(target, s.wall, owner_team=incident.team, owner=incident.owner)
        if not hit and target == "owner" and not people.teams:
            hit = _last_people(s)
        found += hit
    told = {t.person for t in incident.told if t.kind not in (*telling.INFORMED, "update") and not t.lapsed}
    return [p for p in dict.fromkeys(found) if p not in told]


def _last_people(s: State) -> tuple[str, ...]:
    return s.rules.people.whoever(s.rules.last_resort, s.wall)


def _tell_step(s: State, number: int, people: Iterable[str], step: StepSpec, place: int) -> None:
    late = min([telling.tell(s, number, person, _KINDS[step.kind], step=place) for person in people], default=0.0)
    incident = s.survivor(number)
    if late and place and incident.step_at:  # her list goes out later: the wait starts with it
        s.put_incident(replace(incident, step_at=incident.step_at + late))


def _last_resort(s: State, number: int, policy: PolicySpec) -> None:
    incident = s.survivor(number)
    repeat = s.rules.escalation.repeat_last_resort
    s.put_incident(replace(incident, step_at=s.at + repeat if policy.insist else 0.0))
    late = min([telling.tell(s, number, person, "last_resort") for person in _last_people(s)], default=0.0)
    if late and policy.insist:
        s.put_incident(replace(s.survivor(number), step_at=s.at + late + repeat))


def reached_nobody(told: Iterable[Told]) -> bool:
    """Whether no page arrived, or none that still counts. Those who were only informed have nothing to do."""
    return all(t.failed or t.lapsed for t in told if t.kind in ASKING)
