"""What is wrong with a file, and where: a template with values, put into words when somebody reads it.

The English template is the key of the other languages' (``check/chinese.py``). A value may be a text of its own.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

Place = tuple[str | int, ...]  # the keys and list indices that lead to a value
Severity = Literal["error", "warning"]
Catalogue = Mapping[str, str]  # English template -> template

_HOLE = re.compile(r"\{[^{}]*\}")
_CODE_WORDS = 4


class Said(Struct, frozen=True):
    """A template of ``str.format`` and what fills it."""

    template: str
    values: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.template.format_map(self.values)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def translated(self, catalogue: Catalogue) -> str:
        """In the words of a catalogue; English where it has none."""
        values = {
            name: value.translated(catalogue) if isinstance(value, Said) else value
            for name, value in self.values.items()
        }
        return catalogue.get(self.template, self.template).format_map(values)


def said(template: str, **values: Any) -> Said:
    """A text that can be put into other languages."""
    return Said(template, values)


class Refused(ValueError):  # noqa: N818  (what happened, as the caller sees it)
    """A value that a type does not take; what is expected."""

    def __init__(self, template: str, **values: Any) -> None:
        self.said = Said(template, values)
        super().__init__(str(self.said))


class Problem(Struct, frozen=True):
    """One mistake in a file; line and column count from 1."""

    file: str
    line: int
    column: int
    said: Said | str
    severity: Severity = "error"

    @property
    def text(self) -> str:
        """In English."""
        return str(self.said)

    @property
    def code(self) -> str:
        """What kind of mistake it is, for programs: the first words of its template."""
        template = self.said.template if isinstance(self.said, Said) else self.said.partition("'")[0]
        words = re.findall(r"[A-Za-z0-9]+", _HOLE.sub(" ", template).casefold())
        return "-".join(words[:_CODE_WORDS]) or "problem"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class ConfigError(Exception):
    """Files that can't be used, with everything that is wrong in them."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
