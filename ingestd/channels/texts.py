"""Facts to words: one template a kind of notification and language; its first line is the subject."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ingestd.model import Facts, Notification

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = {"en": "en", "zh": "zh_CN"}  # a language's name begins with …: the folder of its templates
DEFAULT = "en"
LONGEST_SUBJECT = 180
#: Kinds whose text begins with the line that says it all.
ABOUT_INCIDENTS = frozenset({"open", "update", "end", "functional", "hierarchic", "last_resort"})


def language(name: str) -> str:
    """The folder of templates for ``zh_CN``, ``zh-Hans``, ``en_GB`` …; unknown languages read English."""
    return LANGUAGES.get(name.replace("-", "_").partition("_")[0].lower(), DEFAULT)


def render(
    notification: Notification, name: str, link: str | None, timezone: ZoneInfo, *, answerable: bool = False
) -> tuple[str, str]:
    """Subject and text for a person who reads language ``name`` in ``timezone``; ``link`` acknowledges.

    ``answerable``: an answer to it reaches us.
    """
    facts = notification.facts

    def clock(at: float) -> str:
        return _clock(at + facts.wall_offset, notification.at + facts.wall_offset, timezone)

    template = _environment().get_template(f"{language(name)}/{notification.kind}.txt.j2")
    text = template.render(f=facts, link=link or "", answerable=answerable, clock=clock, span=_span, hit=_hit(facts))
    subject, _, body = text.strip().partition("\n")
    return " ".join(subject.split())[:LONGEST_SUBJECT], body.strip() + "\n"


def title(notification: Notification, subject: str, text: str) -> str:
    """One line for small screens: the text's first, which says priority, what, who and since when, and the number."""
    if notification.kind not in ABOUT_INCIDENTS:
        return subject
    first, number = text.partition("\n")[0].strip() or subject, f"#{notification.incident}"
    return first if number in first else f"{first} ({number})"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Plain text for a mail: nothing to escape.
    return Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _clock(at: float, now: float, timezone: ZoneInfo) -> str:
    """The time of day, with the date when it is another day's."""
    then, today = datetime.fromtimestamp(at, timezone), datetime.fromtimestamp(now, timezone)
    return then.strftime("%H:%M" if then.date() == today.date() else "%Y-%m-%d %H:%M")


def _span(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h 20 min``: units that are read the same in every language."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _hit(facts: Facts) -> tuple[str, ...]:
    """Who feels it: departments, else services."""
    return facts.departments or facts.services
