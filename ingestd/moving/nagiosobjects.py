"""Object files of Nagios as far as they say who is told: every definition with its templates, and the downtimes.

Lines, continuations, comments, included files and inheritance are read as ``topology import nagios`` reads them.
Format: "Object Definitions" and "Time Periods" of the Nagios Core manual; status.dat and retention.dat as Nagios writes
them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from ingestd.inventory import nagios
from ingestd.inventory.files import Text, texts
from ingestd.inventory.found import At
from ingestd.moving.source import LONGEST, Part, clean, words
from ingestd.problem import ConfigError, Problem

KEPT = words("contact contactgroup timeperiod serviceescalation hostescalation host hostgroup service")
#: Other spellings of a directive.
SPELLINGS = {
    "contactgroups_name": "contactgroup_name",
    "contact_group": "contact_groups",
    "contactgroup": "contactgroups",
    "contact_groups_name": "contact_groups",
    "hostgroup": "hostgroup_name",
    "hostgroups_name": "hostgroup_name",
    "host_groups": "hostgroups",
    "host": "host_name",
    "hosts": "host_name",
    "description": "service_description",
}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DEEPEST = 50  # templates of templates
MOST = 100_000  # definitions
_DEFINE = re.compile(r"define\s+([a-z]+)\s*(\{?)\s*$")
_DAILY = re.compile(r"\d{1,2}:")
_STATE = re.compile(r"(hostdowntime|servicedowntime|\w+)\s*\{\s*$")


class Defined(Struct, frozen=True):
    """A definition: what it sets, each directive as often as it stands there, and where."""

    type: str
    at: At
    sets: dict[str, str]
    lines: tuple[tuple[str, int], ...] = ()  # of a time period: every line, and its number

    def part(self, key: str = "") -> Part:
        """Where it stands, as other sources say it."""
        name = next((self.sets[one] for one in NAMES if self.sets.get(one)), "")
        place = (f"{self.type} {clean(name)}".strip(), *([key] if key else []))
        return Part(self.sets.get(key), self.at.file, place, {place: (self.at.line, 1)})


NAMES = (
    "contact_name",
    "contactgroup_name",
    "timeperiod_name",
    "service_description",
    "host_name",
    "hostgroup_name",
    "name",
)


class Objects(Struct, frozen=True):
    """All definitions by their type, templates applied, and what is wrong."""

    of: Mapping[str, tuple[Defined, ...]]
    downtimes: tuple[Defined, ...]
    wrong: tuple[tuple[Defined, str], ...]


def read(paths: Sequence[Path]) -> Objects:
    """Object files, folders of them, nagios.cfg, status.dat or retention.dat; ConfigError: nothing of these in them."""
    found: list[Defined] = []
    downtimes: list[Defined] = []
    wrong: list[tuple[Defined, str]] = []
    for text in texts(paths, (".cfg",), nagios._included):
        if text.path.suffix == ".dat":
            downtimes += _downtimes(text)
        else:
            found += _definitions(text)
    if not found and not downtimes:
        raise ConfigError(
            Problem(str(paths[0]), 1, 1, "no `define contact` or other object in it: expected Nagios object files")
        )
    whole = _Templates(found, wrong).applied()
    kept = [one for one in whole if one.sets.get("register", "1") != "0"]
    return Objects(
        {kind: tuple(one for one in kept if one.type == kind) for kind in KEPT}, tuple(downtimes), tuple(wrong)
    )


def _definitions(text: Text) -> Iterator[Defined]:
    """Every block of a kind that counts; ConfigError: one is not closed."""
    open_: Defined | None = None
    lines: list[tuple[str, int]] = []
    for number, line in nagios._lines(text.text):
        start = _DEFINE.match(line)
        if start is not None:
            if open_ is not None:
                raise _unclosed(open_, f"before the next define in line {number}")
            open_, lines = Defined(start[1], At(text.name, number), {}), []
        elif open_ is not None and line.startswith("}"):
            if open_.type in KEPT:
                yield Defined(open_.type, open_.at, open_.sets, tuple(lines))
            open_ = None
        elif open_ is not None and line != "{":
            key, _, value = line.partition(" ")
            if key not in DAYS or _DAILY.match(value.strip()):  # not "monday 1 september"
                open_.sets[SPELLINGS.get(key, key)] = value.strip()[: LONGEST * 50]
            lines.append((line, number))
    if open_ is not None:
        raise _unclosed(open_, "up to the end of the file")


def _unclosed(one: Defined, until: str) -> ConfigError:
    return ConfigError(Problem(one.at.file, one.at.line, 1, f"define {one.type}: no }} {until}"))


def _downtimes(text: Text) -> Iterator[Defined]:
    open_: Defined | None = None
    for number, raw in enumerate(text.text.split("\n"), 1):
        line = raw.strip()
        start = _STATE.fullmatch(line)
        if start is not None:
            open_ = Defined(start[1], At(text.name, number), {})
        elif line == "}" and open_ is not None:
            if open_.type in ("hostdowntime", "servicedowntime"):
                yield open_
            open_ = None
        elif open_ is not None:
            key, _, value = line.partition("=")
            open_.sets[key] = clean(value)


class _Templates:
    """``use``, ``+`` and ``null``."""

    def __init__(self, found: Iterable[Defined], wrong: list[tuple[Defined, str]]) -> None:
        self._found = list(found)[:MOST]
        self._named = {(one.type, one.sets["name"]): one for one in self._found if one.sets.get("name")}
        self._done: dict[int, dict[str, str]] = {}
        self._wrong = wrong

    def applied(self) -> list[Defined]:
        """Every definition, whole."""
        return [Defined(one.type, one.at, self._sets(one, ()), one.lines) for one in self._found]

    def _sets(self, one: Defined, trail: tuple[str, ...]) -> dict[str, str]:
        known = self._done.get(id(one))
        if known is not None:
            return known
        sets = dict(one.sets)
        for name in names(one.sets.get("use", "")):
            template = self._named.get((one.type, name))
            if template is None:
                self._wrong.append((one, f"the template {name!r} is defined nowhere"))
            elif name in trail or len(trail) >= DEEPEST:
                self._wrong.append((template, f"the template {name!r} uses itself, or too many others"))
            else:
                nagios._fill(sets, self._sets(template, (*trail, name)))
        self._done[id(one)] = sets
        return sets


def names(value: str) -> list[str]:
    """The names of a list."""
    bare = value.removeprefix("+")
    return [] if bare == "null" else [one for one in map(clean, bare.split(",")) if one]
