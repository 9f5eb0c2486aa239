"""What is said on one SMTP connection (RFC 5321), and what is answered.

Each command is a row of ``COMMANDS``, obeyed as it arrives. Only a commit, a login and STARTTLS take time.
"""

import asyncio
import logging
import math
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from ingestd.intake.fairness import Room
from ingestd.intake.smtpauth import MECHANISMS, Admitted, Credentials, Porter, credentials, decoded
from ingestd.intake.smtpcommands import SYNTAX, VALUES, CommandRefused, SyntaxRefused, recipient, sender, text, wrong
from ingestd.intake.smtpread import NO_ROOM, TOO_LARGE, Reading
from ingestd.intake.smtpwire import TOO_LONG, Wire
from ingestd.model import Message, StoreUnavailable

if TYPE_CHECKING:
    from ingestd.intake.smtp import SmtpIntake

log = logging.getLogger("ingestd.intake.smtp")

MOST_RECIPIENTS = 1000
MOST_FAILURES = 5  # logins on one connection
LONGEST_COMMAND = 2048  # characters; long addresses and parameters fit. A login's may be longer
PATIENCE = 20  # commands that are not written as they must be, on one connection
NONSENSE = 4  # what an unknown command costs of it: five of them are a browser, say, and no mail client
OURS = "451 4.3.0 internal error, try again later"
WITHOUT_LOGIN = ("BODY", "SIZE", "SMTPUTF8")  # parameters of MAIL where nobody logs in: none says who wrote it
SAFE = ("EHLO", "NOOP", "QUIT", "STARTTLS")  # what may be said before STARTTLS where it is required (RFC 3207, 4)


