"""Facts to words: one template a kind of notification and language, and one that makes the HTML part of the words.

A text's first line is its subject. A site may have templates of its own, which take the place of the shipped ones of
the same name: they run in a sandbox, and when one breaks the shipped one speaks. A page is never lost to its wording.

Templates rather than a catalogue of phrases: a line for a phone orders and cuts its parts as its language does, which
phrases put together in English order can't. A test proves that no shipped language lacks a text; a language that a site
adds is a folder, and whatever that lacks is said in English.
"""

import logging
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta
from msgspec import Struct

from ingestd.channels.markup import blocks
from ingestd.channels.sandbox import Bounded
from ingestd.model import ASKING, Before, Facts, Notification, Reason
from ingestd.problem import Refused

log = logging.getLogger("ingestd.texts")

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = {"en": "en", "zh": "zh_CN"}  # a language's name begins with …: the folder of its templates
DEFAULT = "en"
HTML = "letter.html.j2"
LONGEST_SUBJECT = 180
HEADLINE = 40  # columns of a title in the first line: who is hit still stands on a locked screen
ALONE = 60  # where nobody is known to be hit
PATHS = 3
LONGEST_REASON = 500  # characters that are looked through
#: Kinds whose text begins with the line that says it all.
ABOUT_INCIDENTS = frozenset({"open", "update", "end", "functional", "hierarchic", "last_resort"})
#: Of the bar at the top, dark enough for white words: by priority; what is over is green, all else grey.
COLOURS: Mapping[str, str] = {"P1": "#b3261e", "P2": "#b54708", "P3": "#1d5fc4", "P4": "#475467"}
OVER, PLAIN = "#067647", "#475467"
#: Words of a monitor that say less than their place takes: how bad it is stands before them, as the priority.
_NOISE = re.compile(
    r"(?<=: )(?:(?:PROBLEM|CRITICAL|WARNING|ERROR|DOWN|UNKNOWN)\s*[-:]\s*)?(?:\d{1,3}(?:\.\d{1,3}){3}\s*:\s*)?"
)
_CHAIN = re.compile(r"\S+(?: -> \S+)+")
_UNCLOSED = re.compile(r"\s*[（(\[【][^）)\]】]*$")
_GAPS = re.compile(r"\n{3,}")


class Written(Struct, frozen=True):
    """A notification in the words of one person."""

    subject: str
    title: str  # one line for small screens
    text: str
    html: str  # the same; "": there is only the text
    language: str = DEFAULT  # that it is written in: the folder of the template


class Texts:
    """All templates: the shipped ones, with a site's own (relative name -> text) over them."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        self._own = own or {}
        self._site = bounded(own) if own else None
        self._touched = touched(self._own)
        self._added = added(self._own)
        self._told: set[str] = set()

    def ready(self) -> Self:
        """Compile the shipped templates now: the first page need not wait for it."""
        for name in names():
            shipped().get_template(name)
        return self

    def write(
        self, notification: Notification, name: str, link: str | None, timezone: ZoneInfo, *, answerable: bool = False
    ) -> Written:
        """For a person who reads language ``name`` in ``timezone``.

        ``link`` acknowledges; ``answerable``: an answer by mail reaches us.
        """
        spoken = self.spoken(name)
        spoken = spoken if f"{spoken}/{notification.kind}.txt.j2" in self._own else language(spoken)
        values = values_of(notification, link, timezone, answerable=answerable)
        subject, text = self._rendered(f"{spoken}/{notification.kind}.txt.j2", values)
        heading = title(notification, subject, text)
        around = values | html_values(notification, spoken, subject, text, link)
        return Written(subject, heading, text, self._html(notification, around), spoken)

    def spoken(self, name: str) -> str:
        """The folder of templates for a language: the site's own, or a shipped one."""
        plain = name.replace("-", "_")
        return next((one for one in (plain, plain.partition("_")[0]) if one in self._added), language(name))

    def lacking(self, spoken: str) -> tuple[str, ...]:
        """The kinds of letters that a language has no template for; they are said in English."""
        return lacking(self._own, spoken) if spoken in self._added else ()

    def _html(self, notification: Notification, values: Mapping[str, Any]) -> str:
        try:
            return self._rendered(HTML, values)[1]
        except Exception:  # the text is what counts
            log.exception("notification %d goes out without its HTML part", notification.id)
            return ""

    def _rendered(self, name: str, values: Mapping[str, Any]) -> tuple[str, str]:
        """What a template makes of the values: the site's own, or if that fails the shipped one."""
        if self._site is not None and name in self._touched:
            try:
                return made(name, self._site.rendered(name, values))
            except Exception as error:  # whatever an admin's template may raise
                if name not in self._told:
                    self._told.add(name)
                    log.warning("the site's own %s broke, the shipped one is used: %s", name, _words(error))
        name = name if name in names() else f"{DEFAULT}/{name.partition('/')[2]}"
        return made(name, shipped().get_template(name).render(values))


