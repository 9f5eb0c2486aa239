"""Random nights, and what must hold in every one: nobody is left in the dark, nobody is paged for nothing.

Hosts fail, flap and come back, people acknowledge, merge, split, silence and answer by mail, pages fail and bounce, and
the daemon starts anew from its rows. Then, at every step and at the end:

- whoever was told of a problem is told of its end, once, and after the page that it ends; so is who took it untold;
- an end that came back from one address of hers goes out by another one, under the same name;
- nobody is paged about what somebody has taken, unless the taking lapsed;
- every open incident has something that is due.

    python tests/drills/contract.py [--count 100000] [--seed 1]
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.decide.state import Rulebook
from ingestd.model import ASKING, Answers, Matcher, Message, Notification, Silence, Stepped
from ingestd.world import World, due_of_incident
from tests.night import Night, trading_company
from tests.rows import rows

HOSTS = ("acc-sw-17", "acc-sw-18", "core-rt-1", "sales-mail", "inventory-db", "hr-server", "mon-1", "ghost-9")
PEOPLE = ("lin", "chen", "zhao", "wu")
PAUSES = (0.0, 1.0, 20.0, 70.0, 400.0, 4000.0)
WORDS = (
    "ack", "resolved", "snooze 30m", "stop", "assign chen", "note x", "I am away", "not the same", "priority P1 x",
    "restored: by-pass", "已恢复：旁路", "take over", "add zhao", "release", "fixed: the fan, 40 min", "原因：电源", "worked 9m",
)  # fmt: skip
ACTIONS = (
    "ack", "resolve", "assign", "priority", "merge", "split", "restore", "fixed", "take", "add", "release",
)  # fmt: skip
LAPSES = frozenset({"lapsed", "assigned", "merged", "split", "moved", "reopened", "left"})
DAY = 86400.0
EVERY = 5000  # nights between two signs of life
BOUNCE = (
    b"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"
)


#: Shifts change every day at two hours after a night begins, and somebody goes away at its midnight.
STAFF = """
people:
  - {id: lin, name: Lin Hao, mail: lin.hao@trading.example, manager: wu}
  - {id: chen, name: Chen Yu, mail: chen.yu@trading.example, manager: wu, contacts: [{address: chen.yu@trading.example}, {address: chen@home.example}]}
  - {id: zhao, name: Zhao Min, mail: zhao.min@trading.example, manager: wu, away: [{from: 2026-11-26, to: 2026-11-26}]}
  - {id: wu, name: Wu Jing, mail: wu.jing@trading.example}
teams:
  - {id: network, members: [lin, chen], rota: {people: [lin, chen], every: day, handover: "11:00"}}
  - {id: systems, members: [chen, lin], rota: {people: [chen, lin, zhao], every: day, handover: "11:00"}}
  - {id: desktop, members: [zhao]}
"""


def rulebook() -> Rulebook:
    """The sample company's, with shifts that end."""
    return trading_company(people=STAFF)


