"""What a host's name says of where it stands, when no topology knows it: ``ams1-r05-sw`` is a switch in ams1-r05.

Read are names of parts joined by ``-`` or ``_``, of which two at least carry a number: so much of a convention is no
chance, and names one host in whatever domain it is spelled. The last part is the host, the parts before it are the
place; words for what a host is for (``pc-ams1-r05-08``) stand before neither.
"""

import re
from functools import lru_cache

from msgspec import Struct

KEY = "place:"  # what the incidents of a place are found under
_PART = re.compile(r"[-_]+")
_NUMBERED = re.compile(r"\d")
_ADDRESS = re.compile(r"[\d.]+|.*:.*")
_ROLES = frozenset(
    "app cam db dc host lt mail node pc phone printer prn server srv tel vm web win wks ws".split()  # noqa: SIM905
)
#: What others hang on, by how much of a place hangs on it.
_CARRIERS = (
    (2, re.compile(r"(?:feed|pdu|power|psu|ups)+\d*[a-z]?")),
    (1, re.compile(r"(?:acc|agg|ap|core|dist|fw|gw|leaf|mgmt|olt|rt|rtr|router|spine|sw|switch|swi|tor)+\d*[a-z]?")),
)


class Spelled(Struct, frozen=True):
    """What a name says."""

    place: str  # "": the name only
    carries: int  # 0: nothing hangs on it; 1: it is a switch, a router; 2: it is what these are plugged into


@lru_cache(maxsize=65_536)
def spelled(name: str) -> Spelled | None:
    """What the short name of a host says of its place; None if it follows no such convention."""
    parts = _PART.split(_short(name))
    if sum(_NUMBERED.search(part) is not None for part in parts) < 2 or not all(parts):
        return None
    stands = parts[:-1]
    while stands and stands[0] in _ROLES:
        stands = stands[1:]
    carries = next((weight for weight, words in _CARRIERS if words.fullmatch(parts[-1])), 0)
    return Spelled("-".join(stands) if len(stands) > 1 else "", carries)


def own_name(name: str) -> str:
    """The name under which a host that no topology knows is remembered: without its domain, if it can do without."""
    short = _short(name)
    return short if short != name and spelled(short) else name


def _short(name: str) -> str:
    return name if _ADDRESS.fullmatch(name) else name.partition(".")[0]
