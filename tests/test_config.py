"""A site is read as a whole, or refused with every mistake in it."""

import shutil
from pathlib import Path

import pytest

from ingestd.config import SHIPPED_RULES, Site, load_site
from ingestd.yamltypes import ConfigError

HASH = "sha256:" + "0123456789abcdef" * 4
MAIN = f"""\
maildir: {{path: mail}}
timezone: Asia/Shanghai
people:
  - {{id: ann, mail: ann@x.example, tokens: ["{HASH}"]}}
teams:
  - {{id: network, members: [ann]}}
last_resort: [ann]
"""


class Folder:
    """A site's folder under construction."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.write("ingestd.yaml", MAIN)

    def write(self, name: str, text: str) -> "Folder":
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return self

    def load(self) -> Site:
        return load_site(self.home / "ingestd.yaml")

    def errors(self) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self.load()
        return [str(problem).removeprefix(f"{self.home}/") for problem in caught.value.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "site")


def changed(old: str, new: str) -> str:
    assert old in MAIN
    return MAIN.replace(old, new)


def test_one_file_is_a_whole_site(folder: Folder) -> None:
    site = folder.load()
    assert site.rulebook.last_resort == ("ann",)
    assert [team.id for team in site.people.teams] == ["network"]
    assert site.settings.store == f"sqlite:///{folder.home}/var/ingestd.db"
    assert site.link_key == folder.home / "var" / "link.key"
    assert site.settings.maildir is not None and Path(site.settings.maildir.path) == folder.home / "mail"
    assert {r.id for r in site.recognisers} >= {"nagios4", "zabbix"}
    assert site.warnings == ()


def test_files_beside_it_grow_the_site(folder: Folder) -> None:
    folder.write("people.yaml", "people:\n- {id: bob, mail: bob@x.example, manager: ann}\n")
    folder.write("topology.yaml", "nodes:\n- {id: sw, owner: network}\n- {id: db, depends_on: [sw]}\n")
    site = folder.load()
    assert [person.id for person in site.people.people] == ["ann", "bob"]
    assert site.rulebook.topology.ancestors("db") == ("sw",)


def test_a_site_s_rules_lie_over_the_shipped_ones(folder: Folder) -> None:
    plain = folder.load()
    folder.write(
        "rules/escalation.yaml",
        "policies:\n- {id: relaxed, steps: [{tell: ['team:network'], wait: 1h}]}\n- {id: own, steps: []}\n"
        "routes:\n- {id: mine, when: {team: network}, policy: own}\nrepeat_last_resort: 1m\n",
    )
    folder.write("rules/correlate.yaml", "times: {settle_symptom: 2s}\n")
    folder.write("rules/priority.yaml", "overrides:\n- {id: never-less, when: {report: true}, at_least: P2}\n")
    site = folder.load()
    policies = {policy.id: policy for policy in site.escalation.policies}
    assert policies["relaxed"].steps[0].tell == ("team:network",) and "urgent" in policies
    assert site.escalation.routes[0].id == "mine"
    assert site.escalation.repeat_last_resort == 60
    assert site.correlate.times.settle_symptom == 2
    assert site.correlate.times.settle_local == plain.correlate.times.settle_local
    assert site.correlate.classes == plain.correlate.classes
    assert site.priority.matrix == plain.priority.matrix
    assert site.priority.overrides[-1].id == "never-less"


def test_a_recogniser_of_one_s_own_takes_the_place_of_a_shipped_one(folder: Folder) -> None:
    shipped = (SHIPPED_RULES / "recognise" / "nagios4.yaml").read_text("utf-8")
    folder.write("rules/recognise/ours.yaml", shipped.replace("id: nagios4", "id: ours", 1))
    folder.write("rules/recognise/nagios4.yaml", shipped + "\n")
    ids = [recogniser.id for recogniser in folder.load().recognisers]
    assert "ours" in ids and ids.count("nagios4") == 1


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("last_resort: [ann]", "last_resort: [anna]", "ingestd.yaml:7:15: unknown target 'anna': did you mean 'ann'?"),
        ("last_resort: [ann]", "last_resort: ['team:net']", "ingestd.yaml:7:15: unknown team 'net'"),
        ("last_resort: [ann]", "last_resort: ['oncall:x']", "ingestd.yaml:7:15: unknown team 'x': known are network"),
        ("last_resort: [ann]", "last_resort: ['person:x']", "ingestd.yaml:7:15: unknown person 'x'"),
        ("last_resort: [ann]", "last_resort: [owner]", "ingestd.yaml:7:15: owner reaches nobody"),
        ("last_resort: [ann]", "last_resort: []", "ingestd.yaml:7:14: expected at least one person"),
        ("mail: ann@x.example, ", "", "ingestd.yaml:7:15: ann reaches nobody"),
        ("last_resort: [ann]\n", "", "ingestd.yaml:1:1: 'last_resort' is missing"),
        ("members: [ann]", "members: [bob]", "ingestd.yaml:6:29: unknown person 'bob': known are ann"),
        ("members: [ann]", "members: [ann], rota: {people: [bob]}", "ingestd.yaml:6:51: unknown person 'bob'"),
        ("mail: ann@x.example", "manager: bob, mail: a@b", "ingestd.yaml:4:24: unknown person 'bob'"),
        (
            "mail: ann@x.example",
            "contacts: [{channel: sms}]",
            "ingestd.yaml:4:36: unknown channel 'sms': known are mail, maildir",
        ),
        (HASH, "my-own-token", "ingestd.yaml:4:45: expected sha256: and 64 hexadecimal digits"),
        ("timezone: Asia/Shanghai", "timezone: Asia/Shanhai", "ingestd.yaml:2:11: unknown time zone"),
        ("timezone: Asia/Shanghai", "timezone: ../../etc", "ingestd.yaml:2:11: unknown time zone"),
        ("maildir: {path: mail}\n", "", "nobody can be told: expected mail, maildir or channels"),
        ("timezone: Asia/Shanghai", "public_url: example.com", "ingestd.yaml:2:13: expected http:// or https://"),
        ("timezone: Asia/Shanghai", "store: nonsense", "ingestd.yaml:2:8: expected a URL such as sqlite:"),
        (
            "timezone: Asia/Shanghai",
            "listen: {smtp: {allowed_networks: [10.0.0.1/8]}}",
            "ingestd.yaml:2:36: expected a network such as",
        ),
        (
            "  - {id: network",
            "  - {id: network, members: []}\n  - {id: network",
            "ingestd.yaml:7:10: 'network' is defined twice",
        ),
        ("timezone:", "timezne:", "ingestd.yaml:2:1: unknown key 'timezne': did you mean 'timezone'?"),
    ],
)
def test_mistakes_in_the_one_file(folder: Folder, old: str, new: str, error: str) -> None:
    folder.write("ingestd.yaml", changed(old, new))
    assert any(error in found for found in folder.errors()), folder.errors()


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("people.yaml", "people:\n- {id: ann, mail: other@x.example}\n", "people.yaml:2:8: 'ann' is defined twice"),
        ("topology.yaml", "nodes:\n- {id: db, depends_on: [sw1]}\n", "topology.yaml:2:25: unknown node 'sw1'"),
        (
            "topology.yaml",
            "nodes:\n- {id: db, depends_on: [{any_of: [db, x]}]}\n",
            "topology.yaml:2:39: unknown node 'x'",
        ),
        (
            "topology.yaml",
            "nodes:\n- {id: db, owner: dba}\n",
            "topology.yaml:2:19: unknown team 'dba': known are network",
        ),
        (
            "topology.yaml",
            "nodes:\n- {id: db, department: sale}\ndepartments:\n- {id: sales}\n",
            "topology.yaml:2:24: unknown department 'sale': did you mean 'sales'?",
        ),
        ("topology.yaml", "departments:\n- {id: sales, uses: [crm]}\n", "topology.yaml:2:22: unknown service 'crm'"),
        (
            "topology.yaml",
            "maintenance:\n- {targets: [db], start: 1, end: 2}\n",
            "topology.yaml:2:14: unknown node 'db'",
        ),
        (
            "rules/escalation.yaml",
            "routes:\n- {id: a, policy: urgnt}\n",
            "escalation.yaml:2:19: unknown policy 'urgnt'",
        ),
        (
            "rules/escalation.yaml",
            "routes:\n- {id: a, policy: urgent, team: x}\n",
            "escalation.yaml:2:33: unknown team 'x'",
        ),
        (
            "rules/escalation.yaml",
            "policies:\n- {id: a, steps: [{tell: [bob]}]}\n",
            "escalation.yaml:2:27: unknown target 'bob'",
        ),
        (
            "rules/escalation.yaml",
            "routes:\n- {id: a, when: {colour: red}, policy: urgent}\n",
            "rules/escalation.yaml:2:18: unknown fact 'colour'",
        ),
        (
            "rules/priority.yaml",
            "impact:\n- {id: a, when: {text: '~('}, level: low}\n",
            "rules/priority.yaml:2:24: not an RE2 pattern",
        ),
        ("rules/priority.yaml", "matrix: {high: {low: P1}}\n", "rules/priority.yaml:1:9: impact high needs"),
        (
            "rules/correlate.yaml",
            "classes:\n- {id: a, class: local, when: {text: [x, '~[']}}\n",
            "rules/correlate.yaml:2:42: not an RE2 pattern",
        ),
        ("rules/recognise/x.yaml", "id: x\n", "rules/recognise/x.yaml:1:1: 'when' is missing"),
    ],
)
def test_mistakes_in_the_other_files(folder: Folder, name: str, text: str, error: str) -> None:
    folder.write(name, text)
    assert any(error in found for found in folder.errors()), folder.errors()


def test_every_file_s_mistakes_are_told_at_once(folder: Folder) -> None:
    folder.write("people.yaml", "peple: []\n").write("topology.yaml", "nodes: 3\n").write(
        "rules/priority.yaml", "x: 1\n"
    )
    assert [error.partition(":")[0] for error in folder.errors()] == [
        "people.yaml",
        "rules/priority.yaml",
        "topology.yaml",
    ]


def test_a_broken_graph_is_only_a_warning(folder: Folder) -> None:
    folder.write("topology.yaml", "nodes:\n- {id: a, depends_on: [b]}\n- {id: b, depends_on: [a]}\n- {id: b}\n")
    warnings = folder.load().warnings
    assert len(warnings) == 2 and all(warning.startswith("topology.yaml:") for warning in warnings)


def test_secrets_stay_out_of_what_is_kept(folder: Folder) -> None:
    main = MAIN + (
        "store: postgresql://ingestd:hunter2@db.example/ingestd\n"
        "sources:\n  am: {adapter: alertmanager, token: 'hush \"hush\"'}\n"
        "  gen: {adapter: generic, token_file: gen.token}\n"
    )
    folder.write("ingestd.yaml", main).write("gen.token", "from-a-file\n")
    site = folder.load()
    assert [site.http_sources[name].tokens for name in ("am", "gen")] == [('hush "hush"',), ("from-a-file",)]
    assert "hunter2" in site.settings.store
    kept = repr(site.sources)
    assert not any(secret in kept for secret in ("hunter2", "hush", "from-a-file")) and "REDACTED" in kept
    assert HASH in kept


def test_paths_start_at_the_site_s_file(folder: Folder) -> None:
    mail = "mail: {host: relay.example, sender: i@x.example, user: i, password_file: relay.secret, ca_file: ca.pem}\n"
    folder.write("ingestd.yaml", MAIN + mail + "store: sqlite:///kept/here.db\n")
    folder.write("relay.secret", "hunter2\n").write("ca.pem", "")
    settings = folder.load().settings
    assert settings.store == f"sqlite:///{folder.home}/kept/here.db"
    assert settings.mail is not None and settings.mail.password == "hunter2"
    assert settings.mail.ca_file == str(folder.home / "ca.pem")
    assert "hunter2" not in repr(folder.load().sources)


def test_files_that_are_not_there(folder: Folder) -> None:
    folder.write(
        "ingestd.yaml",
        MAIN + "mail: {host: relay.example, sender: i@x.example, password_file: no.secret}\n"
        "listen: {smtp: {certificate: no.pem}}\n",
    )
    no_secret, no_certificate = folder.errors()
    assert no_secret.startswith("ingestd.yaml:8:65: ") and "can't be read" in no_secret
    assert no_certificate == "ingestd.yaml:9:30: there is no file no.pem"
    folder.write("no.secret", "\n").write("no.pem", "")
    assert "is empty" in folder.errors()[0]


def test_a_source_without_a_token(folder: Folder) -> None:
    folder.write("ingestd.yaml", MAIN + "sources:\n  am: {adapter: generic, token_file: no.token}\n")
    assert folder.errors() == ["ingestd.yaml:9:38: no.token can't be read: No such file or directory"]
    folder.write("no.token", "\n")
    assert "needs a token" in folder.errors()[0]
    folder.write("ingestd.yaml", MAIN + "sources:\n  am: {adapter: generic}\n")
    assert "ingestd.yaml:9:7: source am needs a token" in folder.errors()[0]


def test_sources_have_plain_names_and_known_adapters(folder: Folder) -> None:
    folder.write(
        "ingestd.yaml", MAIN + "sources:\n  a: {adapter: alertmanger, token: x}\n  a/b: {adapter: generic, token: y}\n"
    )
    wrong_adapter, odd_name = folder.errors()
    assert wrong_adapter == "ingestd.yaml:9:16: unknown adapter 'alertmanger': did you mean 'alertmanager'?"
    assert odd_name.startswith("ingestd.yaml:10:3: expected a name of letters")


def test_the_digest_changes_with_any_file(folder: Folder) -> None:
    before = folder.load().digest
    assert folder.load().digest == before
    folder.write("rules/correlate.yaml", "times: {settle_symptom: 2s}\n")
    assert folder.load().digest != before


def test_the_sample_site_is_without_fault(tmp_path: Path) -> None:
    sample = SHIPPED_RULES.parent / "config"
    shutil.copytree(sample, tmp_path / "config")
    site = load_site(tmp_path / "config" / "ingestd.yaml")
    assert site.topology.nodes
    # Next year's adjusted working days are announced in November: until then there is this one to tell.
    assert [text for text in site.warnings if "adjusted working days" not in text] == []


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_site(tmp_path / "ingestd.yaml")


def test_shipped_rules_that_are_missing_are_named(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestd.config.SHIPPED_RULES", tmp_path / "nowhere")
    assert len(folder.errors()) == 3


def test_heartbeats_are_part_of_the_judgement(folder: Folder) -> None:
    folder.write("heartbeats.yaml", 'heartbeats:\n- {id: backup, by: "06:00", when: {subject: "*backup*"}}\n')
    site = folder.load()
    assert set(site.rulebook.heartbeats.names) == {"backup"}
    assert str(site.rulebook.heartbeats.zone) == "Asia/Shanghai"


def test_a_heartbeat_that_makes_no_sense_is_shown_where_it_stands(folder: Folder) -> None:
    folder.write("heartbeats.yaml", "heartbeats:\n- {id: a, every: 5m}\n- {id: b, every: 5m, when: {subjekt: x}}\n")
    (error,) = folder.errors()
    assert error.startswith("heartbeats.yaml:3:") and "unknown fact 'subjekt': did you mean 'subject'?" in error


MAPPING = """\
id: till
fields: {host: shop, state: status, summary: text}
states: {broken: firing, fine: resolved}
examples:
- body: '{"shop": "till-4", "status": "broken", "text": "paper is out"}'
  events: [{state: firing, host: till-4}]
