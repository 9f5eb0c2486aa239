"""Broken sites: a sound one with one thing wrong, and what an admin is to read about it."""

from pathlib import Path

from msgspec import Struct

#: A sound site of every kind of file.
SITE: dict[str, str] = {
    "ingestd.yaml": """\
version: 1
timezone: Europe/Berlin
public_url: https://pages.harbour.example
listen:
  smtp: {port: 2525, allowed_networks: [10.1.0.0/16]}
  http: {port: 8025}
sources:
  cranes: {adapter: generic, token: made-up}
mail:
  host: relay.harbour.example
  sender: ingestd@harbour.example
maildir: {path: mails}
last_resort: ["person:ida"]
""",
    "people.yaml": """\
people:
- {id: ida, name: Ida Holm, mail: ida@harbour.example}
- {id: jon, mail: jon@harbour.example, manager: ida}
- {id: kim, mail: kim@harbour.example, manager: jon}
- {id: lea, name: Lea}
teams:
- {id: quay, members: [jon, kim], rota: {people: [jon, kim], every: week, start: "2026-01-05", handover: "08:00"}}
""",
    "topology.yaml": """\
nodes:
- {id: core, kind: switch, owner: quay}
- {id: crane-plc, ip: 10.1.0.20, depends_on: [core], owner: quay}
- {id: berths, kind: service, class: critical, depends_on: [crane-plc], owner: quay}
departments:
- {id: yard, people: 12, uses: [berths]}
""",
    "heartbeats.yaml": """\
heartbeats:
- {id: backup, by: "06:00", grace: 30m, when: {subject: "*backup*"}}
""",
    "rules/priority.yaml": """\
calendars:
- {id: night, from: "22:00", to: "06:00"}
urgency:
- {id: at-night, when: {calendar: night, class: local}, level: low}
overrides:
- {id: cranes-first, when: {node: "crane-*"}, at_least: P2}
""",
    "rules/escalation.yaml": """\
policies:
- id: urgent
  steps:
  - {tell: ["oncall:quay"], wait: 5m}
  - {tell: ["person:ida"], wait: 10m, kind: hierarchic}
- {id: calm, steps: [{tell: ["oncall:quay"], wait: 1h}], insist: false}
routes:
- {id: cranes, when: {node: "crane-*"}, policy: urgent, team: quay}
""",
    "rules/webhooks/gate.yaml": """\
id: gate
fields: {host: gate, state: status, summary: text}
states: {stuck: firing, free: resolved}
""",
}


class Case(Struct, frozen=True):
    """One thing wrong: ``old`` becomes ``new`` in a file (all of it, if ``old`` is empty); ``said`` of it."""

    name: str
    file: str
    old: str
    new: str | bytes
    said: str  # file:line:column: the beginning of the words

    def write(self, home: Path) -> None:
        """Lay the site out."""
        for name, text in SITE.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        path = home / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.new, bytes):
            path.write_bytes(self.new)
            return
        text = SITE.get(self.file, "")
        if self.old and text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.old!r} stands {text.count(self.old)} times in {self.file}")
        path.write_text(text.replace(self.old, self.new) if self.old else self.new, "utf-8")


_MAIN, _PEOPLE, _NODES = "ingestd.yaml", "people.yaml", "topology.yaml"
_PRIORITY, _ESCALATION, _GATE = "rules/priority.yaml", "rules/escalation.yaml", "rules/webhooks/gate.yaml"
_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)
_TOWER = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 3000))
_MERGES = "a0: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 3000))

