"""Neighbour tables as devices print them: Cisco (IOS, NX-OS, XR; also CDP), Arista, Huawei, H3C, ProCurve, lldpcli.

In detail, every maker writes ``key : value`` with its own spelling of the same keys, and a chassis id begins a
neighbour. In brief, a line of headings says in which columns the names stand.
"""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from ingestd.inventory.addresses import is_address


class Neighbour(Struct, frozen=True):
    """What a device says of what is plugged into it."""

    name: str = ""
    chassis: str = ""
    ip: str = ""
    capabilities: str = ""  # enabled ones, in words


Line = tuple[str, Neighbour, int, str]  # whose table, the neighbour, the line, or what is wrong with it

#: Spellings of a key, without blanks, in lower case.
KEYS = {
    "chassisid": "chassis",
    "systemname": "name",
    "sysname": "name",
    "deviceid": "name",
    "neighborchassisid": "chassis",
    "neighborchassisname": "name",
    "neighbormanagementaddress": "ip",
    "managementaddresses": "ip",
    "chassiscapabilitiesenabled": "capabilities",
    "enabled": "capabilities",
    "managementaddress": "ip",
    "managementip": "ip",
    "mgmtip": "ip",
    "ip": "ip",
    "ipaddress": "ip",
    "ipv4address": "ip",
    "address": "ip",
    "enabledcapabilities": "capabilities",
    "systemcapabilitiesenabled": "capabilities",
    "capabilities": "capabilities",
    "capability": "capability",
}
LETTERS = {"b": "bridge", "r": "router", "t": "telephone", "w": "wlan", "s": "station"}
STARTS = ("chassisid", "deviceid", "neighborchassisid")
#: How lines of a brief table begin that are none of its rows.
NO_ROWS = ("-", "+", "=", "total", "capab")
NOTHING = frozenset({"", "-", "--", "null", "n/a", "not advertised", "none"})
#: Headings of brief tables under which the neighbour's name stands.
HEADINGS = ("system name", "neighbor dev", "device id", "device-id", "sysname", "neighbor device")
BESIDE = ("local int", "localport", "local port", "chassisid", "chassis id", "neighbor intf", "port id")
_PROMPT = re.compile(r"^(?:<([^<>\s]+)>|\[~?\*?([^\[\]\s]+)\]|(?:\S+@)?([^\s#>]+)[#>])\s*(?:sh|show|dis|display|do)\b")
_PAIR = re.compile(r"^\s*(?:[-+*]\s)?\s*([A-Za-z][A-Za-z0-9 ()/_-]{0,40}?)\s*(?::|\.{3,})\s*(.*?)\s*$")
_GAP = re.compile(r"\s{2,}|\t")


def neighbours(text: str) -> Iterator[Line]:
    """Every neighbour of every table in a text."""
    owner, found, since = "", None, 0
    column: tuple[int, int] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        prompt = _PROMPT.match(line)
        heading = None if prompt else _heading(line)
        pair = None if prompt or heading else _PAIR.match(line[:400])
        key = _key(pair[1]) if pair else ""
        begins = key in STARTS and bool(pair) and not str(pair and pair[2]).startswith("*")
        if found is not None and (prompt or heading or begins):
            yield owner, found, since, ""
            found = None
        if prompt:
            owner, column = next(filter(None, prompt.groups())).rpartition(":")[2], None
        elif heading:
            column = heading
        elif column and not begins:
            if line.strip() and not line.strip().casefold().startswith(NO_ROWS):
                row = _row(line, column)
                if row is not None:
                    yield owner, row[0], number, row[1]
            elif not line.strip():
                column = None
        elif pair:
            if begins:
                found, since, column = Neighbour(), number, None
            if found is not None:
                found = _with(found, KEYS.get(key, ""), pair[2])
    if found is not None:
        yield owner, found, since, ""


def _key(text: str) -> str:
    """A key without blanks, hyphens and what stands in brackets."""
    return re.sub(r"\([^()]*\)|[\s-]", "", text).casefold()


def _with(found: Neighbour, field: str, value: str) -> Neighbour:
    """The neighbour with one more of its fields; the first word on each stays."""
    value = value.strip().strip('"[]')
    if value.casefold() in NOTHING:
        return found
    if field == "name":
        return replace(found, name=found.name or _bare(value))
    if field == "chassis":
        return replace(found, chassis=value)
    if field == "ip" and not found.ip and is_address(value):
        return replace(found, ip=value)
    if field == "capabilities":
        return replace(found, capabilities=_capabilities(value))
    if field == "capability" and value.casefold().endswith(", on"):
        return replace(found, capabilities=f"{found.capabilities} {value.partition(',')[0].casefold()}".strip())
    return found


def _capabilities(value: str) -> str:
    words = re.split(r"[\s,]+", value.casefold())
    return " ".join(LETTERS.get(word, word) for word in words)


def _heading(line: str) -> tuple[int, int] | None:
    """Where the names stand in a brief table: their column and the next one's."""
    folded = line.casefold()
    start = next((folded.find(word) for word in HEADINGS if word in folded), -1)
    if start < 0 or ":" in line or not any(word in folded for word in BESIDE):
        return None
    gap = _GAP.search(line, start)
    return start, gap.end() if gap and gap.end() < len(line.rstrip()) else len(line) + 400


def _row(line: str, column: tuple[int, int]) -> tuple[Neighbour, str] | None:
    """The neighbour of a line of a brief table, or what is wrong with its name."""
    start, end = column
    cell = line[start:end]
    name = _bare(cell.strip())
    if not name or name.casefold() in NOTHING or (line[:1].isspace() and start == 0) or " " in name:
        return None
    if name.endswith("...") or (len(line) > end and not cell[-1:].isspace()):
        return Neighbour(), f"the name {name!r} may be cut off: use the detailed table; left out"
    return Neighbour(name=name), ""


def _bare(name: str) -> str:
    """Without the serial number that some put behind it."""
    return re.sub(r"\([^()]*\)$", "", name).strip().rstrip(".") if not name.endswith("...") else name
