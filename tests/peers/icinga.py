"""An Icinga 2 of our own with the notification scripts that it ships; its check results come through its command pipe."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.peers.mailer import Mailer
from tests.peers.nagios import ADDRESS, ALERTS, HOST, SERVICE, CommandFile, account_of_monitors
from tests.peers.site import peer, until

PROGRAM = ("icinga2", "Icinga 2", "icinga2-bin")
SHIPPED = Path("/etc/icinga2")
NEEDED = ("conf.d/commands.conf", "conf.d/templates.conf", "conf.d/timeperiods.conf", "scripts")
HOST_CALLED, SERVICE_CALLED = (
    "Mail server of sales",
    "Mails that wait",
)  # display names: in its subjects, not its bodies

CONF = """
const PluginDir = "/usr/lib/nagios/plugins"
const ZoneName = NodeName
object Endpoint NodeName {{
}}
object Zone ZoneName {{
  endpoints = [ NodeName ]
}}
include <itl>
include "{shipped}/conf.d/commands.conf"
include "{shipped}/conf.d/templates.conf"
include "{shipped}/conf.d/timeperiods.conf"
object ExternalCommandListener "command" {{
  command_path = "{home}/commands"
}}
object NotificationComponent "notification" {{
}}
object CheckerComponent "checker" {{
}}
object User "ingestd" {{
  email = "{alerts}"
}}
object Host "{host}" {{
  check_command = "dummy"
  display_name = "{host_called}"
  address = "{address}"
  enable_active_checks = false
  max_check_attempts = 1
}}
object Service "{service}" {{
  host_name = "{host}"
  check_command = "dummy"
  display_name = "{service_called}"
  enable_active_checks = false
  max_check_attempts = 1
}}
object Notification "host-mail" {{
  import "mail-host-notification"
  host_name = "{host}"
  users = [ "ingestd" ]
  interval = 0
}}
object Notification "service-mail" {{
  import "mail-service-notification"
  host_name = "{host}"
  service_name = "{service}"
  users = [ "ingestd" ]
  interval = 0
}}
"""
FOLDERS = {"DataDir": "data", "LogDir": "logs", "CacheDir": "cache", "SpoolDir": "spool", "InitRunDir": "run"}


def needed() -> None:
    """Skip the test where no Icinga 2 can be started."""
    peer(*PROGRAM)
    if missing := [name for name in NEEDED if not (SHIPPED / name).exists()]:
        pytest.skip(f"{SHIPPED}/{missing[0]} is missing: apt-get install icinga2-common")


class Icinga:
    """One host with one service, both told of by mail; ``port`` is where its mails go."""

    def __init__(self, port: int) -> None:
        # Not pytest's folder: its parents are closed to Icinga's own account.
        self.home = Path(tempfile.mkdtemp(prefix="ingestd-icinga-"))
        self.home.chmod(0o755)
        self.mailer = Mailer(self.home / "mailer", port)
        self.commands = CommandFile(self.home / "commands")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes commands."""
        self._write()
        account, group = account_of_monitors()
        settings = {name: str(self.home / folder) for name, folder in FOLDERS.items()}
        settings |= {"PidPath": f"{self.home}/pid", "RunAsUser": str(account), "RunAsGroup": str(group)}
        defined = [word for name, value in settings.items() for word in ("-D", f"Configuration.{name}={value}")]
        found = {**os.environ, "PATH": f"{self.mailer.command.parent}:{os.environ['PATH']}"}
        with (self.home / "log").open("wb") as said:
            command = [peer(*PROGRAM), "daemon", "-c", str(self.home / "icinga2.conf"), *defined]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=found, start_new_session=True
            )
        try:
            until(self.commands.is_read, "Icinga 2 to start")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from error

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)  # of its own session
                self._process.wait()
        self.mailer.stop()
        shutil.rmtree(self.home, ignore_errors=True)  # its processes may still be ending

    @property
    def log(self) -> str:
        return (self.home / "log").read_text("utf-8", "replace")

    def _write(self) -> None:
        account, group = account_of_monitors()
        conf = CONF.format(
            shipped=SHIPPED,
            home=self.home,
            alerts=ALERTS,
            host=HOST,
            host_called=HOST_CALLED,
            address=ADDRESS,
            service=SERVICE,
            service_called=SERVICE_CALLED,
        )
        (self.home / "icinga2.conf").write_text(conf, "utf-8")
        for folder in FOLDERS.values():
            (self.home / folder).mkdir()
        if os.geteuid() == 0:
            for path in (self.home, *(self.home / folder for folder in FOLDERS.values())):
                shutil.chown(path, account, group)
