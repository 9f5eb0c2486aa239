"""The readme's morning in random order: the switch's alert, what hangs on it, the callers and the broken disk.

Each arrives at any second of the first minute, whichever comes first. Every time it must become one incident with the
switch as its cause, urgent, paged once a person and step, and the disk a case of its own behind it.

    python tests/drills/orders.py [--count 10000] [--seed 17]
"""

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingestd.decide.state import Rulebook
from ingestd.demo import script
from ingestd.model import Message
from tests.night import Night, trading_company

MINUTE = 60.0
MEI, OLA, HU = "mei@finance.trading.example", "ola@legal.trading.example", "hu@hr.trading.example"
DISK = "The disk of my computer is broken, it makes a terrible noise. I need it at once."
MAILS = (
    (script.MONITOR, script.nagios("acc-sw-17", "10.20.0.17")),
    (script.MONITOR, script.nagios("sales-mail", "10.20.1.11")),
    (script.MONITOR, script.nagios("hr-server", "10.20.1.13")),
    ("zabbix@mon-1.trading.example", script.zabbix_in_chinese("inventory-db")),
    (MEI, script.person(MEI, "No network, taxes!", "None of our finance machines has a network connection.")),
    (HU, script.person(HU, "人事系统打不开", "人事系统从九点起就打不开了，请尽快处理。")),
)
ALERTMANAGER = Message(
    kind="webhook", source="prod", adapter="alertmanager", body=msgspec.json.encode(script.alertmanager("inventory-db"))
)


def morning(rules: Rulebook, chance: random.Random) -> Night:
    """The story once, in an order that chance makes."""
    arrivals = [
        ALERTMANAGER,
        *(Message(kind="mail", source="smtp", sender=sender, body=raw) for sender, raw in MAILS),
        Message(kind="mail", source="smtp", sender=OLA, body=script.person(OLA, "Disk broken", DISK)),
    ]
    night = Night(rules)
    for at, number in sorted((chance.uniform(0, MINUTE), number) for number in range(len(arrivals))):
        night.message(at, arrivals[number])
    night.until(240)
    return night


def wrong(night: Night) -> str:
    """What is not as it should be; empty: nothing."""
    open_ones = [incident for incident in night.incidents() if not incident.merged_into]
    storm = [incident for incident in open_ones if incident.cause == "acc-sw-17"]
    if len(storm) != 1 or len(open_ones) != 2:
        return "incidents: " + ", ".join(sorted(str(incident.cause or incident.root) for incident in open_ones))
    disk = next(incident for incident in open_ones if incident is not storm[0])
    if (storm[0].priority, disk.priority) != ("P1", "P4"):
        return f"priorities: switch {storm[0].priority}, disk {disk.priority}"
    paged = Counter(p.person for p in night.pages if p.notification.kind == "open" and p.incident == storm[0].number)
    return "" if paged and max(paged.values()) == 1 else f"pages: {dict(paged)}"


def main() -> int:
    """Count the mornings that went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=17)
    args = parser.parse_args()
    rules, chance = trading_company(), random.Random(args.seed)
    found = Counter(wrong(morning(rules, chance)) for _ in range(args.count))
    right = found.pop("", 0)
    print(
        f"{right} of {args.count} orders: one incident, the switch its cause, the disk apart ({right / args.count:.2%})"
    )
    for what, times in found.most_common(10):
        print(f"{times:6} x {what}")
    return 0 if right >= 0.99 * args.count else 1


if __name__ == "__main__":
    sys.exit(main())