CASES = (
    # the text
    Case("tab indentation", _MAIN, "  host: relay", "\thost: relay", "ingestd.yaml:10:1: a tab: indent with spaces"),
    Case(
        "duplicate key",
        _MAIN,
        "version: 1\n",
        "version: 1\ntimezone: UTC\n",
        "ingestd.yaml:3:1: 'timezone' is written twice (first in line 2)",
    ),
    Case(
        "unclosed quote",
        _PEOPLE,
        "name: Ida Holm",
        'name: "Ida Holm',
        "people.yaml:2:19: this quote is closed only in line 7",
    ),
    Case(
        "unclosed quote that another closes",
        _MAIN,
        "host: relay.harbour.example",
        'host: "relay.harbour.example',
        "ingestd.yaml:10:9: this quote is closed only in line 13",
    ),
    Case(
        "unclosed bracket",
        _PEOPLE,
        "members: [jon, kim],",
        "members: [jon, kim,",
        "people.yaml:7:113: expected ',' or ']' before this",
    ),
    Case(
        "unclosed brace",
        _NODES,
        "depends_on: [core], owner: quay}",
        "depends_on: [core], owner: quay",
        "topology.yaml:3:3: this is not closed: expected '}'",
    ),
    Case(
        "wrong indentation",
        _MAIN,
        "  sender:",
        "   sender:",
        "ingestd.yaml:11:4: this line is indented as nothing above it",
    ),
    Case(
        "less indentation",
        _MAIN,
        "  sender:",
        " sender:",
        "ingestd.yaml:11:2: expected a key below those above: look at the indentation, and for a text after a closed qu",
    ),
    Case(
        "no colon",
        _MAIN,
        "timezone: Europe/Berlin",
        "timezone Europe/Berlin",
        "ingestd.yaml:2:1: expected `key: value` in this line",
    ),
    Case(
        "two colons",
        _MAIN,
        "timezone: Europe/Berlin",
        "timezone: zone: Europe/Berlin",
        "ingestd.yaml:2:15: a second ': ' in this line: put the text in quotes",
    ),
    Case(
        "a star in front",
        _ESCALATION,
        'node: "crane-*"',
        "node: *crane",
        "rules/escalation.yaml:8:29: *crane: there is no anchor &crane before it",
    ),
    Case(
        "a percent sign in front",
        _MAIN,
        "host: relay.harbour.example",
        "host: %RELAY%",
        "ingestd.yaml:10:9: a text can't begin with this character: put it in quotes",
    ),
    Case(
        "an at sign in front",
        _MAIN,
        "sender: ingestd@harbour.example",
        "sender: @harbour.example",
        "ingestd.yaml:11:11: a text can't begin with this character: put it in quotes",
    ),
    Case(
        "a backslash in double quotes",
        _ESCALATION,
        '"crane-*"',
        '"~crane-\\d+"',
        "rules/escalation.yaml:8:37: a backslash between double quotes: write \\\\, or use single quotes",
    ),
    Case(
        "a tag",
        _MAIN,
        "timezone: Europe/Berlin",
        "timezone: !env ZONE",
        "ingestd.yaml:2:11: the tag !env means nothing here: remove it",
    ),
    Case(
        "a second document",
        _PEOPLE,
        "teams:\n",
        "---\nteams:\n",
        "people.yaml:6:1: a second document (---): expected one in a file",
    ),
    Case(
        "an anchor in itself",
        _PEOPLE,
        "members: [jon, kim]",
        "members: &m [jon, *m]",
        "people.yaml:7:23: this anchor contains itself",
    ),
    Case(
        "an anchor that is not there",
        _PEOPLE,
        "members: [jon, kim]",
        "members: *crew",
        "people.yaml:7:23: *crew: there is no anchor &crew before it",
    ),
    Case("a bomb of aliases", _NODES, "", _BOMB, "topology.yaml:6:10: aliases unfold to more than 200000 values"),
    Case(
        "deep nesting", _PRIORITY, "", "urgency: " + "[" * 100_000, "rules/priority.yaml:1:49: nested more than 40 deep"
    ),
    Case(
        "a byte order mark before a mistake",
        _PEOPLE,
        "",
        b"\xef\xbb\xbfpeople:\n- {id: ida, mial: ida@x.example}\n",
        "people.yaml:2:13: unknown key 'mial': did you mean 'mail'?",
    ),
    Case(
        "UTF-16",
        _PEOPLE,
        "",
        SITE["people.yaml"].encode("utf-16"),
        "people.yaml:1:1: this is UTF-16: save the file as UTF-8",
    ),
    Case(
        "GB18030",
        _PEOPLE,
        "",
        "people:\n- {id: ida, name: 值班经理}\n".encode("gb18030"),
        "people.yaml:2:20: not UTF-8 but probably GB18030: save the file as UTF-8",
    ),
    Case(
        "Latin-1",
        _PEOPLE,
        "",
        "people:\n- {id: ida, name: J\u00f8rgen}\n".encode("latin-1"),
        "people.yaml:2:20: not UTF-8: save the file as UTF-8",
    ),
    Case(
        "a NUL", _MAIN, "host: relay", "host: re\0lay", "ingestd.yaml:10:11: a control character ('\\x00'): remove it"
    ),
    Case("a huge file", _NODES, "", b"# much\n" * 2_500_000, "topology.yaml:1:1: the file is larger than 16 MB"),
    Case("an empty file", _MAIN, "", b"", "ingestd.yaml:1:1: nobody can be told: expected mail, maildir or channels"),
    Case(
        "JSON cut off",
        _NODES,
        "",
        '{"nodes": [{"id": "core"}, {"id": ',
        "topology.yaml:1:28: this is not closed: expected '}'",
    ),
    Case("a tower of anchors", _NODES, "", _TOWER, "topology.yaml:40:12: nested more than 40 deep"),
    Case(
        "a tower of merges",
        _NODES,
        "",
        _MERGES,
        "topology.yaml:40:16: nested more than 40 deep",
    ),
    # types
    Case(
        "unknown key with a near miss",
        _MAIN,
        "timezone:",
        "time_zone:",
        "ingestd.yaml:2:1: unknown key 'time_zone': did you mean 'timezone'?",
    ),
    Case(
        "a list where a mapping is wanted",
        _MAIN,
        "maildir: {path: mails}",
        "maildir: [mails]",
        "ingestd.yaml:12:10: expected keys and values or nothing, got a list",
    ),
    Case(
        "a text where a list is wanted",
        _MAIN,
        'last_resort: ["person:ida"]',
        "last_resort: person:ida",
        "ingestd.yaml:13:14: expected a list, got text 'person:ida': write it as a list, [ ]",
    ),
    Case(
        "a number for a text",
        _PEOPLE,
        "name: Ida Holm",
        "name: 4711",
        "people.yaml:2:19: expected text, got a whole number '4711': put it in quotes",
    ),
    Case(
        "a text for a number",
        _NODES,
        "people: 12",
        "people: twelve",
        "topology.yaml:6:22: expected a whole number, got text 'twelve'",
    ),
    Case(
        "yes for true",
        _MAIN,
        "adapter: generic,",
        "adapter: generic, verify: yes,",
        "ingestd.yaml:8:38: expected true or false, got text 'yes': only true and false are truth values",
    ),
    Case(
        "an octal mode",
        _MAIN,
        "  http: {port: 8025}",
        "  http: {port: 8025}\n  lmtp: {path: l.sock, mode: 0660}",
        'ingestd.yaml:7:30: expected a mode in quotes such as "0660", got 660',
    ),
    Case(
        "nothing behind a key",
        _MAIN,
        "  host: relay.harbour.example",
        "  host:",
        "ingestd.yaml:10:8: expected text, got nothing: write the value behind the colon",
    ),
    Case("a missing key", _MAIN, "  host: relay.harbour.example\n", "", "ingestd.yaml:10:3: 'host' is missing"),
    Case("no last resort", _MAIN, 'last_resort: ["person:ida"]\n', "", "ingestd.yaml:1:1: 'last_resort' is missing"),
    Case(
        "an empty last resort",
        _MAIN,
        '["person:ida"]',
        "[]",
        "ingestd.yaml:13:14: expected at least one person: somebody is always told",
    ),
    Case(
        "a wrong word",
        _ESCALATION,
        "kind: hierarchic",
        "kind: hierarchical",
        "rules/escalation.yaml:5:45: expected notify, functional or hierarchic, got 'hierarchical'",
    ),
    Case(
        "a bad duration",
        _ESCALATION,
        "wait: 5m",
        "wait: 5 minutes",
        "rules/escalation.yaml:4:35: expected a duration such as 90s, 5m, 2h, 1d or 1h30m, got '5 minutes'",
    ),
    Case(
        "a bad clock",
        "heartbeats.yaml",
        '"06:00"',
        '"6 am"',
        "heartbeats.yaml:2:20: expected a time of day such as 06:00, got '6 am'",
    ),
    Case(
        "a bad date",
        _NODES,
        "departments:",
        "maintenance:\n- {targets: [core], start: 2027-02-30, end: 2027-03-01}\ndepartments:",
        "topology.yaml:6:28: expected a date and time such as 2027-01-10T20:00:00Z, got '2027-02-30'",
    ),
    Case(
        "a merge key with a mistake",
        _PEOPLE,
        "- {id: kim,",
        "- &base {id: lea, skils: [x]}\n- {<<: *base, id: kim,",
        "people.yaml:4:19: unknown key 'skils': did you mean 'skills'?",
    ),
    Case(
        "a number too long",
        _NODES,
        "people: 12",
        "people: " + "9" * 5000,
        "topology.yaml:6:22: expected a whole number, got a number '999999999999999999999999999999999999999999999999999",
    ),
    # values
    Case(
        "a bad time zone",
        _MAIN,
        "Europe/Berlin",
        "Europe/Berlun",
        "ingestd.yaml:2:11: unknown time zone 'Europe/Berlun': did you mean 'Europe/Berlin'?",
    ),
    Case(
        "a bad URL",
        _MAIN,
        "https://pages.harbour.example",
        "pages.harbour.example",
        "ingestd.yaml:3:13: expected http:// or https:// and a host, got 'pages.harbour.example'",
    ),
    Case(
        "a bad network",
        _MAIN,
        "10.1.0.0/16",
        "10.1.0.0/36",
        "ingestd.yaml:5:41: expected a network such as 10.0.0.0/8, got '10.1.0.0/36'",
    ),
    Case(
        "a port too high",
        _MAIN,
        "port: 8025",
        "port: 80250",
        "ingestd.yaml:6:16: expected a port from 0 to 65535, got 80250",
    ),
    Case(
        "a store of another kind",
        _MAIN,
        "version: 1\n",
        "version: 1\nstore: mysql://db/ingestd\n",
        "ingestd.yaml:2:8: a store is sqlite or postgresql, not mysql",
    ),
    Case(
        "an unknown adapter",
        _MAIN,
        "adapter: generic",
        "adapter: generik",
        "ingestd.yaml:8:21: unknown adapter 'generik': did you mean 'generic'?",
    ),
    Case(
        "a missing secret file",
        _MAIN,
        "token: made-up",
        "token_file: cranes.token",
        "ingestd.yaml:8:42: cranes.token can't be read: No such file or directory",
    ),
    Case(
        "a missing certificate",
        _MAIN,
        "http: {port: 8025}",
        "http: {port: 8025, certificate: web.pem}",
        "ingestd.yaml:6:35: there is no file web.pem",
    ),
    Case(
        "a token in the open",
        _PEOPLE,
        "name: Ida Holm",
        "tokens: [my-token]",
        "people.yaml:2:22: expected sha256: and 64 hexadecimal digits, never the token itself",
    ),
    Case(
        "a rota that starts never",
        _PEOPLE,
        '"2026-01-05"',
        "tomorrow",
        "people.yaml:7:82: expected a date such as 2027-01-31, got 'tomorrow'",
    ),
    Case(
        "a hand-over at no time",
        _PEOPLE,
        '"08:00"',
        "'8'",
        "people.yaml:7:106: expected a time of day such as 06:00, got '8'",
    ),
    Case(
        "a calendar at no time",
        _PRIORITY,
        '"22:00"',
        "'10 pm'",
        "rules/priority.yaml:2:21: expected a time of day such as 06:00, got '10 pm'",
    ),
    Case(
        "a calendar of no country",
        _PRIORITY,
        'from: "22:00", to: "06:00"',
        "holidays: Germany",
        "rules/priority.yaml:2:25: unknown country 'Germany': known are AD, AE,",
    ),
    Case(
        "a calendar by a file that is not there",
        _PRIORITY,
        'from: "22:00", to: "06:00"',
        "ical: closed.ics",
        "rules/priority.yaml:2:21: there is no file rules/closed.ics",
    ),
    Case(
        "a calendar by a file of another kind",
        _PRIORITY,
        'from: "22:00", to: "06:00"',
        "ical: closed.csv",
        "rules/priority.yaml:2:21: expected a file rules/*.ics",
    ),
    Case(
        "the hours of a policy by no calendar",
        _ESCALATION,
        "{id: calm,",
        "{id: calm, hours: nights,",
        "rules/escalation.yaml:6:21: unknown calendar 'nights': did you mean 'night'?",
    ),
    Case(
        "a deadline by no calendar",
        _NODES,
        "people: 12,",
        "people: 12, deadlines: [{id: tide, calendar: nite}],",
        "topology.yaml:6:59: unknown calendar 'nite': did you mean 'night'?",
    ),
    Case(
        "a deadline at no time",
        _NODES,
        "people: 12,",
        "people: 12, deadlines: [{id: tide, calendar: night, at: noon}],",
        "topology.yaml:6:70: expected a time of day such as 06:00, got 'noon'",
    ),
    Case(
        "no mail address", _PEOPLE, "jon@harbour.example", "jon", "people.yaml:3:19: expected a mail address, got 'jon'"
    ),
    # names
    Case(
        "a dangling person",
        _PEOPLE,
        "members: [jon, kim]",
        "members: [jon, kin]",
        "people.yaml:7:29: unknown person 'kin': did you mean 'kim'?",
    ),
    Case(
        "a dangling team",
        _NODES,
        "kind: switch, owner: quay",
        "kind: switch, owner: key",
        "topology.yaml:2:35: unknown team 'key': known are quay",
    ),
    Case(
        "a dangling policy",
        _ESCALATION,
        "policy: urgent",
        "policy: urgend",
        "rules/escalation.yaml:8:49: unknown policy 'urgend': did you mean 'urgent'?",
    ),
    Case(
        "a dangling channel",
        _PEOPLE,
        "mail: kim@harbour.example",
        "contacts: [{channel: sms, address: '1'}]",
        "people.yaml:4:34: unknown channel 'sms': known are mail, maildir",
    ),
    Case(
        "a dangling node",
        _NODES,
        "depends_on: [core]",
        "depends_on: [cor]",
        "topology.yaml:3:47: unknown node 'cor': did you mean 'core'?",
    ),
    Case(
        "a dangling node of a channel",
        _MAIN,
        "{path: mails}",
        "{path: mails, depends_on: [coer]}",
        "ingestd.yaml:12:37: unknown node 'coer': did you mean 'core'?",
    ),
    Case(
        "a dangling calendar",
        _PRIORITY,
        "calendar: night",
        "calendar: nihgt",
        "rules/priority.yaml:4:35: unknown calendar 'nihgt': did you mean 'night'?",
    ),
    Case(
        "a dangling source",
        _ESCALATION,
        'when: {node: "crane-*"}',
        "when: {source: crane}",
        "rules/escalation.yaml:8:31: unknown source 'crane': did you mean 'cranes'?",
    ),
    Case(
        "a dangling target",
        _ESCALATION,
        '["oncall:quay"], wait: 5m',
        '["oncal:quay"], wait: 5m',
        "rules/escalation.yaml:4:13: unknown target 'oncal:quay': known are ida, jon, kim, lea, manager, owner (or pers",
    ),
    Case(
        "a person twice",
        _PEOPLE,
        "- {id: kim,",
        "- {id: jon, mail: j2@harbour.example}\n- {id: kim,",
        "people.yaml:4:8: 'jon' is defined twice",
    ),
    Case(
        "a rule twice",
        _ESCALATION,
        "routes:\n",
        "routes:\n- {id: cranes, policy: urgent}\n",
        "rules/escalation.yaml:9:8: 'cranes' is written twice (first in line 8)",
    ),
    Case(
        "a dangling reader of the digest",
        _MAIN,
        "version: 1\n",
        "version: 1\ndigest: {to: [idda]}\n",
        "ingestd.yaml:2:15: unknown target 'idda': did you mean 'ida'?",
    ),
    # rules
    Case(
        "a bad pattern",
        _ESCALATION,
        '"crane-*"',
        "'~crane-(\\d+'",
        "rules/escalation.yaml:8:29: not an RE2 pattern (missing ): crane-(\\d+): crane-(\\d+",
    ),
    Case(
        "an unknown fact",
        _PRIORITY,
        "class: local",
        "klass: local",
        "rules/priority.yaml:4:42: unknown fact 'klass': did you mean 'class'?",
    ),
    Case(
        "a comparison of a text",
        _PRIORITY,
        "class: local",
        "department: '> 3'",
        "rules/priority.yaml:4:54: department is a text: > compares numbers, times, dates and levels",
    ),
    Case(
        "a hole in the matrix",
        _PRIORITY,
        "overrides:",
        "matrix: {high: {high: P1, low: P3}}\noverrides:",
        "rules/priority.yaml:5:9: impact high needs a priority for urgency high, medium and low",
    ),
    Case(
        "an override without a bound",
        _PRIORITY,
        ", at_least: P2",
        "",
        "rules/priority.yaml:6:3: this override changes nothing: expected at_least, at_most or page_at_once",
    ),
    Case(
        "a route that never gets its turn",
        _ESCALATION,
        "routes:\n",
        "routes:\n- {id: all, policy: urgent}\n",
        "rules/escalation.yaml:9:3: rule cranes never gets its turn: all matches first",
    ),
    Case(
        "managers in a circle",
        _PEOPLE,
        "- {id: ida,",
        "- {id: ida, manager: kim,",
        "people.yaml:2:22: managers in a circle: ida -> kim -> jon -> ida",
    ),
    Case(
        "nodes in a circle",
        _NODES,
        "kind: switch,",
        "kind: switch, depends_on: [berths],",
        "topology.yaml:2:40: a circle: core -> berths -> crane-plc -> core; none of them explains another",
    ),
    Case(
        "no steps",
        _ESCALATION,
        "routes:",
        "- {id: none, steps: []}\nroutes:",
        "rules/escalation.yaml:7:3: policy none has no steps: it goes straight to the last resort",
    ),
    Case(
        "a step that tells nobody",
        _ESCALATION,
        'tell: ["oncall:quay"], wait: 5m',
        "tell: [], wait: 5m",
        "rules/escalation.yaml:4:12: this step tells nobody",
    ),
    Case(
        "a week in which nobody is reached",
        _PEOPLE,
        ", mail: jon@harbour.example",
        "",
        "rules/escalation.yaml:6:21: policy calm reaches nobody at 2026-09-28 08:00: only the last resort is told",
    ),
    Case(
        "a step without a contact",
        _PEOPLE,
        "rota: {people: [jon, kim], every: week,",
        "rota: {people: [lea], every: day,",
        "rules/escalation.yaml:4:12: nobody that this step tells has a contact",
    ),
    # turns
    Case(
        "an override that ends before it begins",
        _PEOPLE,
        'handover: "08:00"',
        'overrides: [{person: kim, from: "2026-09-24 18:00", to: "2026-09-24 08:00"}]',
        "people.yaml:7:108: it ends before it starts: it covers nothing",
    ),
    Case(
        "two overrides at once",
        _PEOPLE,
        'handover: "08:00"',
        'overrides: [{person: kim, from: "2026-09-24 18:00", to: "2026-09-25 08:00"},\n'
        '  {person: jon, from: "2026-09-24 12:00", to: "2026-09-24 20:00"}]',
        "people.yaml:8:3: override 1 is for the same time (2026-09-24 18:00 to 2026-09-24 20:00): the last written cou",
    ),
    Case(
        "an override at no time",
        _PEOPLE,
        'handover: "08:00"',
        'overrides: [{person: kim, from: "2026-09-24", to: "2026-09-25 08:00"}]',
        "people.yaml:7:128: expected a date and time such as 2027-01-31 18:00, got '2026-09-24'",
    ),
    Case(
        "an override of nobody known",
        _PEOPLE,
        'handover: "08:00"',
        'overrides: [{person: max, from: "2026-09-24 08:00", to: "2026-09-25 08:00"}]',
        "people.yaml:7:117: unknown person 'max': known are ida, jon, kim, lea",
    ),
    Case(
        "nobody on call at the weekend",
        _PEOPLE,
        'handover: "08:00"',
        "restrict: {weekdays: [mon, tue, wed, thu, fri]}",
        "people.yaml:7:41: nobody is on call of quay from 2026-09-26 00:00 to 2026-09-28 00:00 and 3 times more",
    ),
    Case(
        "a layer that never holds",
        _PEOPLE,
        'handover: "08:00"',
        "layers: [{people: [ida], restrict: {weekdays: [sat]}}, {people: [kim, jon]}]",
        "people.yaml:7:105: layer 2 never holds: the layers after it take all its time",
    ),
    Case(
        "turns of a length that is none",
        _PEOPLE,
        "every: week",
        "every: fortnight",
        "people.yaml:7:69: expected day, week, 3 days or 2 weeks, got 'fortnight'",
    ),
    Case(
        "a rota by the clocks of nowhere",
        _PEOPLE,
        'handover: "08:00"',
        "timezone: Europe/Brlin",
        "people.yaml:7:106: unknown time zone 'Europe/Brlin': expected a name such as Asia/Shanghai",
    ),
    Case(
        "holidays without a layer",
        _PEOPLE,
        'handover: "08:00"',
        "holidays: DE",
        "people.yaml:7:106: holidays needs holiday",
    ),
    Case(
        "holidays of nowhere",
        _PEOPLE,
        'handover: "08:00"',
        "holidays: nihgt, holiday: {people: [kim]}",
        "people.yaml:7:106: unknown calendar 'nihgt': did you mean 'night'?",
    ),
    Case(
        "a rota in a file that is not there",
        _PEOPLE,
        'handover: "08:00"',
        "ical: duty.ics",
        "people.yaml:7:102: there is no file rules/duty.ics",
    ),
    Case(
        "quiet hours that are none",
        _PEOPLE,
        "{id: kim, mail: kim@harbour.example,",
        "{id: kim, contacts: [{address: k@harbour.example, not_between: at night}],",
        "people.yaml:4:66: expected hours such as 22:00-07:00, got 'at night'",
    ),
    Case(
        "an outsider with a token",
        _PEOPLE,
        "name: Lea}",
        f"outsider: true, tokens: ['sha256:{'0' * 64}']}}",
        "people.yaml:5:37: an outsider has no token: she may acknowledge by link",
    ),
    Case(
        "somebody who comes back before she goes",
        _PEOPLE,
        "name: Lea}",
        "away: [{from: 2026-10-09, to: 2026-10-01}]}",
        "people.yaml:5:20: it ends before it starts: it covers nothing",
    ),
    Case(
        "a person by the clocks of nowhere",
        _PEOPLE,
        "name: Lea}",
        "timezone: Mars}",
        "people.yaml:5:23: unknown time zone 'Mars': expected a name such as Asia/Shanghai",
    ),
    Case(
        "channels behind one switch",
        _MAIN,
        "maildir: {path: mails}",
        "  depends_on: [core]\nmaildir: {path: mails, depends_on: [crane-plc]}",
        "ingestd.yaml:12:15: every way out hangs on core: if it fails nobody is told",
    ),
    Case(
        "one way out",
        _MAIN,
        "maildir: {path: mails}\n",
        "",
        "ingestd.yaml:10:3: mail is the only way out: if it fails nobody is told",
    ),
    Case(
        "no way out",
        _MAIN,
        "",
        "last_resort: [ida]\n",
        "ingestd.yaml:1:1: nobody can be told: expected mail, maildir or channels",
    ),
    Case(
        "bad JMESPath",
        _GATE,
        "summary: text",
        "summary: 'text['",
        'rules/webhooks/gate.yaml:2:46: not JMESPath: Invalid jmespath expression: Incomplete expression: "text[" ^',
    ),
    Case(
        "a mapping without a field",
        _GATE,
        "host: gate, state: status, summary: text",
        "state: status",
        "rules/webhooks/gate.yaml:1:1: expected at least one of the fields summary, check, host",
    ),
    Case(
        "a recogniser with a bad pattern",
        "rules/recognise/pump.yaml",
        "",
        "id: pump\nwhen:\n- {subject: '~(pump'}\n",
        "rules/recognise/pump.yaml:3:13: not an RE2 pattern (missing ): (pump): (pump",
    ),
    Case(
        "a heartbeat without a time",
        "heartbeats.yaml",
        'by: "06:00", ',
        "",
        "heartbeats.yaml:2:3: expected either every or by",
    ),
)
