"""Our letters as they leave, and replies as they arrive."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from ingestd.channels import Letter
from ingestd.channels.letters import compose
from ingestd.channels.texts import Texts
from ingestd.decide.oncall import People
from ingestd.links import Grant, Links
from ingestd.model import ASKING, Changes, Message, Notification
from ingestd.replies import Letters
from ingestd.settings import ReplySettings
from tests.night import Night

DOMAIN = "trading.example"
OURS = f"ingestd <ingestd@{DOMAIN}>"
WEEK = 7 * 86400.0
TEXTS = Texts()
ZONE = ZoneInfo("Asia/Shanghai")


class Post:
    """What stands between an ingestd and its people. ``now``: the wall clock there."""

    def __init__(
        self,
        people: People,
        now: Callable[[], float],
        settings: ReplySettings | None = None,
        *,
        key: bytes = b"k" * 32,
        ours: str = OURS,
    ) -> None:
        self._people, self._settings, self._ours = people, settings or ReplySettings(), ours
        self._domain = ours.rpartition("@")[2].strip(">")
        self.links = Links(key, f"https://ingestd.{self._domain}", max_age=WEEK, now=now)
        self.letters = Letters(key, self.links, max_age=WEEK, now=now)

    def message_id(self, page: Notification, **other: object) -> str:
        """Of its letter; ``other``: what it would be of another incident, notification, person or time."""
        told = {"incident": page.incident, "notification": page.id, "person": page.person, "at": page.at} | other
        return self.letters.message_id(self._domain, **told)  # type: ignore[arg-type]

    def link(self, page: Notification) -> str:
        """The link in its letter; empty: it has none."""
        asks = page.kind in ASKING
        return (self.links.make(Grant(page.person, page.incident, page.id)) or "") if asks else ""

    def letter(self, page: Notification, *, language: str = "en", thread: str = "") -> bytes:
        """A page as its reader gets it."""
        words = TEXTS.write(page, language, self.link(page) or None, ZONE, answerable=page.kind in ASKING)
        letter = Letter(
            notification=page.id,
            incident=page.incident,
            kind=page.kind,
            to=self._people.persons[page.person].ways()[0].address,
            subject=words.subject,
            text=words.text,
            html=words.html,
            language=language,
            date=page.at,
            message_id=self.message_id(page),
            thread=thread,
        )
        return compose(letter, self._ours).as_bytes()

    def proven(self, raw: bytes, sender: str = "lin.hao@trading.example") -> Message:
        """A mail as it is committed; ``sender``: of its envelope."""
        message = Message(kind="mail", source="smtp", body=raw, sender=sender)
        return self.letters.proven(message, self._people, self._settings)


class NightPost(Post):
    """The post of a night, whose clock is the night's."""

    def __init__(self, night: Night, settings: ReplySettings | None = None) -> None:
        self._night, self._at = night, 0.0
        super().__init__(night.rules.people, lambda: night.begin + self._at, settings)

    def arrives(self, at: float, raw: bytes, sender: str = "lin.hao@trading.example") -> Changes:
        """A mail comes in, so many seconds after the beginning."""
        self._at = at
        return self._night.message(at, self.proven(raw, sender))