def render(notification: Notification, name: str, link: str | None, timezone: ZoneInfo) -> tuple[str, str]:
    """Subject and text in the shipped words."""
    template = f"{language(name)}/{notification.kind}.txt.j2"
    values = values_of(notification, link, timezone, answerable=False)
    return made(template, shipped().get_template(template).render(values))


def last_time(one: Before, name: str, timezone: ZoneInfo) -> str:
    """A time that something happened, in one line of language ``name``."""
    values = {
        "f": Facts(number=one.number, priority=one.priority, title=one.title, state=""),
        "clock": lambda at: _clock(at, 0.0, timezone),
        "span": span,
    }
    words = shipped().get_template(f"{language(name)}/_first.txt.j2").make_module(values)
    return str(words.last(one))  # type: ignore[attr-defined]  # the macro


def values_of(notification: Notification, link: str | None, timezone: ZoneInfo, *, answerable: bool) -> dict[str, Any]:
    """What every template may use (docs/texts.md has the table)."""
    facts = notification.facts
    hit = facts.departments or facts.services

    def clock(at: float) -> str:
        return _clock(at + facts.wall_offset, notification.at + facts.wall_offset, timezone)

    return {
        "f": facts,
        "kind": notification.kind,
        "now": notification.at,
        "link": link or "",
        "answerable": answerable,
        "headline": short(facts.title, HEADLINE if hit or facts.people else ALONE),
        "hit": hit,
        "path": _path(facts.reasons),
        "clock": clock,
        "span": span,
        "short": short,
    }


def html_values(notification: Notification, spoken: str, subject: str, text: str, link: str | None) -> dict[str, Any]:
    """What the layout may use besides: the words that were made, in blocks."""
    first, _, rest = text.partition("\n")
    heading, body = (first, rest) if notification.kind in ABOUT_INCIDENTS else (subject, text)
    return {
        "language": spoken,
        "subject": subject,
        "heading": heading,
        "blocks": blocks(body, link or ""),
        "colour": _colour(notification),
    }


def language(name: str) -> str:
    """The folder of templates for ``zh_CN``, ``zh-Hans``, ``en_GB`` …; unknown languages read English."""
    return LANGUAGES.get(name.replace("-", "_").partition("_")[0].lower(), DEFAULT)


def title(notification: Notification, subject: str, text: str) -> str:
    """One line for small screens: the text's first, which says priority, what, who and since when, and the number."""
    if notification.kind not in ABOUT_INCIDENTS:
        return subject
    first, number = text.partition("\n")[0].strip() or subject, f"#{notification.incident}"
    return first if number in first else f"{first} ({number})"


def short(text: str, columns: int = HEADLINE) -> str:
    """The gist of a title in so many columns (a Chinese character takes two), cut between words where it can be."""
    said = _NOISE.sub("", " ".join(text.split()), count=1)
    if _width(said) <= columns:
        return said
    kept, room = "", columns - 1
    for sign in said:
        room -= _width(sign)
        if room < 0:
            break
        kept += sign
    whole = kept if said[len(kept)] == " " else kept.rpartition(" ")[0]
    kept = whole if len(whole) * 2 > len(kept) else kept
    return (_UNCLOSED.sub("", kept).rstrip(" ,;:-，；：") or kept) + "…"