class Checked(Night):
    """A night that looks at every step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.wrong: list[str] = []
        self.lapsed: set[int] = set()  # incidents whose taking is over, or that became others

    def _stepped(self, stepped: Stepped) -> None:
        super()._stepped(stepped)
        for incident in self.world.incidents.values():
            idle = incident.state != "resolved" and not incident.merged_into and not due_of_incident(incident)
            if idle and not self.trial._later:
                self.wrong.append(f"#{incident.number} {incident.state} waits for nothing")
        taken = {i.number for i in self.world.incidents.values() if i.state == "acknowledged"}
        self.lapsed -= taken - {r.incident for r in stepped.changes.timeline if r.what in LAPSES}
        self.lapsed |= {r.incident for r in stepped.changes.timeline if r.what in LAPSES}
        for page in stepped.changes.notifications:
            for one in page.facts.listed:
                if one.kind == "open" and one.incident in taken and self.world.incidents[one.incident].step_at:
                    self.wrong.append(f"#{one.incident}: {page.person} is asked in a list although it is taken")
            handed = any(news.what in ("handed_over", "helps") for news in page.facts.news)
            if page.kind in ASKING and page.facts.state == "acknowledged" and page.incident in taken and not handed:
                late = any(r.what == "paged" for r in stepped.changes.timeline) and self._overdue(page.incident)
                if not late:
                    self.wrong.append(f"#{page.incident}: {page.person} is paged ({page.kind}) although it is taken")

    def _overdue(self, number: int) -> bool:
        """Whether it is taken and not over in time: the other clock."""
        return any(r.rule in ("functional", "hierarchic") for s in self.journal[-1:] for r in s.changes.timeline)


def play(rules: Rulebook, seed: int, steps: int = 25) -> Checked:
    """One night."""
    chance = random.Random(seed)
    broken = {chance.choice(PEOPLE)} if chance.random() < 0.3 else set()
    night, now = Checked(rules, broken=broken), 0.0
    for _ in range(steps):
        now += chance.choice(PAUSES)
        chance.choice(HAPPENINGS)(night, now, chance)
    for host in HOSTS:
        night.nagios(now, host, "UP")
    night.until(now + 3 * DAY)
    return night


def _host(night: Checked, now: float, chance: random.Random) -> None:
    night.nagios(now, chance.choice(HOSTS), chance.choice(("DOWN", "DOWN", "UP")))


def _check(night: Checked, now: float, chance: random.Random) -> None:
    check, state = chance.choice(("disk", "http")), chance.choice(("firing", "resolved"))
    said = {"host": chance.choice(HOSTS), "check": check, "state": state, "summary": f"{check} fails"}
    night.webhook(now, said | {"severity": chance.choice(("critical", "warning"))})


def _person(night: Checked, now: float, chance: random.Random) -> None:
    night.mail(now, "help", "no network here", sender=f"{chance.choice(('eve', 'mei'))}@finance.trading.example")


def _act(night: Checked, now: float, chance: random.Random) -> None:
    action, number = chance.choice(ACTIONS), chance.randint(1, 6)
    night.act(
        now, chance.choice(PEOPLE), action, number, into=chance.randint(1, 6), person="lin", text="so", priority="P1"
    )


def _silence(night: Checked, now: float, chance: random.Random) -> None:
    host, wall = chance.choice(HOSTS), night.begin + now + night.world.wall_offset
    asked = Silence(
        id=host, matchers=(Matcher("node", host),), starts_at=wall, ends_at=wall + chance.choice((60, 600, 9000)), by=""
    )
    night.act(now, "lin", "silence", silence=asked)


def _reply(night: Checked, now: float, chance: random.Random) -> None:
    letters = [page.notification for page in night.pages if page.notification.kind not in ("notice", "digest")]
    if letters:
        letter = chance.choice(letters)
        body = f"From: x@y.example\r\nSubject: Re: a\r\nIn-Reply-To: <b@c>\r\n\r\n{chance.choice(WORDS)}\r\n".encode()
        answers = Answers(letter.incident, letter.id)
        night.message(now, Message(kind="mail", source="smtp", body=body, actor=letter.person, answers=answers))


def _bounce(night: Checked, now: float, chance: random.Random) -> None:
    letters = [page.notification for page in night.pages if page.notification.kind not in ("notice", "digest")]
    if letters:
        letter = chance.choice(letters)
        to = night.rules.people.persons[letter.person].ways()[0].address.encode()
        answers = Answers(letter.incident, letter.id)
        night.message(now, Message(kind="mail", source="smtp", body=BOUNCE % to, actor=letter.person, answers=answers))


def _bounce_end(night: Checked, now: float, chance: random.Random) -> None:
    """The last end comes back, from one of the addresses that are left of hers."""
    night.until(now)
    ends = [page.notification for page in night.pages if page.notification.kind == "end"]
    for letter in ends[-1:]:
        left, newest, count = _left(night, letter), _newest(night, letter), len(night.pages)
        if not left:
            continue
        body, answers = BOUNCE % chance.choice(left).encode(), Answers(letter.incident, letter.id)
        night.message(now, Message(kind="mail", source="smtp", body=body, actor=letter.person, answers=answers))
        if len(left) > 1 and newest == letter.id and all(p.notification.id != newest for p in night.pages[count:]):
            night.wrong.append(f"#{letter.incident}: the end for {letter.person} came back and was left at that")


def _left(night: Checked, letter: Notification) -> list[str]:
    """Her addresses that sent nothing back about this incident."""
    known = night.world.incidents.get(letter.incident)
    spoken = (*known.told, *known.words) if known is not None else ()
    dead = {address for one in spoken if one.person == letter.person for address in one.without}
    ways = night.rules.people.persons[letter.person].ways()
    return [way.address for way in ways if way.address not in dead]


def _newest(night: Checked, letter: Notification) -> int:
    """The letter that her last word of this incident stands in."""
    known = night.world.incidents.get(letter.incident)
    words = known.words if known is not None else ()
    return next((one.notification for one in words if one.person == letter.person), 0)


def _restart(night: Checked, _now: float, _chance: random.Random) -> None:
    """The daemon dies and goes on from its rows."""
    world = World(night.rules, rows(night.journal, night.world.at))
    world.position = night.world.position
    night.world = night.trial.world = world


HAPPENINGS: tuple[Callable[[Checked, float, random.Random], None], ...] = (
    *(_host,) * 5, *(_check,) * 3, _person, *(_act,) * 3, _silence, *(_reply,) * 3, _bounce, _bounce_end, _restart,
)  # fmt: skip


def broken(night: Checked) -> Iterator[str]:
    """What did not hold."""
    yield from dict.fromkeys(night.wrong)
    yield from _promises(night)


def _promises(night: Checked) -> Iterator[str]:
    """By the incident that each page's incident continues as: who was told, and whether the end followed."""
    into = {i.number: i.merged_into for s in night.journal for i in s.changes.incidents}
    over = {i.number: i.state == "resolved" for s in night.journal for i in s.changes.incidents}

    def home(number: int) -> int:
        while into.get(number):
            number = into[number]
        return number

    returned = {
        (home(row.incident), row.text.partition(":")[0])
        for s in night.journal
        for row in s.changes.timeline
        if row.rule == "bounce"
    }
    owned = {(home(i.number), i.owner) for s in night.journal for i in s.changes.incidents if i.owner}
    told: Counter[tuple[int, str]] = Counter()
    updated: set[tuple[int, str]] = set()
    ends: Counter[tuple[int, str]] = Counter()
    for page in night.pages:
        key = home(page.incident), page.person
        if page.kind in ASKING and page.person not in night.broken:
            told[key] += 1
        if page.kind == "update":
            updated.add(key)  # she knows it by another one that was merged into it, and split off again
        if page.kind == "end":
            ends[key] += 1
            if not told[key] and key not in updated | owned:
                yield f"#{key[0]}: {key[1]} hears of the end of what nobody had told"
    for (number, person), count in told.items():
        if over.get(number) and not ends[number, person] and (number, person) not in returned:
            yield f"#{number}: {person} was told {count} times and never of its end"


def main() -> int:
    """Print what did not hold, and in which night; 1 if anything did not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rules, bad = rulebook(), 0
    for seed in range(args.seed, args.seed + args.count):
        found = list(broken(play(rules, seed)))
        bad += bool(found)
        for line in found:
            print(f"seed {seed}: {line}", flush=True)
        if (seed - args.seed + 1) % EVERY == 0:
            print(f"{seed - args.seed + 1:,} nights", flush=True)
    print(f"{args.count - bad} of {args.count} nights held")
    return int(bool(bad))


if __name__ == "__main__":
    raise SystemExit(main())
