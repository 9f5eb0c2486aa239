"""What a site says of a mailbox, and the secrets that are read anew at each login."""

import ipaddress
import os
import re
import subprocess
from pathlib import Path
from typing import Literal

from msgspec import Struct

from ingestd.yamltypes import Duration

MOST_BATCH = 200  # mails at a time; a start looks back over as many
COMMAND_PATIENCE = 30.0  # seconds for a token_command
PORTS = {"implicit": 993, "starttls": 143, "none": 143}


class OAuth2(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the access token of XOAUTH2 comes from: a file that something else keeps fresh, or a command."""

    token_file: str = ""  # holds the token and nothing else
    token_command: tuple[str, ...] = ()  # program and arguments; prints the token


class ImapSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of ``imap`` of the site file: a mailbox to read."""

    name: str  # the source's name: letters, digits, '.', '_' and '-'
    host: str
    port: int = 0  # 0: 993, or 143 without implicit TLS
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    insecure: bool = False  # allows tls: none to another machine
    ca_file: str = ""  # PEM of who signed the server's certificate, if the system doesn't know it
    user: str
    password: str = ""
    password_file: str = ""
    password_env: str = ""  # name of an environment variable
    oauth2: OAuth2 | None = None  # in place of a password
    mailbox: str = "INBOX"
    seen: Literal["seen", "move", "leave", "delete"] = "seen"  # what is done with a mail that was kept
    move_to: str = ""  # mailbox for "move"; made if it is not there
    poll: Duration = Duration(60)  # the longest time between two looks, with IDLE too
    idle: bool = True  # let the server tell at once, if it can
    since: Duration = Duration(3600)  # at the first contact: how old a mail is read at all
    news: Duration = Duration(86400)  # a mail older than this is kept and pages nobody
    batch: int = 200  # mails at a time, 200 at most
    size_limit: int = 32 * 1024 * 1024  # octets; of a larger mail only ``head`` is fetched
    head: int = 1024 * 1024  # octets that are fetched of a mail over size_limit
    timeout: Duration = Duration(60)  # for any answer of the server
    trouble_after: Duration = Duration(300)  # of failure, until somebody is told


def imap_problem(settings: ImapSettings) -> tuple[str, str] | None:
    """The key of a setting that can't be, and why; None: all is well."""
    ways = [settings.password or settings.password_file, settings.password_env, settings.oauth2]
    tokens = settings.oauth2 and [settings.oauth2.token_file, settings.oauth2.token_command]
    checks = (
        ("name", not re.fullmatch(r"[A-Za-z0-9._-]+", settings.name), "expected letters, digits, '.', '_' and '-'"),
        (
            "tls",
            settings.tls == "none" and not settings.insecure and not _loopback(settings.host),
            "the password would cross the network in the open: expected implicit or starttls, or insecure: true",
        ),
        ("user", sum(map(bool, ways)) != 1, "expected one of password, password_file, password_env and oauth2"),
        ("oauth2", tokens and sum(map(bool, tokens)) != 1, "expected token_file or token_command"),
        ("move_to", (settings.seen == "move") != bool(settings.move_to), "goes with seen: move, and only with it"),
        ("move_to", settings.move_to == settings.mailbox, "expected another mailbox than the one that is read"),
        ("batch", not 1 <= settings.batch <= MOST_BATCH, f"expected 1 to {MOST_BATCH}"),
        ("poll", settings.poll < 1, "expected at least 1s"),
        ("timeout", settings.timeout <= 0, "expected some seconds"),
        ("head", not 0 < settings.head <= settings.size_limit, "expected at most size_limit"),
    )
    return next(((key, text) for key, wrong, text in checks if wrong), None)


def port_of(settings: ImapSettings) -> int:
    """The port to connect to."""
    return settings.port or PORTS[settings.tls]


def password_of(settings: ImapSettings) -> str:
    """The password as it is now; ValueError or OSError: there is none."""
    if settings.password_file:
        return Path(settings.password_file).read_text("utf-8").strip()
    if settings.password_env:
        if settings.password_env not in os.environ:
            raise ValueError(f"there is no environment variable {settings.password_env}")
        return os.environ[settings.password_env]
    return settings.password


def token_of(oauth2: OAuth2) -> str:
    """The access token as it is now; ValueError or OSError: there is none."""
    if oauth2.token_file:
        return _some(Path(oauth2.token_file).read_text("utf-8"), oauth2.token_file)
    try:
        ran = subprocess.run(  # noqa: S603  (the admin's own words, no shell)
            oauth2.token_command, capture_output=True, stdin=subprocess.DEVNULL, timeout=COMMAND_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"{oauth2.token_command[0]} did not end in {COMMAND_PATIENCE:.0f} s") from None
    if ran.returncode:
        said = ran.stderr.decode("utf-8", "replace").strip()[-200:]
        raise ValueError(f"{oauth2.token_command[0]} ended with status {ran.returncode}: {said}")
    return _some(ran.stdout.decode("utf-8", "replace"), oauth2.token_command[0])


def _some(text: str, where: str) -> str:
    if not text.strip():
        raise ValueError(f"{where} gives no token")
    return text.strip()


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