def span(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h 20 min``: units that are read the same in every language."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


#: What templates may use besides what Jinja brings.
FILTERS = {"short": short}


def invites(notification: Notification) -> bool:
    """Whether a letter has something to answer: it pages, lists what is to be taken, or asks what fixed it."""
    asked = any(one.what == "what_fixed" for one in notification.facts.news)
    return notification.kind in ASKING or notification.kind == "list" or asked


# -- templates


@cache
def shipped() -> Environment:
    """The shipped templates, compiled once."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=is_html,  # noqa: S701  (a plain text has nothing to escape)
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= FILTERS
    return environment


def bounded(own: Mapping[str, str]) -> Bounded:
    """A site's own templates over the shipped ones."""
    return Bounded(own, TEMPLATES, FILTERS)


def is_html(name: str | None) -> bool:
    """Whether a template's values are escaped."""
    return name is not None and name.endswith(".html.j2")


@cache
def names() -> frozenset[str]:
    """The shipped templates by their names."""
    return frozenset(shipped().list_templates(extensions=("j2",)))


def uses(name: str, source: str) -> frozenset[str]:
    """The templates that one extends, includes or imports, as far as it names them; TemplateSyntaxError: it is none."""
    found = meta.find_referenced_templates(shipped().parse(source, name))
    return frozenset(one for one in found if one is not None)


def touched(own: Mapping[str, str]) -> frozenset[str]:
    """The templates that a site's own take part in: themselves, and the shipped ones that use them."""
    found = set(own)
    if not own:
        return frozenset()
    while True:
        more = {name for name in names() - found if _shipped_uses(name) & found}
        if not more:
            return frozenset(found)
        found |= more


@cache
def _shipped_uses(name: str) -> frozenset[str]:
    return uses(name, (TEMPLATES / name).read_text("utf-8"))


def added(own: Mapping[str, str]) -> frozenset[str]:
    """The languages that a site adds: folders with a template of a shipped name."""
    parted = (name.partition("/") for name in own)
    return frozenset(folder for folder, _, name in parted if name in _names_in(DEFAULT)) - set(LANGUAGES.values())


def lacking(own: Mapping[str, str], spoken: str) -> tuple[str, ...]:
    """The kinds of letters that an added language has no template for."""
    kinds = (name.partition(".")[0] for name in _names_in(DEFAULT) if not name.startswith("_"))
    return tuple(sorted(kind for kind in kinds if f"{spoken}/{kind}.txt.j2" not in own))


def may_be_named(own: Mapping[str, str]) -> frozenset[str]:
    """All names under which a template of a site's is found: the shipped ones, in the languages that it adds, too."""
    return names() | {f"{folder}/{name}" for folder in added(own) for name in _names_in(DEFAULT)}


@cache
def _names_in(folder: str) -> frozenset[str]:
    return frozenset(one.removeprefix(f"{folder}/") for one in names() if one.startswith(f"{folder}/"))


# -- words


def made(name: str, text: str) -> tuple[str, str]:
    """The subject and the text that a template made; of a layout all of it. Refused: it says nothing."""
    if is_html(name):
        if not text.strip():
            raise Refused("it says nothing")
        return "", text
    subject, _, body = text.strip().partition("\n")
    one_line, rest = " ".join(subject.split())[:LONGEST_SUBJECT], _GAPS.sub("\n\n", body).strip()
    if not one_line or not rest:
        raise Refused("it says nothing: expected a subject in the first line, then the text")
    return one_line, rest + "\n"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _path(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    """By which dependencies the cause explains the rest, "mail-1 -> sw-1": the last that were found."""
    found = (_CHAIN.search(one.text[:LONGEST_REASON]) for one in reasons if one.stage == "correlate")
    return tuple(dict.fromkeys(one[0].rstrip(",;:") for one in found if one))[-PATHS:]


def _colour(notification: Notification) -> str:
    if notification.kind not in ABOUT_INCIDENTS | {"list"}:
        return PLAIN
    return OVER if notification.kind == "end" else COLOURS[notification.facts.priority]


def _clock(at: float, now: float, timezone: ZoneInfo) -> str:
    """The time of day, with the date when it is another day's."""
    then, today = datetime.fromtimestamp(at, timezone), datetime.fromtimestamp(now, timezone)
    return then.strftime("%H:%M" if then.date() == today.date() else "%Y-%m-%d %H:%M")


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
