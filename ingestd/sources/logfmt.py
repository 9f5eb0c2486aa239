"""``key=value`` pairs as log lines have them: ``host=web-4 level=error msg="upstream timed out"``.

Format: https://brandur.org/logfmt. A value may be quoted; pairs are parted by blanks, commas or line ends; a
time may stand before them.
"""

import re

LONGEST = 20_000  # characters of a text that are read so
MOST_PAIRS = 500
LEAST_PAIRS = 2

_PAIR = re.compile(r"([A-Za-z_][\w.-]{0,60})=(?:\"((?:[^\"\\]|\\.){0,2000})\"|'([^'\n]{0,2000})'|([^\s\"',;&]*))")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.,]{5,20}(?:Z|[+-]\d\d:?\d\d)?)[\s,;]+")
_BETWEEN = re.compile(r"[\s,;]*")
_ESCAPED = re.compile(r"\\(.)")


def pairs(text: str) -> dict[str, str]:
    """The pairs of a text that is made of nothing else; empty for any other text."""
    if len(text) > LONGEST:
        return {}
    begins = _TIME.match(text)
    found: dict[str, str] = {"time": begins[1]} if begins else {}
    at = begins.end() if begins else 0
    while at < len(text) and len(found) < MOST_PAIRS:
        pair = _PAIR.match(text, at)
        if pair is None:
            return {}
        found[pair[1]] = _ESCAPED.sub(r"\1", pair[2]) if pair[2] is not None else pair[3] or pair[4] or ""
        at = gap.end() if (gap := _BETWEEN.match(text, pair.end())) else pair.end()
    return found if len(found) >= LEAST_PAIRS + bool(begins) else {}