"""


def test_a_site_s_own_webhook_source_is_an_adapter(folder: Folder) -> None:
    folder.write("rules/webhooks/till.yaml", MAPPING)
    folder.write("ingestd.yaml", MAIN + "sources:\n  tills: {adapter: till, token: t}\n")
    site = folder.load()
    assert site.http_sources["tills"].adapter == "till"
    assert set(site.rulebook.mappings) == {"till"}
    assert site.rulebook.sources == {"tills"}


def test_an_example_that_is_read_otherwise_than_it_says_is_an_error(folder: Folder) -> None:
    folder.write("rules/webhooks/till.yaml", MAPPING.replace("host: till-4}", "host: till-5}"))
    (error,) = folder.errors()
    assert error.startswith("rules/webhooks/till.yaml:5:") and "till-5" in error


def test_an_adapter_that_does_not_exist_names_those_like_it(folder: Folder) -> None:
    folder.write("rules/webhooks/till.yaml", MAPPING)
    folder.write("ingestd.yaml", MAIN + "sources:\n  tills: {adapter: tilt, token: t}\n")
    (error,) = folder.errors()
    assert "did you mean till" in error or "'till'" in error


def test_a_source_may_sign_instead_of_showing_a_token(folder: Folder) -> None:
    folder.write("hub.secret", "s3cret\n")
    folder.write("ingestd.yaml", MAIN + "sources:\n  hub: {adapter: grafana, secret_file: hub.secret}\n")
    site = folder.load()
    assert site.http_sources["hub"].secrets == ("s3cret",)
    assert site.http_sources["hub"].signature is not None


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        ("{adapter: alertmanager, secret: s}", "sources:\n", "does not sign what it sends"),
        ("{adapter: grafana, secret_file: none}", "secret_file", "none can't be read"),
        ("{adapter: grafana, token_file: gone}", "token_file", "gone can't be read"),
    ],
)
def test_a_source_without_a_way_to_know_it(folder: Folder, source: str, place: str, words: str) -> None:
    folder.write("ingestd.yaml", f"{MAIN}sources:\n  hub: {source}\n")
    (error,) = folder.errors()
    assert words in error


LISTEN = "listen:\n  smtp: {port: 2525, users_file: users, auth_without_tls: true}\n  lmtp: {path: lmtp.sock}\n"
BOX = "imap:\n- {name: box, host: 127.0.0.1, tls: none, user: u, password_file: pw, oauth2: null}\n"


def test_ways_in_for_mail_have_absolute_paths_and_mailboxes_keep_their_secrets_in_files(folder: Folder) -> None:
    folder.write("users", "")
    folder.write("ingestd.yaml", MAIN + LISTEN + BOX)
    settings = folder.load().settings
    assert settings.listen.smtp.users_file == str(folder.home / "users")
    assert settings.listen.lmtp is not None and settings.listen.lmtp.path == str(folder.home / "lmtp.sock")
    (box,) = settings.imap
    assert (box.password, box.password_file) == ("", str(folder.home / "pw"))


def test_an_access_token_of_a_mailbox_is_read_at_each_login(folder: Folder) -> None:
    folder.write("ingestd.yaml", MAIN + "imap:\n- {name: box, host: x, user: u, oauth2: {token_file: access}}\n")
    (box,) = folder.load().settings.imap
    assert box.oauth2 is not None and box.oauth2.token_file == str(folder.home / "access")


def test_what_can_not_be_of_the_ways_in_is_told_all_at_once(folder: Folder) -> None:
    folder.write(
        "ingestd.yaml",
        MAIN
        + "sources: {box: {adapter: generic, token: t}}\n"
        + "listen:\n  smtp: {require_auth: true}\n  http: {certificate: none.pem}\n"
        + "imap:\n- {name: box, host: x, user: u}\n- {name: b2, host: x, user: u, password: p, seen: move}\n",
    )
    errors = folder.errors()
    for words in (
        "'box' names two sources",
        "nobody could log in",
        "there is no file none.pem",
        "expected one of password, password_file",
        "goes with seen: move",
    ):
        assert any(words in error for error in errors), (words, errors)


def test_hashes_and_secrets_do_not_reach_the_journal(folder: Folder) -> None:
    hashed = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"
    folder.write(
        "ingestd.yaml",
        f"{MAIN}listen:\n  smtp: {{auth_without_tls: true, users: {{scanner: '{hashed}'}}}}\n"
        "sources:\n  hub: {adapter: grafana, secret: hush-hush}\n",
    )
    kept = dict(folder.load().sources)["ingestd.yaml"]
    assert "argon2id" not in kept and "hush-hush" not in kept and "scanner: REDACTED" in kept
