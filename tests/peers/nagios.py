"""A Nagios 4 of our own with Debian's notification commands. Check results are handed to it through its command file."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.peers.mailer import Mailer
from tests.peers.site import peer, until

PROGRAM = ("nagios4", "Nagios 4", "nagios4-core")
COMMANDS = Path("/etc/nagios4/objects/commands.cfg")  # as Debian ships it
ACCOUNT = "nagios"  # what it becomes if root starts it
ALERTS = "alerts@ingestd.trading.example"
HOST, ADDRESS, ALIAS = "sales-mail", "10.20.1.11", "sales-mail.trading.example"
SERVICE = "Mail queue"

CONF = """
log_file={home}/log
cfg_file={home}/commands.cfg
cfg_file={home}/objects.cfg
object_cache_file={home}/objects.cache
status_file={home}/status.dat
temp_file={home}/temp
temp_path={home}
check_result_path={home}/results
command_file={home}/nagios.cmd
lock_file={home}/pid
query_socket={home}/nagios.qh
nagios_user={account}
nagios_group={group}
check_external_commands=1
accept_passive_host_checks=1
accept_passive_service_checks=1
execute_host_checks=0
execute_service_checks=0
check_result_reaper_frequency=1
enable_notifications=1
enable_flap_detection=0
retain_state_information=0
check_for_updates=0
use_syslog=0
log_external_commands=1
log_notifications=1
illegal_macro_output_chars=`~$&|'"<>
"""
OBJECTS = """
define timeperiod {{
  timeperiod_name always
  alias           always
  monday          00:00-24:00
  tuesday         00:00-24:00
  wednesday       00:00-24:00
  thursday        00:00-24:00
  friday          00:00-24:00
  saturday        00:00-24:00
  sunday          00:00-24:00
}}
define command {{
  command_name nothing
  command_line /bin/true
}}
define contact {{
  contact_name                  ingestd
  email                         {alerts}
  host_notification_period      always
  service_notification_period   always
  host_notification_options     d,u,r,f,s
  service_notification_options  w,u,c,r,f,s
  host_notification_commands    notify-host-by-email
  service_notification_commands notify-service-by-email
}}
define host {{
  host_name              {host}
  alias                  {alias}
  address                {address}
  check_command          nothing
  max_check_attempts     1
  passive_checks_enabled 1
  notification_period    always
  notification_options   d,u,r,f,s
  notification_interval  0
  contacts               ingestd
}}
define service {{
  host_name              {host}
  service_description    {service}
  check_command          nothing
  max_check_attempts     1
  passive_checks_enabled 1
  check_interval         60
  retry_interval         1
  check_period           always
  notification_period    always
  notification_options   w,u,c,r,f,s
  notification_interval  0
  contacts               ingestd
}}
"""
STATES = {"UP": 0, "DOWN": 1, "OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}


class CommandFile:
    """The named pipe through which Nagios, and Icinga after it, take check results and people's commands."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def host(self, state: str, output: str) -> None:
        self.say("PROCESS_HOST_CHECK_RESULT", HOST, STATES[state], output)

    def service(self, state: str, output: str) -> None:
        self.say("PROCESS_SERVICE_CHECK_RESULT", HOST, SERVICE, STATES[state], output)

    def acknowledge_service(self, author: str, comment: str) -> None:
        self.say("ACKNOWLEDGE_SVC_PROBLEM", HOST, SERVICE, 1, 1, 0, author, comment)

    def service_downtime(self, seconds: int, author: str, comment: str) -> None:
        now = int(time.time())
        self.say("SCHEDULE_SVC_DOWNTIME", HOST, SERVICE, now, now + seconds, 1, 0, seconds, author, comment)

    def custom_notification(self, author: str, comment: str) -> None:
        self.say("SEND_CUSTOM_SVC_NOTIFICATION", HOST, SERVICE, 0, author, comment)

    def say(self, *words: str | int) -> None:
        line = f"[{int(time.time())}] {';'.join(map(str, words))}\n".encode()
        pipe = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)  # fails if nobody reads
        try:
            os.write(pipe, line)
        finally:
            os.close(pipe)

    def is_read(self) -> bool:
        try:
            os.close(os.open(self._path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True


def needed() -> None:
    """Skip the test where no Nagios can be started."""
    peer(*PROGRAM)
    if not COMMANDS.exists():
        pytest.skip(f"{COMMANDS} is missing: apt-get install nagios4-common")


class Nagios:
    """One host with one service, both told of by mail; ``port`` is where its mails go."""

    def __init__(self, port: int) -> None:
        # Not pytest's folder: its parents are closed to Nagios's own account.
        self.home = Path(tempfile.mkdtemp(prefix="ingestd-nagios-"))
        self.home.chmod(0o755)
        self.mailer = Mailer(self.home / "mailer", port)
        self.commands = CommandFile(self.home / "nagios.cmd")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes commands."""
        self._write()
        with (self.home / "start.log").open("wb") as said:
            command = [peer(*PROGRAM), str(self.home / "nagios.cfg")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            until(self.commands.is_read, "Nagios to start")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(self.home / 'start.log').read_text()}{self.log}") from error

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.mailer.stop()
        shutil.rmtree(self.home, ignore_errors=True)  # its processes may still be ending

    @property
    def log(self) -> str:
        path = self.home / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _write(self) -> None:
        shipped = COMMANDS.read_text("utf-8")
        assert "/usr/bin/mail " in shipped, "Debian's notification commands call mail"
        ours = shipped.replace("/usr/bin/mail ", f"{self.mailer.command} ")
        objects = OBJECTS.format(alerts=ALERTS, host=HOST, alias=ALIAS, address=ADDRESS, service=SERVICE)
        account, group = account_of_monitors()
        (self.home / "commands.cfg").write_text(ours, "utf-8")
        (self.home / "objects.cfg").write_text(objects, "utf-8")
        (self.home / "nagios.cfg").write_text(CONF.format(home=self.home, account=account, group=group), "utf-8")
        (self.home / "results").mkdir()
        if os.geteuid() == 0:
            for path in (self.home, self.home / "results"):
                shutil.chown(path, account, group)


def account_of_monitors() -> tuple[str | int, str | int]:
    """The account and group that a monitor runs under: its package's own if root starts it, else ours."""
    return (ACCOUNT, ACCOUNT) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