class Connection(Wire):
    """One client."""

    __slots__ = (
        "_commands",
        "_extended",
        "_failures",
        "_greeted",
        "_intake",
        "_keeping",
        "_logged_in",
        "_mail",
        "_patience",
        "_recipients",
        "_sender",
        "_size",
        "_stranger",
        "since",
    )

    greeting: ClassVar[str] = "ESMTP ingestd"
    hello: ClassVar[str] = "EHLO"
    commands: ClassVar["Mapping[str, Obey]"]

    def __init__(self, intake: "SmtpIntake") -> None:
        super().__init__(intake.timeout)
        self._intake = intake
        self.since = self.loop.time()
        self._commands = COMMANDS_IN_THE_OPEN if intake.settings.require_tls else self.commands
        self._patience = PATIENCE
        self._failures = 0  # of its logins
        self._logged_in = False
        self._stranger = True  # it must log in before it sends
        self._greeted = self._extended = False  # by HELO or EHLO; by EHLO
        self._sender: str | None = None  # None: no MAIL yet
        self._size = 0  # what MAIL said
        self._recipients: list[str] = []
        self._mail: Reading | None = None  # after DATA
        self._keeping = False

    # -- life
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it in, and greet it or send it away."""
        super().connection_made(transport)
        intake = self._intake
        intake.connections.add(self)
        intake.doors.enter(self.peer)
        refusal = intake.turned_away(self.peer)
        if refusal is not None:
            self._hang_up(refusal)
            return
        self._stranger = intake.must_log_in(self.peer)
        self._said.append(f"220 {intake.settings.hostname} {self.greeting}")
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out, once: after a failed STARTTLS it may be lost twice."""
        super().connection_lost(error)
        if self._mail is not None:
            self._mail.room.free()
        if self in self._intake.connections:
            self._intake.connections.discard(self)
            self._intake.doors.leave(self.peer)

    @property
    def busy(self) -> bool:
        """Its mail is being committed, or it is leaving."""
        return self._keeping or self._over

    def dismiss(self) -> None:
        """Hang up politely: we are stopping, or somebody else needs the place."""
        self._hang_up("421 4.3.2 stopping or too busy, try again later")

    # -- commands
    def _step(self) -> bool:
        if self._mail is not None:
            self._read(self._mail)
            return True
        line = self._line()
        if line is None:
            return False
        if self._asked is not None:
            self._hear(line)
        else:
            self._obey(line)
        return True

    def _obey(self, line: str) -> None:
        verb, _, argument = line.partition(" ")
        try:
            self._command(line, verb)(self, argument.strip())
        except SyntaxRefused as error:
            self._lose_patience(str(error), 1)
        except CommandRefused as error:
            self._said.append(str(error))
        except Exception as error:
            self._said.append(self._failed(error))

    def _command(self, line: str, verb: str) -> "Obey":
        found = self._commands.get(verb) or self._commands.get(verb.upper())
        if line == TOO_LONG or (len(line) > LONGEST_COMMAND and found is not Connection._auth):
            raise SyntaxRefused("500 5.5.2 the line is too long")
        if "\r" in line or "\0" in line:
            raise SyntaxRefused("500 5.5.2 a line ends with CR LF, and there is neither CR nor NUL in it")
        return found or Connection._unknown

    def _unknown(self, _argument: str) -> None:
        self._lose_patience("500 5.5.1 there is no such command", NONSENSE)

    def _seal_first(self, _argument: str) -> None:
        raise CommandRefused("530 5.7.0 STARTTLS first")

    def _lose_patience(self, reply: str, cost: int) -> None:
        self._patience -= cost
        if self._patience > 0:
            self._said.append(reply)
        else:
            log.warning("mail connection from %s closed: too many commands that are none", self.peer)
            self._intake.count_refused(self._intake.source, 421)
            self._hang_up("421 4.7.0 too many errors, good bye")

    def _failed(self, error: Exception) -> str:
        """Our own fault is temporary, whatever it is: the sender keeps the mail."""
        log.error("mail connection failed", exc_info=error)
        self._intake.count_refused(self._intake.source, 451)
        return OURS

    def _helo(self, argument: str) -> None:
        if not argument:
            raise wrong("HELO")
        self._forget()
        self._greeted, self._extended = True, False
        self._said.append(f"250 {self._intake.settings.hostname}")

    def _ehlo(self, argument: str) -> None:
        if not argument:
            raise wrong(self.hello)
        self._forget()
        self._greeted = self._extended = True
        self._said.append(self._intake.offers[self._sealed])

    def _noop(self, _argument: str) -> None:
        self._said.append("250 2.0.0 OK")

    def _rset(self, argument: str) -> None:
        if argument:
            raise wrong("RSET")
        self._forget()
        self._said.append("250 2.0.0 OK")

    def _quit(self, argument: str) -> None:
        if argument:
            raise wrong("QUIT")
        self._hang_up("221 Bye")

    def _help(self, argument: str) -> None:
        if not argument:
            self._said.append(f"214 2.0.0 Commands: {' '.join(sorted(self._commands))}")
        elif argument.upper() in self._commands:
            self._said.append(f"214 2.0.0 Syntax: {SYNTAX[argument.upper()]}")
        else:
            raise SyntaxRefused("504 5.5.4 there is no such command")

    def _vrfy(self, argument: str) -> None:
        self._expect_login()
        if not argument:
            raise wrong("VRFY")
        self._said.append("252 2.1.5 nobody is looked up here; send the mail")

    # -- the envelope
    def _forget(self) -> None:
        """What was said of a mail (RFC 5321, 4.1.1.5)."""
        self._sender, self._size = None, 0
        self._recipients = []

    def _expect_login(self) -> None:
        if self._stranger:
            raise CommandRefused("530 5.7.0 authentication required")

    def _expect(self, said: object, otherwise: str) -> None:
        """Commands have an order (RFC 5321, 4.1.4)."""
        if not self._greeted:
            raise CommandRefused(f"503 5.5.1 {self.hello} first")
        self._expect_login()
        if not said:
            raise CommandRefused(f"503 5.5.1 {otherwise}")

    def _mail_from(self, argument: str) -> None:
        self._expect(self._sender is None, "a mail was begun already")
        given = sender(argument, self._parameters())
        if given.size > self._intake.settings.size_limit:
            raise CommandRefused(TOO_LARGE)
        if not self._intake.may_send(given.address):
            self._intake.count_refused(self._intake.source, 550)
            log.warning("mail from %s with the sender %s refused: not in allowed_senders", self.peer, given.address)
            raise CommandRefused("550 5.7.1 this sender may not send mail here")
        self._sender, self._size = given.address, given.size
        self._said.append("250 2.1.0 OK")

    def _parameters(self) -> tuple[str, ...]:
        if not self._extended:
            return ()
        return tuple(VALUES) if self._intake.porter is not None else WITHOUT_LOGIN

    def _rcpt_to(self, argument: str) -> None:
        self._expect(self._sender is not None, "MAIL first")
        address = recipient(argument)
        domain = address.rpartition("@")[2] if "@" in address else ""
        if self._intake.domains and domain and domain.casefold().rstrip(".") not in self._intake.domains:
            self._intake.count_refused(self._intake.source, 550)
            log.warning("mail from %s for %s refused: not one of our domains", self.peer, address)
            raise CommandRefused("550 5.7.1 relaying denied")
        if len(self._recipients) >= MOST_RECIPIENTS:
            raise CommandRefused("452 4.5.3 too many recipients")
        self._recipients.append(address)
        self._said.append("250 2.1.5 OK")

    # -- the mail
    def _data(self, argument: str) -> None:
        self._expect(self._recipients, "RCPT first")
        if argument:
            raise wrong("DATA")
        settings = self._intake.settings
        room = self._intake.memory.room(self.peer)
        if not room.grow(self._size):
            self._intake.count_refused(self._intake.source, 452)
            raise CommandRefused(NO_ROOM)
        self._mail = Reading(settings.size_limit, settings.header_limit, room)
        self._latest = self.loop.time() + self._intake.data_timeout
        self._said.append("354 End data with <CR><LF>.<CR><LF>")

    def _read(self, mail: Reading) -> None:
        if not mail.feed(self._buffer):
            return
        self._mail, self._latest = None, math.inf
        if mail.refusal:
            self._intake.count_refused(self._intake.source, int(mail.refusal[:3]))
            self._answer(mail.refusal)
        else:
            self._keeping = True
            self._start(self._keep(self._message(mail.content()), mail.room))

    def _message(self, body: bytes) -> Message:
        return Message(
            kind="mail",
            source=self._intake.source,
            body=body,
            received=self._intake.clock(),
            peer=self.peer,
            sender=self._sender or "",
            recipients=tuple(self._recipients),
        )

    async def _keep(self, message: Message, room: Room) -> None:
        """Commit, then 250."""
        with room:
            status = await self._kept(message)
        self._keeping, self.since = False, self.loop.time()
        self._answer(status)
        self._done()

    async def _kept(self, message: Message) -> str:
        try:
            return f"250 2.0.0 kept as {await self._intake.keep(message)}"
        except StoreUnavailable as error:
            log.warning("mail from %s put off: %s", self.peer, error)
            self._intake.count_refused(self._intake.source, 451)
            return "451 4.3.0 can't keep the mail now, try again later"
        except Exception as error:
            return self._failed(error)

    def _answer(self, status: str) -> None:
        """Say what became of the mail."""
        self._said.append(status)
        self._forget()

    # -- who it is
    def _starttls(self, argument: str) -> None:
        if argument:
            raise wrong("STARTTLS")
        if self._sealed:
            raise CommandRefused("503 5.5.1 there is TLS already")
        if self._intake.tls is None:
            raise CommandRefused("454 4.7.0 there is no TLS here")
        self._said.append("220 2.0.0 go on with TLS")
        self._buffer.clear()  # what was said in the open behind it never counts (RFC 3207, 6)
        self._sealing = True
        self._greeted = self._logged_in = False  # nor does what was said before (RFC 3207, 4.2)
        self._stranger = self._intake.must_log_in(self.peer)
        self._forget()
        self._commands = self.commands
        self._start(self._seal(self._intake.tls))

    def _auth(self, argument: str) -> None:
        """Let a user in (RFC 4954)."""
        words = argument.split()
        if not self._greeted:
            raise CommandRefused(f"503 5.5.1 {self.hello} first")
        if self._intake.porter is None:
            raise CommandRefused("502 5.5.1 there are no logins here")
        if not self._intake.logins_offered(self._sealed):
            raise CommandRefused("538 5.7.11 encryption is required: STARTTLS first")
        if self._logged_in or self._sender is not None:
            raise CommandRefused("503 5.5.1 already logged in, or in the middle of a mail")
        if not 1 <= len(words) <= 2:
            raise wrong("AUTH")
        if words[0].upper() not in MECHANISMS:
            raise SyntaxRefused(f"504 5.5.4 expected one of {', '.join(MECHANISMS)}")
        self._start(self._log_in(self._intake.porter, words[0].upper(), words[1] if len(words) == 2 else None))

    async def _log_in(self, porter: Porter, mechanism: str, first: str | None) -> None:
        try:
            given = await credentials(mechanism, first, self._answered)
            self._admit(given, "no" if given is None else await porter.admit(self.peer, given))
        except SyntaxRefused as error:
            self._lose_patience(str(error), 1)
        except Exception as error:
            self._said.append(self._failed(error))
        self._done()

    async def _answered(self, challenge: str) -> bytes | None:
        """What the client says to a challenge, decoded. None: it gave up."""
        line = await self._ask(f"334 {challenge}")
        if line == TOO_LONG:
            raise SyntaxRefused("500 5.5.6 the answer is too long")
        return None if line.strip() == "*" else decoded(line.strip().encode("ascii", "replace"))

    def _admit(self, given: Credentials | None, admitted: Admitted) -> None:
        if given is None:
            raise SyntaxRefused("501 5.7.0 broken off")
        if admitted == "yes":
            self._logged_in, self._stranger = True, False
            self._said.append("235 2.7.0 welcome")
        elif admitted == "busy":
            self._intake.count_refused(self._intake.source, 454)
            self._said.append("454 4.7.0 too many logins at once, try again later")
        else:
            self._refuse_login(given)

    def _refuse_login(self, given: Credentials) -> None:
        self._failures += 1
        self._intake.count_refused(self._intake.source, 535)
        log.warning("login from %s as %s refused", self.peer, text(os.fsencode(given.name)))
        if self._failures < MOST_FAILURES:
            self._said.append("535 5.7.8 name or password are wrong")
        else:
            self._hang_up("421 4.7.0 too many failed logins")


Obey = Callable[[Connection, str], None]  # with what stands behind the command

COMMANDS: Mapping[str, Obey] = {
    "AUTH": Connection._auth,
    "DATA": Connection._data,
    "EHLO": Connection._ehlo,
    "HELO": Connection._helo,
    "HELP": Connection._help,
    "MAIL": Connection._mail_from,
    "NOOP": Connection._noop,
    "QUIT": Connection._quit,
    "RCPT": Connection._rcpt_to,
    "RSET": Connection._rset,
    "STARTTLS": Connection._starttls,
    "VRFY": Connection._vrfy,
}
COMMANDS_IN_THE_OPEN: Mapping[str, Obey] = {
    name: obey if name in SAFE else Connection._seal_first for name, obey in COMMANDS.items()
}
Connection.commands = COMMANDS
