"""The command line. Every command is one small function from its arguments to an exit status.

0: done; 1: refused, or something is wrong with what was checked; 2: the command itself was not understood.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

from ingestd import __version__
from ingestd.cli.terminal import CommandError, complain, is_terminal, say
from ingestd.model import PRIORITIES, SEVERITIES, NotificationKind
from ingestd.yamltypes import ConfigError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from ingestd.cli.client import Client

    Commands = _SubParsersAction[argparse.ArgumentParser]

T = TypeVar("T")
Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    args = _parser().parse_args(arguments)
    command: Command = args.run
    try:
        return command(args)
    except CommandError as error:
        complain(str(error))
        return error.status
    except ConfigError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 0


# Imports stand inside the commands, so that `ingestd version` does not load the daemon.


def _init(args: argparse.Namespace) -> int:
    from ingestd.cli.first import init  # noqa: PLC0415

    return init(args)


def _run(args: argparse.Namespace) -> int:
    from ingestd.app import run  # noqa: PLC0415
    from ingestd.cli.client import site_file  # noqa: PLC0415

    return run(site_file(args.config))


def _check(args: argparse.Namespace) -> int:
    from ingestd.cli.check import check  # noqa: PLC0415

    return check(args)


def _doctor(args: argparse.Namespace) -> int:
    from ingestd.cli.doctor import doctor  # noqa: PLC0415

    return doctor(args)


def _ledger(args: argparse.Namespace) -> int:
    from ingestd.cli import ledger  # noqa: PLC0415

    return _with_client(args, lambda client: ledger.show(client, args))


def _reload(args: argparse.Namespace) -> int:
    from ingestd.cli.reload import reload  # noqa: PLC0415

    return _with_client(args, lambda client: reload(client, as_json=args.json))


def _test(args: argparse.Namespace) -> int:
    from ingestd.cli.client import site_file  # noqa: PLC0415
    from ingestd.cli.test import test  # noqa: PLC0415

    return test(site_file(args.config), args.paths, args.k, as_json=args.json)


def _schema(args: argparse.Namespace) -> int:
    from ingestd.cli.schema import schema  # noqa: PLC0415

    return schema(args)


def _rules_diff(args: argparse.Namespace) -> int:
    from ingestd.cli.rules import diff  # noqa: PLC0415

    return diff(args)


def _rules_accept(args: argparse.Namespace) -> int:
    from ingestd.cli.rules import accept  # noqa: PLC0415

    return accept(args)


def _parse(args: argparse.Namespace) -> int:
    from ingestd import parse  # noqa: PLC0415
    from ingestd.config import SHIPPED_RULES  # noqa: PLC0415

    return parse.main(args.files, args.source, args.content_type, args.rules or SHIPPED_RULES)


def _explain(args: argparse.Namespace) -> int:
    from ingestd.cli import explain  # noqa: PLC0415

    lines = explain.explain(args)
    say("\n".join(lines) if is_terminal() or not args.json else explain.as_json(lines))
    return 0


def _simulate(args: argparse.Namespace) -> int:
    from ingestd.cli.virtual import simulate  # noqa: PLC0415

    return simulate(args.inventory, args.events, args.out)


def _incident_list(args: argparse.Namespace) -> int:
    from ingestd.cli import incident  # noqa: PLC0415

    return _with_client(args, lambda client: incident.show_list(client, args))


def _incident_show(args: argparse.Namespace) -> int:
    from ingestd.cli import incident  # noqa: PLC0415

    return _with_client(args, lambda client: incident.show_one(client, args))


def _incident_joined(args: argparse.Namespace) -> int:
    from ingestd.cli import incident  # noqa: PLC0415

    return _with_client(args, lambda client: incident.show_joined(client, args))


def _incident_open(args: argparse.Namespace) -> int:
    from ingestd.cli import incident  # noqa: PLC0415

    return _with_client(args, lambda client: incident.take_call(client, args))


def _incident_act(args: argparse.Namespace) -> int:
    from ingestd.cli import incident  # noqa: PLC0415

    return _with_client(args, lambda client: incident.act(client, args))


def _silence_list(args: argparse.Namespace) -> int:
    from ingestd.cli import silence  # noqa: PLC0415

    return _with_client(args, lambda client: silence.show_list(client, args))


def _silence_add(args: argparse.Namespace) -> int:
    from ingestd.cli import silence  # noqa: PLC0415

    return _with_client(args, lambda client: silence.add(client, args))


def _silence_end(args: argparse.Namespace) -> int:
    from ingestd.cli import silence  # noqa: PLC0415

    return _with_client(args, lambda client: silence.end(client, args))


def _queue(args: argparse.Namespace) -> int:
    from ingestd.cli import queue  # noqa: PLC0415

    return _with_client(args, lambda client: queue.show(client, args))


def _oncall(args: argparse.Namespace) -> int:
    from ingestd.cli.oncall import show  # noqa: PLC0415

    return show(args)


def _preview(args: argparse.Namespace) -> int:
    from ingestd.cli.preview import preview  # noqa: PLC0415

    return preview(args)


def _inbox_list(args: argparse.Namespace) -> int:
    from ingestd.cli import inbox  # noqa: PLC0415

    return _with_client(args, lambda client: inbox.show_list(client, args))


def _inbox_show(args: argparse.Namespace) -> int:
    from ingestd.cli import inbox  # noqa: PLC0415

    return _with_client(args, lambda client: inbox.show_one(client, args))


def _replay(args: argparse.Namespace) -> int:
    from ingestd.cli import inbox, replay  # noqa: PLC0415

    if not (args.unrecognised or args.shunted or args.ids):
        return replay.replay(args)
    return _with_client(args, lambda client: inbox.reread(client, args))


def _learn(args: argparse.Namespace) -> int:
    from ingestd.cli import inbox  # noqa: PLC0415

    if args.paths:
        return inbox.learn_from(inbox.from_paths(args.paths), args)
    return _with_client(args, lambda client: inbox.learn_from(inbox.from_daemon(client), args))


def _backup(args: argparse.Namespace) -> int:
    from ingestd.cli import stores  # noqa: PLC0415

    return stores.keep(args)


def _restore(args: argparse.Namespace) -> int:
    from ingestd.cli import stores  # noqa: PLC0415

    return stores.bring_back(args)


def _migrate_store(args: argparse.Namespace) -> int:
    from ingestd.cli import stores  # noqa: PLC0415

    return stores.move(args)


def _forget(args: argparse.Namespace) -> int:
    from ingestd.cli import forget  # noqa: PLC0415

    return forget.run(args)


def _topology_check(args: argparse.Namespace) -> int:
    from ingestd.cli import topology  # noqa: PLC0415

    return topology.check_file(args)


def _topology_show(args: argparse.Namespace) -> int:
    from ingestd.cli import topology  # noqa: PLC0415

    return topology.show(args)


def _topology_impact(args: argparse.Namespace) -> int:
    from ingestd.cli import topology  # noqa: PLC0415

    return topology.impact(args)


def _topology_draft(args: argparse.Namespace) -> int:
    from ingestd.cli import topology  # noqa: PLC0415

    return _with_client(args, lambda client: topology.draft_nodes(client, args))


def _topology_suggest(args: argparse.Namespace) -> int:
    from ingestd.cli import topology  # noqa: PLC0415

    return _with_client(args, lambda client: topology.suggest_links(client, args))


def _topology_import(args: argparse.Namespace) -> int:
    from ingestd.cli import topology  # noqa: PLC0415

    return topology.import_files(args)


def _import(args: argparse.Namespace) -> int:
    from ingestd.cli.moving import import_site  # noqa: PLC0415

    return import_site(args)


def _sources(_args: argparse.Namespace) -> int:
    from ingestd import sources  # noqa: PLC0415

    say("\n".join(f"{name:30} {sources.about(name)}" for name in sources.names()))
    return 0


def _password(_args: argparse.Namespace) -> int:
    import getpass  # noqa: PLC0415

    from ingestd.intake.smtpauth import hash_password  # noqa: PLC0415

    text = getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not text:
        raise CommandError("a password must not be empty")
    say(hash_password(text))
    return 0


def _version(_args: argparse.Namespace) -> int:
    say(f"ingestd {__version__}")
    return 0


def _with_client(args: argparse.Namespace, call: "Callable[[Client], T]") -> T:
    """Call the running daemon as the person whose token this is."""
    from ingestd.cli.client import Client, find_token, find_url, site_file  # noqa: PLC0415

    site = site_file(args.config)
    client = Client(find_url(args.url, site), find_token(args.token_file, site))
    try:
        return call(client)
    finally:
        client.close()


# the words that each command understands


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ingestd", description=_ABOUT)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _init_words(_command(commands, "init", _init, "make a site of one file: a relay and one address"))
    run = _command(commands, "run", _run, "run the daemon")
    check = _command(
        commands, "check", _check, "check configuration, rules and topology: every error, file:line:column"
    )
    for command in (run, check):
        _config_word(command)
    check.add_argument("--json", action="store_true", help="a list of {file, line, column, severity, text, code}")
    check.add_argument("--language", choices=("en", "zh_CN"), help="(default: the environment's)")
    _doctor_words(_command(commands, "doctor", _doctor, "whether a page would get out, and what to do if not"))
    reloading = _command(commands, "reload", _reload, "have the daemon take over changed files, all or none")
    _config_word(reloading)
    _client_words(reloading)
    _test_words(_command(commands, "test", _test, "play rule tests: a timeline, and what is expected of it"))
    _parse_words(
        _command(commands, "parse", _parse, "show what mails or webhook bodies are understood as (JSON lines)")
    )
    _explain_words(_command(commands, "explain", _explain, "say why, or what an event or a file would lead to"))
    simulate = _command(commands, "simulate", _simulate, "run events through the pipeline with a virtual clock")
    for name in ("inventory", "events", "out"):
        simulate.add_argument(f"--{name}", type=Path, required=True, metavar="FILE")
    incident = commands.add_parser("incident", help="look at incidents and act on them")
    _incident_words(incident.add_subparsers(required=True, metavar="ACTION"))
    queue = _command(commands, "queue", _queue, "open incidents as one worklist: what comes first, who should take it")
    queue.add_argument("--person", default="", help="what this person has taken, or should take")
    _config_word(queue)
    _client_words(queue)
    _ledger_words(_command(commands, "ledger", _ledger, "every page, what became of it, and every answer"))
    turns = _command(commands, "oncall", _oncall, "who is on call, and the turns ahead; gaps and overlaps")
    turns.add_argument("--at", default="", metavar="TIME", help="2027-01-31T18:00, by the site's clocks (default: now)")
    turns.add_argument("--next", default="14d", metavar="14d", help="how far to look ahead (default: 14d)")
    turns.add_argument("--team", default="", metavar="TEAM", help="only this one")
    turns.add_argument("--json", action="store_true", help="JSON lines also on a terminal")
    _config_word(turns)
    _preview_words(_command(commands, "preview", _preview, "what people would read: title, subject, text, HTML"))
    hidden = commands.add_parser("silence", help="hide what is known for a while, or a node in maintenance")
    _silence_words(hidden.add_subparsers(required=True, metavar="ACTION"))
    _inbox_words(commands)
    _store_words(commands)
    topology = commands.add_parser("topology", help="what depends on what: look at it, check it, grow it")
    _topology_words(topology.add_subparsers(required=True, metavar="ACTION"))
    moving = commands.add_parser("import", help="draft people, rotas, policies and routes from another product")
    _moving_words(moving.add_subparsers(required=True, dest="product", metavar="PRODUCT"))
    rules = commands.add_parser("rules", help="the rules of this site beside the shipped ones")
    _rules_words(rules.add_subparsers(required=True, metavar="ACTION"))
    schema = _command(commands, "schema", _schema, "JSON Schemas of the files, for editors: where they are, or one")
    schema.add_argument("name", nargs="?", metavar="NAME", help="print this one: ingestd, people, topology …")
    schema.add_argument("--write", type=Path, metavar="FOLDER", help="write all of them")
    _command(commands, "sources", _sources, "the adapters for webhooks, and whose bodies each reads")
    _command(commands, "password", _password, "read a password, print the hash that listen.smtp.users wants")
    _command(commands, "version", _version, "print the version")
    return parser


_ABOUT = "Reads alert mail and webhooks, finds the incident behind them, and tells people until it is over."


def _command(commands: "Commands", name: str, run: Command, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    parser.set_defaults(run=run)
    return parser


def _config_word(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="ingestd.yaml (default: INGESTD_CONFIG, ./, /etc/ingestd/)"
    )


def _doctor_words(parser: argparse.ArgumentParser) -> None:
    _config_word(parser)
    _client_words(parser)
    parser.add_argument("--send", action="store_true", help="send a test page by every channel of who is on call")
    parser.add_argument("--yes", action="store_true", help="send without asking")
    parser.add_argument("--net", action="store_true", help="compare the clock with others, outside of this site")
    parser.add_argument("--ntp", default="pool.ntp.org", metavar="HOST", help="the time server that --net asks")
    parser.add_argument("--language", choices=("en", "zh_CN"), help="(default: the environment's)")


def _ledger_words(parser: argparse.ArgumentParser) -> None:
    _config_word(parser)
    _client_words(parser)
    parser.add_argument(
        "--since", default="", metavar="7d", help="or 2027-01-31T18:00 (default: 7d; of one incident, all)"
    )
    parser.add_argument("--until", default="", metavar="TIME", help="(default: now)")
    parser.add_argument("--person", default="", metavar="ID")
    parser.add_argument("--incident", type=int, default=0, metavar="N", help="with those that were linked to it")
    parser.add_argument("--csv", action="store_true", help="for a spreadsheet")


def _init_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="where to write (default: ./ingestd.yaml)")
    parser.add_argument("--relay", metavar="HOST[:PORT]", help="mail relay that pages leave through")
    parser.add_argument("--address", metavar="MAIL", help="whom to page")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.add_argument("--state", default="var", metavar="FOLDER", help="where the daemon keeps what it writes")
    parser.add_argument("--smtp-port", type=int, default=2525)
    parser.add_argument("--http-port", type=int, default=8025)


def _preview_words(parser: argparse.ArgumentParser) -> None:
    _config_word(parser)
    kinds = ("all", *get_args(NotificationKind))
    parser.add_argument("--kind", choices=kinds, help="(default: open, or what the incident was told last)")
    parser.add_argument("--language", help="en, zh_CN, or a folder of texts.templates (default: the site's)")
    parser.add_argument("--incident", type=int, default=0, metavar="N", help="with what was last said of this one")
    parser.add_argument("--priority", choices=PRIORITIES, help="as if it had this one")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the HTML part")


def _test_words(parser: argparse.ArgumentParser) -> None:
    _config_word(parser)
    parser.add_argument("-k", default="", metavar="NAME", help="only tests with this in their name or file")
    parser.add_argument("--json", action="store_true", help="JSON lines, one a test")
    parser.add_argument(
        "paths", type=Path, nargs="*", metavar="FILE|DIR", help="(default: rules/tests of the site, and the shipped)"
    )


def _source_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", default="mail", metavar="mail|webhook:NAME")
    parser.add_argument("--content-type", default="application/json", metavar="TYPE")


def _parse_words(parser: argparse.ArgumentParser) -> None:
    _source_words(parser)
    parser.add_argument("--rules", type=Path, metavar="FOLDER", help="other rules than the shipped ones")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")


def _explain_words(parser: argparse.ArgumentParser) -> None:
    _config_word(parser)
    _source_words(parser)
    _client_words(parser)
    parser.add_argument("what", nargs="?", metavar="ID|FILE", help="12 (incident), a31 (alert), n17 (page), or a file")
    parser.add_argument("--event", default="", metavar="JSON|@FILE", help="an event that did not happen")
    for name, metavar in (("host", "HOST"), ("check", "CHECK"), ("summary", "TEXT")):
        parser.add_argument(f"--{name}", default="", metavar=metavar, help=f"of such an event: its {name}")
    parser.add_argument("--severity", default="", choices=SEVERITIES, help="of such an event")
    parser.add_argument("--state", default="", choices=("firing", "resolved"), help="of such an event")


def _client_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="where the daemon listens (default: INGESTD_URL, else as the site's file says)")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="your token (default: INGESTD_TOKEN, else a file)"
    )
    parser.add_argument("--json", action="store_true", help="JSON lines also on a terminal")


def _inbox_words(commands: "Commands") -> None:
    actions = commands.add_parser("inbox", help="what nothing understood").add_subparsers(
        required=True, metavar="ACTION"
    )
    listing = _command(actions, "list", _inbox_list, "mails and bodies that nothing recognised, or that were set aside")
    listing.add_argument("--what", default="unrecognised", choices=("unrecognised", "shunted"))
    listing.add_argument("--limit", type=int, default=100)
    show = _command(actions, "show", _inbox_show, "a message as it came")
    show.add_argument("id", type=int)
    learn = _command(commands, "learn", _learn, "draft recognisers from mails that nothing recognised")
    learn.add_argument(
        "paths", type=Path, nargs="*", metavar="PATH", help="mails, an mbox, a Maildir (default: ask the daemon)"
    )
    learn.add_argument("--out", type=Path, metavar="FOLDER", help="write a file for each (default: print them)")
    learn.add_argument("--least", type=int, default=2, metavar="N", help="of a shape (default: 2)")
    replay = _command(commands, "replay", _replay, "what a period would have become, by these rules and by others")
    replay.add_argument("--since", default="30d", metavar="30d", help="how far to look back")
    replay.add_argument("--rules", type=Path, metavar="DIR", help="compare with the site's rules replaced by these")
    replay.add_argument(
        "--from", dest="source", default="", metavar="MAILBOX", help="mbox, Maildir or imaps://user@host"
    )
    replay.add_argument("--password-file", type=Path, metavar="FILE", help="of the IMAP account")
    replay.add_argument("--limit", type=int, default=40, metavar="N", help="differences to show")
    which = replay.add_mutually_exclusive_group()
    which.add_argument(
        "--unrecognised", action="store_true", help="have the daemon read again what it did not recognise"
    )
    which.add_argument("--shunted", action="store_true", help="all that was set aside")
    which.add_argument("--ids", type=int, nargs="+", default=[], metavar="ID")
    for parser in (listing, show, learn, replay):
        _config_word(parser)
        _client_words(parser)


def _store_words(commands: "Commands") -> None:
    keep = _command(commands, "backup", _backup, "write the whole store to one file, also while the daemon runs")
    back = _command(commands, "restore", _restore, "fill the site's store, which must be empty, from a backup")
    for parser in (keep, back):
        parser.add_argument("file", type=Path, metavar="FILE")
        _config_word(parser)
    move = _command(commands, "migrate-store", _migrate_store, "copy a store into an empty one, of either kind")
    move.add_argument("source", metavar="FROM", help="sqlite:////var/lib/ingestd/ingestd.db; the daemon is stopped")
    move.add_argument("target", metavar="TO", help="postgresql://user@host/name")
    erase = _command(
        commands, "forget", _forget, "take a person's address out of the store, also while the daemon runs"
    )
    erase.add_argument("address", metavar="ADDRESS")
    erase.add_argument("--yes", action="store_true", help="erase without asking")
    _config_word(erase)


def _topology_words(actions: "Commands") -> None:
    check = _command(actions, "check", _topology_check, "every error and warning of topology.yaml, file:line:column")
    check.add_argument("file", type=Path, nargs="?", metavar="FILE", help="(default: topology.yaml of the site)")
    check.add_argument("--strict", action="store_true", help="exit status 1 on warnings too")
    show = _command(actions, "show", _topology_show, "the graph as a tree, or all about one node")
    show.add_argument("node", nargs="?", metavar="NODE", help="by any of its names")
    show.add_argument("--depth", type=int, default=8, metavar="N", help="levels of the tree (default: 8)")
    impact = _command(actions, "impact", _topology_impact, "what breaks if these nodes break")
    impact.add_argument("nodes", nargs="+", metavar="NODE", help="by any of its names")
    draft = _command(actions, "draft", _topology_draft, "hosts of alerts that the topology does not know, as YAML")
    suggest = _command(actions, "suggest", _topology_suggest, "what fails together although the topology says no why")
    suggest.add_argument("--since", default="90d", metavar="TIME", help="look back so far (default: 90d)")
    suggest.add_argument("--least", type=int, default=3, metavar="N", help="on N different days (default: 3)")
    imported = _command(actions, "import", _topology_import, "what another tool knows, as YAML")
    imported.add_argument("format", choices=("nagios", "icinga", "zabbix", "netbox", "csv", "lldp"))
    imported.add_argument("files", type=Path, nargs="+", metavar="FILE", help="files or folders; - is what is piped in")
    imported.add_argument("--root", action="append", default=[], metavar="NODE", help="where links start: the core")
    imported.add_argument("--onto", type=Path, metavar="FILE", help="leave out what this topology.yaml knows already")
    for parser in (draft, imported):
        _grow_words(parser)
    for parser in (check, show, impact, draft, suggest, imported):
        _config_word(parser)
    for parser in (show, impact, suggest):
        parser.add_argument("--file", type=Path, metavar="FILE", help="(default: topology.yaml of the site)")
    for parser in (check, show, impact):
        parser.add_argument("--json", action="store_true", help="JSON lines")
    for parser in (draft, suggest):
        _client_words(parser)


def _grow_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--merge", action="store_true", help="the whole topology.yaml, with what is new put in")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="write it there (default: print it)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def _moving_words(products: "Commands") -> None:
    about = {
        "alertmanager": "alertmanager.yml: receivers, routes, time intervals, silences",
        "opsgenie": "answers of its API, or the folder of its configuration backup",
        "oncall": "Grafana OnCall: the lists of its API as JSON",
        "nagios": "object files: contacts, contact groups, time periods, escalations; downtimes of status.dat",
    }
    for name, text in about.items():
        product = _command(products, name, _import, text)
        product.add_argument("files", type=Path, nargs="+" if name != "alertmanager" else 1, metavar="FILE")
        product.add_argument("-o", "--out", type=Path, metavar="DIR", help="write there (default: print)")
        product.add_argument("--json", action="store_true", help="one JSON object")
        if name == "alertmanager":
            product.add_argument("--silences", type=Path, metavar="FILE", help="of `amtool silence query -o json`")


def _rules_words(actions: "Commands") -> None:
    differ = _command(actions, "diff", _rules_diff, "what changed beneath this site's rules")
    differ.add_argument("--shipped", action="store_true", help="in the shipped rules that it replaces")
    accepting = _command(actions, "accept", _rules_accept, "this site's rules fit the shipped ones as they are now")
    for parser in (differ, accepting):
        _config_word(parser)


def _incident_words(actions: "Commands") -> None:
    listing = _command(actions, "list", _incident_list, "open incidents")
    listing.add_argument("--state", default="open", choices=("open", "triggered", "acknowledged", "resolved", "all"))
    listing.add_argument("--limit", type=int, default=100)
    taken = _command(actions, "open", _incident_open, "record a call")
    taken.add_argument("--caller", default="", help="who called (a person's id, a name or a mail address)")
    taken.add_argument("--department", default="")
    taken.add_argument("--came-by", default="phone", choices=("phone", "walk-in", "mail", "web"))
    taken.add_argument("text")
    show = _command(actions, "show", _incident_show, "one incident, with its alerts and its history")
    show.add_argument("number", type=int)
    joined = _command(actions, "joined", _incident_joined, "what joined an incident, or was over, without a page")
    joined.add_argument("--since", default="24h", help="how far to look back (24h, 7d)")
    for parser in (listing, taken, show, joined, *_act_words(actions)):
        _config_word(parser)
        _client_words(parser)


def _silence_words(actions: "Commands") -> None:
    listing = _command(actions, "list", _silence_list, "what is hidden, by whom, until when")
    listing.add_argument("--all", action="store_true", help="those that ended, too")
    adding = _command(actions, "add", _silence_add, "hide alerts by their labels, or nodes with what depends on them")
    adding.add_argument("matchers", nargs="*", metavar="MATCHER", help="check=disk, node=~'db-.*', severity!=critical")
    adding.add_argument("--node", action="append", default=[], help="a node in maintenance; may be repeated")
    adding.add_argument("--for", dest="length", default="", metavar="2h")
    adding.add_argument("--until", default="", metavar="18:00", help="or 2027-01-31T18:00, by the site's clocks")
    adding.add_argument("--from", dest="start", default="", metavar="TIME", help="if not now")
    adding.add_argument("--weekly", default="", metavar="'sat,sun 22:00-04:00'", help="only at these hours")
    adding.add_argument("--with", dest="incident", type=int, default=0, metavar="INCIDENT", help="until it is over")
    adding.add_argument("--why", required=True, help="what everybody else will ask")
    ending = _command(actions, "end", _silence_end, "end one now")
    ending.add_argument("id")
    for parser in (listing, adding, ending):
        _config_word(parser)
        _client_words(parser)


def _act_words(actions: "Commands") -> list[argparse.ArgumentParser]:
    about = {
        "ack": "take it",
        "take": "take it over from whoever has it",
        "restore": "service is back by a workaround; it stays open until it is cured",
        "resolve": "it is over",
        "fixed": "say what fixed it, up to a week after its end",
        "assign": "hand it over",
        "add": "ask somebody to help; she hears what its owner hears",
        "release": "let go of it: somebody else must have it",
        "note": "add to its history",
        "priority": "set its priority",
        "snooze": "take it up later: yours, and you are paged anew if it still fires",
        "stop": "no more updates about it; of its end you hear",
        "merge": "it continues as another one",
        "split": "take a merge back, or make an alert an incident of its own",
        "move": "an alert belongs to it",
    }
    parsers = {name: _command(actions, name, _incident_act, text) for name, text in about.items()}
    for name, parser in parsers.items():
        parser.set_defaults(action=name)
        parser.add_argument("number", type=int)
    parsers["resolve"].add_argument("text", nargs="?", default="", help="what fixed it")
    parsers["take"].add_argument("text", nargs="?", default="", help="why")
    parsers["restore"].add_argument("text", nargs="?", default="", help="the workaround")
    parsers["fixed"].add_argument("text", nargs="?", default="", help="what fixed it")
    for name in ("assign", "add"):
        parsers[name].add_argument("person")
        parsers[name].add_argument("text", nargs="?", default="", help="a note for her")
    parsers["release"].add_argument("person", nargs="?", default="", help="who has it from then on")
    parsers["note"].add_argument("text")
    parsers["priority"].add_argument("priority", choices=PRIORITIES)
    parsers["priority"].add_argument("text", nargs="?", default="", help="why")
    parsers["snooze"].add_argument("minutes", type=float, help="minutes, a day at most")
    parsers["merge"].add_argument("into", type=int, help="the number that stays")
    parsers["merge"].add_argument("text", nargs="?", default="", help="why")
    parsers["split"].add_argument("alert", type=_alert_number, nargs="?", default=0, metavar="a12")
    parsers["move"].add_argument("alert", type=_alert_number, metavar="a12")
    for name in ("resolve", "fixed", "note"):
        parsers[name].add_argument("--minutes", type=float, default=0.0, help="minutes worked")
    return list(parsers.values())


def _alert_number(text: str) -> int:
    """``a12``, as alerts are called in lists, or ``12``."""
    digits = text.removeprefix("a")
    if not (digits.isascii() and digits.isdigit()):
        raise argparse.ArgumentTypeError(f"expected an alert such as a12, got {text!r}")
    return int(digits)


if __name__ == "__main__":
    sys.exit(main())
